// Exploration, for the host: begin it, say what is shared, give a CPU its turn, drain a store, go back.

import { SHARED_BASE, SHARED_SIZE } from "../memory-map";
import { machine } from "../global";
import { dropDerived } from "../mmu/invalidate";
import { Explored, exploration, exploredOf } from "./state";

export { advance as exploreAdvance } from "./advance";
export { drainOldest as exploreDrain, share as exploreShare } from "./memory";
export { hashHalf as exploreHashHalf, hashState as exploreHash } from "./hash";
export { forgetVisited as exploreForget, visit as exploreVisit, visitedCount as exploreVisited, visitedHasRoom as exploreVisitedHasRoom } from "./visited";
export { trailHasRoom as exploreHasRoom, undo as exploreUndo } from "./trail";

/** Begins an exploration from the state as it is: no store waits, nothing is shared. `buffers`: TSO, else sequential consistency. */
export function exploreBegin(buffers: bool): void {
  const x = exploration();
  x.on = 1;
  x.buffers = buffers ? 1 : 0;
  x.granted = 0;
  x.locked = 0;
  x.trail = 0;
  x.memory0 = 0;
  x.memory1 = 0;
  memory.fill(SHARED_BASE, 0, SHARED_SIZE);
  for (let i: u32 = 0; i < machine().cpus; i++) memory.fill(changetype<usize>(exploredOf(i)), 0, offsetof<Explored>());
  dropDerived();
}

/** Ends it: the machine runs by its own schedule again. */
export function exploreEnd(): void {
  exploration().on = 0;
}

/** Length of the trail: what `exploreUndo` goes back to. */
export function exploreMark(): u32 {
  return exploration().trail;
}

/** Stores that wait in the buffer of CPU `index`. */
export function exploreBuffered(index: u32): u32 {
  return exploredOf(index).count;
}

/** What CPU `index` waits for: PARKED to ENDLESS of explore/state.ts. */
export function exploreStatus(index: u32): u32 {
  return exploredOf(index).status;
}

/** PARKED: the physical address that CPU `index` is about to access. */
export function exploreParkedAt(index: u32): u64 {
  return exploredOf(index).parkedAt;
}

/** PARKED: whether it may write there. */
export function exploreParkedWrites(index: u32): bool {
  return exploredOf(index).parkedWrites != 0;
}

/** The exception that CPU `index` ended with (FAULTED): its vector. */
export function exploreVector(index: u32): u32 {
  return exploredOf(index).fault & 0xff;
}

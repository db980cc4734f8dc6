// Exploration, for the host: begin it, say what is shared, give a CPU its turn, drain a store, go back.

import { EXPLORE_BASE, EXPLORE_SIZE, SHARED_BASE, SHARED_SIZE } from "../memory-map";
import { dropDerived } from "../mmu/invalidate";
import { hashHalf, hashState } from "./hash";
import { bufferedAt, exploration, exploredOf } from "./state";

export { goOn as exploreGoOn } from "./advance";
export { share as exploreShare } from "./memory";
export { enabled as exploreEnabled, take as exploreTake } from "./transitions";
export { track as exploreTrack } from "./translations";
export {
  forgetVisited as exploreForget, remember as exploreRemember, visit as exploreVisit, visitedBytes as exploreVisitedBytes,
  visitedCount as exploreVisited, visitedHasRoom as exploreVisitedHasRoom, visitedTable as exploreVisitedTable,
} from "./visited";
export { trailHasRoom as exploreHasRoom, undo as exploreUndo } from "./trail";

/**
 * Begins an exploration from the state as it is: no store waits, nothing is shared or tracked. `buffers`: TSO, else
 * sequential consistency. `handlers`: the guest has handlers for exceptions and interrupts; else an exception is the end.
 */
export function exploreBegin(buffers: bool, handlers: bool): void {
  const x = exploration();
  memory.fill(EXPLORE_BASE, 0, EXPLORE_SIZE);
  memory.fill(SHARED_BASE, 0, SHARED_SIZE);
  x.on = 1;
  x.buffers = buffers ? 1 : 0;
  x.handlers = handlers ? 1 : 0;
  dropDerived();
}

/** Whether an entry without W may raise #PF where memory permits the store (the manual's spurious fault). */
export function exploreSpurious(may: bool): void {
  exploration().spurious = may ? 1 : 0;
}

/** CPUs, a bit each, that others may send interrupts to: before each of their stores one may come. None at first. */
export function exploreInterrupted(cpus: u32): void {
  exploration().interrupted = cpus;
}

/** Whether some CPU had more old translations of a page than there is room for: the search then missed some. */
export function exploreOverflowed(): bool {
  return exploration().overflow != 0;
}

/** Half `which`, 0 or 1, of the hash of the state as it is now. */
export function exploreHash(which: u32): u64 {
  hashState(0);
  return hashHalf(which);
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

/** The `n`-th oldest of them: its physical address. */
export function exploreBufferedAt(index: u32, n: u32): u64 {
  return bufferedAt(index, n).pa;
}

/** ... and its value. */
export function exploreBufferedValue(index: u32, n: u32): u64 {
  return bufferedAt(index, n).value;
}

/** What CPU `index` waits for: PARKED to ENDLESS of explore/codes.ts. */
export function exploreStatus(index: u32): u32 {
  return exploredOf(index).status;
}

/** The exception that CPU `index` ended with (FAULTED): its vector. */
export function exploreVector(index: u32): u32 {
  return exploredOf(index).fault & 0xff;
}

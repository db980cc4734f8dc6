// Exploration, for the host: begin it, say what is shared, give a CPU its turn, drain a store, go back.

import { EXPLORE_BASE, EXPLORE_STRIDE } from "../memory-map";
import { cpuAt } from "../cpu/state";
import { machine } from "../global";
import { dropDerived, flushAll } from "../mmu/invalidate";
import { PRESET_NONE } from "../mmu/presets";
import { EAGER_PAGES } from "./entries";
import { hashHalf, hashState } from "./hash";
import { initSorts } from "./sorts";
import { enterSpaces, trackEverywhere } from "./spaces";
import { valueNow } from "./resolve";
import { bufferedAt, exploration, exploredOf, oldCount, oldValueAt, trackedAt } from "./state";
import { forgetWords } from "./words";

export { goOn as exploreGoOn } from "./advance";
export { isFocus as exploreIsFocus, share as exploreShare } from "./words";
export { enabled as exploreEnabled, take as exploreTake, takeAll as exploreTakeAll } from "./transitions";
export { track as exploreTrack } from "./translations";
export {
  forgetVisited as exploreForget, remember as exploreRemember, visit as exploreVisit, visitedBytes as exploreVisitedBytes,
  keptAsleep as exploreKeptAsleep, wokenTransitions as exploreWoken, visitedCount as exploreVisited, visitedHasRoom as exploreVisitedHasRoom, visitedTable as exploreVisitedTable,
} from "./visited";
export { mark as exploreMark, trailHasRoom as exploreHasRoom, undo as exploreUndo } from "./trail";

/**
 * Begins an exploration from the state as it is: no store waits, nothing is shared or tracked, no TLB holds anything, nor does
 * one fill. `buffers`: TSO, else sequential consistency. `handlers`: the guest has handlers for exceptions and interrupts;
 * else an exception is the end.
 */
export function exploreBegin(buffers: bool, handlers: bool): void {
  const x = exploration();
  forgetWords();
  memory.fill(EXPLORE_BASE, 0, (machine().cpus + 1) * EXPLORE_STRIDE);
  initSorts();
  x.buffers = buffers ? 1 : 0;
  x.handlers = handlers ? 1 : 0;
  x.low = u64.MAX_VALUE;
  x.preset = machine().preset;
  x.epoch = 1;
  for (let i: u32 = 0; i < machine().cpus; i++) flushAll(cpuAt(i));
  machine().preset = PRESET_NONE;
  x.on = 1;
  dropDerived();
}

/**
 * Makes it one of a kernel: a program is over at linear address `end` in user mode, the whole run at `over0` to `over2`, HLT
 * waits for an interrupt and PAUSE for another CPU. Before `exploreTrackEverywhere`. `full`: words that two CPUs only read
 * count as conflicts too.
 */
export function exploreKernel(end: u64, over0: u64, over1: u64, over2: u64, full: bool): void {
  const x = exploration();
  x.kernel = 1;
  x.endRip = end;
  x.over0 = over0;
  x.over1 = over1;
  x.over2 = over2;
  x.full = full ? 1 : 0;
}

/** Tracks the page at linear address `page` in every address space. False if there is no room for it. */
export function exploreTrackEverywhere(page: u64): bool {
  return trackEverywhere(page);
}

/**
 * The address spaces that CPUs have loaded are the first: to be called once all pages are named. Here is where the trail
 * begins, so that going back to its beginning does not forget them.
 */
export function exploreEnterSpaces(): void {
  enterSpaces();
  exploration().trail = 0;
}

/** Words found to conflict so far: u32 physical addresses at CONFLICT_BASE. */
export function exploreConflicts(): u32 {
  return exploration().conflicts;
}

/** Whether interrupts that come to the same are left out (explore/interrupts.ts). Not at first. */
export function exploreSleeping(may: bool): void {
  exploration().sleeping = may ? 1 : 0;
}

/** Whether a handler has accessed a shared word that its CPU's handlers were not known to access, since the last call. */
export function exploreLearned(): bool {
  const x = exploration();
  const learned = x.learned != 0;
  x.learned = 0;
  return learned;
}

/** REFUSED_* of what an exploration cannot do and the program did; 0 for nothing. */
export function exploreRefused(): u32 {
  return exploration().refused;
}

/** USE_* of what stale translations were used for on the way here, as a set. */
export function exploreUses(): u32 {
  return exploration().uses;
}

/** What CPU `index` is parked before: 0 for an access of no tracked page, else 1 + the number of the page. */
export function exploreParkedPage(index: u32): u32 {
  return exploredOf(index).onPage ? 1 + exploredOf(index).parkedPage : 0;
}

/** Steps that CPUs made so far, as the machine counts them, over all that was tried. */
export function exploreMade(): u32 {
  return exploration().made;
}

/** Tracked pages; the linear address of the `t`-th, and what its word holds now. */
export function exploreTracked(): u32 {
  return exploration().tracked;
}

export function exploreTrackedPage(t: u32): u64 {
  return trackedAt(t).page;
}

export function exploreTrackedValue(t: u32): u64 {
  return valueNow(trackedAt(t));
}

/** Old value `n`, from 1 on, that CPU `index` may use for tracked page `t`; 0 if there are not so many. */
export function exploreOldValue(index: u32, t: u32, n: u32): u64 {
  return n <= oldCount(index, t) ? load<u64>(oldValueAt(index, t, n - 1)) : 0;
}

/** Whether an entry without W may raise #PF where memory permits the store (the manual's spurious fault). */
export function exploreSpurious(may: bool): void {
  exploration().spurious = may ? 1 : 0;
}

/**
 * Fills and evictions of the pages that are tracked become transitions (explore/entries.ts), or no longer. To be called
 * before anything is accessed through them. False if there are more pages than transitions have numbers for.
 */
export function exploreEager(eager: bool): bool {
  const x = exploration();
  if (eager && (x.kernel || x.tracked > EAGER_PAGES)) return false;
  x.eager = eager ? 1 : 0;
  return true;
}

/** CPUs, a bit each, that others may send interrupts to: before each of their stores one may come. None at first. */
export function exploreInterrupted(cpus: u32): void {
  exploration().interrupted = cpus;
}

/** What the last transition has read and written of what CPUs share (explore/footprint.ts). */
export function exploreReads(): u32 {
  return exploration().reads;
}

export function exploreWrites(): u32 {
  return exploration().writes;
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

/** Ends it: the machine runs by its own schedule again, with TLBs that hold nothing. */
export function exploreEnd(): void {
  const x = exploration();
  x.on = 0;
  machine().preset = x.preset;
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

// What exploration adds to the machine's state: for each CPU a store buffer, what it waits for, and which translations it
// may use. While it is on, CPUs run only when the explorer says so (advance.ts), one instruction at a time.
//
// Everything that changes on the way is noted in the trail (trail.ts), so that any earlier state can be had again.

import { EXPLORE_BASE, EXPLORE_STRIDE } from "../memory-map";

/** Stores that wait in one CPU's buffer at the most; a store into a full one parks until it has drained. */
export const BUFFER_CAPACITY: u32 = 32;
/** Old values of a page's word that one CPU may have. */
export const OLD_VALUES: u32 = 15;
export const TRACKED_PAGES: u32 = 16;

@unmanaged
export class BufferedStore {
  /** Physical address, not necessarily aligned; within one page. */
  pa: u64;
  value: u64;
  size: u32;
  reserved: u32;
}

/** What exploration knows of a CPU. */
@unmanaged
export class Explored {
  /** Stores in the buffer. */
  count: u32;
  /** PARKED to ENDLESS of codes.ts. */
  status: u32;
  /** PARKED: nonzero if the access may write. */
  parkedWrites: u32;
  /** PARKED: nonzero if before a tracked page, and its number. */
  onPage: u32;
  parkedPage: u32;
  /** FAULTED: the exception, 0x100 | vector, and its error code. */
  fault: u32;
  faultCode: u32;
  faultHasCode: u32;
}

const BUFFER_OFFSET: usize = 64;
const OLD_OFFSET: usize = 1024;
const OLD_STRIDE: usize = 8 + 8 * <usize>OLD_VALUES;
const TRACKED_OFFSET: usize = 128;

@inline
export function exploredOf(index: u32): Explored {
  return changetype<Explored>(EXPLORE_BASE + (index + 1) * EXPLORE_STRIDE);
}

/** The `n`-th oldest store of the CPU's buffer. */
@inline
export function bufferedAt(index: u32, n: u32): BufferedStore {
  return changetype<BufferedStore>(EXPLORE_BASE + (index + 1) * EXPLORE_STRIDE + BUFFER_OFFSET + n * offsetof<BufferedStore>());
}

/** Where old value `n` of tracked page `t` of CPU `index` is; the count of them is 8 bytes before the first. */
@inline
export function oldValueAt(index: u32, t: u32, n: u32): usize {
  return EXPLORE_BASE + (index + 1) * EXPLORE_STRIDE + OLD_OFFSET + t * OLD_STRIDE + 8 + n * 8;
}

/** Old values that CPU `index` may use for tracked page `t`. */
@inline
export function oldCount(index: u32, t: u32): u32 {
  return load<u32>(oldValueAt(index, t, 0) - 8);
}

/** A page whose translations are chosen. */
@unmanaged
export class TrackedPage {
  page: u64;
  /** Physical address of the word that maps it. */
  word: u32;
  reserved: u32;
}

@inline
export function trackedAt(t: u32): TrackedPage {
  return changetype<TrackedPage>(EXPLORE_BASE + TRACKED_OFFSET + t * offsetof<TrackedPage>());
}

/** Machine-wide part, before the first CPU's. */
@unmanaged
export class Exploration {
  /** Nonzero while exploring: memory accesses take the paths of explore/memory.ts. */
  on: u32;
  /** Nonzero if stores go through buffers (TSO); zero for sequential consistency. */
  buffers: u32;
  /** 1 + index of the CPU whose instruction under way may access shared memory. */
  granted: u32;
  /** Nonzero while the instruction under way is locked: it reads and writes memory itself. */
  locked: u32;
  /** Bytes used of the trail. */
  trail: u32;
  /** Tracked pages. */
  tracked: u32;
  /** CHOICE_* of codes.ts, of the access under way, and the old value that it uses. */
  choice: u32;
  /** Nonzero if an entry without W may fault where memory permits the store. */
  spurious: u32;
  chosen: u64;
  /** Nonzero if exceptions and interrupts have handlers in the guest. */
  handlers: u32;
  /** A bit for each CPU that others send interrupts to. */
  interrupted: u32;
  /** Nonzero once a CPU had more than OLD_VALUES old values: the search then misses some. */
  overflow: u32;
  reserved: u32;
  /** Sums over the words of memory that changed since exploration began: half of the state's hash each (hash.ts). */
  memory0: u64;
  memory1: u64;
}

@inline
export function exploration(): Exploration {
  return changetype<Exploration>(EXPLORE_BASE);
}

// What exploration adds to the machine's state: a store buffer for each CPU, which memory CPUs share, and where each CPU
// waits. While it is on, CPUs run only when the explorer says so (advance.ts), one instruction at a time.
//
// Everything that changes on the way is noted in the trail (trail.ts), so that any earlier state can be had again.

import { EXPLORE_BASE, EXPLORE_STRIDE } from "../memory-map";

/** What a CPU is waiting for: returned by `advance`, and kept. */
export const PARKED: u32 = 0; // the next instruction accesses shared memory: it wants its turn
export const BLOCKED: u32 = 1; // the next instruction needs an empty store buffer
export const FINISHED: u32 = 2; // HLT
export const FAULTED: u32 = 3; // an exception, which a bare program has no handler for
export const STOPPED: u32 = 4; // something that is not implemented, or shutdown: the stop record says what
export const ENDLESS: u32 = 5; // it ran as far as allowed without sharing anything

/** Stores that wait in one CPU's buffer at the most; a store into a full one parks until it has drained. */
export const BUFFER_CAPACITY: u32 = 32;

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
  /** PARKED to ENDLESS. */
  status: u32;
  /** PARKED: the physical address, and 1 if the access may write. */
  parkedAt: u64;
  parkedWrites: u32;
  /** Exception that the CPU faulted with: 0x100 | vector. */
  fault: u32;
}

const BUFFER_OFFSET: usize = 64;

@inline
export function exploredOf(index: u32): Explored {
  return changetype<Explored>(EXPLORE_BASE + (index + 1) * EXPLORE_STRIDE);
}

/** The `n`-th oldest store of the CPU's buffer. */
@inline
export function bufferedAt(index: u32, n: u32): BufferedStore {
  return changetype<BufferedStore>(EXPLORE_BASE + (index + 1) * EXPLORE_STRIDE + BUFFER_OFFSET + n * offsetof<BufferedStore>());
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
  reserved: u32;
  /** Sums over the words of memory that changed since exploration began: half of the state's hash each (hash.ts). */
  memory0: u64;
  memory1: u64;
}

@inline
export function exploration(): Exploration {
  return changetype<Exploration>(EXPLORE_BASE);
}

// What exploration adds to the machine's state: for each CPU a store buffer, what it waits for, and which translations it
// may use. While it is on, CPUs run only when the explorer says so (advance.ts), one instruction at a time.
//
// Everything that changes on the way is noted in the trail (trail.ts), so that any earlier state can be had again.

import { EXPLORE_BASE, EXPLORE_STRIDE } from "../memory-map";

/** Stores that wait in one CPU's buffer at the most; a store into a full one parks until it has drained. */
export const BUFFER_CAPACITY: u32 = 32;
/** Old values of a page's word that one CPU may have. */
export const OLD_VALUES: u32 = 15;
/** Tracked pages of all address spaces together, pages of one, and address spaces. */
export const TRACKED_PAGES: u32 = 32;
export const SPACE_PAGES: u32 = 16;
export const SPACES: u32 = 16;

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
  /** PARKED to OVER of codes.ts. */
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
  /** Nonzero if the CPU came to PAUSE since it was last given its turn. */
  paused: u32;
  /** How often it came to PAUSE in a row without anybody else changing what is shared. */
  spins: u32;
  /** Nonzero in an interrupt's handler, and where it returns to. */
  handling: u32;
  reserved0: u32;
  backRip: u64;
  backRsp: u64;
  /** Nonzero if the CPU's part of the state's hash is known (hash.ts), and its halves. */
  hashed: u32;
  reserved: u32;
  hash0: u64;
  hash1: u64;
}

const BUFFER_OFFSET: usize = 128;
const TAG_OFFSET: usize = 896;
const OLD_OFFSET: usize = 1024;
const OLD_STRIDE: usize = 8 + 8 * <usize>OLD_VALUES;
const TRACKED_OFFSET: usize = 512;
const PAGE_OFFSET: usize = 2048;
const SPACE_OFFSET: usize = 2560;
const NOTED_OFFSET: usize = 3072;

@inline
export function exploredOf(index: u32): Explored {
  return changetype<Explored>(EXPLORE_BASE + (index + 1) * EXPLORE_STRIDE);
}

/** The `n`-th oldest store of the CPU's buffer. */
@inline
export function bufferedAt(index: u32, n: u32): BufferedStore {
  return changetype<BufferedStore>(EXPLORE_BASE + (index + 1) * EXPLORE_STRIDE + BUFFER_OFFSET + n * offsetof<BufferedStore>());
}

/**
 * Where old value `n` of tracked page `t` of CPU `index` is. Eight bytes before the first are u32 how many there are, and
 * u32 whether the CPU may have cached the value that memory holds now.
 */
@inline
export function oldValueAt(index: u32, t: u32, n: u32): usize {
  return EXPLORE_BASE + (index + 1) * EXPLORE_STRIDE + OLD_OFFSET + t * OLD_STRIDE + 8 + n * 8;
}

/** Old values that CPU `index` may use for tracked page `t`. */
@inline
export function oldCount(index: u32, t: u32): u32 {
  return load<u32>(oldValueAt(index, t, 0) - 8);
}

/** Where 1 + the PCID is under which CPU `index` may have cached something of address space `s`; 0 for none. */
@inline
export function tagAt(index: u32, s: u32): usize {
  return EXPLORE_BASE + (index + 1) * EXPLORE_STRIDE + TAG_OFFSET + s * 4;
}

/** A page whose translations are chosen. */
@unmanaged
export class TrackedPage {
  page: u64;
  /** Physical address of the word that maps it; 0 if the tables do not lead to one. */
  word: u32;
  /** Physical address of the top table, and number of the address space; 0 if the page is in every one, at one word for good. */
  root: u32;
  space: u32;
  /** Level of `word`: 1, or 2 for a page of 2 MiB. */
  level: u32;
  /** Physical addresses of the words above it that were read; 0 for none. */
  upper4: u32; upper3: u32; upper2: u32;
  /** Rights (WORD_W, WORD_U) that the words above leave. */
  rights: u32;
}

@inline
export function trackedAt(t: u32): TrackedPage {
  return changetype<TrackedPage>(EXPLORE_BASE + TRACKED_OFFSET + t * offsetof<TrackedPage>());
}

/** Where the linear address of the `n`-th page is that is tracked in every address space. */
@inline
export function pageAt(n: u32): usize {
  return EXPLORE_BASE + PAGE_OFFSET + n * 8;
}

/** Where the physical address of the top table of address space `s` is. */
@inline
export function spaceAt(s: u32): usize {
  return EXPLORE_BASE + SPACE_OFFSET + s * 8;
}

/** Where the epoch is in which the registers of CPU `index` were noted last, and 4 bytes behind it that of its store buffer. */
@inline
export function notedAt(index: u32): usize {
  return EXPLORE_BASE + NOTED_OFFSET + index * 8;
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
  /** Nonzero once a CPU had more than OLD_VALUES old values: the search then misses some. */
  overflow: u32;
  /** CHOICE_* of codes.ts, of the access under way, and the old value that it uses. */
  choice: u32;
  /** Nonzero if an entry without W may fault where memory permits the store. */
  spurious: u32;
  chosen: u64;
  /** Nonzero if exceptions and interrupts have handlers in the guest. */
  handlers: u32;
  /** A bit for each CPU that others send interrupts to. */
  interrupted: u32;
  /** Nonzero for the eager form of translations (entries.ts), else the lazy one (translations.ts). */
  eager: u32;
  /** Nonzero in a kernel run: HLT waits, PAUSE yields, address spaces come and go. */
  kernel: u32;
  /** Sums over the words of memory that changed since exploration began: half of the state's hash each (hash.ts). */
  memory0: u64;
  memory1: u64;
  /** Kernel run: where in user mode a program is over, and where the whole run is. */
  endRip: u64;
  over0: u64; over1: u64; over2: u64;
  /** Tracked pages lie in [low, high). */
  low: u64;
  high: u64;
  /** CPUs that wait for another one to change something, a bit each; and what stale translations were used for (USE_*). */
  yielders: u32;
  uses: u32;
  /** CPUs for which an interrupt need not be considered again, a bit each; and nonzero if that is to be made use of. */
  asleep: u32;
  sleeping: u32;
  /** Tracked pages, those of every address space among them, and address spaces. */
  tracked: u32;
  spaces: u32;
  /** Pages that are tracked in every address space. */
  pages: u32;
  /** REFUSED_* of what could not be done; 0 for nothing. */
  refused: u32;
  /** Words found to conflict (words.ts). */
  conflicts: u32;
  /** Tables of words in use (words.ts). */
  tables: u32;
  /** Nonzero once the instruction under way has read what is shared. */
  looked: u32;
  /** 1 + index of the CPU whose transition is under way. */
  running: u32;
  /** Nonzero if the CPU that runs is in an interrupt's handler. */
  handling: u32;
  /** Nonzero if it made a difference whether an interrupt came before the transition under way or after it. */
  dependent: u32;
  /** Nonzero once a handler accessed a shared word that it was not known to access. */
  learned: u32;
  /** Nonzero if the local APIC of the CPU that runs was noted in this transition. */
  lapicNoted: u32;
  /** Nonzero if words that two CPUs only read count as conflicts too (words.ts). */
  full: u32;
  /** What the transition under way has read and written of what CPUs share (footprint.ts). */
  reads: u32;
  writes: u32;
  /** Counts marks and ways back: what was noted since the last of them need not be noted again (trail.ts). */
  epoch: u32;
  /** TLB preset of the machine, which has none while exploring. */
  preset: u32;
  /** Steps that CPUs made, as the machine counts them, over all that was tried: it never goes back. */
  made: u32;
}

@inline
export function exploration(): Exploration {
  return changetype<Exploration>(EXPLORE_BASE);
}

/** One element of a repeated string instruction is done: the next may not access shared memory in the same turn. */
@inline
export function elementDone(): void {
  const x = exploration();
  if (x.on) x.granted = 0;
}

// Every region of the core's linear memory, chained, said once. The core (AssemblyScript) and the
// host (TypeScript) compile this same file, so it holds nothing but exported u32 constants.
//
// Offsets are linear-memory offsets. All machine state lives here (design rule 1): a snapshot is
// the regions marked S, and the state hash covers those and guest RAM. Regions marked D are
// derived from the others (front caches, decoded records, indexes) and are rebuilt on demand.
// Wasm memory that is never touched costs no host memory, so regions have room for 64 CPUs.

const KIB: u32 = 1024;
const MIB: u32 = 1024 * 1024;

export const MAX_CPUS: u32 = 64;
export const PAGE_SIZE: u32 = 4096;
/** Largest guest RAM in bytes: physical addresses below the PCI hole at 3 GiB. */
export const MAX_RAM: u32 = 0xc0000000;

/**
 * Regions of which each CPU has one are this much more than their bytes apart, and what the machine looks at all the time begins that
 * far from a page: a host's first-level cache finds its set by the low 12 bits of an address, so what lies at the same place of
 * different pages displaces each other. An odd number of cache lines.
 */
export const COLOUR: u32 = 13 * 64;

/** AssemblyScript's static data (decode tables) ends before this offset. */
export const STATIC_END: u32 = 512 * KIB;

/** S: machine-wide state: scheduler, clock, stop record, I/O APIC, PIC, PIT. */
export const GLOBAL_BASE: u32 = STATIC_END;
export const GLOBAL_SIZE: u32 = 64 * KIB;

/** S: one slice for each host device, which keeps all its state there. */
export const DEVICE_BASE: u32 = GLOBAL_BASE + GLOBAL_SIZE;
export const DEVICE_SLICE: u32 = 8 * KIB;
export const DEVICE_SIZE: u32 = 16 * DEVICE_SLICE;

/** S: counters, one row of u64 for each CPU, in the order of probe/counters.ts. */
export const COUNTER_BASE: u32 = DEVICE_BASE + DEVICE_SIZE;
export const COUNTER_STRIDE: u32 = 1 * KIB;
export const COUNTER_SIZE: u32 = MAX_CPUS * COUNTER_STRIDE;

/** S: registers, segment caches, MSRs and the local APIC of each CPU (cpu/state.ts). */
export const CPU_BASE: u32 = COUNTER_BASE + COUNTER_SIZE;
export const CPU_STRIDE: u32 = 8 * KIB + COLOUR;
export const CPU_SIZE: u32 = MAX_CPUS * CPU_STRIDE;

/**
 * D: state of the CPU that runs (cpu/state.ts): at a constant address the hot loop's register accesses need no base
 * register. Between runs nobody's.
 */
export const RUNNING_BASE: u32 = CPU_BASE + CPU_SIZE + COLOUR;
export const RUNNING_SIZE: u32 = 8 * KIB;

/** S: TLBs and paging-structure caches of each CPU (mmu/tlb.ts). */
export const TLB_BASE: u32 = RUNNING_BASE + RUNNING_SIZE;
export const TLB_BYTES: u32 = 320 * KIB;
export const TLB_STRIDE: u32 = TLB_BYTES + COLOUR;
export const TLB_SIZE: u32 = MAX_CPUS * TLB_STRIDE;

/** S: generation of each PCID on each CPU: an entry is alive while its own equals it. */
export const PCID_BASE: u32 = TLB_BASE + TLB_SIZE;
export const PCID_BYTES: u32 = 32 * KIB;
export const PCID_STRIDE: u32 = PCID_BYTES + COLOUR;
export const PCID_SIZE: u32 = MAX_CPUS * PCID_STRIDE;

/** S: entries of the `sticky` preset, shared by all CPUs. */
export const STICKY_BASE: u32 = PCID_BASE + PCID_SIZE;
export const STICKY_SIZE: u32 = 128 * MIB;

/** S: what the machine knows of each physical frame: flags, references, owner (mmu/frames.ts). */
export const FRAME_BASE: u32 = STICKY_BASE + STICKY_SIZE + COLOUR;
export const FRAME_STRIDE: u32 = 32;
export const FRAME_SIZE: u32 = (MAX_RAM / PAGE_SIZE) * FRAME_STRIDE;

/** S: hash heads from a page-table word to the TLB entries made from it (mmu/staleness.ts). */
export const REVERSE_BASE: u32 = FRAME_BASE + FRAME_SIZE;
export const REVERSE_SIZE: u32 = 512 * KIB;

/** D: front caches: what hot loads, stores and fetches index first (mmu/front.ts). */
export const FRONT_BASE: u32 = REVERSE_BASE + REVERSE_SIZE;
export const FRONT_STRIDE: u32 = 64 * KIB + COLOUR;
export const FRONT_SIZE: u32 = MAX_CPUS * FRONT_STRIDE;

/** D: the low half of the tag of each TLB slot, side by side, so that ways are compared by fours: a quarter of the TLB region (mmu/layout.ts). */
export const TLB_NAMES_BASE: u32 = FRONT_BASE + FRONT_SIZE;
export const TLB_NAMES_SIZE: u32 = TLB_SIZE / 4;

/** D: entry tables of decoded code pages, then the decoded records (cpu/code.ts). */
export const CODE_PAGE_BASE: u32 = TLB_NAMES_BASE + TLB_NAMES_SIZE;
export const CODE_PAGE_STRIDE: u32 = 16 * KIB + 64;
export const CODE_PAGES: u32 = 1024;
export const CODE_PAGE_SIZE: u32 = CODE_PAGES * CODE_PAGE_STRIDE;
/** Code page 0 is never given out. In it: the record that looks up where to go on (cpu/slow.ts) ... */
export const STUB_LOOKUP: u32 = CODE_PAGE_BASE + 64;
/** ... and what core and compiler tell each other (cpu/compiled.ts). */
export const COMPILER_BASE: u32 = CODE_PAGE_BASE + 1024;
export const RECORD_BASE: u32 = CODE_PAGE_BASE + CODE_PAGE_SIZE;
export const RECORD_SIZE: u32 = 32 * MIB;

/** D: ring of events for the host to drain (probe/events.ts). */
export const EVENT_BASE: u32 = RECORD_BASE + RECORD_SIZE;
export const EVENT_SIZE: u32 = 2 * MIB;
/** D: where the core leaves a structured answer for the host (mmu/list.ts): the last page of the event region. */
export const ANSWER_BASE: u32 = EVENT_BASE + EVENT_SIZE - PAGE_SIZE;

/** D: exploration (explore/state.ts): the machine's part, then one part for each CPU with its store buffer. */
export const EXPLORE_BASE: u32 = EVENT_BASE + EVENT_SIZE + 2 * COLOUR;
export const EXPLORE_STRIDE: u32 = 8 * KIB;
export const EXPLORE_SIZE: u32 = (MAX_CPUS + 1) * EXPLORE_STRIDE;
/** D: the transitions that are possible now, for the host: u16 each (explore/transitions.ts). */
export const ENABLED_BASE: u32 = EXPLORE_BASE + EXPLORE_SIZE;
export const ENABLED_SIZE: u32 = 64 * KIB;
/** D: which words of memory CPUs share, and who accessed them (explore/words.ts): for each frame of RAM the number of its table ... */
export const WORD_INDEX_BASE: u32 = ENABLED_BASE + ENABLED_SIZE;
export const WORD_INDEX_SIZE: u32 = (MAX_RAM / PAGE_SIZE) * 2;
/** ... for each table its frame, and the tables: u64 for each word of the frame ... */
export const WORD_FRAMES_BASE: u32 = WORD_INDEX_BASE + WORD_INDEX_SIZE;
export const WORD_TABLES: u32 = 8192;
export const WORD_TABLE_BASE: u32 = WORD_FRAMES_BASE + WORD_TABLES * 4;
export const WORD_TABLE_STRIDE: u32 = 4 * KIB;
/** ... and the words that were found to conflict, for the host: u32 physical addresses. */
export const CONFLICT_BASE: u32 = WORD_TABLE_BASE + WORD_TABLES * WORD_TABLE_STRIDE;
export const CONFLICT_SIZE: u32 = 256 * KIB;
/** D: page walks with the words that they read (explore/walks.ts): entries of 96 bytes. */
export const WALKS_BASE: u32 = CONFLICT_BASE + CONFLICT_SIZE;
export const WALKS: u32 = 1024;
/** D: what an exploration has changed, to go back (explore/trail.ts). */
export const TRAIL_BASE: u32 = WALKS_BASE + WALKS * 96;
export const TRAIL_SIZE: u32 = 128 * MIB;
/** D: hashes of the states that a search has been in (explore/visited.ts). */
export const VISITED_BASE: u32 = TRAIL_BASE + TRAIL_SIZE;
/** The largest table has 2^this entries of 24 bytes; the smaller ones before it are a fifteenth of it together. */
export const VISITED_BITS: u32 = 22;
export const VISITED_SIZE: u32 = 104 * MIB;

/** D: what a scripted run is to do (smp/script.ts): entries of 16 bytes, which never change while it goes on. */
export const SCRIPT_BASE: u32 = VISITED_BASE + VISITED_SIZE;
export const SCRIPT_SIZE: u32 = 2 * MIB;

/** D: stop points, what hit them, and which events are wanted (debug/state.ts): the host's wishes, not the machine's state. */
export const DEBUG_BASE: u32 = SCRIPT_BASE + SCRIPT_SIZE + COLOUR;
export const DEBUG_SIZE: u32 = 2 * MIB;

/** Guest RAM: physical address 0 is here. Aligned so that a frame is one 64 KiB-page-aligned run. */
export const RAM_BASE: u32 = (DEBUG_BASE + DEBUG_SIZE + 0xffff) & 0xffff0000;

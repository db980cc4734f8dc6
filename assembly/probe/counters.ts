// The machine's counters, declared once, in order. The core counts by these numbers; tables, JSON and
// plots read names and help texts from src/machine/counters.ts, which a test holds against this file.
// A counter is a u64 per CPU in the COUNTER region; it counts what happened and is never reset by a run.

export const C_INSTRUCTIONS: u32 = 0; // instructions retired
export const C_INTERRUPTS: u32 = 1; // external interrupts and IPIs delivered to the program (vectors taken)
export const C_EXCEPTIONS: u32 = 2; // exceptions delivered
export const C_PAGE_FAULTS: u32 = 3; // #PF delivered
export const C_SYSCALLS: u32 = 4; // SYSCALL and SYSENTER executed
export const C_IPI_SENT: u32 = 5; // ICR writes, one for each command
export const C_IPI_RECEIVED: u32 = 6; // fixed or lowest-priority IPIs accepted by this CPU
export const C_NMI_RECEIVED: u32 = 7;
export const C_ITLB_MISSES: u32 = 8; // instruction look-ups that missed the first-level instruction TLB
export const C_DTLB_MISSES: u32 = 9; // data look-ups that missed the first-level data TLB
export const C_STLB_HITS: u32 = 10; // of those misses, the ones that the second level served
export const C_WALKS_INSTRUCTION: u32 = 11; // page walks for instruction fetch
export const C_WALKS_DATA: u32 = 12; // page walks for loads and stores
export const C_WALK_REFERENCES: u32 = 13; // page-table words read by walks
export const C_WALKS_FAULTED: u32 = 14; // walks that ended in #PF
export const C_DIRTY_WALKS: u32 = 15; // walks made to set D for a store through a clean entry
export const C_INVLPG: u32 = 16; // INVLPG executed
export const C_INVPCID: u32 = 17; // INVPCID executed
export const C_CR3_FLUSH: u32 = 18; // MOV CR3 that dropped the PCID's entries
export const C_CR3_KEEP: u32 = 19; // MOV CR3 with bit 63: nothing dropped
export const C_CR4_FLUSH: u32 = 20; // flushes by a change of CR4 or CR0 paging bits
export const C_TLB_FILLS: u32 = 21; // entries made by walks
export const C_TLB_EVICTIONS: u32 = 22; // live second-level entries replaced for want of room
export const C_TLB_INVALIDATIONS: u32 = 23; // live entries dropped by invalidation of one page
export const C_STALE_BENIGN: u32 = 24; // stale uses by class (mmu/staleness.ts)
export const C_STALE_PERMISSION: u32 = 25;
export const C_STALE_DIVERGED_READ: u32 = 26;
export const C_STALE_LOST_WRITE: u32 = 27;
export const C_STALE_REUSED_FRAME: u32 = 28;
export const C_PT_WRITES: u32 = 29; // stores that changed a word of a page-table frame
export const C_CODE_WRITES: u32 = 30; // stores into decoded code
export const C_PAUSES: u32 = 31; // PAUSE executed
export const C_HALTS: u32 = 32; // HLT executed
export const C_BLOCKS_DECODED: u32 = 33;
export const C_SLICES: u32 = 34; // turns given by the scheduler
export const C_CYCLES_WALK: u32 = 35; // modelled cycles by cause (probe/cost.ts)
export const C_CYCLES_INVALIDATE: u32 = 36;
export const C_CYCLES_IPI: u32 = 37;
export const C_CYCLES_MEMORY: u32 = 38; // tier latency
export const C_CYCLES_IDLE: u32 = 39; // ticks spent halted
export const C_CYCLES_EXCEPTION: u32 = 40;
export const COUNTERS: u32 = 41;

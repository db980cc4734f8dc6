// The machine's counters for people: names and help. The list itself, and its order, is the core's
// (assembly/probe/counters.ts): a name is the core's constant in lower case, so it is said once; the
// compiler demands a help text for each.

import * as declared from "../../assembly/probe/counters.js";

type Name<Constant> = Constant extends `C_${infer Rest}` ? Lowercase<Rest> : never;
export type CounterName = Name<keyof typeof declared>;
export type Counters = Readonly<Record<CounterName, number>>;

/** What each counter counts. Those named cycles_* are modelled; all others happened. */
export const COUNTER_HELP: Readonly<Record<CounterName, string>> = {
  instructions: "instructions retired; of a repeated string instruction, its chunks",
  interrupts: "external interrupts and IPIs delivered",
  exceptions: "exceptions delivered",
  page_faults: "page faults delivered",
  syscalls: "SYSCALL and SYSENTER executed",
  ipi_sent: "IPIs sent: ICR writes, one for each command",
  ipi_received: "IPIs accepted: fixed and lowest-priority, one for each target",
  nmi_received: "NMIs delivered",
  itlb_misses: "look-ups that missed the first-level instruction TLB",
  dtlb_misses: "look-ups that missed the first-level data TLB",
  stlb_hits: "of those misses, the ones that the second level served",
  walks_instruction: "page walks for instruction fetch",
  walks_data: "page walks for loads and stores",
  walk_references: "page-table words read by walks",
  walks_faulted: "page walks that ended in a page fault",
  dirty_walks: "walks made to set D for a store through a clean entry",
  invlpg: "INVLPG executed",
  invpcid: "INVPCID executed",
  cr3_flush: "MOV CR3 that dropped the PCID's entries",
  cr3_keep: "MOV CR3 that kept them (bit 63)",
  cr4_flush: "flushes by a change of CR4 or of paging in CR0",
  tlb_fills: "TLB entries made by walks",
  tlb_evictions: "live second-level entries replaced for want of room",
  tlb_invalidations: "live entries dropped by the invalidation of one page",
  stale_benign: "stale uses that made no difference: same frame, or equal bytes",
  stale_permission: "stale uses of a right that is gone",
  stale_diverged_read: "stale loads that saw other bytes than the page tables' frame holds",
  stale_lost_write: "stale stores that went to the old frame",
  stale_reused_frame: "stale uses of a frame that has become something else",
  pt_writes: "stores that changed a word of a page table",
  code_writes: "stores into decoded code",
  pauses: "PAUSE executed",
  halts: "HLT executed",
  blocks_decoded: "blocks of code decoded",
  slices: "turns given by the scheduler",
  cycles_walk: "modelled cycles in page walks",
  cycles_invalidate: "modelled cycles in TLB invalidations",
  cycles_ipi: "modelled cycles for sending and taking IPIs",
  cycles_memory: "modelled cycles for the latency of memory",
  cycles_idle: "ticks spent halted",
  cycles_exception: "modelled cycles for exceptions",
};

/** Names in the core's order: index i is counter number i. */
export const COUNTER_NAMES: readonly CounterName[] = Object.entries(declared)
  .filter(([constant]) => constant.startsWith("C_"))
  .sort((a, b) => a[1] - b[1])
  .map(([constant]) => constant.slice(2).toLowerCase() as CounterName);

export const isModelled = (name: CounterName): boolean => name.startsWith("cycles_") && name !== "cycles_idle";

// The figures of `bench migrate`: what each row is, who counted it, and whether it is counted or
// modelled. One list, from which the table and the JSON are made.

import type { PolicyRun } from "./migrate-run.js";

export interface Figure {
  /** Key in the JSON. */
  readonly key: string;
  readonly title: string;
  /** Who says so: the machine, looking from outside, or the guest kernel, counting for itself. */
  readonly by: "machine" | "kernel";
  readonly kind: "counted" | "modelled";
  /** A share of the total, shown as a percentage and not compared. */
  readonly share?: boolean;
  readonly value: (run: PolicyRun) => number;
}

const vm = (run: PolicyRun, name: string): number => run.vmstat[name] ?? 0;

/** Modelled cycles of all CPUs while they were not halted. */
function activeCycles({ counters: c }: PolicyRun): number {
  return c.instructions + c.cycles_walk + c.cycles_invalidate + c.cycles_ipi + c.cycles_memory + c.cycles_exception;
}

const shootdownCycles = ({ counters: c }: PolicyRun): number => c.cycles_ipi + c.cycles_invalidate;

type Row = readonly [key: string, title: string, value: (run: PolicyRun) => number];

const byKernel: readonly Row[] = [
  ["shootdowns_sent", "shootdowns sent (nr_tlb_remote_flush)", (r) => vm(r, "nr_tlb_remote_flush")],
  ["shootdowns_received", "shootdowns received (nr_tlb_remote_flush_received)", (r) => vm(r, "nr_tlb_remote_flush_received")],
  ["full_flushes", "full flushes", (r) => vm(r, "tlb_flush_user") + vm(r, "tlb_flush_kernel")],
  ["promoted", "pages promoted (pgpromote_success)", (r) => vm(r, "pgpromote_success")],
  ["demoted", "pages demoted (pgdemote_kswapd, _direct)", (r) => vm(r, "pgdemote_kswapd") + vm(r, "pgdemote_direct")],
  ["hint_faults", "hint faults (numa_hint_faults)", (r) => vm(r, "numa_hint_faults")],
  ["deferred", "folios whose flush was deferred (migrc_deferred)", (r) => vm(r, "migrc_deferred")],
];

const byMachine: readonly Row[] = [
  ["ipis_received", "IPIs received, of every kind", (r) => r.counters.ipi_received],
  ["page_flushes", "single-page flushes (INVLPG)", (r) => r.counters.invlpg],
  ["walks_instruction", "page walks, instruction", (r) => r.counters.walks_instruction],
  ["walks_data", "page walks, data", (r) => r.counters.walks_data],
  ["itlb_misses", "L1 TLB misses, instruction", (r) => r.counters.itlb_misses],
  ["dtlb_misses", "L1 TLB misses, data", (r) => r.counters.dtlb_misses],
  ["page_faults", "page faults", (r) => r.counters.page_faults],
  ["instructions", "instructions", (r) => r.counters.instructions],
  ["stale_benign", "stale uses, benign", (r) => r.counters.stale_benign],
  ["stale_permission", "stale uses, permission", (r) => r.counters.stale_permission],
  ["stale_diverged_read", "stale uses, diverged-read", (r) => r.counters.stale_diverged_read],
  ["stale_lost_write", "stale uses, lost-write", (r) => r.counters.stale_lost_write],
  ["stale_reused_frame", "stale uses, reused-frame", (r) => r.counters.stale_reused_frame],
];

const modelled: readonly Row[] = [
  ["cycles", "cycles, all CPUs, not halted", activeCycles],
  ["cycles_shootdown", "of these in IPIs and invalidations", shootdownCycles],
  ["cycles_walk", "of these in page walks", (r) => r.counters.cycles_walk],
  ["cycles_memory", "of these for the slow node's latency", (r) => r.counters.cycles_memory],
  ["cycles_exception", "of these in exceptions", (r) => r.counters.cycles_exception],
];

const made = (rows: readonly Row[], by: Figure["by"], kind: Figure["kind"]): Figure[] =>
  rows.map(([key, title, value]) => ({ key, title, by, kind, value }));

export const FIGURES: readonly Figure[] = [
  ...made(byKernel, "kernel", "counted"),
  ...made(byMachine, "machine", "counted"),
  ...made(modelled, "machine", "modelled"),
  {
    key: "share_shootdown", title: "share spent in shootdowns", by: "machine", kind: "modelled", share: true,
    value: (r) => shootdownCycles(r) / activeCycles(r),
  },
];

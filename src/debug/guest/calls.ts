// Functions that CPUs have asked each other to run and that are not acknowledged (guest/kernel/smpcall.c), and the
// kernel's counters.

import { type Kernel, pointer } from "./kernel.js";
import type { PendingCall } from "./types.js";

const ALL = 0xffff_ffff_ffff_ffffn;

function flushOf(kernel: Kernel, info: bigint): NonNullable<PendingCall["flush"]> {
  const flush = kernel.value(info, "struct flush_tlb_info");
  const mm = pointer(flush.member("mm"));
  const end = flush.member("end").big();
  return {
    ...(mm === undefined ? {} : { mm }), start: flush.member("start").big(), end, all: end === ALL,
    generation: flush.member("new_tlb_gen").big(), freedTables: flush.member("freed_tables").flag(),
  };
}

/** A descriptor is locked from before it is queued until its function has run: that is the acknowledgement. */
export function pendingCalls(kernel: Kernel): PendingCall[] {
  const cpus = kernel.cpus();
  const flush = kernel.symbols.resolve("flush_tlb_func")?.address;
  return cpus.flatMap((from) => cpus.flatMap((to): PendingCall[] => {
    const call = kernel.perCpu("csd_data", from)?.at(to);
    if (!call?.member("flags").flag()) return [];
    const address = call.member("func").big();
    const symbol = kernel.symbols.at(address);
    const info = call.member("info").big();
    return [{
      from, to, function: address, waits: call.member("wait").flag(), ...(symbol ? { symbol } : {}),
      ...(address === flush && info !== 0n ? { flush: flushOf(kernel, info) } : {}),
    }];
  }));
}

/** The counters of /proc/vmstat, by name, summed over all CPUs. */
export function vmstat(kernel: Kernel): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const { name, value } of kernel.enumeration("enum vm_event_item", "(VM_EVENT|NR_VM_EVENT)_")) {
    if (name === "items") continue;
    totals[name] = kernel.cpus().reduce((sum, cpu) => sum + kernel.perCpu("vm_event_states", cpu)!.member("event").at(Number(value)).number(), 0);
  }
  return totals;
}

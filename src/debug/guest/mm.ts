// An address space: its areas, and how current each CPU's TLB is said to be for it (guest/mm/tlb.c).

import type { TypedValue } from "../look/index.js";
import { type Kernel, pointer } from "./kernel.js";
import { threads } from "./threads.js";
import type { AddressSpace, CpuTlbState, Vma } from "./types.js";

/** Physical address of what the kernel maps at linear address `address`. */
export function physicalOf(kernel: Kernel, address: bigint): bigint {
  return BigInt(kernel.machine.physicalOf(0, address) ?? 0);
}

function vmaOf(kernel: Kernel, vma: TypedValue): Vma {
  return {
    start: vma.member("vm_start").big(), end: vma.member("vm_end").big(),
    flags: kernel.flagsByMask(vma.member("vm_flags").big(), "enum vma_flags", "VM_"),
  };
}

function cpuState(kernel: Kernel, cpu: number, mm: TypedValue, mask: readonly number[]): CpuTlbState {
  const state = kernel.perCpu("cpu_tlbstate", cpu)!;
  const contextId = mm.member("context.ctx_id").big();
  const loaded = state.member("loaded_mm").big() === mm.address;
  const contexts = kernel.contexts(cpu);
  // CR3's ASID counts if the mm is loaded; else the one that switch_mm_irqs_off() would find.
  const index = loaded ? state.member("loaded_mm_asid").number() : contexts.findIndex((context) => context.id === contextId);
  const context = contexts[index];
  const about = { cpu, inMask: mask.includes(cpu), loaded, lazy: loaded && (kernel.perCpu("cpu_tlb_is_lazy", cpu)?.flag() ?? false) };
  if (!context || context.id !== contextId) return about;
  const behind = mm.member("context.tlb_gen").big() - context.generation;
  // kern_pcid(): PCID 0 is what CR3 holds when PCIDs are not in use.
  return { ...about, asid: index, pcid: index + 1, generation: context.generation, behind };
}

export function addressSpace(kernel: Kernel, address: bigint): AddressSpace {
  const mm = kernel.value(address, "struct mm_struct");
  const cpumask = kernel.bits(mm.member("cpu_bitmap").big());
  const batched = BigInt.asUintN(32, mm.member("tlb_flush_batched").big());
  const pendingMask = BigInt(kernel.constant("TLB_FLUSH_BATCH_PENDING_MASK"));
  const flushedShift = BigInt(kernel.constant("TLB_FLUSH_BATCH_FLUSHED_SHIFT"));
  return {
    mm: address, root: physicalOf(kernel, mm.member("pgd").big()),
    contextId: mm.member("context.ctx_id").big(), tlbGen: mm.member("context.tlb_gen").big(),
    users: mm.member("mm_users").number(), references: mm.member("mm_count").number(), cpumask,
    rssPages: mm.member("rss").number(), tablePages: mm.member("pgtables").number(),
    flushPending: mm.member("tlb_flush_pending").number(),
    batched: { pending: Number(batched & pendingMask), flushed: Number(batched >> flushedShift) },
    vmas: [...kernel.list(mm.member("mmap"), "struct vm_area_struct", "link")].map((vma) => vmaOf(kernel, vma)),
    cpus: kernel.cpus().map((cpu) => cpuState(kernel, cpu, mm, cpumask)),
    threads: threads(kernel).filter((thread) => thread.mm === address).map((thread) => thread.pid),
  };
}

/** The address space that `cpu` has loaded. */
export function loadedMm(kernel: Kernel, cpu: number): bigint | undefined {
  const state = kernel.perCpu("cpu_tlbstate", cpu);
  return state && pointer(state.member("loaded_mm"));
}

// The cost table: modelled cycles beyond the one that each step takes, one cycle being one tick of the 1 GHz clock.
// These figures never mix with what is counted: they go to the C_CYCLES_* counters only, and to the two delays at
// the end. Each is a round number within what the sources below report for machines of 2 to 4 GHz, where they report
// a range; none is measured by us, and none is fitted to a result. Differences between policies in counted events
// stand by themselves; modelled cycles weigh them only as well as this table does.
//
//   [Intel]   Intel 64 and IA-32 Architectures Optimization Reference Manual: penalty of a first-level TLB miss that hits
//             the STLB, load latencies of L1 to L3, PAUSE of about 10 cycles before Skylake and up to 140 since.
//   [Linux]   Documentation/arch/x86/tlb.rst and the commits on tlb_single_page_flush_ceiling: an INVLPG costs of the
//             order of 100 cycles, a full flush little more, and the refills after it the rest.
//   [Amit20]  N. Amit, A. Tai, M. Wei: Don't shoot down TLB shootdowns! EuroSys 2020: sending an IPI and getting its
//             acknowledgement takes well over 1,000 cycles; entry to and exit from the handler are the larger part.
//   [Pond23]  H. Li et al.: Pond: CXL-Based Memory Pooling Systems for Cloud Platforms, ASPLOS 2023: CXL-attached memory
//             is 70 to 90 ns slower than local DRAM.

import { Cpu, count } from "../cpu/state";

/** Charges `cycles` modelled cycles to `cpu` under counter `cause` (C_CYCLES_*). */
@inline
export function charge(cpu: Cpu, cause: u32, cycles: u64): void {
  count(cpu, cause, cycles);
  cpu.cycles += cycles;
}

/** A first-level TLB miss that the second level serves [Intel]. */
export const COST_STLB_HIT: u64 = 7;

/** One page-table word read by a walk: between an L2 and an L3 hit [Intel], which is where page tables mostly are. */
export const COST_WALK_REFERENCE: u64 = 20;

/** Setting A or D: a locked read-modify-write on a cached word [Intel]. */
export const COST_WALK_UPDATE: u64 = 20;

/** INVLPG, or INVPCID of one address [Linux]. */
export const COST_INVALIDATE_PAGE: u64 = 120;

/** MOV CR3 or INVPCID that drops a whole PCID [Linux]; the refills that follow show up as walks. */
export const COST_INVALIDATE_ALL: u64 = 200;

/** MOV CR3 without a flush (bit 63 set): half of one with; it still serialises. */
export const COST_SWITCH: u64 = 100;

/** The sender's share of an IPI: the ICR write that serialises and leaves the core [Amit20]. */
export const COST_IPI_SEND: u64 = 300;

/** The receiver's share: pipeline flush, entry, EOI and IRET [Amit20]. */
export const COST_IPI_RECEIVE: u64 = 900;

/** Entering and leaving an exception handler: an interrupt without its way through the APICs. */
export const COST_EXCEPTION: u64 = 600;

/** An access to the slow memory tier, beyond one to the fast tier [Pond23], when it misses the caches. */
export const COST_SLOW_TIER: u64 = 80;

/**
 * Ticks from an ICR write to the moment when the message may be taken at its destination. The time that real ones take
 * is in the two costs above; this delay is about order: it is not zero, so that the sender gets ahead of the receiver as
 * on silicon, and short, so that a run spends its steps on the program and not on waiting.
 */
export const IPI_DELAY: u64 = 50;

/** Ticks that a PAUSE takes from its CPU's turn beyond its own step, between the old and the new length [Intel]. */
export const PAUSE_TICKS: u64 = 40;

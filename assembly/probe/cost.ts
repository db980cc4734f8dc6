// The cost table: modelled cycles, one cycle being one tick of the 1 GHz clock. These figures never mix with
// what is counted: they go to the C_CYCLES_* counters only, and to the delays said to be so below. They are
// read from published measurements on machines of 2 to 3 GHz and rounded; none is fitted to a result.
//
// Sources
//   [Intel]  Intel 64 and IA-32 Architectures Optimization Reference Manual: STLB hit 7 to 9 cycles, L2 12 to 14.
//   [Fog]    A. Fog, Instruction tables (Skylake): INVLPG, MOV CR3, PAUSE 140, interrupt and exception entry.
//   [Amit17] N. Amit, Optimizing the TLB Shootdown Algorithm with Page Access Tracking, USENIX ATC 2017:
//            IPI of some 1,000 cycles send to receive; INVLPG 100 to 200; a shootdown of 2 CPUs about 5,000.
//   [Amit20] N. Amit, A. Tai, M. Wei, Don't Shoot Down TLB Shootdowns!, EuroSys 2020: interrupt entry and exit
//            with page-table isolation off about 900 cycles; ICR write and bus transfer of several hundred.
//   [Villavieja11] C. Villavieja et al., DiDi, PACT 2011: remote invalidation 1 to 4 microseconds with OS work.
//   [Pond23] H. Li et al., Pond: CXL-Based Memory Pooling, ASPLOS 2023: CXL adds 70 to 90 ns to about 85 ns.
//   [Yaniv16] I. Yaniv, D. Tsafrir, Hash, Don't Cache (the Page Table), SIGMETRICS 2016: a walk reference mostly
//            hits L1 to L3: 4 to 40 cycles.

import { Cpu, count } from "../cpu/state";

/** Charges `cycles` modelled cycles to `cpu` under counter `cause` (C_CYCLES_*). */
@inline
export function charge(cpu: Cpu, cause: u32, cycles: u64): void {
  count(cpu, cause, cycles);
  cpu.cycles += cycles;
}

/** An instruction, or the delivery of an interrupt as such: the unit of the virtual clock. */
export const COST_INSTRUCTION: u64 = 1;

/** A first-level TLB miss that the second level serves [Intel]. */
export const COST_STLB_HIT: u64 = 7;

/** One page-table word read by a walk [Yaniv16]: between an L2 and an L3 hit. */
export const COST_WALK_REFERENCE: u64 = 20;

/** Setting A or D: a locked read-modify-write in the walk [Fog]. */
export const COST_WALK_UPDATE: u64 = 20;

/** INVLPG, or INVPCID of one address [Amit17]. */
export const COST_INVALIDATE_PAGE: u64 = 120;

/** MOV CR3 or INVPCID that drops a whole PCID [Fog, Amit20]; the refills that follow show up as walks. */
export const COST_INVALIDATE_ALL: u64 = 200;

/** Writing CR3 without a flush (bit 63 set) [Fog]. */
export const COST_SWITCH: u64 = 100;

/** The sender's share of an IPI: the ICR write that serialises and leaves the core [Amit20]. */
export const COST_IPI_SEND: u64 = 300;

/** The receiver's share: pipeline flush, entry, EOI and IRET [Amit20]. */
export const COST_IPI_RECEIVE: u64 = 900;

/** Entering and leaving an exception handler [Fog, Amit20]. */
export const COST_EXCEPTION: u64 = 600;

/** An access to the slow memory tier, beyond one to the fast tier [Pond23], when it misses the caches. */
export const COST_SLOW_TIER: u64 = 80;

/**
 * Ticks from an ICR write to the moment when the message may be taken at its destination. Real ones take several
 * hundred cycles; this one is short because the clock counts one tick an instruction, so that a delay as long as
 * the real one would let computing CPUs run on by ten times as many instructions as they do on real silicon.
 */
export const IPI_DELAY: u64 = 50;

/** Ticks that a PAUSE takes from its CPU's turn beyond its own step: 10 before Skylake, 140 since [Fog]. */
export const PAUSE_TICKS: u64 = 40;

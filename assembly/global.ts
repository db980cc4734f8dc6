// Machine-wide state in linear memory: the clock, who runs, why the run stopped. One instance, in
// the GLOBAL region; the devices of apic/ keep theirs in the same region behind it (see the chain below).

import { GLOBAL_BASE, FRAME_BASE, FRAME_STRIDE, RAM_BASE } from "./memory-map";

/** Why `run` returned. The host's names for these are in src/machine/stop.ts. */
export const STOP_BUDGET: u32 = 0; // the steps asked for are done
export const STOP_IDLE: u32 = 1; // every CPU waits and no timer is armed: only outside input can go on
export const STOP_REQUEST: u32 = 2; // the host asked for it (requestStop), from a device or a limit
export const STOP_BREAK: u32 = 3; // a stop point was hit: debug/hits.ts has which
export const STOP_STEPPED: u32 = 4; // one CPU has made the steps asked for (smp/alone.ts)
// From here on the machine has failed, and stays stopped.
export const STOP_NOT_IMPLEMENTED: u32 = 5; // detail says what; bytes, rip and cpu are in the record
export const STOP_TRIPLE_FAULT: u32 = 6;
export const STOP_TLB_FULL: u32 = 7; // the sticky preset ran out of entries: it must not evict

/** What is not implemented: the detail of STOP_NOT_IMPLEMENTED. */
export const NI_INSTRUCTION: u32 = 1; // an instruction outside the integer and system set (x87, MMX, SSE, AVX, VMX ...)
export const NI_TASK_SWITCH: u32 = 2; // hardware task switch
export const NI_VM86: u32 = 3; // virtual-8086 mode
export const NI_CALL_GATE: u32 = 4; // far call or jump through a call gate
export const NI_DEBUG_REGISTERS: u32 = 5; // hardware breakpoints enabled in DR7
export const NI_LEGACY_PAGING: u32 = 6; // 32-bit or PAE paging outside long mode
export const NI_MSR: u32 = 7; // a known MSR whose effect is not modelled
export const NI_APIC: u32 = 8; // a local APIC feature that is not modelled
export const NI_ALIGNMENT: u32 = 9; // alignment checks: CR0.AM with RFLAGS.AC at CPL 3
export const NI_PIT: u32 = 10; // a mode of the 8254 timer that is not modelled

@unmanaged
export class Global {
  cpus: u32;
  /** Guest RAM in bytes. */
  ramSize: u32;
  /** TLB preset: 0 skylake, 1 zen3, 2 sticky, 3 none (mmu/presets.ts). */
  preset: u32;
  /** CPU that has the turn. */
  current: u32;
  /** The one step number: instructions retired and interrupts delivered, over all CPUs. */
  steps: u64;
  /** Virtual time in ticks of 1 ns (1 GHz TSC) at the start of the current round. */
  clock: u64;
  /** State of the seeded generator (xorshift64*), for slice lengths. */
  random: u64;
  /** 1 as soon as the host or a stop wants `run` to return. */
  stopRequested: u32;
  stopReason: u32;
  stopCpu: u32;
  stopDetail: u32;
  stopRip: u64;
  /** Instruction bytes at the stop, for the message. */
  stopBytes0: u64;
  stopBytes1: u64;
  stopLength: u32;
  /** Earliest tick at which a timer is due; the scheduler looks no earlier. */
  nextTimer: u64;
  /** Next free 32-byte record and next free code page (cpu/code.ts). */
  recordNext: u32;
  codePageNext: u32;
  /** Where the devices of apic/ may continue in the GLOBAL region. */
  end: u64;
  /** Physical address from which memory is of the slow tier; 0 if all of it is fast. Only the cost model looks at it. */
  slowFrom: u64;
  /** Changes of page-table words so far: what orders marks of TLB entries and owners of frames (mmu/staleness.ts). */
  tableChanges: u64;
  /** Number of chains of TLB entries by the word that they were made from, less one (mmu/reverse.ts). */
  chainMask: u32;
}

/** Not at the start of a page: memory-map.ts says why (COLOUR). */
const MACHINE_OFFSET: u32 = 8 * 64;

export const DEVICES_IN_CORE: u32 = GLOBAL_BASE + 0x1000;

@inline
export function machine(): Global {
  return changetype<Global>(GLOBAL_BASE + MACHINE_OFFSET);
}

/** Linear-memory offset of guest physical address `pa`, which must be below `ramSize`. */
@inline
export function ramAt(pa: u64): usize {
  return RAM_BASE + <usize>pa;
}

/** Linear-memory offset of the frame record of the frame that holds `pa`. */
@inline
export function frameAt(pa: u64): usize {
  return FRAME_BASE + <u32>(pa >> 12) * FRAME_STRIDE;
}

/** Next number of the seeded generator. */
export function random(): u64 {
  const g = machine();
  let x = g.random;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  g.random = x;
  return x * 0x2545f4914f6cdd1d;
}

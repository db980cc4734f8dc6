// Which mode a CPU is in, and everything derived from that. `updateMode` is the only place that sets
// `mode` and `stackSize`; whoever changes CR0, EFER, CS, SS, CPL or RFLAGS.AC calls it afterwards.
// Used by the rest of system/ and by the power-on and SIPI code.

import {
  Cpu, segment, CS, SS, IF, TF, AC, MODE_16, MODE_32, MODE_64, CR0_PE, CR0_AM, EFER_LMA, NO_FRAME,
} from "../state";
import { notImplemented } from "../fault";
import { NI_ALIGNMENT } from "../../global";
import { A_L, A_DB } from "./descriptor";
import { lapicOf, pendingVector } from "../../apic/lapic";
import { picInterrupts } from "../../apic/pic";
import { selectFront, dropFetchSlots } from "../../mmu/front";

/** IA-32e mode: 64-bit or compatibility mode (SDM 3A 9.8.5). */
@inline
export function longMode(cpu: Cpu): bool {
  return (cpu.efer & EFER_LMA) != 0;
}

@inline
export function protectedMode(cpu: Cpu): bool {
  return (cpu.cr0 & CR0_PE) != 0;
}

/** Bits 63..47 of a canonical address are all equal (4-level paging, SDM 1 3.3.7.1). */
@inline
export function canonical(va: u64): bool {
  return <u64>((<i64>va << 16) >> 16) == va;
}

/** Recomputes mode, stack width and front table from CR0, EFER, CS, SS, CPL and AC. The next fetch translates anew. */
export function updateMode(cpu: Cpu): void {
  const code = segment(cpu, CS).attributes;
  let mode = MODE_16;
  if (longMode(cpu) && (code & A_L)) {
    mode = MODE_64;
    cpu.stackSize = 8;
  } else {
    if (code & A_DB) mode = MODE_32;
    cpu.stackSize = segment(cpu, SS).attributes & A_DB ? 4 : 2;
  }
  if (mode != cpu.mode) {
    // Fetch slots name code pages decoded for one mode.
    cpu.mode = mode;
    dropFetchSlots(cpu);
  }
  selectFront(cpu);
  cpu.codeFrame = NO_FRAME;
  refuseAlignmentChecks(cpu);
}

/** #AC is not modelled, so code that could raise it does not start (SDM 3A 6.15, interrupt 17). */
function refuseAlignmentChecks(cpu: Cpu): void {
  if (cpu.system & AC && cpu.cpl == 3 && cpu.cr0 & CR0_AM) notImplemented(cpu, NI_ALIGNMENT);
}

/** A maskable interrupt could be taken if IF allowed it. */
function interruptWaits(cpu: Cpu): bool {
  return pendingVector(cpu) >= 0 || lapicOf(cpu).extPending != 0 || picInterrupts(cpu.index);
}

/** Replaces RFLAGS outside the arithmetic flags. The scheduler is asked to look only if setting IF lets something
 * in, or TF changes: IF goes up at the end of every system call and exception, mostly with nothing pending. */
export function setSystemFlags(cpu: Cpu, value: u32): void {
  const before = cpu.system;
  cpu.system = value;
  const changed = value ^ before;
  if ((changed & TF) || ((changed & value & IF) && interruptWaits(cpu))) cpu.attention = 1;
  if (changed & AC) {
    selectFront(cpu);
    refuseAlignmentChecks(cpu);
  }
}

/** Ends the slice after the instruction under way, keeping `sliceBudget - left` the steps done. */
export function endSlice(cpu: Cpu): void {
  cpu.sliceBudget -= cpu.left;
  cpu.left = 0;
}

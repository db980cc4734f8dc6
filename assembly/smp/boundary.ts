// What may happen to a CPU between two instructions, in the order of SDM 3A table 7-2: INIT, start-up, NMI,
// then one maskable interrupt. The scheduler calls it when a CPU's `attention` is set, and nobody else.

import { Cpu, IF, HALTED, RUNNING, SHUTDOWN, WAIT_SIPI, count } from "../cpu/state";
import { NMI } from "../cpu/fault";
import { deliverInterrupt } from "../cpu/system/deliver";
import { C_CYCLES_IDLE } from "../probe/counters";
import { emit, EVENT_INTERRUPT } from "../probe/events";
import { Lapic, lapicOf, pendingVector, acknowledge } from "../apic/lapic";
import { picInterrupts, acknowledgePic } from "../apic/pic";
import { now } from "./clock";
import { initCpu, startUp } from "./reset";
import { turnOf } from "./state";

/** Counts what a halted CPU has idled so far. */
export function settleIdle(cpu: Cpu): void {
  const at = now(cpu);
  const turn = turnOf(cpu);
  count(cpu, C_CYCLES_IDLE, at - turn.haltedSince);
  turn.haltedSince = at;
}

function take(cpu: Cpu, vector: u32): bool {
  if (cpu.activity == HALTED) {
    settleIdle(cpu);
    cpu.activity = RUNNING;
  }
  emit(EVENT_INTERRUPT, cpu, vector, 0, 0);
  deliverInterrupt(cpu, vector);
  // Through a trap gate IF stays set, and more may be taken at once.
  if (cpu.system & IF) cpu.attention = 1;
  return true;
}

/** INIT resets the CPU; only a start-up IPI that came after it starts the CPU again. */
function startOrStay(cpu: Cpu, apic: Lapic): void {
  const sipi = apic.sipiPending;
  if (apic.initPending) {
    if (cpu.activity == HALTED) settleIdle(cpu);
    initCpu(cpu);
  }
  apic.sipiPending = 0;
  if (sipi && cpu.activity == WAIT_SIPI) startUp(cpu, sipi & 0xff);
}

function takeMaskable(cpu: Cpu, apic: Lapic): bool {
  const vector = pendingVector(cpu);
  if (vector >= 0) return take(cpu, acknowledge(cpu));
  if (!apic.extPending && !picInterrupts(cpu.index)) return false;
  apic.extPending = 0;
  return take(cpu, acknowledgePic());
}

/**
 * Takes what may be taken now, at most one vector; true if it did, which is one step. In the shadow of STI and MOV SS
 * nothing is taken: `attention` is set again after the one instruction that they protect (cpu/execute.ts).
 */
export function atBoundary(cpu: Cpu): bool {
  const apic = lapicOf(cpu);
  if (apic.initPending | apic.sipiPending) startOrStay(cpu, apic);
  if (cpu.shadow || cpu.activity == WAIT_SIPI || cpu.activity == SHUTDOWN) return false;
  if (apic.nmiPending && !cpu.nmiBlocked) {
    apic.nmiPending = 0;
    return take(cpu, NMI);
  }
  return cpu.system & IF ? takeMaskable(cpu, apic) : false;
}

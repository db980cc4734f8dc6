// The local APIC's timer: one-shot, periodic, TSC-deadline (SDM 3A 11.5.4). With divisor 1 it counts one tick of
// the virtual clock, 1 ns. Timers fire between rounds of the scheduler, so up to a turn late while CPUs run.

import { Cpu, cpuAt, systemOf } from "../cpu/state";
import { machine } from "../global";
import { now, tsc, expectTimer, NEVER } from "../smp/clock";
import { Lapic, lapicOf } from "./lapic";
import { raiseLocal, LVT_TIMER } from "./lvt";

/** Bits 18:17 of the LVT entry. */
const TIMER_MODE: u32 = 0x60000;
const PERIODIC: u32 = 0x20000;
const DEADLINE: u32 = 0x40000;

/** log2 of the divisor: bits 3, 1 and 0 of the divide configuration, 111 being 1. */
function divisorShift(apic: Lapic): u32 {
  const bits = (apic.divide >> 1 & 4) | (apic.divide & 3);
  return (bits + 1) & 7;
}

@inline
function span(apic: Lapic): u64 {
  return <u64>apic.initialCount << divisorShift(apic);
}

function arm(apic: Lapic, due: u64): void {
  apic.timerDue = due;
  expectTimer(due);
}

/** Writing the initial count starts the timer; 0 stops it. In TSC-deadline mode it is ignored. */
export function setInitialCount(cpu: Cpu, value: u32): void {
  const apic = lapicOf(cpu);
  if ((apic.lvtTimer & TIMER_MODE) == DEADLINE) return;
  apic.initialCount = value;
  apic.timerStart = now(cpu);
  if (value) arm(apic, apic.timerStart + span(apic));
  else apic.timerDue = NEVER;
}

/** Changes the divisor. What is left of the count goes on at the new rate. */
export function setDivide(cpu: Cpu, value: u32): void {
  const apic = lapicOf(cpu);
  const counting = apic.timerDue != NEVER && (apic.lvtTimer & TIMER_MODE) != DEADLINE;
  const left: u64 = counting ? currentCount(cpu) : 0;
  apic.divide = value & 0xb;
  if (!counting) return;
  const shift = divisorShift(apic);
  apic.timerStart = now(cpu) - ((<u64>apic.initialCount - left) << shift);
  arm(apic, now(cpu) + (left << shift));
}

export function currentCount(cpu: Cpu): u32 {
  const apic = lapicOf(cpu);
  if (apic.timerDue == NEVER || (apic.lvtTimer & TIMER_MODE) == DEADLINE) return 0;
  const gone = (now(cpu) - apic.timerStart) >> divisorShift(apic);
  if ((apic.lvtTimer & TIMER_MODE) == PERIODIC) return apic.initialCount - <u32>(gone % apic.initialCount);
  return gone >= apic.initialCount ? 0 : apic.initialCount - <u32>gone;
}

/** After a write to the LVT entry: changing to or from TSC-deadline disarms the timer (SDM 3A 11.5.4.1). */
export function timerModeChanged(cpu: Cpu, old: u32, next: u32): void {
  if (!((old ^ next) & DEADLINE)) return;
  const apic = lapicOf(cpu);
  apic.timerDue = NEVER;
  apic.initialCount = 0;
  systemOf(cpu).tscDeadline = 0;
}

/** WRMSR of IA32_TSC_DEADLINE: arms the timer for that TSC value, 0 disarms it. Ignored in the other modes. */
export function setTscDeadline(cpu: Cpu, value: u64): void {
  const apic = lapicOf(cpu);
  if ((apic.lvtTimer & TIMER_MODE) != DEADLINE) return;
  systemOf(cpu).tscDeadline = value;
  if (value) arm(apic, deadlineTick(cpu));
  else apic.timerDue = NEVER;
}

/** Clock tick of the deadline: now, if the TSC has passed it. */
function deadlineTick(cpu: Cpu): u64 {
  const at = tsc(cpu);
  const ahead = systemOf(cpu).tscDeadline > at ? systemOf(cpu).tscDeadline - at : 0;
  const tick = now(cpu) + ahead;
  return tick < ahead ? NEVER - 1 : tick;
}

/** RDMSR of IA32_TSC_DEADLINE: 0 when nothing is armed (SDM 3A 11.5.4.1). */
export function getTscDeadline(cpu: Cpu): u64 {
  return systemOf(cpu).tscDeadline;
}

/** Writes the time-stamp counter (SDM 3B 18.17.3). An armed deadline is another tick then. */
export function setTsc(cpu: Cpu, value: u64): void {
  systemOf(cpu).tscOffset = value - now(cpu);
  if (systemOf(cpu).tscDeadline) arm(lapicOf(cpu), deadlineTick(cpu));
}

function fire(cpu: Cpu, clock: u64): void {
  const apic = lapicOf(cpu);
  const mode = apic.lvtTimer & TIMER_MODE;
  if (mode == PERIODIC) {
    // Periods that passed unseen are one interrupt, as they would be in IRR.
    const period = span(apic);
    apic.timerStart += (clock - apic.timerStart) / period * period;
    apic.timerDue = apic.timerStart + period;
  } else {
    apic.timerDue = NEVER;
    if (mode == DEADLINE) systemOf(cpu).tscDeadline = 0;
  }
  raiseLocal(cpu, LVT_TIMER);
}

/** Fires what is due at `clock` on all CPUs; gives the earliest tick at which one is due after that. */
export function fireLocalTimers(clock: u64): u64 {
  let next = NEVER;
  for (let i: u32 = 0, n = machine().cpus; i < n; i++) {
    const cpu = cpuAt(i);
    const apic = lapicOf(cpu);
    if (apic.timerDue <= clock) fire(cpu, clock);
    if (apic.timerDue < next) next = apic.timerDue;
  }
  return next;
}

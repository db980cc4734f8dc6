// State of a local APIC (SDM 3A chapter 11, "APIC"), in its CPU's block of linear memory, and what decides which
// interrupt is taken next: IRR, ISR, TMR, the priorities, acknowledge and EOI. Registers as software sees
// them are in registers.ts; messages between APICs in ipi.ts and flight.ts.

import { CPU_BASE, CPU_STRIDE } from "../memory-map";
import { Cpu, systemOf } from "../cpu/state";
import { wake, NEVER } from "../smp/clock";
import { emit, EVENT_EOI } from "../probe/events";
import { ioapicEoi } from "./ioapic";

const LAPIC_OFFSET: usize = 0x800;

/** The three 256-bit registers, from the start of the structure. */
export const IRR: usize = 0;
export const ISR: usize = 32;
export const TMR: usize = 64;

@unmanaged
export class Lapic {
  irr0: u64; irr1: u64; irr2: u64; irr3: u64;
  isr0: u64; isr1: u64; isr2: u64; isr3: u64;
  /** Bit set: the interrupt accepted at that vector was level-triggered, so its EOI goes to the I/O APIC. */
  tmr0: u64; tmr1: u64; tmr2: u64; tmr3: u64;
  /** Task priority; CR8 is its upper half. */
  tpr: u32;
  /** Spurious-interrupt vector register: vector, software enable, EOI-broadcast suppression. */
  svr: u32;
  ldr: u32;
  dfr: u32;
  /** ESR as software reads it, and errors gathered since it was last written (SDM 3A 11.5.3). */
  esr: u32;
  errors: u32;
  icrLow: u32;
  icrHigh: u32;
  // Local vector table, in the order of the registers from 0x320.
  lvtTimer: u32; lvtThermal: u32; lvtPerformance: u32; lvtLint0: u32; lvtLint1: u32; lvtError: u32;
  // Timer (timer.ts).
  divide: u32;
  initialCount: u32;
  /** Tick at which the count was loaded, or last reloaded by a periodic timer. */
  timerStart: u64;
  /** Tick at which the timer fires; NEVER if it does not. */
  timerDue: u64;
  // Accepted, but not taken yet; none of these has a place in IRR.
  nmiPending: u32;
  initPending: u32;
  /** 0, or 0x100 | vector of a start-up IPI. */
  sipiPending: u32;
  /** ExtINT by way of a message: the vector is still in the PIC. */
  extPending: u32;
  // Messages under way to this APIC (flight.ts).
  flightCount: u32;
  /** Earliest tick at which one of them may be accepted; NEVER if there is none. */
  flightDue: u64;
}

@inline
export function lapicOf(cpu: Cpu): Lapic {
  return changetype<Lapic>(CPU_BASE + cpu.index * CPU_STRIDE + LAPIC_OFFSET);
}

export const APIC_BASE_BSP: u64 = 0x100;
export const APIC_BASE_X2: u64 = 0x400;
export const APIC_BASE_ENABLE: u64 = 0x800;
export const SVR_ENABLE: u32 = 0x100;
export const SVR_NO_EOI_BROADCAST: u32 = 0x1000;
export const LVT_MASKED: u32 = 0x10000;

@inline
export function isPresent(cpu: Cpu): bool {
  return (systemOf(cpu).apicBase & APIC_BASE_ENABLE) != 0;
}

@inline
export function isX2apic(cpu: Cpu): bool {
  return (systemOf(cpu).apicBase & APIC_BASE_X2) != 0;
}

@inline
export function setBit(at: usize, vector: u32): void {
  const word = at + ((vector >> 6) << 3);
  store<u64>(word, load<u64>(word) | <u64>1 << (vector & 63));
}

@inline
export function clearBit(at: usize, vector: u32): void {
  const word = at + ((vector >> 6) << 3);
  store<u64>(word, load<u64>(word) & ~(<u64>1 << (vector & 63)));
}

@inline
export function testBit(at: usize, vector: u32): bool {
  return (load<u64>(at + ((vector >> 6) << 3)) >> (vector & 63) & 1) != 0;
}

/** The highest bit set in the 256-bit register at `at`; -1 if none is, which is the usual case. */
export function highest(at: usize): i32 {
  if (!(load<u64>(at) | load<u64>(at, 8) | load<u64>(at, 16) | load<u64>(at, 24))) return -1;
  for (let word = 3; word >= 0; word--) {
    const bits = load<u64>(at + (<usize>word << 3));
    if (bits) return (word << 6) + 63 - <i32>clz(bits);
  }
  return -1;
}

/** Processor priority: the higher of the task's and of the interrupt in service, by class (SDM 3A 11.8.3.1). */
export function processorPriority(cpu: Cpu): u32 {
  const apic = lapicOf(cpu);
  const serving = highest(changetype<usize>(apic) + ISR);
  if (serving < 0 || (<u32>serving & 0xf0) <= (apic.tpr & 0xf0)) return apic.tpr;
  return <u32>serving & 0xf0;
}

/** Vector of the interrupt that may be taken as far as priorities go; -1 if there is none. */
@inline
export function pendingVector(cpu: Cpu): i32 {
  const apic = lapicOf(cpu);
  return apic.irr0 | apic.irr1 | apic.irr2 | apic.irr3 ? pendingOf(cpu, apic) : -1;
}

function pendingOf(cpu: Cpu, apic: Lapic): i32 {
  const vector = highest(changetype<usize>(apic) + IRR);
  if (vector < 0 || !isPresent(cpu)) return -1;
  return (<u32>vector & 0xf0) > (processorPriority(cpu) & 0xf0) ? vector : -1;
}

/** Takes the pending interrupt: its vector moves from IRR to ISR. Only after `pendingVector` gave one. */
export function acknowledge(cpu: Cpu): u32 {
  const apic = lapicOf(cpu);
  const at = changetype<usize>(apic);
  const vector = <u32>highest(at + IRR);
  clearBit(at + IRR, vector);
  setBit(at + ISR, vector);
  return vector;
}

/** Accepts a fixed interrupt into IRR; says whether it did. A disabled APIC takes none (SDM 3A 11.4.7.2). */
export function acceptFixed(cpu: Cpu, vector: u32, level: bool): bool {
  const apic = lapicOf(cpu);
  if (!isPresent(cpu) || !(apic.svr & SVR_ENABLE)) return false;
  const at = changetype<usize>(apic);
  setBit(at + IRR, vector);
  if (level) setBit(at + TMR, vector);
  else clearBit(at + TMR, vector);
  wake(cpu);
  return true;
}

/** Priorities changed: what waited may now be taken. */
@inline
function lookAgain(cpu: Cpu): void {
  if (pendingVector(cpu) >= 0) cpu.attention = 1;
}

/** EOI: ends the interrupt in service of the highest priority; a level-triggered one is told to the I/O APIC. */
export function endOfInterrupt(cpu: Cpu): void {
  const apic = lapicOf(cpu);
  const at = changetype<usize>(apic);
  const vector = highest(at + ISR);
  if (vector < 0) return;
  clearBit(at + ISR, vector);
  emit(EVENT_EOI, cpu, vector, 0, 0);
  if (testBit(at + TMR, vector) && !(apic.svr & SVR_NO_EOI_BROADCAST)) ioapicEoi(vector);
  lookAgain(cpu);
}

export function setTaskPriority(cpu: Cpu, value: u32): void {
  lapicOf(cpu).tpr = value & 0xff;
  cpu.cr8 = (value >> 4) & 0xf;
  lookAgain(cpu);
}

/** CR8 is bits 7:4 of the task priority (SDM 3A 11.8.6). */
@inline
export function readCr8(cpu: Cpu): u64 {
  return lapicOf(cpu).tpr >> 4;
}

/** Writes CR8; the caller has checked that only bits 3:0 are set. */
export function writeCr8(cpu: Cpu, value: u64): void {
  setTaskPriority(cpu, <u32>value << 4);
}

/** State after reset or INIT (SDM 3A 11.4.7.1, 11.4.7.3). Messages under way stay under way. */
export function resetLapic(cpu: Cpu): void {
  const apic = lapicOf(cpu);
  const flights = apic.flightCount;
  const due = flights ? apic.flightDue : NEVER;
  memory.fill(changetype<usize>(apic), 0, offsetof<Lapic>());
  apic.flightCount = flights;
  apic.flightDue = due;
  apic.svr = 0xff;
  apic.dfr = 0xffffffff;
  apic.lvtTimer = LVT_MASKED;
  apic.lvtThermal = LVT_MASKED;
  apic.lvtPerformance = LVT_MASKED;
  apic.lvtLint0 = LVT_MASKED;
  apic.lvtLint1 = LVT_MASKED;
  apic.lvtError = LVT_MASKED;
  apic.timerDue = NEVER;
  cpu.cr8 = 0;
}

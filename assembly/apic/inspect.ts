// What the local APICs and the I/O APIC hold, for the host (through index.ts). Looking changes nothing.

import { cpuAt } from "../cpu/state";
import { ANSWER_BASE } from "../memory-map";
import { flightAt } from "./flight";
import { IOAPIC_PINS, ioapicEntry, ioapicLines } from "./ioapic";
import { lapicOf } from "./lapic";
import { readRegister, REG_CURRENT_COUNT, REG_DIVIDE, REG_ESR, REG_ICR, REG_INITIAL_COUNT, REG_ISR, REG_LVT_LAST, REG_TPR } from "./registers";

// Beyond the registers by their numbers (registers.ts), which end below 0x40:
/** Tick at which the timer fires, all ones if it does not. */
const CHIP_TIMER_DUE: u32 = 0x40;
/** What was accepted without a place in IRR: NMI in bit 0, INIT 1, start-up 2, ExtINT 3. */
const CHIP_PENDING: u32 = 0x41;
/** The I/O APIC's asserted lines, and from here on its redirection entries. */
const CHIP_LINES: u32 = 0x42;
const CHIP_ENTRIES: u32 = 0x43;

/** Whether reading the local APIC's register `register` is no error. */
function isRegister(register: u32): bool {
  if (register >= REG_ISR && register <= REG_ESR) return true;
  if (register >= REG_ICR && register <= REG_LVT_LAST) return true;
  if (register == REG_INITIAL_COUNT || register == REG_CURRENT_COUNT || register == REG_DIVIDE) return true;
  return register == 2 || register == 3 || (register >= REG_TPR && register < REG_ISR);
}

/** Register of the local APIC of CPU `index`, or of the I/O APIC; 0 for a number that names none. */
export function chipRegister(index: u32, register: u32): u64 {
  const cpu = cpuAt(index);
  const apic = lapicOf(cpu);
  if (register == CHIP_TIMER_DUE) return apic.timerDue;
  if (register == CHIP_PENDING) {
    return <u64>(apic.nmiPending | apic.initPending << 1 | (apic.sipiPending ? 4 : 0) | apic.extPending << 3);
  }
  if (register == CHIP_LINES) return ioapicLines();
  if (register >= CHIP_ENTRIES && register < CHIP_ENTRIES + IOAPIC_PINS) return ioapicEntry(register - CHIP_ENTRIES);
  return isRegister(register) ? readRegister(cpu, register) : 0;
}

/** Messages under way to CPU `index`. */
export function flights(index: u32): u32 {
  return lapicOf(cpuAt(index)).flightCount;
}

/** Leaves message `n` of them at ANSWER_BASE: due tick u64, sending step u64, mode, vector, sender u32 each. */
export function flight(index: u32, n: u32): void {
  const f = flightAt(lapicOf(cpuAt(index)), n);
  store<u64>(ANSWER_BASE, f.due);
  store<u64>(ANSWER_BASE, f.sentAt, 8);
  store<u32>(ANSWER_BASE, f.mode, 16);
  store<u32>(ANSWER_BASE, f.vector, 20);
  store<u32>(ANSWER_BASE, f.from, 24);
}

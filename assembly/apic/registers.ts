// The local APIC's registers as software reads and writes them, by register number: offset >> 4 of the MMIO
// page, MSR - 0x800 in x2APIC mode. mmio.ts and x2apic.ts bring the two ways of access here.

import { Cpu } from "../cpu/state";
import {
  Lapic, lapicOf, isX2apic, processorPriority, endOfInterrupt, setTaskPriority,
  IRR, ISR, TMR, SVR_ENABLE, SVR_NO_EOI_BROADCAST, LVT_MASKED,
} from "./lapic";
import { sendIpi } from "./ipi";
import { readLvt, writeLvt, reportError, ERROR_ILLEGAL_REGISTER } from "./lvt";
import { currentCount, setInitialCount, setDivide } from "./timer";

export const REG_ID: u32 = 0x02;
export const REG_VERSION: u32 = 0x03;
export const REG_TPR: u32 = 0x08;
export const REG_APR: u32 = 0x09;
export const REG_PPR: u32 = 0x0a;
export const REG_EOI: u32 = 0x0b;
export const REG_RRD: u32 = 0x0c;
export const REG_LDR: u32 = 0x0d;
export const REG_DFR: u32 = 0x0e;
export const REG_SVR: u32 = 0x0f;
export const REG_ISR: u32 = 0x10; // 8 registers, as are TMR and IRR
export const REG_TMR: u32 = 0x18;
export const REG_IRR: u32 = 0x20;
export const REG_ESR: u32 = 0x28;
export const REG_ICR: u32 = 0x30;
export const REG_ICR_HIGH: u32 = 0x31;
export const REG_LVT: u32 = 0x32; // timer, thermal, performance, LINT0, LINT1, error
export const REG_LVT_LAST: u32 = 0x37;
export const REG_INITIAL_COUNT: u32 = 0x38;
export const REG_CURRENT_COUNT: u32 = 0x39;
export const REG_DIVIDE: u32 = 0x3e;
export const REG_SELF_IPI: u32 = 0x3f;

/** Version 0x14, six LVT entries, EOI-broadcast suppression (SDM 3A 11.4.8). */
const VERSION: u32 = 0x01050014;

/** The ID register: in xAPIC mode the ID is in the uppermost byte. */
function id(cpu: Cpu): u32 {
  return isX2apic(cpu) ? cpu.index : cpu.index << 24;
}

/** Reads register `register`; one that does not exist is an error in ESR and reads 0 (xAPIC). */
export function readRegister(cpu: Cpu, register: u32): u32 {
  const apic = lapicOf(cpu);
  const at = changetype<usize>(apic);
  if (register >= REG_ISR && register < REG_TMR) return load<u32>(at + ISR + ((register - REG_ISR) << 2));
  if (register >= REG_TMR && register < REG_IRR) return load<u32>(at + TMR + ((register - REG_TMR) << 2));
  if (register >= REG_IRR && register < REG_ESR) return load<u32>(at + IRR + ((register - REG_IRR) << 2));
  if (register >= REG_LVT && register <= REG_LVT_LAST) return readLvt(cpu, register - REG_LVT);
  switch (register) {
    case REG_ID: return id(cpu);
    case REG_VERSION: return VERSION;
    case REG_TPR: return apic.tpr;
    // No arbitration bus has been there since the Pentium 4: APR reads as PPR would, RRD as 0.
    case REG_APR:
    case REG_PPR: return processorPriority(cpu);
    case REG_EOI:
    case REG_RRD: return 0;
    case REG_LDR: return apic.ldr;
    case REG_DFR: return apic.dfr;
    case REG_SVR: return apic.svr;
    case REG_ESR: return apic.esr;
    case REG_ICR: return apic.icrLow;
    case REG_ICR_HIGH: return apic.icrHigh;
    case REG_INITIAL_COUNT: return apic.initialCount;
    case REG_CURRENT_COUNT: return currentCount(cpu);
    case REG_DIVIDE: return apic.divide;
  }
  reportError(cpu, ERROR_ILLEGAL_REGISTER);
  return 0;
}

/** Clearing the software enable masks every LVT entry (SDM 3A 11.4.7.2). */
function setSpurious(apic: Lapic, value: u32): void {
  apic.svr = value & (0xff | SVR_ENABLE | SVR_NO_EOI_BROADCAST);
  if (value & SVR_ENABLE) return;
  apic.lvtTimer |= LVT_MASKED;
  apic.lvtThermal |= LVT_MASKED;
  apic.lvtPerformance |= LVT_MASKED;
  apic.lvtLint0 |= LVT_MASKED;
  apic.lvtLint1 |= LVT_MASKED;
  apic.lvtError |= LVT_MASKED;
}

/** Writes register `register`; read-only ones keep their value, one that does not exist is an error in ESR (xAPIC). */
export function writeRegister(cpu: Cpu, register: u32, value: u32): void {
  const apic = lapicOf(cpu);
  if (register >= REG_LVT && register <= REG_LVT_LAST) return writeLvt(cpu, register - REG_LVT, value);
  if (register >= REG_ISR && register < REG_ESR) return;
  switch (register) {
    case REG_TPR: return setTaskPriority(cpu, value);
    case REG_EOI: return endOfInterrupt(cpu);
    case REG_LDR: apic.ldr = value & 0xff000000; return;
    case REG_DFR: apic.dfr = value | 0x0fffffff; return;
    case REG_SVR: return setSpurious(apic, value);
    case REG_ESR:
      apic.esr = apic.errors;
      apic.errors = 0;
      return;
    case REG_ICR: return sendIpi(cpu, value, apic.icrHigh >> 24);
    case REG_ICR_HIGH: apic.icrHigh = value & 0xff000000; return;
    case REG_INITIAL_COUNT: return setInitialCount(cpu, value);
    case REG_DIVIDE: return setDivide(cpu, value);
    case REG_ID: case REG_VERSION: case REG_APR: case REG_PPR: case REG_RRD: case REG_CURRENT_COUNT: return;
  }
  reportError(cpu, ERROR_ILLEGAL_REGISTER);
}

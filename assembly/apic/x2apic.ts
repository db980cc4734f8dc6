// The local APIC as MSRs 0x800 to 0x8ff (SDM 3A 11.12.1). RDMSR and WRMSR call this for that range; what is not
// there, or may not be done, raises #GP(0).

import { Cpu } from "../cpu/state";
import { raiseCode, GP } from "../cpu/fault";
import { lapicOf, isX2apic, endOfInterrupt } from "./lapic";
import { sendIpi, sendSelfIpi } from "./ipi";
import {
  readRegister, writeRegister, REG_ID, REG_VERSION, REG_TPR, REG_PPR, REG_EOI, REG_LDR, REG_SVR, REG_ISR, REG_ESR, REG_ICR,
  REG_LVT, REG_LVT_LAST, REG_INITIAL_COUNT, REG_CURRENT_COUNT, REG_DIVIDE, REG_SELF_IPI,
} from "./registers";

export const X2APIC_FIRST: u32 = 0x800;
export const X2APIC_LAST: u32 = 0x8ff;

function isReadable(register: u32): bool {
  if (register >= REG_ISR && register <= REG_ESR) return true;
  if (register >= REG_LVT && register <= REG_LVT_LAST) return true;
  return register == REG_ID || register == REG_VERSION || register == REG_TPR || register == REG_PPR ||
    register == REG_LDR || register == REG_SVR || register == REG_ICR || register == REG_INITIAL_COUNT ||
    register == REG_CURRENT_COUNT || register == REG_DIVIDE;
}

/** Bits that a write to `register` may set (reserved ones raise #GP); -1 if it cannot be written at all. */
function writableBits(register: u32): i64 {
  switch (register) {
    case REG_TPR: return 0xff;
    case REG_EOI: return 0;
    case REG_SVR: return 0x11ff;
    case REG_ESR: return 0;
    case REG_LVT: return 0x710ff;
    case REG_LVT + 1:
    case REG_LVT + 2: return 0x117ff;
    case REG_LVT + 3:
    case REG_LVT + 4: return 0x1f7ff;
    case REG_LVT_LAST: return 0x110ff;
    case REG_INITIAL_COUNT: return 0xffffffff;
    case REG_DIVIDE: return 0xb;
    case REG_SELF_IPI: return 0xff;
  }
  return -1;
}

/** Bits of the low half of the ICR that are not reserved in x2APIC mode (SDM 3A figure 11-28). */
const ICR_BITS: u32 = 0xccfff;

/** RDMSR of `msr`, in 0x800..0x8ff. */
export function readX2apic(cpu: Cpu, msr: u32): u64 {
  const register = msr - X2APIC_FIRST;
  if (!isX2apic(cpu) || !isReadable(register)) {
    raiseCode(cpu, GP, 0);
    return 0;
  }
  if (register == REG_ICR) {
    const apic = lapicOf(cpu);
    return <u64>apic.icrHigh << 32 | apic.icrLow;
  }
  return readRegister(cpu, register);
}

/** WRMSR of `msr`, in 0x800..0x8ff. */
export function writeX2apic(cpu: Cpu, msr: u32, value: u64): void {
  const register = msr - X2APIC_FIRST;
  if (!isX2apic(cpu)) return raiseCode(cpu, GP, 0);
  // Each interrupt ends with this one.
  if (register == REG_EOI && value == 0) return endOfInterrupt(cpu);
  if (register == REG_ICR) {
    if (<u32>value & ~ICR_BITS) return raiseCode(cpu, GP, 0);
    lapicOf(cpu).icrHigh = <u32>(value >> 32);
    return sendIpi(cpu, <u32>value, <u32>(value >> 32));
  }
  const bits = writableBits(register);
  if (bits < 0 || value & ~<u64>bits) return raiseCode(cpu, GP, 0);
  if (register == REG_SELF_IPI) return sendSelfIpi(cpu, <u32>value);
  writeRegister(cpu, register, <u32>value);
}

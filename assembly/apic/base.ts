// IA32_APIC_BASE: enabling, disabling and the change to x2APIC mode (SDM 3A 11.4.4, 11.12.5).

import { Cpu, systemOf } from "../cpu/state";
import { raiseCode, notImplemented, GP } from "../cpu/fault";
import { NI_APIC } from "../global";
import { lapicOf, resetLapic, isPresent, isX2apic, APIC_BASE_BSP, APIC_BASE_ENABLE, APIC_BASE_X2 } from "./lapic";

export const LAPIC_ADDRESS: u64 = 0xfee00000;
/** Physical addresses have 40 bits. */
const ADDRESS_MASK: u64 = 0xfffffff000;

/** LDR in x2APIC mode is not written but derived: cluster and bit in it, from the ID (SDM 3A 11.12.10.2). */
@inline
export function derivedLdr(id: u32): u32 {
  return (id >> 4) << 16 | 1 << (id & 15);
}

/** WRMSR to IA32_APIC_BASE: raises #GP for what the transitions of SDM 3A figure 11-27 leave out. */
export function setApicBase(cpu: Cpu, value: u64): void {
  if (value & ~(ADDRESS_MASK | APIC_BASE_BSP | APIC_BASE_X2 | APIC_BASE_ENABLE)) return raiseCode(cpu, GP, 0);
  const enable = (value & APIC_BASE_ENABLE) != 0;
  const x2 = (value & APIC_BASE_X2) != 0;
  const invalid = x2 && !enable;
  const skipsXapic = x2 && !isPresent(cpu);
  const fallsBack = enable && !x2 && isX2apic(cpu);
  if (invalid || skipsXapic || fallsBack) return raiseCode(cpu, GP, 0);
  if (enable && (value & ADDRESS_MASK) != LAPIC_ADDRESS) return notImplemented(cpu, NI_APIC);
  if (!enable && isPresent(cpu)) resetLapic(cpu);
  if (x2 && !isX2apic(cpu)) lapicOf(cpu).ldr = derivedLdr(cpu.index);
  systemOf(cpu).apicBase = value;
  cpu.attention = 1;
}

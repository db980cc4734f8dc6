// Physical addresses that are registers: the local APIC's page in xAPIC mode, and the I/O APIC's. The MMU's slow
// path calls this for whatever is not RAM; addresses that nobody claims read as all ones and ignore writes.

import { Cpu } from "../cpu/state";
import { noteOwnLapic } from "../explore/trail";
import { isPresent, isX2apic } from "./lapic";
import { LAPIC_ADDRESS } from "./base";
import { IOAPIC_ADDRESS, ioapicRead, ioapicWrite } from "./ioapic";
import { readRegister, writeRegister } from "./registers";

@inline
function isLapic(cpu: Cpu, pa: u64): bool {
  return (pa & ~0xfff) == LAPIC_ADDRESS && isPresent(cpu) && !isX2apic(cpu);
}

@inline
function isIoapic(pa: u64): bool {
  return (pa & ~0xfff) == IOAPIC_ADDRESS;
}

/** The register that holds the byte at `pa`. Each takes 16 bytes, of which the last 12 read as 0. */
function readRegisterAt(cpu: Cpu, pa: u64): u32 {
  if (pa & 0xc) return 0;
  const offset = <u32>pa & 0xff0;
  return isLapic(cpu, pa) ? readRegister(cpu, offset >> 4) : ioapicRead(offset);
}

/** Reads `size` (1, 2, 4, 8) bytes at physical address `pa`, zero-extended. */
export function mmioRead(cpu: Cpu, pa: u64, size: u32): u64 {
  const mask = u64.MAX_VALUE >> (64 - (size << 3));
  if (!isLapic(cpu, pa) && !isIoapic(pa)) return mask;
  return (<u64>readRegisterAt(cpu, pa) >> ((pa & 3) << 3)) & mask;
}

/** Writes `size` bytes at `pa`. What is not an aligned 32-bit store is undefined for these chips (SDM 3A 11.4.1): ignored. */
export function mmioWrite(cpu: Cpu, pa: u64, size: u32, value: u64): void {
  if (size != 4 || pa & 0xf) return;
  noteOwnLapic(cpu);
  if (isLapic(cpu, pa)) writeRegister(cpu, (<u32>pa & 0xff0) >> 4, <u32>value);
  else if (isIoapic(pa)) ioapicWrite(<u32>pa & 0xff0, <u32>value);
}

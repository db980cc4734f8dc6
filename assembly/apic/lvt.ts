// The local vector table: interrupts that arise in or at the CPU itself (timer, LINT0, LINT1, errors), and the
// error status register (SDM 3A 11.5).

import { Cpu, cpuAt } from "../cpu/state";
import { notImplemented } from "../cpu/fault";
import { machine, NI_APIC } from "../global";
import { wake } from "../smp/clock";
import { Lapic, lapicOf, acceptFixed, LVT_MASKED, SVR_ENABLE } from "./lapic";
import { timerModeChanged } from "./timer";

export const LVT_TIMER: u32 = 0;
export const LVT_LINT0: u32 = 3;
export const LVT_LINT1: u32 = 4;
export const LVT_ERROR: u32 = 5;

/** Delivery modes: of LVT entries, of the ICR and of I/O APIC entries (SDM 3A 11.5.1, 11.6.1). */
export const MODE_FIXED: u32 = 0;
export const MODE_LOWEST: u32 = 1;
export const MODE_SMI: u32 = 2;
export const MODE_NMI: u32 = 4;
export const MODE_INIT: u32 = 5;
export const MODE_STARTUP: u32 = 6;
export const MODE_EXTINT: u32 = 7;

export const ERROR_SEND_VECTOR: u32 = 0x20;
export const ERROR_RECEIVE_VECTOR: u32 = 0x40;
export const ERROR_ILLEGAL_REGISTER: u32 = 0x80;

@inline
function entryAt(apic: Lapic, entry: u32): usize {
  return changetype<usize>(apic) + offsetof<Lapic>("lvtTimer") + (entry << 2);
}

@inline
export function readLvt(cpu: Cpu, entry: u32): u32 {
  return load<u32>(entryAt(lapicOf(cpu), entry));
}

/** Bits of each entry that software may write. */
function writable(entry: u32): u32 {
  if (entry == LVT_TIMER) return 0x700ff;
  if (entry == LVT_ERROR) return 0x100ff;
  return entry == LVT_LINT0 || entry == LVT_LINT1 ? 0x1a7ff : 0x107ff;
}

export function writeLvt(cpu: Cpu, entry: u32, value: u32): void {
  const apic = lapicOf(cpu);
  const old = load<u32>(entryAt(apic, entry));
  let next = value & writable(entry);
  // A disabled APIC keeps its entries masked whatever is written (SDM 3A 11.4.7.2).
  if (!(apic.svr & SVR_ENABLE)) next |= LVT_MASKED;
  store<u32>(entryAt(apic, entry), next);
  if (entry == LVT_TIMER) timerModeChanged(cpu, old, next);
  if (entry == LVT_LINT0) wake(cpu);
}

/** Whether LINT0 passes the PIC's INTR on: in ExtINT mode, or with no APIC in the way. */
@inline
export function takesExtInt(lint0: u32): bool {
  return (lint0 & (LVT_MASKED | 0x700)) == MODE_EXTINT << 8;
}

/** A message or a local source that asks for something other than a vector in IRR. */
export function acceptSpecial(cpu: Cpu, mode: u32, vector: u32): void {
  const apic = lapicOf(cpu);
  switch (mode) {
    case MODE_NMI: apic.nmiPending = 1; break;
    case MODE_INIT:
      // A start-up IPI counts only if it comes after.
      apic.initPending = 1;
      apic.sipiPending = 0;
      break;
    case MODE_STARTUP: apic.sipiPending = 0x100 | vector; break;
    case MODE_EXTINT: apic.extPending = 1; break;
    // There is no SMM, and mode 3 is reserved. Whoever has the turn caused it.
    case MODE_SMI:
    default: return notImplemented(cpuAt(machine().current), NI_APIC);
  }
  wake(cpu);
}

/** The source of LVT entry `entry` asks for an interrupt; a masked entry loses it. */
export function raiseLocal(cpu: Cpu, entry: u32): void {
  const lvt = readLvt(cpu, entry);
  if (lvt & LVT_MASKED) return;
  const mode = entry == LVT_TIMER || entry == LVT_ERROR ? MODE_FIXED : lvt >> 8 & 7;
  if (mode != MODE_FIXED) return acceptSpecial(cpu, mode, 0);
  if ((lvt & 0xff) < 16) {
    // The error interrupt itself must not report an error about itself.
    if (entry != LVT_ERROR) reportError(cpu, ERROR_RECEIVE_VECTOR);
    return;
  }
  acceptFixed(cpu, lvt & 0xff, false);
}

/** Notes an error; software sees it in ESR after its next write there (SDM 3A 11.5.3). */
export function reportError(cpu: Cpu, bits: u32): void {
  const apic = lapicOf(cpu);
  if ((apic.errors & bits) == bits) return;
  apic.errors |= bits;
  raiseLocal(cpu, LVT_ERROR);
}

// The I/O APIC: 24 pins, each with a redirection entry that says what message an interrupt becomes (Intel
// 82093AA datasheet; version 0x20, which has the EOI register of later chips). mmio.ts brings accesses here.

import { cpuAt } from "../cpu/state";
import { DEVICES_IN_CORE } from "../global";
import { acceptFixed } from "./lapic";
import { targets, lowestPriority } from "./destination";
import { acceptSpecial, reportError, ERROR_RECEIVE_VECTOR, MODE_FIXED, MODE_LOWEST } from "./lvt";

export const IOAPIC_ADDRESS: u64 = 0xfec00000;
export const IOAPIC_PINS: u32 = 24;

@unmanaged
class Ioapic {
  /** Register chosen through IOREGSEL. */
  select: u32;
  /** Bits 27:24: the chip's own ID. */
  id: u32;
  /** Lines that are asserted. */
  lines: u32;
  reserved: u32;
  /** 24 redirection entries follow. */
  entries: u64;
}

// A redirection entry.
//
//   63:56 destination   16 mask   15 level   14 remote IRR   13 active low   12 delivery status
//   11 logical   10:8 mode   7:0 vector
const LOGICAL: u64 = 0x800;
const REMOTE_IRR: u64 = 0x4000;
const LEVEL: u64 = 0x8000;
const MASKED: u64 = 0x10000;
const WRITABLE: u64 = 0xff0000000001afff;

const REG_ID: u32 = 0;
const REG_VERSION: u32 = 1;
const REG_ARBITRATION: u32 = 2;
const REG_ENTRIES: u32 = 0x10;
const VERSION: u32 = 0x20 | (IOAPIC_PINS - 1) << 16;

@inline
function ioapic(): Ioapic {
  return changetype<Ioapic>(DEVICES_IN_CORE);
}

@inline
function entryAt(pin: u32): usize {
  return DEVICES_IN_CORE + offsetof<Ioapic>("entries") + (pin << 3);
}

export function resetIoapic(): void {
  memory.fill(DEVICES_IN_CORE, 0, offsetof<Ioapic>("entries"));
  for (let pin: u32 = 0; pin < IOAPIC_PINS; pin++) store<u64>(entryAt(pin), MASKED);
}

/** Sends the message of `entry`; says whether an APIC took it. */
function dispatch(entry: u64): bool {
  const mode = <u32>(entry >> 8) & 7;
  const vector = <u32>entry & 0xff;
  let set = targets(<u32>(entry >> 56), (entry & LOGICAL) != 0, false);
  if (mode == MODE_LOWEST) set = lowestPriority(set);
  let taken = false;
  while (set) {
    const cpu = cpuAt(<u32>ctz(set));
    set &= set - 1;
    if (mode != MODE_FIXED && mode != MODE_LOWEST) acceptSpecial(cpu, mode, vector);
    else if (vector < 16) reportError(cpu, ERROR_RECEIVE_VECTOR);
    else taken = acceptFixed(cpu, vector, (entry & LEVEL) != 0) || taken;
  }
  return taken;
}

/** Sends a level-triggered pin's interrupt if it is asserted, not masked, and not being served. */
function serviceLevel(pin: u32): void {
  const entry = load<u64>(entryAt(pin));
  if (!(entry & LEVEL) || entry & (MASKED | REMOTE_IRR)) return;
  if (!(ioapic().lines >> pin & 1)) return;
  if (dispatch(entry)) store<u64>(entryAt(pin), entry | REMOTE_IRR);
}

/**
 * Drives a pin. "Asserted" is what the board says is active, whatever the entry's polarity bit. An edge at a masked pin
 * is lost, as the datasheet has it.
 */
export function setPin(pin: u32, level: bool): void {
  const chip = ioapic();
  const bit: u32 = 1 << pin;
  const rises = level && !(chip.lines & bit);
  chip.lines = level ? chip.lines | bit : chip.lines & ~bit;
  const entry = load<u64>(entryAt(pin));
  if (entry & LEVEL) serviceLevel(pin);
  else if (rises && !(entry & MASKED)) dispatch(entry);
}

/** Redirection entry of `pin`. */
export function ioapicEntry(pin: u32): u64 {
  return load<u64>(entryAt(pin));
}

/** Lines that are asserted, a bit for each. */
export function ioapicLines(): u32 {
  return ioapic().lines;
}

/** An EOI for `vector` reached the chip: level-triggered pins with it may interrupt again. */
export function ioapicEoi(vector: u32): void {
  for (let pin: u32 = 0; pin < IOAPIC_PINS; pin++) {
    const entry = load<u64>(entryAt(pin));
    if ((<u32>entry & 0xff) != vector || !(entry & REMOTE_IRR)) continue;
    store<u64>(entryAt(pin), entry & ~REMOTE_IRR);
    serviceLevel(pin);
  }
}

function writeEntry(pin: u32, value: u64): void {
  const old = load<u64>(entryAt(pin));
  let next = (value & WRITABLE) | (old & REMOTE_IRR);
  // Edge-triggered pins have no remote IRR: Linux clears a stuck one by switching to edge and back.
  if (!(next & LEVEL)) next &= ~REMOTE_IRR;
  store<u64>(entryAt(pin), next);
  serviceLevel(pin);
}

function readSelected(): u32 {
  const chip = ioapic();
  if (chip.select == REG_ID || chip.select == REG_ARBITRATION) return chip.id;
  if (chip.select == REG_VERSION) return VERSION;
  const half = chip.select - REG_ENTRIES;
  if (chip.select < REG_ENTRIES || half >= IOAPIC_PINS * 2) return 0;
  return load<u32>(entryAt(half >> 1) + ((half & 1) << 2));
}

function writeSelected(value: u32): void {
  const chip = ioapic();
  if (chip.select == REG_ID) chip.id = value & 0x0f000000;
  const half = chip.select - REG_ENTRIES;
  if (chip.select < REG_ENTRIES || half >= IOAPIC_PINS * 2) return;
  const old = load<u64>(entryAt(half >> 1));
  writeEntry(half >> 1, half & 1 ? old & 0xffffffff | <u64>value << 32 : old & ~0xffffffff | value);
}

/** Reads the 32-bit register at `offset` of the chip's page. */
export function ioapicRead(offset: u32): u32 {
  if (offset == 0x00) return ioapic().select;
  return offset == 0x10 ? readSelected() : 0;
}

/** Writes the 32-bit register at `offset` of the chip's page. */
export function ioapicWrite(offset: u32, value: u32): void {
  if (offset == 0x00) ioapic().select = value & 0xff;
  else if (offset == 0x10) writeSelected(value);
  else if (offset == 0x40) ioapicEoi(value & 0xff);
}

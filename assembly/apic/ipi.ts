// Interprocessor interrupts: what a write to the interrupt command register does (SDM 3A 11.6.1). The messages
// then are under way for a while: flight.ts.

import { Cpu, cpuAt, count } from "../cpu/state";
import { notImplemented } from "../cpu/fault";
import { NI_APIC } from "../global";
import { C_IPI_SENT, C_CYCLES_IPI } from "../probe/counters";
import { charge, COST_IPI_SEND, IPI_DELAY } from "../probe/cost";
import { emit, EVENT_IPI_SEND } from "../probe/events";
import { now } from "../smp/clock";
import { lapicOf, isPresent, isX2apic } from "./lapic";
import { everyone, targets, lowestPriority } from "./destination";
import { launch } from "./flight";
import {
  reportError, ERROR_SEND_VECTOR, MODE_FIXED, MODE_LOWEST, MODE_NMI, MODE_INIT, MODE_STARTUP,
} from "./lvt";

// The ICR's low half.
//
//   19:18 shorthand   15 trigger   14 level   12 delivery status   11 logical   10:8 mode   7:0 vector
const LOGICAL: u32 = 0x800;
const PENDING: u32 = 0x1000;
const ASSERT: u32 = 0x4000;
const LEVEL: u32 = 0x8000;

const SHORTHAND_NONE: u32 = 0;
const SHORTHAND_SELF: u32 = 1;
const SHORTHAND_ALL: u32 = 2;

/** Modes that go with each shorthand (SDM 3A table 11-3); the reserved ones and SMI, which has no SMM to enter, go with none. */
function isValid(mode: u32, shorthand: u32): bool {
  if (shorthand == SHORTHAND_SELF || shorthand == SHORTHAND_ALL) return mode == MODE_FIXED;
  return mode == MODE_FIXED || mode == MODE_LOWEST || mode == MODE_NMI || mode == MODE_INIT || mode == MODE_STARTUP;
}

function destinations(cpu: Cpu, low: u32, dest: u32): u64 {
  const self = <u64>1 << cpu.index;
  const shorthand = low >> 18 & 3;
  if (shorthand == SHORTHAND_NONE) return targets(dest, (low & LOGICAL) != 0, isX2apic(cpu));
  if (shorthand == SHORTHAND_SELF) return self;
  return shorthand == SHORTHAND_ALL ? everyone() : everyone() & ~self;
}

function send(cpu: Cpu, low: u32, set: u64): void {
  const mode = low >> 8 & 7;
  const vector = low & 0xff;
  count(cpu, C_IPI_SENT);
  charge(cpu, C_CYCLES_IPI, COST_IPI_SEND);
  emit(EVENT_IPI_SEND, cpu, low, set, 0);
  if (mode <= MODE_LOWEST && vector < 16) return reportError(cpu, ERROR_SEND_VECTOR);
  let to = mode == MODE_LOWEST ? lowestPriority(set) : set;
  const due = now(cpu) + IPI_DELAY;
  while (to) {
    const target = cpuAt(<u32>ctz(to));
    to &= to - 1;
    if (isPresent(target)) launch(cpu, target, mode, vector, due);
  }
}

/** A write to the ICR with low half `low` and destination `dest`, as wide as the APIC's mode has it. */
export function sendIpi(cpu: Cpu, low: u32, dest: u32): void {
  const mode = low >> 8 & 7;
  if (!isValid(mode, low >> 18 & 3)) return notImplemented(cpu, NI_APIC);
  lapicOf(cpu).icrLow = low & ~PENDING;
  // INIT level de-assert sets arbitration IDs, which no APIC since the Pentium 4 has.
  if (mode == MODE_INIT && (low & (LEVEL | ASSERT)) == LEVEL) return;
  send(cpu, low, destinations(cpu, low, dest));
}

/** A write to the x2APIC's SELF IPI register: a fixed interrupt to the CPU itself (SDM 3A 11.12.11). */
export function sendSelfIpi(cpu: Cpu, vector: u32): void {
  send(cpu, vector, <u64>1 << cpu.index);
}

// Events: what the machine tells of itself while it runs. Every room of the core tells; the host takes them out of a ring
// of fixed-size records at EVENT_BASE, and stop points (debug/event.ts) compare them. A kind that nobody wants costs one
// test. What is wanted is the host's business, and no part of the machine's state (debug/state.ts).
//
//    0 step   u64  global step number (design rule 6)
//    8 clock  u64  virtual time in ticks, as the CPU in turn sees it
//   16 kind   u16  EVENT_*
//   18 cpu    u16  whom it happened to
//   20 by     u16  who has the turn: it did it
//   24 rip    u64  of the instruction that did it
//   32 a      u64  three values whose meaning the kind decides
//   40 b      u64
//   48 c      u64

import { Cpu, cpuAt } from "../cpu/state";
import { debug } from "../debug/state";
import { eventHappened } from "../debug/event";
import { EVENT_BASE } from "../memory-map";
import { machine } from "../global";
import { eventsFull } from "../host";
import { eventTime } from "../smp/clock";

export const EVENT_BYTES: u32 = 56;
export const EVENT_CAPACITY: u32 = 32768; // the newest this many are kept

export const EVENT_WALK: u32 = 0; // a: linear address, b: physical address or all ones for a fault, c: access bits, then words read << 8
export const EVENT_FILL: u32 = 1; // a: linear page, b: physical page, c: word it came from, then entry flags << 32
export const EVENT_STALE_USE: u32 = 2; // a: linear address, b: physical address used, c: class | access << 8 | CPU that changed the word << 16
export const EVENT_TABLE_WRITE: u32 = 3; // a: physical address of the word, b: old value, c: new value
export const EVENT_INVALIDATE: u32 = 4; // a: INVALIDATE_*, b: linear address, c: PCID
export const EVENT_IPI_SEND: u32 = 5; // a: ICR value, b: bit map of targets
export const EVENT_IPI_DELIVER: u32 = 6; // a: vector, b: delivery mode | sender << 8, c: the step that sent it
export const EVENT_EOI: u32 = 7; // a: vector
export const EVENT_EXCEPTION: u32 = 8; // a: vector, b: error code, c: RIP
export const EVENT_SYSCALL: u32 = 9; // a: RAX, b: RIP, c: RDI
export const EVENT_CR3: u32 = 10; // a: value written, b: old value
export const EVENT_HALT: u32 = 11; // a: RIP
// The next three are of one TLB entry on `cpu`. a: linear address, b: word it came from | frame << 32, c: its kind (KIND_*) |
// LEFT_* << 8 | PCID << 16 | flags << 32 | CPU that changed the word << 40.
export const EVENT_MARK: u32 = 12; // an entry became stale
export const EVENT_UNMARK: u32 = 13; // a stale entry is no more: it is right again, or it left
export const EVENT_DROP: u32 = 14; // an entry left, stale or not
export const EVENT_INTERRUPT: u32 = 15; // a: vector taken, b: from the local APIC (0), the PIC (1), an NMI (2)
export const EVENT_KINDS: u32 = 16;

/** Why an entry left. */
export const LEFT_EVICTED: u64 = 1; // for want of room
export const LEFT_REPLACED: u64 = 2; // by what a walk found for an access that it did not allow
export const LEFT_FAULT: u64 = 3; // #PF
export const LEFT_PAGE: u64 = 4; // invalidation of one page
export const LEFT_PCID: u64 = 5; // of one PCID
export const LEFT_NON_GLOBAL: u64 = 6; // of all but global ones
export const LEFT_ALL: u64 = 7;

export const INVALIDATE_PAGE: u64 = 0; // INVLPG
export const INVALIDATE_PCID_PAGE: u64 = 1; // INVPCID type 0
export const INVALIDATE_PCID: u64 = 2; // MOV CR3 without bit 63, INVPCID type 1
export const INVALIDATE_ALL: u64 = 3; // INVPCID type 2, control register changes
export const INVALIDATE_NON_GLOBAL: u64 = 4; // INVPCID type 3

/** True if events of `kind` are wanted: test it before computing arguments that cost something. */
@inline
export function wanted(kind: u32): bool {
  return (debug().wanted & (1 << kind)) != 0;
}

/** Step number of `cpu` now; exact between blocks and in cold handlers, of the block's start inside one. */
@inline
export function stepOf(cpu: Cpu): u64 {
  return cpu.sliceStart + <u64>(cpu.sliceBudget - cpu.left);
}

/** Tells that an event of `kind` happened to `cpu`, if anybody wants to know. */
@inline
export function emit(kind: u32, cpu: Cpu, a: u64, b: u64, c: u64): void {
  if (wanted(kind)) tell(kind, cpu, a, b, c);
}

function tell(kind: u32, cpu: Cpu, a: u64, b: u64, c: u64): void {
  const d = debug();
  if (d.recorded & (1 << kind)) record(kind, cpu, a, b, c);
  if (d.awaited & (1 << kind)) eventHappened(kind, cpu, a, b, c);
}

function record(kind: u32, cpu: Cpu, a: u64, b: u64, c: u64): void {
  const d = debug();
  const by = cpuAt(machine().current);
  if (d.everyEvent && d.eventCount - d.eventsTaken == EVENT_CAPACITY) {
    eventsFull();
    d.eventsTaken = d.eventCount;
  }
  const at = EVENT_BASE + (<u32>d.eventCount & (EVENT_CAPACITY - 1)) * EVENT_BYTES;
  d.eventCount++;
  store<u64>(at, stepOf(by));
  store<u64>(at, eventTime(by), 8);
  store<u16>(at, <u16>kind, 16);
  store<u16>(at, <u16>cpu.index, 18);
  store<u16>(at, <u16>by.index, 20);
  store<u64>(at, by.rip, 24);
  store<u64>(at, a, 32);
  store<u64>(at, b, 40);
  store<u64>(at, c, 48);
}

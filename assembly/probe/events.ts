// Events for the host to drain: a ring of fixed-size records at EVENT_BASE, written by every room of the
// core and read by the host, which compiles the constants below from this file. Recording is off for
// every kind whose bit in `machine().eventMask` is clear, and then costs one test.
//
//    0 step   u64  global step number (design rule 6)
//    8 clock  u64  virtual time in ticks, at the start of the round
//   16 kind   u16  EVENT_*
//   18 cpu    u16
//   24 a      u64  three values whose meaning the kind decides
//   32 b      u64
//   40 c      u64

import { Cpu } from "../cpu/state";
import { EVENT_BASE } from "../memory-map";
import { machine } from "../global";

export const EVENT_BYTES: u32 = 48;
export const EVENT_CAPACITY: u32 = 32768; // the newest this many are kept

export const EVENT_WALK: u32 = 0; // a: linear address, b: physical address or all ones for a fault, c: access bits, then words read << 8
export const EVENT_FILL: u32 = 1; // a: linear page, b: physical page, c: word it came from, then entry flags << 32
export const EVENT_STALE_USE: u32 = 2; // a: linear address, b: physical address used, c: class | access << 8 | CPU that changed the word << 16
export const EVENT_TABLE_WRITE: u32 = 3; // a: physical address of the word, b: old value, c: new value
export const EVENT_INVALIDATE: u32 = 4; // a: INVALIDATE_*, b: linear address, c: PCID
export const EVENT_IPI_SEND: u32 = 5; // a: ICR value, b: bit map of targets
export const EVENT_IPI_DELIVER: u32 = 6; // a: vector
export const EVENT_EOI: u32 = 7; // a: vector
export const EVENT_EXCEPTION: u32 = 8; // a: vector, b: error code, c: RIP
export const EVENT_SYSCALL: u32 = 9; // a: RAX, b: RIP, c: RDI
export const EVENT_CR3: u32 = 10; // a: value written, b: old value
export const EVENT_HALT: u32 = 11; // a: RIP
export const EVENT_WATCH: u32 = 12; // a: physical address stored to in a watched frame, b: value, c: size
export const EVENT_KINDS: u32 = 13;

export const INVALIDATE_PAGE: u64 = 0; // INVLPG
export const INVALIDATE_PCID_PAGE: u64 = 1; // INVPCID type 0
export const INVALIDATE_PCID: u64 = 2; // MOV CR3 without bit 63, INVPCID type 1
export const INVALIDATE_ALL: u64 = 3; // INVPCID type 2, control register changes
export const INVALIDATE_NON_GLOBAL: u64 = 4; // INVPCID type 3

/** True if events of `kind` are wanted: test it before computing arguments that cost something. */
@inline
export function wanted(kind: u32): bool {
  return (machine().eventMask & (1 << kind)) != 0;
}

/** Step number of `cpu` now; exact between blocks and in cold handlers, of the block's start inside one. */
@inline
export function stepOf(cpu: Cpu): u64 {
  return cpu.sliceStart + <u64>(cpu.sliceBudget - cpu.left);
}

/** Records an event of `kind` on `cpu` if it is wanted. */
export function emit(kind: u32, cpu: Cpu, a: u64, b: u64, c: u64): void {
  if (!wanted(kind)) return;
  const g = machine();
  const at = EVENT_BASE + (<u32>g.eventCount & (EVENT_CAPACITY - 1)) * EVENT_BYTES;
  g.eventCount++;
  store<u64>(at, stepOf(cpu));
  store<u64>(at, g.clock, 8);
  store<u16>(at, <u16>kind, 16);
  store<u16>(at, <u16>cpu.index, 18);
  store<u64>(at, a, 24);
  store<u64>(at, b, 32);
  store<u64>(at, c, 40);
}

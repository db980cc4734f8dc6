// Segment descriptors: their layout, reading them from the GDT or LDT, and loading the hidden part of
// a segment register. No privilege checks here: those differ by instruction (segments.ts, far.ts ...).
//
//   63      56 55  52 51   48 47 46 45 44 43  40 39      32 31            16 15           0
//   base 31:24 G D L A lim19:16 P  DPL  S  type   base 23:16  base 15:0        limit 15:0
//              \______ attributes, shifted right by 40 ____/

import { Cpu, Segment, segment, LDTR, FS, GS } from "../state";
import { raiseCode } from "../fault";
import { loadSystem, storeSystem, systemBytes } from "../../mmu/access";

/** Bits of Segment.attributes. */
export const A_ACCESSED: u32 = 1;
export const A_WRITABLE: u32 = 2; // data; READABLE in code
export const A_CONFORMING: u32 = 4; // code; EXPAND_DOWN in data
export const A_EXPAND_DOWN: u32 = 4;
export const A_CODE: u32 = 8;
export const A_S: u32 = 0x10;
export const A_P: u32 = 0x80;
export const A_L: u32 = 0x2000;
export const A_DB: u32 = 0x4000;
export const A_G: u32 = 0x8000;
export const A_TYPE: u32 = 0x1f; // type and S

/** Types of system descriptors (SDM 3A table 3-2). */
export const TSS16_AVAILABLE: u32 = 1;
export const LDT: u32 = 2;
export const TSS16_BUSY: u32 = 3;
export const CALL_GATE16: u32 = 4;
export const TASK_GATE: u32 = 5;
export const TSS_AVAILABLE: u32 = 9;
export const TSS_BUSY: u32 = 11;
export const CALL_GATE: u32 = 12;

/** Flat segments as SYSCALL and SYSENTER load them without a table (SDM 2B, SYSCALL). */
export const FLAT_CODE64: u32 = 0xa09b;
export const FLAT_CODE32: u32 = 0xc09b;
export const FLAT_DATA: u32 = 0xc093;

@inline
export function attributesOf(descriptor: u64): u32 {
  return <u32>(descriptor >> 40) & 0xf0ff;
}

@inline
export function dplOf(attributes: u32): u32 {
  return (attributes >> 5) & 3;
}

export function baseOf(descriptor: u64): u64 {
  return ((descriptor >> 16) & 0xffffff) | ((descriptor >> 32) & 0xff000000);
}

export function limitOf(descriptor: u64): u32 {
  const limit = (<u32>descriptor & 0xffff) | (<u32>(descriptor >> 32) & 0xf0000);
  return attributesOf(descriptor) & A_G ? (limit << 12) | 0xfff : limit;
}

/** Selector as an error code has it; `ext` is 1 when an event from outside the program led here. */
@inline
export function selectorError(selector: u32, ext: u32 = 0): u32 {
  return (selector & 0xfffc) | ext;
}

@inline
export function isNull(selector: u32): bool {
  return (selector & 0xfffc) == 0;
}

/** Linear address of the table that `selector` points into. */
function tableBase(cpu: Cpu, selector: u32): u64 {
  return selector & 4 ? segment(cpu, LDTR).base : cpu.gdtBase;
}

/** The descriptor of `selector` lies inside its table, `bytes` long. */
export function inTable(cpu: Cpu, selector: u32, bytes: u32 = 8): bool {
  const last = (selector & 0xfff8) + bytes - 1;
  if (!(selector & 4)) return last <= cpu.gdtLimit;
  const ldt = segment(cpu, LDTR);
  return (ldt.attributes & A_P) != 0 && last <= ldt.limit;
}

/** Reads the descriptor of `selector`; raises `vector`(selector) outside the table. */
export function readDescriptor(cpu: Cpu, selector: u32, vector: u32, ext: u32 = 0): u64 {
  if (!inTable(cpu, selector)) {
    raiseCode(cpu, vector, selectorError(selector, ext));
    return 0;
  }
  const va = tableBase(cpu, selector) + (selector & 0xfff8);
  const at = systemBytes(cpu, va, 8);
  return at ? load<u64>(at) : loadSystem(cpu, va, 8);
}

/** Second half of a 16-byte system descriptor in IA-32e mode: bits 63..32 of the base. */
export function readBaseHigh(cpu: Cpu, selector: u32, vector: u32): u64 {
  if (!inTable(cpu, selector, 16)) {
    raiseCode(cpu, vector, selectorError(selector));
    return 0;
  }
  const high = loadSystem(cpu, tableBase(cpu, selector) + (selector & 0xfff8) + 8, 8);
  if (cpu.fault) return 0;
  if ((high >> 40) & 0x1f) raiseCode(cpu, vector, selectorError(selector)); // type must be 0 (SDM 3A 8.2.3)
  return high << 32;
}

/** Writes the type byte of a descriptor back with `bits` set, unless they are; returns the new descriptor. */
@inline
export function setType(cpu: Cpu, selector: u32, descriptor: u64, bits: u32): u64 {
  const byte = <u64>bits << 40;
  return (descriptor & byte) == byte ? descriptor : writeType(cpu, selector, descriptor | byte);
}

function writeType(cpu: Cpu, selector: u32, descriptor: u64): u64 {
  storeSystem(cpu, tableBase(cpu, selector) + (selector & 0xfff8) + 5, 1, (descriptor >> 40) & 0xff);
  return descriptor;
}

/** Sets the base of segment register `s`; FS and GS have theirs in an address slot too. */
@inline
export function setSegmentBase(cpu: Cpu, s: u32, base: u64): void {
  segment(cpu, s).base = base;
  if (s == FS) cpu.fsBase = base;
  else if (s == GS) cpu.gsBase = base;
}

/** Loads segment register `s` from a descriptor that has passed its checks. */
export function cacheSegment(cpu: Cpu, s: u32, selector: u32, descriptor: u64): void {
  const g = segment(cpu, s);
  g.selector = selector;
  g.attributes = attributesOf(descriptor);
  g.limit = limitOf(descriptor);
  setSegmentBase(cpu, s, baseOf(descriptor));
}

/** Makes segment register `s` unusable, holding a null selector. Intel clears the base as well. */
export function cacheNull(cpu: Cpu, s: u32, selector: u32): void {
  const g = segment(cpu, s);
  g.selector = selector;
  g.attributes = 0;
  g.limit = 0;
  setSegmentBase(cpu, s, 0);
}

/** Loads a flat segment, as SYSCALL, SYSRET, SYSENTER and SYSEXIT do without reading a table. */
@inline
export function cacheFlat(g: Segment, selector: u32, attributes: u32): void {
  g.selector = selector;
  g.attributes = attributes;
  g.base = 0;
  g.limit = 0xffffffff;
}

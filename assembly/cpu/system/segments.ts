// Loading of ES, SS, DS, FS and GS with the checks of MOV Sreg (SDM 2B), and the limit rule of SDM 3A 5.3.
// CS is loaded only by control transfers: far.ts, return.ts and deliver.ts.

import { Cpu, segment, SS, CR0_PE, MODE_64 } from "../state";
import { raiseCode, GP, NP, SSF } from "../fault";
import {
  A_ACCESSED, A_CODE, A_CONFORMING, A_DB, A_EXPAND_DOWN, A_P, A_S, A_WRITABLE,
  attributesOf, cacheNull, cacheSegment, dplOf, isNull, readDescriptor, selectorError, setSegmentBase, setType,
} from "./descriptor";
import { updateMode } from "./mode";

/** `size` bytes at `offset` lie within a segment of these attributes and limit (legacy and compatibility mode). */
export function fits(attributes: u32, limit: u32, offset: u32, size: u32): bool {
  const last = <u64>offset + size - 1;
  if ((attributes & (A_S | A_CODE | A_EXPAND_DOWN)) == (A_S | A_EXPAND_DOWN)) {
    return offset > limit && last <= (attributes & A_DB ? 0xffffffff : 0xffff);
  }
  return last <= limit;
}

/** Real-address mode: base = selector << 4; limit and attributes stay as they are (SDM 3A 21.1.4). */
export function loadRealSegment(cpu: Cpu, s: u32, selector: u32): void {
  segment(cpu, s).selector = selector & 0xffff;
  setSegmentBase(cpu, s, <u64>(selector & 0xffff) << 4);
}

/** Checks a stack segment for use at privilege level `level` and returns its descriptor. The vector for a bad
 * selector is #GP, but #TS when the selector comes from a TSS. */
export function readStackSegment(cpu: Cpu, selector: u32, level: u32, vector: u32, ext: u32 = 0): u64 {
  const descriptor = readDescriptor(cpu, selector, vector, ext);
  if (cpu.fault) return 0;
  const attributes = attributesOf(descriptor);
  const writableData = (attributes & (A_S | A_CODE | A_WRITABLE)) == (A_S | A_WRITABLE);
  if ((selector & 3) != level || !writableData || dplOf(attributes) != level) {
    raiseCode(cpu, vector, selectorError(selector, ext));
  } else if (!(attributes & A_P)) {
    raiseCode(cpu, SSF, selectorError(selector, ext));
  } else {
    return setType(cpu, selector, descriptor, A_ACCESSED);
  }
  return 0;
}

function loadStackSegment(cpu: Cpu, selector: u32): void {
  if (isNull(selector)) {
    // Only 64-bit mode below CPL 3 may run on a null SS, and RPL must agree.
    if (cpu.mode != MODE_64 || cpu.cpl == 3 || (selector & 3) != cpu.cpl) raiseCode(cpu, GP, 0);
    else cacheNull(cpu, SS, selector);
    return;
  }
  const descriptor = readStackSegment(cpu, selector, cpu.cpl, GP);
  if (!cpu.fault) cacheSegment(cpu, SS, selector, descriptor);
}

function loadDataSegment(cpu: Cpu, s: u32, selector: u32): void {
  if (isNull(selector)) return cacheNull(cpu, s, selector);
  const descriptor = readDescriptor(cpu, selector, GP);
  if (cpu.fault) return;
  const attributes = attributesOf(descriptor);
  const code = (attributes & A_CODE) != 0;
  const unreadable = code && !(attributes & A_WRITABLE);
  const conforming = code && (attributes & A_CONFORMING) != 0;
  const dpl = dplOf(attributes);
  if (!(attributes & A_S) || unreadable || (!conforming && ((selector & 3) > dpl || cpu.cpl > dpl))) {
    return raiseCode(cpu, GP, selectorError(selector));
  }
  if (!(attributes & A_P)) return raiseCode(cpu, NP, selectorError(selector));
  const accessed = setType(cpu, selector, descriptor, A_ACCESSED);
  if (!cpu.fault) cacheSegment(cpu, s, selector, accessed);
}

/** Loads segment register `s` (not CS) with `selector`, as MOV does. Nothing changes on a fault. */
export function loadSegment(cpu: Cpu, s: u32, selector: u32): void {
  selector &= 0xffff;
  if (!(cpu.cr0 & CR0_PE)) loadRealSegment(cpu, s, selector);
  else if (s == SS) loadStackSegment(cpu, selector);
  else loadDataSegment(cpu, s, selector);
  if (s == SS && !cpu.fault) updateMode(cpu);
}

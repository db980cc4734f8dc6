// What IRET and far RET share: checks of the code and stack segments that a frame names, and the clean-up of
// data segments when privilege drops (SDM 2A, IRET and RET; SDM 3A 5.8.6).

import { Cpu, segment, CS, DS, ES, FS, GS, SS, MODE_64 } from "../state";
import { raiseCode, GP, NP } from "../fault";
import {
  A_ACCESSED, A_CODE, A_CONFORMING, A_DB, A_L, A_P, A_S,
  attributesOf, cacheNull, cacheSegment, dplOf, isNull, limitOf, readDescriptor, selectorError, setType,
} from "./descriptor";
import { readStackSegment } from "./segments";
import { canonical, longMode, updateMode } from "./mode";

/** Descriptor of the code segment to return to, with `rip` in it; raises #GP or #NP if it may not be. */
export function readReturnCode(cpu: Cpu, selector: u32, rip: u64): u64 {
  if (isNull(selector)) {
    raiseCode(cpu, GP, 0);
    return 0;
  }
  const descriptor = readDescriptor(cpu, selector, GP);
  if (cpu.fault) return 0;
  const attributes = attributesOf(descriptor);
  const rpl = selector & 3;
  const dpl = dplOf(attributes);
  const privilege = attributes & A_CONFORMING ? dpl <= rpl : dpl == rpl;
  const long = longMode(cpu) && (attributes & A_L) != 0;
  if ((attributes & (A_S | A_CODE)) != (A_S | A_CODE) || rpl < cpu.cpl || !privilege || (long && (attributes & A_DB))) {
    raiseCode(cpu, GP, selectorError(selector));
  } else if (!(attributes & A_P)) {
    raiseCode(cpu, NP, selectorError(selector));
  } else if (long ? !canonical(rip) : rip > limitOf(descriptor)) {
    raiseCode(cpu, GP, 0);
  } else {
    return setType(cpu, selector, descriptor, A_ACCESSED);
  }
  return 0;
}

/** Descriptor of the stack segment to return to at privilege `rpl`; 0 without a fault for a null one, which
 * only 64-bit code below CPL 3 may have. */
export function readReturnStack(cpu: Cpu, selector: u32, rpl: u32, code: u64): u64 {
  if (!isNull(selector)) return readStackSegment(cpu, selector, rpl, GP);
  const long = longMode(cpu) && (attributesOf(code) & A_L) != 0;
  if (!long || rpl == 3 || (selector & 3) != rpl) raiseCode(cpu, GP, 0);
  return 0;
}

/** Makes a data segment null that the new, lesser privilege may not use. */
function dropSegment(cpu: Cpu, s: u32): void {
  const g = segment(cpu, s);
  const attributes = g.attributes;
  if (!(attributes & A_P)) return;
  const conforming = (attributes & (A_CODE | A_CONFORMING)) == (A_CODE | A_CONFORMING);
  if (conforming || dplOf(attributes) >= cpu.cpl) return;
  // The base stays: only a load of the register changes it.
  g.selector = 0;
  g.attributes = 0;
}

/** Loads CS, and SS if `stack` says so, from checked descriptors and goes to the privilege of the selector. */
export function enterReturn(cpu: Cpu, cs: u32, code: u64, withStack: bool, ss: u32, stack: u64): void {
  const level = cs & 3;
  const outer = level != cpu.cpl;
  cacheSegment(cpu, CS, cs, code);
  if (withStack) {
    if (isNull(ss)) cacheNull(cpu, SS, ss);
    else cacheSegment(cpu, SS, ss, stack);
  }
  cpu.cpl = level;
  if (outer) {
    dropSegment(cpu, ES);
    dropSegment(cpu, DS);
    dropSegment(cpu, FS);
    dropSegment(cpu, GS);
  }
  // From 64-bit code to 64-bit code of the same privilege, nothing that updateMode looks at changes.
  if (outer || cpu.mode != MODE_64 || !(attributesOf(code) & A_L)) updateMode(cpu);
}

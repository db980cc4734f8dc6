// LAR, LSL, VERR, VERW: a program asks about a selector; ZF answers, nothing faults over it. Opcode-table handlers.

import { Cpu } from "../state";
import { NEXT, REC_DST, REC_SIZE } from "../record";
import { raise, GP, UD } from "../fault";
import { arithmeticFlags, setArithmeticFlags, ZF } from "../flags";
import { readDstSized, readSrcSized, writeReg } from "../operand";
import {
  A_CODE, A_CONFORMING, A_S, A_WRITABLE, CALL_GATE, CALL_GATE16, LDT, TASK_GATE, TSS16_AVAILABLE, TSS16_BUSY,
  TSS_AVAILABLE, TSS_BUSY, attributesOf, dplOf, inTable, isNull, limitOf, readDescriptor,
} from "./descriptor";
import { longMode, protectedMode } from "./mode";

function answer(cpu: Cpu, yes: bool): i32 {
  const others = arithmeticFlags(cpu) & ~ZF;
  setArithmeticFlags(cpu, yes ? others | ZF : others);
  return NEXT;
}

/** Descriptor that `selector` names, 0 if it names none. A page fault on the table is still raised. */
function look(cpu: Cpu, selector: u32): u64 {
  return isNull(selector) || !inTable(cpu, selector) ? 0 : readDescriptor(cpu, selector, GP);
}

/** The descriptor may be seen from here: conforming code from anywhere, the rest if CPL and RPL <= DPL. */
function visible(cpu: Cpu, selector: u32, attributes: u32): bool {
  const conforming = A_S | A_CODE | A_CONFORMING;
  if ((attributes & conforming) == conforming) return true;
  const dpl = dplOf(attributes);
  return cpu.cpl <= dpl && (selector & 3) <= dpl;
}

/** Types of system descriptor that LAR and LSL tell about; gates have no limit (SDM 2A tables 3-53, 3-57). */
function known(cpu: Cpu, attributes: u32, gates: bool): bool {
  if (attributes & A_S) return true;
  const type = attributes & 0xf;
  if (type == LDT || type == TSS_AVAILABLE || type == TSS_BUSY) return true;
  if (gates && type == CALL_GATE) return true;
  if (longMode(cpu)) return false;
  if (type == TSS16_AVAILABLE || type == TSS16_BUSY) return true;
  return gates && (type == CALL_GATE16 || type == TASK_GATE);
}

function ask(cpu: Cpu, rec: usize, limit: bool): i32 {
  if (!protectedMode(cpu)) {
    raise(cpu, UD);
    return NEXT;
  }
  const selector = <u32>readSrcSized(cpu, rec, 2) & 0xffff;
  if (cpu.fault) return NEXT;
  const descriptor = look(cpu, selector);
  if (cpu.fault) return NEXT;
  const attributes = attributesOf(descriptor);
  if (!descriptor || !known(cpu, attributes, !limit) || !visible(cpu, selector, attributes)) return answer(cpu, false);
  const value = limit ? limitOf(descriptor) : <u32>(descriptor >> 32) & 0xffff00;
  writeReg(cpu, load<u8>(rec, REC_DST), load<u8>(rec, REC_SIZE), value);
  return answer(cpu, true);
}

export function lar(cpu: Cpu, rec: usize): i32 {
  return ask(cpu, rec, false);
}

export function lsl(cpu: Cpu, rec: usize): i32 {
  return ask(cpu, rec, true);
}

function verify(cpu: Cpu, rec: usize, write: bool): i32 {
  if (!protectedMode(cpu)) {
    raise(cpu, UD);
    return NEXT;
  }
  const selector = <u32>readDstSized(cpu, rec, 2) & 0xffff;
  if (cpu.fault) return NEXT;
  const descriptor = look(cpu, selector);
  if (cpu.fault) return NEXT;
  const attributes = attributesOf(descriptor);
  if (!(attributes & A_S) || !visible(cpu, selector, attributes)) return answer(cpu, false);
  const code = (attributes & A_CODE) != 0;
  const bit = (attributes & A_WRITABLE) != 0;
  return answer(cpu, write ? !code && bit : !code || bit);
}

export function verr(cpu: Cpu, rec: usize): i32 {
  return verify(cpu, rec, false);
}

export function verw(cpu: Cpu, rec: usize): i32 {
  return verify(cpu, rec, true);
}

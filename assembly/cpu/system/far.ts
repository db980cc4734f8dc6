// Far transfers of control: JMP, CALL and RET between code segments (SDM 2A and 2B, JMP, CALL, RET). Opcode-table
// handlers. Direct far pointers exist outside 64-bit mode only; the record has the offset in imm, the selector in disp.
// Call gates and task switches stop the run by name.

import { Cpu, segment, CS, CR0_PE } from "../state";
import { JUMP, NEXT, REC_DISP, REC_IMM, REC_SIZE } from "../record";
import { notImplemented, raiseCode, GP, NP } from "../fault";
import { addressFor, nextRip, peek, push, setStackPointer } from "../operand";
import { NI_CALL_GATE, NI_TASK_SWITCH } from "../../global";
import { loadData } from "../../mmu/access";
import {
  A_ACCESSED, A_CODE, A_CONFORMING, A_DB, A_L, A_P, A_S, CALL_GATE, CALL_GATE16, TASK_GATE, TSS_AVAILABLE, TSS16_AVAILABLE,
  attributesOf, cacheSegment, dplOf, isNull, limitOf, readDescriptor, selectorError, setType,
} from "./descriptor";
import { loadRealSegment } from "./segments";
import { canonical, longMode, protectedMode, updateMode } from "./mode";
import { enterReturn, readReturnCode, readReturnStack } from "./return";

/** A far pointer at a system descriptor: a gate or a TSS. None of these transfers is modelled. */
function systemTarget(cpu: Cpu, selector: u32, type: u32): void {
  const gate = type == CALL_GATE || (type == CALL_GATE16 && !longMode(cpu));
  const task = type == TASK_GATE || type == TSS_AVAILABLE || type == TSS16_AVAILABLE;
  if (gate) notImplemented(cpu, NI_CALL_GATE);
  else if (task && !longMode(cpu)) notImplemented(cpu, NI_TASK_SWITCH);
  else raiseCode(cpu, GP, selectorError(selector));
}

/** Descriptor of the code segment that a far JMP or CALL names, with `rip` in it. */
function readTarget(cpu: Cpu, selector: u32, rip: u64): u64 {
  if (isNull(selector)) {
    raiseCode(cpu, GP, 0);
    return 0;
  }
  const descriptor = readDescriptor(cpu, selector, GP);
  if (cpu.fault) return 0;
  const attributes = attributesOf(descriptor);
  if (!(attributes & A_S)) {
    systemTarget(cpu, selector, attributes & 0xf);
    return 0;
  }
  const dpl = dplOf(attributes);
  const allowed = attributes & A_CONFORMING ? dpl <= cpu.cpl : (selector & 3) <= cpu.cpl && dpl == cpu.cpl;
  const long = longMode(cpu) && (attributes & A_L) != 0;
  if (!(attributes & A_CODE) || !allowed || (long && (attributes & A_DB))) {
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

/** Goes to selector:rip; a CALL pushes CS and the return address first. */
function transfer(cpu: Cpu, rec: usize, selector: u32, rip: u64, call: bool): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const real = !(cpu.cr0 & CR0_PE);
  let descriptor: u64 = 0;
  if (!real) descriptor = readTarget(cpu, selector, rip);
  else if (rip > segment(cpu, CS).limit) raiseCode(cpu, GP, 0);
  if (cpu.fault) return NEXT;
  if (call) {
    const sp = cpu.rsp;
    push(cpu, segment(cpu, CS).selector, size);
    if (cpu.fault) return NEXT;
    push(cpu, nextRip(cpu, rec), size);
    if (cpu.fault) {
      cpu.rsp = sp;
      return NEXT;
    }
  }
  if (real) {
    loadRealSegment(cpu, CS, selector);
  } else {
    cacheSegment(cpu, CS, (selector & 0xfffc) | cpu.cpl, descriptor);
    updateMode(cpu);
  }
  cpu.rip = rip;
  return JUMP;
}

function direct(cpu: Cpu, rec: usize, call: bool): i32 {
  const mask: u64 = load<u8>(rec, REC_SIZE) == 2 ? 0xffff : 0xffffffff;
  return transfer(cpu, rec, load<u32>(rec, REC_DISP) & 0xffff, load<u64>(rec, REC_IMM) & mask, call);
}

function indirect(cpu: Cpu, rec: usize, call: bool): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const at = addressFor(cpu, rec, size + 2);
  if (cpu.fault) return NEXT;
  const rip = loadData(cpu, at, size);
  if (cpu.fault) return NEXT;
  const selector = <u32>loadData(cpu, at + size, 2);
  if (cpu.fault) return NEXT;
  return transfer(cpu, rec, selector, rip, call);
}

/** JMP ptr16:16, ptr16:32. */
export function farJmp(cpu: Cpu, rec: usize): i32 {
  return direct(cpu, rec, false);
}

/** CALL ptr16:16, ptr16:32. */
export function farCall(cpu: Cpu, rec: usize): i32 {
  return direct(cpu, rec, true);
}

/** JMP m16:16, m16:32, m16:64. */
export function farJmpMem(cpu: Cpu, rec: usize): i32 {
  return indirect(cpu, rec, false);
}

/** CALL m16:16, m16:32, m16:64. */
export function farCallMem(cpu: Cpu, rec: usize): i32 {
  return indirect(cpu, rec, true);
}

/** Far return that releases `extra` bytes of parameters, on both stacks if privilege drops. */
function farReturn(cpu: Cpu, rec: usize, extra: u32): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const rip = peek(cpu, 0, size);
  if (cpu.fault) return NEXT;
  const cs = <u32>peek(cpu, size, size) & 0xffff;
  if (cpu.fault) return NEXT;
  if (!protectedMode(cpu)) {
    if (rip > segment(cpu, CS).limit) {
      raiseCode(cpu, GP, 0);
      return NEXT;
    }
    loadRealSegment(cpu, CS, cs);
    setStackPointer(cpu, cpu.rsp + 2 * size + extra);
    cpu.rip = rip;
    return JUMP;
  }
  const code = readReturnCode(cpu, cs, rip);
  if (cpu.fault) return NEXT;
  if ((cs & 3) == cpu.cpl) {
    setStackPointer(cpu, cpu.rsp + 2 * size + extra);
    enterReturn(cpu, cs, code, false, 0, 0);
    cpu.rip = rip;
    return JUMP;
  }
  const sp = peek(cpu, 2 * size + extra, size);
  if (cpu.fault) return NEXT;
  const ss = <u32>peek(cpu, 3 * size + extra, size) & 0xffff;
  if (cpu.fault) return NEXT;
  const stack = readReturnStack(cpu, ss, cs & 3, code);
  if (cpu.fault) return NEXT;
  enterReturn(cpu, cs, code, true, ss, stack);
  setStackPointer(cpu, sp + extra);
  cpu.rip = rip;
  return JUMP;
}

/** RETF. */
export function farRet(cpu: Cpu, rec: usize): i32 {
  return farReturn(cpu, rec, 0);
}

/** RETF imm16. */
export function farRetImm(cpu: Cpu, rec: usize): i32 {
  return farReturn(cpu, rec, load<u16>(rec, REC_IMM));
}

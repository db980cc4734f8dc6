// Near jumps, calls, returns and loops. Targets of direct ones are relative to the code page (cpu/record.ts), in every mode.

import { Cpu, CS, MODE_64, segment } from "../state";
import { NEXT, JUMP, REC_DST, REC_SRC, REC_SIZE, REC_IMM, REC_TARGET } from "../record";
import { conditionOf, arithmeticFlags, ZF } from "../flags";
import { raiseCode, GP } from "../fault";
import { push, peek, readDst, setStackPointer, nextRip, ipOf, zeroExtend } from "../operand";


/** Goes to offset `rip` in CS; #GP(0) if it is not canonical or beyond the limit (SDM vol. 2 JMP). */
function goTo(cpu: Cpu, rip: u64): i32 {
  if (cpu.mode == MODE_64) {
    if (<u64>((<i64>rip << 16) >> 16) != rip) {
      raiseCode(cpu, GP, 0);
      return NEXT;
    }
  } else if (<u32>rip > segment(cpu, CS).limit) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  cpu.rip = rip;
  return JUMP;
}

/** Offset in CS of the target of direct jump `rec`. */
function target(cpu: Cpu, rec: usize): u64 {
  const rip = ipOf(cpu, cpu.page + <u64><i64>load<i32>(rec, REC_TARGET));
  return load<u8>(rec, REC_SIZE) == 2 ? rip & 0xffff : rip;
}

export function jcc(cpu: Cpu, rec: usize): i32 {
  return conditionOf(cpu, load<u8>(rec, REC_DST)) ? goTo(cpu, target(cpu, rec)) : NEXT;
}

export function jmp(cpu: Cpu, rec: usize): i32 {
  return goTo(cpu, target(cpu, rec));
}

/** Calls offset `rip`: the push comes last, so that a bad target changes nothing. */
function callTo(cpu: Cpu, rec: usize, rip: u64): i32 {
  const here = cpu.rip;
  const back = nextRip(cpu, rec);
  if (goTo(cpu, rip) == NEXT) return NEXT;
  push(cpu, back, load<u8>(rec, REC_SIZE));
  if (!cpu.fault) return JUMP;
  cpu.rip = here;
  return NEXT;
}

export function call(cpu: Cpu, rec: usize): i32 {
  return callTo(cpu, rec, target(cpu, rec));
}

export function callRm(cpu: Cpu, rec: usize): i32 {
  const to = zeroExtend(readDst(cpu, rec), load<u8>(rec, REC_SIZE));
  return cpu.fault ? NEXT : callTo(cpu, rec, to);
}

export function jmpRm(cpu: Cpu, rec: usize): i32 {
  const to = zeroExtend(readDst(cpu, rec), load<u8>(rec, REC_SIZE));
  return cpu.fault ? NEXT : goTo(cpu, to);
}

export function ret(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const to = peek(cpu, 0, size);
  if (cpu.fault || goTo(cpu, to) == NEXT) return NEXT;
  setStackPointer(cpu, cpu.rsp + size);
  return JUMP;
}

export function retImm(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const to = peek(cpu, 0, size);
  if (cpu.fault || goTo(cpu, to) == NEXT) return NEXT;
  setStackPointer(cpu, cpu.rsp + size + load<u16>(rec, REC_IMM));
  return JUMP;
}

/** RCX at address size, for LOOP and JCXZ. */
function counter(cpu: Cpu, rec: usize): u64 {
  const size: u32 = load<u8>(rec, REC_SRC);
  return size == 8 ? cpu.rcx : size == 4 ? <u64><u32>cpu.rcx : cpu.rcx & 0xffff;
}

function looping(cpu: Cpu, rec: usize, holds: bool): i32 {
  const size: u32 = load<u8>(rec, REC_SRC);
  const left = counter(cpu, rec) - 1;
  const goes = (size == 8 ? left : size == 4 ? <u64><u32>left : left & 0xffff) != 0 && holds;
  if (goes && goTo(cpu, target(cpu, rec)) == NEXT) return NEXT;
  if (size == 8) cpu.rcx = left;
  else if (size == 4) cpu.rcx = <u64><u32>left;
  else store<u16>(changetype<usize>(cpu) + offsetof<Cpu>("rcx"), <u16>left);
  return goes ? JUMP : NEXT;
}

export function loop(cpu: Cpu, rec: usize): i32 {
  return looping(cpu, rec, true);
}

export function loope(cpu: Cpu, rec: usize): i32 {
  return looping(cpu, rec, (arithmeticFlags(cpu) & ZF) != 0);
}

export function loopne(cpu: Cpu, rec: usize): i32 {
  return looping(cpu, rec, (arithmeticFlags(cpu) & ZF) == 0);
}

export function jcxz(cpu: Cpu, rec: usize): i32 {
  return counter(cpu, rec) == 0 ? goTo(cpu, target(cpu, rec)) : NEXT;
}

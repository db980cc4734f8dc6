// PUSH, POP, PUSHA, POPA, ENTER, LEAVE.

import { Cpu, SS, MODE_64, gpr } from "../state";
import { NEXT, REC_DST, REC_SIZE, REC_IMM, REC_INFO, F_MEM_DST } from "../record";
import { push, pop, peek, readReg, writeReg, readDst, writeDst, setStackPointer, linear } from "../operand";
import { loadStackForWrite } from "../../mmu/access";

export function pushReg(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  push(cpu, <u64>readReg(cpu, load<u8>(rec, REC_DST), size), size);
  return NEXT;
}

export function pushImm(cpu: Cpu, rec: usize): i32 {
  push(cpu, load<u64>(rec, REC_IMM), load<u8>(rec, REC_SIZE));
  return NEXT;
}

export function pushRm(cpu: Cpu, rec: usize): i32 {
  const v = readDst(cpu, rec);
  if (!cpu.fault) push(cpu, <u64>v, load<u8>(rec, REC_SIZE));
  return NEXT;
}

export function popReg(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const v = pop(cpu, size);
  if (!cpu.fault) writeReg(cpu, load<u8>(rec, REC_DST), size, <i64>v);
  return NEXT;
}

/** POP r/m: an address that uses RSP sees it after the pop (SDM vol. 2 POP). */
export function popRm(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const before = cpu.rsp;
  const v = pop(cpu, size);
  if (cpu.fault) return NEXT;
  writeDst(cpu, rec, <i64>v);
  if (cpu.fault && load<u32>(rec, REC_INFO) & F_MEM_DST) cpu.rsp = before;
  return NEXT;
}

/** PUSHA, PUSHAD: the stack pointer stays if any of the eight stores faults. */
export function pusha(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const before = cpu.rsp;
  for (let r: u32 = 0; r < 8; r++) {
    push(cpu, r == 4 ? before : gpr(cpu, r), size);
    if (cpu.fault) {
      cpu.rsp = before;
      return NEXT;
    }
  }
  return NEXT;
}

/** POPA, POPAD: the image of the stack pointer is skipped. */
export function popa(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  peek(cpu, 0, size);
  if (cpu.fault) return NEXT;
  peek(cpu, 7 * size, size);
  if (cpu.fault) return NEXT;
  for (let r: i32 = 7; r >= 0; r--) {
    const v = pop(cpu, size);
    if (r != 4) writeReg(cpu, r << 3, size, <i64>v);
  }
  return NEXT;
}

/** LEAVE. */
export function leave(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const before = cpu.rsp;
  setStackPointer(cpu, cpu.rbp);
  const v = pop(cpu, size);
  if (cpu.fault) cpu.rsp = before;
  else writeReg(cpu, offsetof<Cpu>("rbp"), size, <i64>v);
  return NEXT;
}

/** ENTER: frame of `imm & 0xffff` bytes, nesting level in the next byte (SDM vol. 2 ENTER). Restartable: RSP and RBP change last. */
export function enter(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const bytes = load<u16>(rec, REC_IMM);
  const level: u32 = load<u8>(rec, REC_IMM + 2) & 31;
  const rsp = cpu.rsp;
  const rbp = cpu.rbp;
  push(cpu, rbp, size);
  const frame = cpu.rsp;
  for (let i: u32 = 1; i < level && !cpu.fault; i++) {
    cpu.rsp = rbp - i * size;
    const v = peek(cpu, 0, size);
    cpu.rsp = frame - (i - 1) * size;
    if (!cpu.fault) push(cpu, v, size);
  }
  if (level && !cpu.fault) push(cpu, frame, size);
  if (!cpu.fault) {
    const bottom = cpu.rsp - bytes;
    // The manual checks that the new stack pointer can be written.
    const va = linear(cpu, SS, cpu.mode == MODE_64 ? bottom : bottom & (cpu.stackSize == 4 ? 0xffffffff : 0xffff), 1);
    if (!cpu.fault) loadStackForWrite(cpu, va, 1);
    if (!cpu.fault) {
      setStackPointer(cpu, bottom);
      writeReg(cpu, offsetof<Cpu>("rbp"), size, <i64>frame);
      return NEXT;
    }
  }
  cpu.rsp = rsp;
  return NEXT;
}

// MOV, PUSH and POP of segment registers and the far-pointer loads LDS LES LFS LGS LSS. Opcode-table
// handlers. The segment register's number is in the record's register field (F_REG_SHIFT).

import { Cpu, segment, CS, GS, SS } from "../state";
import { JUMP, NEXT, REC_DST, REC_INFO, REC_SIZE, F_MEM, F_REG_SHIFT } from "../record";
import { raise, UD } from "../fault";
import { addressFor, nextRip, peek, push, readSrcSized, setStackPointer, writeDstSized, writeReg } from "../operand";
import { loadData } from "../../mmu/access";
import { loadSegment } from "./segments";

@inline
function register(rec: usize): u32 {
  return (load<u32>(rec, REC_INFO) >> F_REG_SHIFT) & 7; // REX.R is ignored
}

/** After a load of `s`: MOV SS and POP SS hold interrupts off for one instruction (SDM 3A 7.8.3). */
function loaded(cpu: Cpu, rec: usize, s: u32): i32 {
  if (cpu.fault || s != SS) return NEXT;
  cpu.shadow = 1;
  cpu.rip = nextRip(cpu, rec);
  return JUMP;
}

/** MOV Sreg, r/m16. CS cannot be loaded so, and numbers 6 and 7 name no segment register. */
export function movToSeg(cpu: Cpu, rec: usize): i32 {
  const s = register(rec);
  if (s == CS || s > GS) {
    raise(cpu, UD);
    return NEXT;
  }
  const selector = <u32>readSrcSized(cpu, rec, 2);
  if (!cpu.fault) loadSegment(cpu, s, selector);
  return loaded(cpu, rec, s);
}

/** MOV r/m, Sreg: 16 bits to memory, zero-extended to a register of the operand size. */
export function movFromSeg(cpu: Cpu, rec: usize): i32 {
  const s = register(rec);
  if (s > GS) {
    raise(cpu, UD);
    return NEXT;
  }
  const size: u32 = load<u32>(rec, REC_INFO) & F_MEM ? 2 : load<u8>(rec, REC_SIZE);
  writeDstSized(cpu, rec, size, segment(cpu, s).selector);
  return NEXT;
}

/** PUSH Sreg: zero-extended to the operand size. */
export function pushSeg(cpu: Cpu, rec: usize): i32 {
  push(cpu, segment(cpu, register(rec)).selector, load<u8>(rec, REC_SIZE));
  return NEXT;
}

/** POP Sreg. */
export function popSeg(cpu: Cpu, rec: usize): i32 {
  const s = register(rec);
  const size: u32 = load<u8>(rec, REC_SIZE);
  const selector = <u32>peek(cpu, 0, size);
  if (cpu.fault) return NEXT;
  // The pop is of the old stack, so its width is that of the old SS.
  const sp = cpu.rsp + size;
  const width = cpu.stackSize;
  loadSegment(cpu, s, selector);
  if (cpu.fault) return NEXT;
  const now = cpu.stackSize;
  cpu.stackSize = width;
  setStackPointer(cpu, sp);
  cpu.stackSize = now;
  return loaded(cpu, rec, s);
}

/** LDS, LES, LFS, LGS, LSS: offset first in memory, selector behind it. */
export function loadFarPointer(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const s = register(rec);
  const at = addressFor(cpu, rec, size + 2);
  if (cpu.fault) return NEXT;
  const offset = loadData(cpu, at, size);
  if (cpu.fault) return NEXT;
  const selector = <u32>loadData(cpu, at + size, 2);
  if (cpu.fault) return NEXT;
  loadSegment(cpu, s, selector);
  if (cpu.fault) return NEXT;
  writeReg(cpu, load<u8>(rec, REC_DST), size, <i64>offset);
  return loaded(cpu, rec, s);
}

// CMPXCHG, XADD, CMPXCHG8B and CMPXCHG16B. One instruction runs at a time over all CPUs, so LOCK adds nothing here.

import { Cpu, FLAGS_ADD, FLAGS_SUB } from "../state";
import { NEXT, REC_SRC, REC_SIZE, REC_INFO, F_REX_W, F_MEM_DST } from "../record";
import { ZF, arithmeticFlags, setArithmeticFlags } from "../flags";

import { raiseCode, GP } from "../fault";
import { readReg, writeReg, prepareDst, writeDst, signExtend, addressFor } from "../operand";
import { loadForWrite, storeData } from "../../mmu/access";

const RAX: u32 = 0;

function leave(cpu: Cpu, op: i32, a: i64, b: i64, r: i64): void {
  cpu.flagsOp = op;
  cpu.flagsA = a;
  cpu.flagsB = b;
  cpu.flagsR = r;
}

/**
 * CMPXCHG. Memory is written in either case, as the manual says; a register that is not equal is not touched, so that the
 * upper half of a 32-bit one stays.
 */
export function cmpxchg(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const old = prepareDst(cpu, rec);
  if (cpu.fault) return NEXT;
  const expected = readReg(cpu, RAX, size);
  if (old == expected) {
    writeDst(cpu, rec, readReg(cpu, load<u8>(rec, REC_SRC), size));
  } else {
    if (load<u32>(rec, REC_INFO) & F_MEM_DST) writeDst(cpu, rec, old);
    writeReg(cpu, RAX, size, old);
  }
  leave(cpu, FLAGS_SUB, expected, old, signExtend(expected - old, size));
  return NEXT;
}

export function xadd(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const a = prepareDst(cpu, rec);
  if (cpu.fault) return NEXT;
  const slot: u32 = load<u8>(rec, REC_SRC);
  const b = readReg(cpu, slot, size);
  const r = signExtend(a + b, size);
  if (load<u32>(rec, REC_INFO) & F_MEM_DST) {
    writeDst(cpu, rec, r); // first: the source may be part of the address
    writeReg(cpu, slot, size, a);
  } else {
    writeReg(cpu, slot, size, a);
    writeDst(cpu, rec, r); // last: with both operands the same register the sum stays
  }
  leave(cpu, FLAGS_ADD, a, b, r);
  return NEXT;
}

/** CMPXCHG8B, and CMPXCHG16B with REX.W, whose operand must be aligned (#GP(0)). */
export function cmpxchgWide(cpu: Cpu, rec: usize): i32 {
  const half: u32 = load<u32>(rec, REC_INFO) & F_REX_W ? 8 : 4;
  const va = addressFor(cpu, rec, half * 2);
  if (cpu.fault) return NEXT;
  if (half == 8 && va & 15) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  const low = loadForWrite(cpu, va, half);
  if (cpu.fault) return NEXT;
  const high = loadForWrite(cpu, va + half, half);
  if (cpu.fault) return NEXT;
  const mask: u64 = half == 8 ? 0xffffffffffffffff : 0xffffffff;
  const equal = low == (cpu.rax & mask) && high == (cpu.rdx & mask);
  storeData(cpu, va, half, equal ? cpu.rbx : low);
  storeData(cpu, va + half, half, equal ? cpu.rcx : high);
  if (!equal) {
    cpu.rax = low;
    cpu.rdx = high;
  }
  setArithmeticFlags(cpu, (arithmeticFlags(cpu) & ~ZF) | (equal ? ZF : 0));
  return NEXT;
}

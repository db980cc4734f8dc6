// Moves that are not MOV: LEA, XCHG, CMOVcc, SETcc, byte swaps, sign conversions, LAHF and SAHF, XLAT, NOP.

import { Cpu } from "../state";
import { NEXT, REC_DST, REC_SRC, REC_SIZE, REC_INFO, F_A16, F_A32 } from "../record";
import { conditionOf, arithmeticFlags, setArithmeticFlags, OF } from "../flags";
import { readReg, writeReg, readSrc, writeDst, prepareDst, effectiveAddress, addressFor, linear, segmentOf } from "../operand";
import { loadData } from "../../mmu/access";

const RAX: u32 = 0;
const AH: u32 = 1;
const RDX: u32 = 16;

export function nop(_cpu: Cpu, _rec: usize): i32 {
  return NEXT;
}

/** MFENCE: nothing to do where stores are visible at once. Exploration, with its store buffers, knows it by this handler. */
export function mfence(_cpu: Cpu, _rec: usize): i32 {
  return NEXT;
}

/** CLFLUSH: caches are not modelled, but the address is translated as for a load. */
export function clflush(cpu: Cpu, rec: usize): i32 {
  const va = addressFor(cpu, rec, 1);
  if (!cpu.fault) loadData(cpu, va, 1);
  return NEXT;
}

export function lea(cpu: Cpu, rec: usize): i32 {
  writeReg(cpu, load<u8>(rec, REC_DST), load<u8>(rec, REC_SIZE), <i64>effectiveAddress(cpu, rec));
  return NEXT;
}

/** XCHG; with memory it is locked, which in this order of execution is nothing more. */
export function xchg(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const a = prepareDst(cpu, rec);
  if (cpu.fault) return NEXT;
  const slot: u32 = load<u8>(rec, REC_SRC);
  const b = readReg(cpu, slot, size);
  writeDst(cpu, rec, b);
  writeReg(cpu, slot, size, a);
  return NEXT;
}

/** CMOVcc: the source is read whether or not it is moved, and a 32-bit destination is zero-extended in any case. */
export function cmov(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = readSrc(cpu, rec);
  if (cpu.fault) return NEXT;
  const slot: u32 = load<u8>(rec, REC_DST);
  writeReg(cpu, slot, size, conditionOf(cpu, load<u8>(rec, REC_INFO + 3) & 15) ? b : readReg(cpu, slot, size));
  return NEXT;
}

export function setcc(cpu: Cpu, rec: usize): i32 {
  writeDst(cpu, rec, <i64>conditionOf(cpu, load<u8>(rec, REC_INFO + 3) & 15));
  return NEXT;
}

/** Reverses the low `size` bytes of `v`. */
function swapBytes(v: u64, size: u32): u64 {
  return size == 8 ? bswap<u64>(v) : size == 4 ? <u64>bswap<u32>(<u32>v) : <u64>bswap<u16>(<u16>v);
}

/** BSWAP; of a 16-bit register the result is undefined: zero, as processors give. */
export function byteSwap(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const slot: u32 = load<u8>(rec, REC_DST);
  writeReg(cpu, slot, size, size == 2 ? 0 : <i64>swapBytes(<u64>readReg(cpu, slot, size), size));
  return NEXT;
}

/** MOVBE, both ways. */
export function movbe(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = readSrc(cpu, rec);
  if (cpu.fault) return NEXT;
  writeDst(cpu, rec, <i64>swapBytes(<u64>b, size));
  return NEXT;
}

/** CBW, CWDE, CDQE. */
export function cbw(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  writeReg(cpu, RAX, size, readReg(cpu, RAX, size >> 1));
  return NEXT;
}

/** CWD, CDQ, CQO. */
export function cwd(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  writeReg(cpu, RDX, size, readReg(cpu, RAX, size) < 0 ? -1 : 0);
  return NEXT;
}

export function lahf(cpu: Cpu, _rec: usize): i32 {
  writeReg(cpu, AH, 1, <i64>(arithmeticFlags(cpu) & 0xd5) | 2);
  return NEXT;
}

export function sahf(cpu: Cpu, _rec: usize): i32 {
  setArithmeticFlags(cpu, (arithmeticFlags(cpu) & OF) | (<u32>readReg(cpu, AH, 1) & 0xd5));
  return NEXT;
}

/** XLAT: AL = [rBX + AL]. */
export function xlat(cpu: Cpu, rec: usize): i32 {
  const info = load<u32>(rec, REC_INFO);
  let ea = cpu.rbx + (cpu.rax & 0xff);
  if (info & F_A16) ea &= 0xffff;
  else if (info & F_A32) ea = <u64><u32>ea;
  const va = linear(cpu, segmentOf(rec), ea, 1);
  if (cpu.fault) return NEXT;
  const v = loadData(cpu, va, 1);
  if (!cpu.fault) writeReg(cpu, RAX, 1, <i64>v);
  return NEXT;
}

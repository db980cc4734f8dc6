// BT and its kin, scans, counts; BMI1 and BMI2 without the shifts (ops/shift.ts).

import { Cpu } from "../state";
import { NEXT, REC_DST, REC_SIZE, REC_IMM, REC_INFO, F_MEM_DST, F_IMM, F_SEG, F_A32, F_A16 } from "../record";
import { CF, ZF, OF, arithmeticFlags, setArithmeticFlags, setResult, setLogic } from "../flags";
import { readReg, writeReg, readSrc, addressFor, signExtend, zeroExtend, effectiveAddress, linear, segmentOf } from "../operand";

import { loadData, loadForWrite, storeData } from "../../mmu/access";

const TEST: u32 = 0;
const SET: u32 = 1;
const RESET: u32 = 2;
const COMPLEMENT: u32 = 3;

/** Linear address of the operand-sized word that holds bit `index` of the bit string at the memory operand (SDM vol. 2 BT). */
function bitWord(cpu: Cpu, rec: usize, size: u32, index: i64): u64 {
  const info = load<u32>(rec, REC_INFO);
  let ea = effectiveAddress(cpu, rec) + <u64>((index >> <i64>(size == 8 ? 6 : size == 4 ? 5 : 4)) * size);
  if (info & F_A32) ea = <u64><u32>ea;
  else if (info & F_A16) ea &= 0xffff;
  return info & F_SEG ? linear(cpu, segmentOf(rec), ea, size) : ea;
}

function bitOperation(cpu: Cpu, rec: usize, operation: u32): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const info = load<u32>(rec, REC_INFO);
  const index = readSrc(cpu, rec);
  const bit = <u64>1 << (<u64>index & ((size << 3) - 1));
  let va: u64 = 0;
  let value: u64;
  if (info & F_MEM_DST) {
    va = info & F_IMM ? addressFor(cpu, rec, size) : bitWord(cpu, rec, size, index);
    if (cpu.fault) return NEXT;
    value = operation == TEST ? loadData(cpu, va, size) : loadForWrite(cpu, va, size);
    if (cpu.fault) return NEXT;
  } else {
    value = <u64>readReg(cpu, load<u8>(rec, REC_DST), size);
  }
  const was = (value & bit) != 0;
  if (operation != TEST) {
    const r = operation == SET ? value | bit : operation == RESET ? value & ~bit : value ^ bit;
    if (info & F_MEM_DST) storeData(cpu, va, size, r);
    else writeReg(cpu, load<u8>(rec, REC_DST), size, <i64>r);
  }
  setArithmeticFlags(cpu, (arithmeticFlags(cpu) & ~CF) | (was ? CF : 0)); // ZF stays, the others are undefined and stay too
  return NEXT;
}

export function bt(cpu: Cpu, rec: usize): i32 {
  return bitOperation(cpu, rec, TEST);
}

export function bts(cpu: Cpu, rec: usize): i32 {
  return bitOperation(cpu, rec, SET);
}

export function btr(cpu: Cpu, rec: usize): i32 {
  return bitOperation(cpu, rec, RESET);
}

export function btc(cpu: Cpu, rec: usize): i32 {
  return bitOperation(cpu, rec, COMPLEMENT);
}

/** ZF of a scan; on zero the destination is undefined and stays, as processors do. */
function scanned(cpu: Cpu, zero: bool): void {
  setArithmeticFlags(cpu, (arithmeticFlags(cpu) & ~ZF) | (zero ? ZF : 0));
}

export function bsf(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = zeroExtend(readSrc(cpu, rec), size);
  if (cpu.fault) return NEXT;
  if (b) writeReg(cpu, load<u8>(rec, REC_DST), size, <i64>ctz<u64>(b));
  scanned(cpu, b == 0);
  return NEXT;
}

export function bsr(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = zeroExtend(readSrc(cpu, rec), size);
  if (cpu.fault) return NEXT;
  if (b) writeReg(cpu, load<u8>(rec, REC_DST), size, <i64>(63 - clz<u64>(b)));
  scanned(cpu, b == 0);
  return NEXT;
}

/** CF if the source was 0, ZF if the result is; the others are undefined and cleared. */
function counted(cpu: Cpu, rec: usize, size: u32, result: u64, sourceZero: bool): i32 {
  writeReg(cpu, load<u8>(rec, REC_DST), size, <i64>result);
  setArithmeticFlags(cpu, (sourceZero ? CF : 0) | (result == 0 ? ZF : 0));
  return NEXT;
}

export function tzcnt(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = zeroExtend(readSrc(cpu, rec), size);
  if (cpu.fault) return NEXT;
  return counted(cpu, rec, size, b ? ctz<u64>(b) : <u64>(size << 3), b == 0);
}

export function lzcnt(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = zeroExtend(readSrc(cpu, rec), size);
  if (cpu.fault) return NEXT;
  return counted(cpu, rec, size, b ? clz<u64>(b) - (64 - (size << 3)) : <u64>(size << 3), b == 0);
}

export function popcount(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = zeroExtend(readSrc(cpu, rec), size);
  if (cpu.fault) return NEXT;
  writeReg(cpu, load<u8>(rec, REC_DST), size, <i64>popcnt<u64>(b));
  setArithmeticFlags(cpu, b == 0 ? ZF : 0);
  return NEXT;
}

@inline
function vex(cpu: Cpu, rec: usize, size: u32): i64 {
  return readReg(cpu, load<u8>(rec, REC_IMM), size);
}

export function andn(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = readSrc(cpu, rec);
  if (cpu.fault) return NEXT;
  const r = ~vex(cpu, rec, size) & b;
  writeReg(cpu, load<u8>(rec, REC_DST), size, r);
  setLogic(cpu, r);
  return NEXT;
}

function lowestBit(cpu: Cpu, rec: usize, size: u32, r: i64, cf: bool): i32 {
  writeReg(cpu, load<u8>(rec, REC_DST), size, r);
  setResult(cpu, signExtend(r, size), cf, false);
  return NEXT;
}

export function blsr(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = readSrc(cpu, rec);
  if (cpu.fault) return NEXT;
  return lowestBit(cpu, rec, size, b & (b - 1), b == 0);
}

export function blsmsk(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = readSrc(cpu, rec);
  if (cpu.fault) return NEXT;
  return lowestBit(cpu, rec, size, b ^ (b - 1), b == 0);
}

export function blsi(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = readSrc(cpu, rec);
  if (cpu.fault) return NEXT;
  return lowestBit(cpu, rec, size, b & (0 - b), b != 0);
}

export function bextr(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = zeroExtend(readSrc(cpu, rec), size);
  if (cpu.fault) return NEXT;
  const control = <u64>vex(cpu, rec, size);
  const start = control & 0xff;
  const length = (control >> 8) & 0xff;
  let r: u64 = start < 64 ? b >> start : 0;
  if (length < 64) r &= (<u64>1 << length) - 1;
  writeReg(cpu, load<u8>(rec, REC_DST), size, <i64>r);
  setArithmeticFlags(cpu, r == 0 ? ZF : 0);
  return NEXT;
}

export function bzhi(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = readSrc(cpu, rec);
  if (cpu.fault) return NEXT;
  const n = <u64>vex(cpu, rec, size) & 0xff;
  const beyond = n >= (size << 3);
  const r = beyond ? b : b & <i64>((<u64>1 << n) - 1);
  writeReg(cpu, load<u8>(rec, REC_DST), size, r);
  setResult(cpu, r, beyond, false);
  return NEXT;
}

export function pdep(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  let mask = zeroExtend(readSrc(cpu, rec), size);
  if (cpu.fault) return NEXT;
  let source = <u64>vex(cpu, rec, size);
  let r: u64 = 0;
  for (; mask; mask &= mask - 1) {
    if (source & 1) r |= mask & (0 - mask);
    source >>= 1;
  }
  writeReg(cpu, load<u8>(rec, REC_DST), size, <i64>r);
  return NEXT;
}

export function pext(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  let mask = zeroExtend(readSrc(cpu, rec), size);
  if (cpu.fault) return NEXT;
  const source = <u64>vex(cpu, rec, size);
  let r: u64 = 0;
  for (let k: u64 = 0; mask; k++) {
    if (source & mask & (0 - mask)) r |= <u64>1 << k;
    mask &= mask - 1;
  }
  writeReg(cpu, load<u8>(rec, REC_DST), size, <i64>r);
  return NEXT;
}



/** ADCX and ADOX: add with one flag only, CF or OF. */
function addWith(cpu: Cpu, rec: usize, flag: u32): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = zeroExtend(readSrc(cpu, rec), size);
  if (cpu.fault) return NEXT;
  const flags = arithmeticFlags(cpu);
  const a = zeroExtend(readReg(cpu, load<u8>(rec, REC_DST), size), size);
  const c: u64 = flags & flag ? 1 : 0;
  const r = a + b + c;
  const out = size == 8 ? (c ? r <= a : r < a) : r >> 32 != 0;
  writeReg(cpu, load<u8>(rec, REC_DST), size, <i64>r);
  setArithmeticFlags(cpu, (flags & ~flag) | (out ? flag : 0));
  return NEXT;
}

export function adcx(cpu: Cpu, rec: usize): i32 {
  return addWith(cpu, rec, CF);
}

export function adox(cpu: Cpu, rec: usize): i32 {
  return addWith(cpu, rec, OF);
}

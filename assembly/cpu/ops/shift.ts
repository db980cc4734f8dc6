// Rotates, double shifts, and the flagless shifts of BMI2. SHL, SHR, SAR are in tools/isa/semantics.mjs.

import { Cpu } from "../state";
import { NEXT, REC_DST, REC_SRC, REC_SIZE, REC_IMM } from "../record";
import { CF, OF, arithmeticFlags, setArithmeticFlags, setResult, carry } from "../flags";
import { readReg, writeReg, readSrc, prepareDst, writeDst, signExtend, zeroExtend } from "../operand";

const CL: u32 = 8;

function setCarryOverflow(cpu: Cpu, cf: bool, ov: bool): void {
  setArithmeticFlags(cpu, (arithmeticFlags(cpu) & ~(CF | OF)) | (cf ? CF : 0) | (ov ? OF : 0));
}

@inline
function countMask(size: u32): u64 {
  return size == 8 ? 63 : 31;
}

/** ROL: OF is defined for a count of 1; it is CF xor the sign for any (as processors do). */
export function rol(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const a = zeroExtend(prepareDst(cpu, rec), size);
  const count = <u64>readSrc(cpu, rec) & countMask(size);
  if (cpu.fault) return NEXT;
  const bits = <u64>(size << 3);
  const n = count & (bits - 1);
  const r = n ? zeroExtend(<i64>((a << n) | (a >> (bits - n))), size) : a;
  writeDst(cpu, rec, <i64>r);
  if (count) setCarryOverflow(cpu, <bool>(r & 1), <bool>((r ^ (r >> (bits - 1))) & 1));
  return NEXT;
}

/** ROR: CF is the new sign; OF the exclusive or of the two top bits. */
export function ror(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const a = zeroExtend(prepareDst(cpu, rec), size);
  const count = <u64>readSrc(cpu, rec) & countMask(size);
  if (cpu.fault) return NEXT;
  const bits = <u64>(size << 3);
  const n = count & (bits - 1);
  const r = n ? zeroExtend(<i64>((a >> n) | (a << (bits - n))), size) : a;
  writeDst(cpu, rec, <i64>r);
  if (count) setCarryOverflow(cpu, <bool>(r >> (bits - 1)), <bool>(((r >> (bits - 1)) ^ (r >> (bits - 2))) & 1));
  return NEXT;
}

/** RCL: rotates through CF. */
export function rcl(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  let a = zeroExtend(prepareDst(cpu, rec), size);
  const count = <u64>readSrc(cpu, rec) & countMask(size);
  if (cpu.fault) return NEXT;
  const bits = <u64>(size << 3);
  const n = count % (bits + 1);
  let cf = <u64>carry(cpu);
  for (let i: u64 = 0; i < n; i++) {
    const out = (a >> (bits - 1)) & 1;
    a = zeroExtend(<i64>((a << 1) | cf), size);
    cf = out;
  }
  writeDst(cpu, rec, <i64>a);
  if (count) setCarryOverflow(cpu, <bool>cf, <bool>(((a >> (bits - 1)) & 1) ^ cf));
  return NEXT;
}

/** RCR: rotates through CF; OF is the exclusive or of the two top bits of the result. */
export function rcr(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  let a = zeroExtend(prepareDst(cpu, rec), size);
  const count = <u64>readSrc(cpu, rec) & countMask(size);
  if (cpu.fault) return NEXT;
  const bits = <u64>(size << 3);
  const n = count % (bits + 1);
  let cf = <u64>carry(cpu);
  for (let i: u64 = 0; i < n; i++) {
    const out = a & 1;
    a = (a >> 1) | (cf << (bits - 1));
    cf = out;
  }
  writeDst(cpu, rec, <i64>a);
  if (count) setCarryOverflow(cpu, <bool>cf, <bool>(((a >> (bits - 1)) ^ (a >> (bits - 2))) & 1));
  return NEXT;
}

/** SHLD; a count beyond a 16-bit operand is undefined: the source is shifted in twice, as a 32-bit double shift would. */
function shld(cpu: Cpu, rec: usize, rawCount: u64): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const a = zeroExtend(prepareDst(cpu, rec), size);
  if (cpu.fault) return NEXT;
  const b = zeroExtend(readReg(cpu, load<u8>(rec, REC_SRC), size), size);
  const n = rawCount & countMask(size);
  const bits = <u64>(size << 3);
  let r = a;
  let cf: u64 = 0;
  if (n) {
    if (n <= bits) {
      r = n == bits ? b : (a << n) | (b >> (bits - n));
      cf = (a >> (bits - n)) & 1;
    } else {
      r = (b << (n - bits)) | (a >> (2 * bits - n));
      cf = (b >> (2 * bits - n)) & 1;
    }
  }
  const result = signExtend(<i64>r, size);
  writeDst(cpu, rec, result);
  if (n) setResult(cpu, result, <bool>cf, <bool>(((r ^ a) >> (bits - 1)) & 1));
  return NEXT;
}

/** SHRD, with the same treatment of large counts. */
function shrd(cpu: Cpu, rec: usize, rawCount: u64): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const a = zeroExtend(prepareDst(cpu, rec), size);
  if (cpu.fault) return NEXT;
  const b = zeroExtend(readReg(cpu, load<u8>(rec, REC_SRC), size), size);
  const n = rawCount & countMask(size);
  const bits = <u64>(size << 3);
  let r = a;
  let cf: u64 = 0;
  if (n) {
    if (n <= bits) {
      r = n == bits ? b : (a >> n) | (b << (bits - n));
      cf = (a >> (n - 1)) & 1;
    } else {
      r = (b >> (n - bits)) | (a << (2 * bits - n));
      cf = (b >> (n - bits - 1)) & 1;
    }
  }
  const result = signExtend(<i64>r, size);
  writeDst(cpu, rec, result);
  if (n) setResult(cpu, result, <bool>cf, <bool>(((r ^ a) >> (bits - 1)) & 1));
  return NEXT;
}

export function shldImm(cpu: Cpu, rec: usize): i32 {
  return shld(cpu, rec, load<u64>(rec, REC_IMM));
}

export function shldCl(cpu: Cpu, rec: usize): i32 {
  return shld(cpu, rec, load<u8>(changetype<usize>(cpu) + CL));
}

export function shrdImm(cpu: Cpu, rec: usize): i32 {
  return shrd(cpu, rec, load<u64>(rec, REC_IMM));
}

export function shrdCl(cpu: Cpu, rec: usize): i32 {
  return shrd(cpu, rec, load<u8>(changetype<usize>(cpu) + CL));
}

@inline
function vexCount(cpu: Cpu, rec: usize, size: u32): u64 {
  return <u64>readReg(cpu, load<u8>(rec, REC_IMM), size) & countMask(size);
}

export function shlx(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const a = readSrc(cpu, rec);
  if (!cpu.fault) writeReg(cpu, load<u8>(rec, REC_DST), size, a << <i64>vexCount(cpu, rec, size));
  return NEXT;
}

export function shrx(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const a = zeroExtend(readSrc(cpu, rec), size);
  if (!cpu.fault) writeReg(cpu, load<u8>(rec, REC_DST), size, <i64>(a >> vexCount(cpu, rec, size)));
  return NEXT;
}

export function sarx(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const a = readSrc(cpu, rec);
  if (!cpu.fault) writeReg(cpu, load<u8>(rec, REC_DST), size, a >> <i64>vexCount(cpu, rec, size));
  return NEXT;
}

export function rorx(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const a = zeroExtend(readSrc(cpu, rec), size);
  if (cpu.fault) return NEXT;
  const bits = <u64>(size << 3);
  const n = load<u64>(rec, REC_IMM) & (bits - 1);
  writeReg(cpu, load<u8>(rec, REC_DST), size, <i64>((a >> n) | (a << ((bits - n) & (bits - 1)))));
  return NEXT;
}

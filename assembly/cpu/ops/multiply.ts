// MUL, IMUL, DIV, IDIV, MULX. 128-bit products and quotients are put together from 64-bit operations.

import { Cpu, FLAGS_MUL } from "../state";
import { NEXT, REC_DST, REC_SIZE, REC_IMM } from "../record";
import { raise, DE } from "../fault";
import { setResult } from "../flags";
import { mulHigh, mulHighSigned } from "../wide";
import { readReg, writeReg, readDst, readSrc, signExtend, zeroExtend } from "../operand";

const RAX: u32 = 0;
const AH: u32 = 1;
const RDX: u32 = 16;

/** MUL r/m: unsigned product into AX, DX:AX, EDX:EAX or RDX:RAX. SF ZF AF PF are undefined; they follow the low half. */
export function mul(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = zeroExtend(readDst(cpu, rec), size);
  if (cpu.fault) return NEXT;
  const a = zeroExtend(readReg(cpu, RAX, size), size);
  const low = a * b;
  let high: u64;
  if (size == 8) {
    high = mulHigh(a, b);
    cpu.rax = low;
    cpu.rdx = high;
  } else {
    high = low >> (size << 3);
    storeWide(cpu, size, <i64>low, <i64>high);
  }
  setResult(cpu, signExtend(<i64>low, size), high != 0, high != 0);
  return NEXT;
}

/** IMUL r/m: signed product into the double-width accumulator. */
export function imul(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = readDst(cpu, rec);
  if (cpu.fault) return NEXT;
  const a = readReg(cpu, RAX, size);
  const low = a * b;
  let overflow: bool;
  if (size == 8) {
    const high = mulHighSigned(a, b);
    overflow = high != low >> 63;
    cpu.rax = low;
    cpu.rdx = high;
  } else {
    overflow = signExtend(low, size) != low;
    storeWide(cpu, size, low, low >> (size << 3));
  }
  setResult(cpu, signExtend(low, size), overflow, overflow);
  return NEXT;
}

function storeWide(cpu: Cpu, size: u32, low: i64, high: i64): void {
  if (size == 1) {
    writeReg(cpu, RAX, 2, low);
  } else {
    writeReg(cpu, RAX, size, low);
    writeReg(cpu, RDX, size, high);
  }
}

/** IMUL r, r/m, imm. */
export function imul3(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const a = readSrc(cpu, rec);
  if (cpu.fault) return NEXT;
  const b = load<i64>(rec, REC_IMM);
  const r = signExtend(a * b, size);
  writeReg(cpu, load<u8>(rec, REC_DST), size, r);
  cpu.flagsOp = FLAGS_MUL;
  cpu.flagsA = a;
  cpu.flagsB = b;
  cpu.flagsR = r;
  return NEXT;
}

/** MULX: unsigned product of RDX and r/m into two registers, no flags (BMI2). */
export function mulx(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const b = zeroExtend(readSrc(cpu, rec), size);
  if (cpu.fault) return NEXT;
  const a = zeroExtend(readReg(cpu, RDX, size), size);
  const low = a * b;
  const high = size == 8 ? mulHigh(a, b) : low >> 32;
  writeReg(cpu, load<u8>(rec, REC_IMM), size, <i64>low);
  writeReg(cpu, load<u8>(rec, REC_DST), size, <i64>high); // the same register twice keeps the high half
  return NEXT;
}

let remainder: u64 = 0; // second result of divideWide

/** high:low / d, which must not overflow (high < d); leaves the remainder. Bit by bit: 128-bit dividends are rare. */
function divideWide(high: u64, low: u64, d: u64): u64 {
  if (high == 0) {
    remainder = low % d;
    return low / d;
  }
  let rest = high;
  let q: u64 = 0;
  for (let i = 63; i >= 0; i--) {
    const carried = rest >> 63;
    rest = (rest << 1) | ((low >> i) & 1);
    if (carried || rest >= d) {
      rest -= d;
      q |= <u64>1 << i;
    }
  }
  remainder = rest;
  return q;
}

/** DIV r/m: #DE on 0 or if the quotient does not fit. Flags are undefined and stay. */
export function div(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const d = zeroExtend(readDst(cpu, rec), size);
  if (cpu.fault) return NEXT;
  if (size == 8) {
    const high = cpu.rdx;
    if (d == 0 || high >= d) {
      raise(cpu, DE);
      return NEXT;
    }
    cpu.rax = divideWide(high, cpu.rax, d);
    cpu.rdx = remainder;
    return NEXT;
  }
  const n: u64 = size == 1 ? cpu.rax & 0xffff : (zeroExtend(<i64>cpu.rdx, size) << (size << 3)) | zeroExtend(<i64>cpu.rax, size);
  if (d == 0 || n / d > zeroExtend(-1, size)) {
    raise(cpu, DE);
    return NEXT;
  }
  storeQuotient(cpu, size, <i64>(n / d), <i64>(n % d));
  return NEXT;
}

/** IDIV r/m: truncates towards zero; #DE on 0 or if the quotient does not fit. */
export function idiv(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const d = readDst(cpu, rec);
  if (cpu.fault) return NEXT;
  if (size == 8) return idivWide(cpu, d);
  const bits = <i64>(size << 3);
  const n: i64 = size == 1 ? readReg(cpu, RAX, 2) : (readReg(cpu, RDX, size) << bits) | <i64>zeroExtend(<i64>cpu.rax, size);
  // The only 64-bit quotient that Wasm traps on has a 32-bit divisor of -1; it does not fit anyway.
  if (d == 0 || (d == -1 && n == i64.MIN_VALUE) || signExtend(n / d, size) != n / d) {
    raise(cpu, DE);
    return NEXT;
  }
  storeQuotient(cpu, size, n / d, n % d);
  return NEXT;
}

function storeQuotient(cpu: Cpu, size: u32, quotient: i64, rest: i64): void {
  writeReg(cpu, RAX, size, quotient);
  if (size == 1) writeReg(cpu, AH, 1, rest);
  else writeReg(cpu, RDX, size, rest);
}

function idivWide(cpu: Cpu, d: i64): i32 {
  let high = cpu.rdx;
  let low = cpu.rax;
  const negative = <i64>high < 0;
  if (negative) {
    low = 0 - low;
    high = ~high + (low == 0 ? 1 : 0);
  }
  const magnitude = <u64>(d < 0 ? 0 - d : d);
  if (d == 0 || high >= magnitude) {
    raise(cpu, DE);
    return NEXT;
  }
  const q = divideWide(high, low, magnitude);
  const rest = remainder;
  const minus = negative != d < 0;
  if (q > (minus ? <u64>1 << 63 : ((<u64>1 << 63) - 1))) {
    raise(cpu, DE);
    return NEXT;
  }
  cpu.rax = minus ? 0 - q : q;
  cpu.rdx = negative ? 0 - rest : rest;
  return NEXT;
}

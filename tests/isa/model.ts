// Integer instructions in plain arithmetic on BigInts, written from the manual's descriptions and from nothing else. A
// result is a value, the six arithmetic flags, and the set of them that the manual leaves undefined.

import { AF, CF, OF, PF, SF, ZF } from "./harness.js";

export interface Result {
  readonly value: bigint;
  readonly flags: bigint;
  readonly undefined: bigint;
}

export const mask = (bits: number): bigint => (1n << BigInt(bits)) - 1n;
export const unsigned = (v: bigint, bits: number): bigint => BigInt.asUintN(bits, v);
export const signed = (v: bigint, bits: number): bigint => BigInt.asIntN(bits, v);
const top = (v: bigint, bits: number): boolean => ((v >> BigInt(bits - 1)) & 1n) === 1n;
const flag = (on: boolean, bit: bigint): bigint => (on ? bit : 0n);

/** ZF, SF and PF of a result. */
export function ofResult(value: bigint, bits: number): bigint {
  let ones = 0;
  for (let b = value & 0xffn; b > 0n; b >>= 1n) ones += Number(b & 1n);
  return flag(value === 0n, ZF) | flag(top(value, bits), SF) | flag(ones % 2 === 0, PF);
}

function sum(a: bigint, b: bigint, carry: bigint, bits: number): Result {
  const exact = a + b + carry;
  const value = unsigned(exact, bits);
  const exactSigned = signed(a, bits) + signed(b, bits) + carry;
  const flags = flag(exact > mask(bits), CF) | flag(exactSigned !== signed(value, bits), OF)
    | flag((a & 15n) + (b & 15n) + carry > 15n, AF) | ofResult(value, bits);
  return { value, flags, undefined: 0n };
}

function difference(a: bigint, b: bigint, borrow: bigint, bits: number): Result {
  const value = unsigned(a - b - borrow, bits);
  const exactSigned = signed(a, bits) - signed(b, bits) - borrow;
  const flags = flag(a < b + borrow, CF) | flag(exactSigned !== signed(value, bits), OF)
    | flag((a & 15n) < (b & 15n) + borrow, AF) | ofResult(value, bits);
  return { value, flags, undefined: 0n };
}

const logic = (value: bigint, bits: number): Result => ({ value, flags: ofResult(value, bits), undefined: AF });

/** ADD to CMP by their number in the encoding; `a` and `b` are unsigned at operand size. CMP's value is `a`. */
export function alu(operation: number, a: bigint, b: bigint, flags: bigint, bits: number): Result {
  const carry = flags & CF;
  switch (operation) {
    case 0: return sum(a, b, 0n, bits);
    case 1: return logic(a | b, bits);
    case 2: return sum(a, b, carry, bits);
    case 3: return difference(a, b, carry, bits);
    case 4: return logic(a & b, bits);
    case 5: return difference(a, b, 0n, bits);
    case 6: return logic(a ^ b, bits);
    default: return { ...difference(a, b, 0n, bits), value: a };
  }
}

/** INC (0) and DEC (1) keep CF. */
export function step(down: boolean, a: bigint, flags: bigint, bits: number): Result {
  const r = down ? difference(a, 1n, 0n, bits) : sum(a, 1n, 0n, bits);
  return { ...r, flags: (r.flags & ~CF) | (flags & CF) };
}

export function neg(a: bigint, bits: number): Result {
  return difference(0n, a, 0n, bits);
}

/** ROL ROR RCL RCR SHL SHR SHL SAR by their number, bit by bit. */
export function shift(operation: number, a: bigint, rawCount: number, before: bigint, bits: number): Result {
  const count = rawCount & (bits === 64 ? 63 : 31);
  if (count === 0) return { value: a, flags: before, undefined: 0n };
  let value = a;
  let cf = before & CF;
  for (let i = 0; i < count; i++) {
    const high = (value >> BigInt(bits - 1)) & 1n;
    const low = value & 1n;
    const fromTop = (bit: bigint): bigint => (value >> 1n) | (bit << BigInt(bits - 1));
    const fromBelow = (bit: bigint): bigint => unsigned((value << 1n) | bit, bits);
    switch (operation) {
      case 0: value = fromBelow(high); cf = high; break;
      case 1: value = fromTop(low); cf = low; break;
      case 2: value = fromBelow(cf); cf = high; break;
      case 3: value = fromTop(cf); cf = low; break;
      case 5: value = fromTop(0n); cf = low; break;
      case 7: value = fromTop(high); cf = low; break;
      default: value = fromBelow(0n); cf = high;
    }
  }
  const left = operation % 2 === 0;
  const overflow = left ? top(value, bits) !== (cf === 1n)
    : operation === 5 ? top(a, bits) : operation === 7 ? false : top(value, bits) !== top(value << 1n, bits);
  const rotates = operation < 4;
  const kept = rotates ? before & ~(CF | OF) : ofResult(value, bits);
  let undefinedFlags = count === 1 ? 0n : OF;
  if (!rotates) undefinedFlags |= AF;
  if (count >= bits && (operation === 4 || operation === 5 || operation === 6)) undefinedFlags |= CF;
  return { value, flags: kept | cf | flag(overflow, OF), undefined: undefinedFlags };
}

/** SHLD and SHRD; a count beyond the operand leaves everything undefined and is not asked for. */
export function doubleShift(right: boolean, a: bigint, b: bigint, count: number, before: bigint, bits: number): Result {
  if (count === 0) return { value: a, flags: before, undefined: 0n };
  const n = BigInt(count);
  const wide = right ? (b << BigInt(bits)) | a : (a << BigInt(bits)) | b;
  const value = unsigned(right ? wide >> n : wide >> (BigInt(bits) - n), bits);
  const cf = right ? (a >> (n - 1n)) & 1n : (a >> (BigInt(bits) - n)) & 1n;
  const flags = cf | flag(top(value, bits) !== top(a, bits), OF) | ofResult(value, bits);
  return { value, flags, undefined: AF | (count === 1 ? 0n : OF) };
}

const PRODUCT_UNDEFINED = SF | ZF | AF | PF;

/** MUL and one-operand IMUL: the value has twice the width. */
export function multiply(isSigned: boolean, a: bigint, b: bigint, bits: number): Result {
  const exact = isSigned ? signed(a, bits) * signed(b, bits) : a * b;
  const fits = isSigned ? signed(exact, bits) === exact : exact <= mask(bits);
  return { value: unsigned(exact, bits * 2), flags: flag(!fits, CF | OF), undefined: PRODUCT_UNDEFINED };
}

export interface Division {
  readonly quotient: bigint;
  readonly remainder: bigint;
}

/** DIV and IDIV of a dividend of twice the width; undefined where they raise #DE. */
export function divide(isSigned: boolean, dividend: bigint, divisor: bigint, bits: number): Division | undefined {
  const n = isSigned ? signed(dividend, bits * 2) : dividend;
  const d = isSigned ? signed(divisor, bits) : divisor;
  if (d === 0n) return undefined;
  const quotient = n / d;
  if (isSigned ? signed(quotient, bits) !== quotient : quotient > mask(bits)) return undefined;
  return { quotient: unsigned(quotient, bits), remainder: unsigned(n % d, bits) };
}

/** A 16-, 32- or 64-bit register after a write of `size` bytes to its low end. */
export function merge(old: bigint, value: bigint, size: number): bigint {
  if (size === 8) return unsigned(value, 64);
  if (size === 4) return unsigned(value, 32);
  const low = mask(size * 8);
  return (old & ~low) | (value & low);
}

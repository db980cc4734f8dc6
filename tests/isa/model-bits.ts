// The model's part for bit tests, scans, counts, BMI1, BMI2, ADX and byte swaps. See model.ts.

import { AF, CF, OF, PF, SF, ZF } from "./harness.js";
import { mask, ofResult, unsigned } from "./model.js";
import type { Result } from "./model.js";

const flag = (on: boolean, bit: bigint): bigint => (on ? bit : 0n);
const bitsOf = (v: bigint, bits: number): number[] => Array.from({ length: bits }, (_, i) => Number((v >> BigInt(i)) & 1n));

/** BT BTS BTR BTC (4 to 7 in 0F BA). */
export function bitTest(operation: number, a: bigint, index: bigint, before: bigint, bits: number): Result {
  const bit = 1n << (index & BigInt(bits - 1));
  const value = operation === 5 ? a | bit : operation === 6 ? a & ~bit : operation === 7 ? a ^ bit : a;
  return { value, flags: (before & ZF) | flag((a & bit) !== 0n, CF), undefined: OF | SF | AF | PF };
}

/** BSF, BSR: undefined value (0 here) when the source is 0. */
export function scan(reverse: boolean, source: bigint, bits: number): Result {
  const list = bitsOf(source, bits);
  const at = reverse ? list.lastIndexOf(1) : list.indexOf(1);
  return { value: BigInt(Math.max(at, 0)), flags: flag(source === 0n, ZF), undefined: CF | OF | SF | AF | PF };
}

export function count(which: "tzcnt" | "lzcnt" | "popcnt", source: bigint, bits: number): Result {
  const list = bitsOf(source, bits);
  if (which === "popcnt") {
    return { value: BigInt(list.filter((b) => b).length), flags: flag(source === 0n, ZF), undefined: 0n };
  }
  const order = which === "tzcnt" ? list : list.reverse();
  const at = order.indexOf(1);
  const value = BigInt(at < 0 ? bits : at);
  return { value, flags: flag(source === 0n, CF) | flag(value === 0n, ZF), undefined: OF | SF | AF | PF };
}

/** A BMI instruction of source `b` and second source `v` (VEX.vvvv). Flags that it does not touch are `before`. */
export function bmi(name: string, b: bigint, v: bigint, before: bigint, bits: number): Result {
  const width = BigInt(bits);
  const shiftCount = v & (width - 1n);
  const keep = (value: bigint): Result => ({ value: unsigned(value, bits), flags: before, undefined: 0n });
  const set = (value: bigint, cf: boolean, undefinedFlags: bigint): Result => {
    const r = unsigned(value, bits);
    return { value: r, flags: ofResult(r, bits) | flag(cf, CF), undefined: undefinedFlags };
  };
  switch (name) {
    case "andn": return set((v ^ mask(bits)) & b, false, AF | PF);
    case "blsr": return set((b - 1n) & b, b === 0n, AF | PF);
    case "blsmsk": return set((b - 1n) ^ b, b === 0n, AF | PF);
    case "blsi": return set(-b & b, b !== 0n, AF | PF);
    case "bextr": return set((b >> (v & 0xffn)) & mask(Number((v >> 8n) & 0xffn)), false, AF | SF | PF);
    case "bzhi": return set((v & 0xffn) < width ? b & mask(Number(v & 0xffn)) : b, (v & 0xffn) >= width, AF | PF);
    case "shlx": return keep(b << shiftCount);
    case "shrx": return keep(b >> shiftCount);
    case "sarx": return keep(BigInt.asIntN(bits, b) >> shiftCount);
    case "pdep": return keep(deposit(v, b, bits));
    case "pext": return keep(extract(v, b, bits));
    default: throw new Error(`no model of ${name}`);
  }
}

function deposit(source: bigint, where: bigint, bits: number): bigint {
  let next = 0n;
  let out = 0n;
  for (let i = 0n; i < BigInt(bits); i++) {
    if (((where >> i) & 1n) === 0n) continue;
    out |= ((source >> next) & 1n) << i;
    next++;
  }
  return out;
}

function extract(source: bigint, where: bigint, bits: number): bigint {
  let next = 0n;
  let out = 0n;
  for (let i = 0n; i < BigInt(bits); i++) {
    if (((where >> i) & 1n) === 0n) continue;
    out |= ((source >> i) & 1n) << next;
    next++;
  }
  return out;
}

/** ADCX (CF) and ADOX (OF). */
export function addWith(bit: bigint, a: bigint, b: bigint, before: bigint, bits: number): Result {
  const exact = a + b + flag((before & bit) !== 0n, 1n);
  return { value: unsigned(exact, bits), flags: (before & ~bit) | flag(exact > mask(bits), bit), undefined: 0n };
}

export function swapBytes(a: bigint, size: number): bigint {
  let out = 0n;
  for (let i = 0; i < size; i++) out = (out << 8n) | ((a >> BigInt(i * 8)) & 0xffn);
  return out;
}

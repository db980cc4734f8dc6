// Runs one modrm instruction with operands in registers or memory, hot and cold, and gives back what it left. The property
// tests of the integer instructions compare that with model.ts.

import assert from "node:assert/strict";
import fc from "fast-check";
import { AH, assemble, bytesOf } from "./assemble.js";
import type { Encoding } from "./assemble.js";
import { ARITHMETIC, Bench, DATA_AT, registersWith } from "./harness.js";
import type { Fault } from "./harness.js";
import type { Result } from "./model.js";
import { merge, unsigned } from "./model.js";

export type Size = 1 | 2 | 4 | 8;
export const SIZES: readonly Size[] = [1, 2, 4, 8];

/** Registers that no instruction uses of its own accord. */
const RM_REGISTERS = [3, 5, 6, 9, 12, 15];
const REG_REGISTERS = [7, 8, 10, 14];
const BASE = 13;
const INDEX = 11;

/** 64 bits with a liking for the ends of every operand size. */
export const operand = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(...[0n, 1n, 2n, 7n, 8n, 15n, 16n, 31n, 32n, 63n].flatMap((n) => [n, (1n << n) - 1n, 1n << n, unsigned(-n, 64), unsigned(-(1n << n), 64)])),
);
export const flagBits = fc.bigInt({ min: 0n, max: 0xfffn }).map((f) => f & ARITHMETIC);
export const sizes = (...list: Size[]): fc.Arbitrary<Size> => fc.constantFrom(...(list.length > 0 ? list : SIZES));

/** Where the operands are. */
export interface Place {
  readonly inMemory: boolean;
  /** Picks of the registers. */
  readonly rm: number;
  readonly reg: number;
  /** Byte operands in AH to BH where they can be. */
  readonly high: boolean;
  readonly offset: number;
  readonly scale: number;
  readonly disp: number;
}

export const place: fc.Arbitrary<Place> = fc.record({
  inMemory: fc.boolean(), rm: fc.nat(5), reg: fc.nat(3), high: fc.boolean(), offset: fc.nat(200), scale: fc.nat(3),
  disp: fc.oneof(fc.constant(0), fc.integer({ min: -128, max: 127 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
});

export interface Request {
  map?: Encoding["map"];
  opcode: number;
  size: Size;
  digit?: number;
  rmSize?: Size;
  rmValue: bigint;
  regValue?: bigint;
  immediate?: number[];
  prefixes?: number[];
  vex?: { pp: number; value?: bigint };
  flags: bigint;
  /** Registers that the instruction uses by name: RAX, RCX, RDX. */
  named?: Record<number, bigint>;
}

export interface Left {
  readonly rm: bigint;
  readonly rmWhole: bigint;
  readonly reg: bigint;
  readonly flags: bigint;
  readonly fault: Fault | undefined;
  readonly registers: bigint[];
}

const VVVV = 0;

function readRegister(registers: bigint[], r: number): bigint {
  return r >= AH ? (registers[r - AH] as bigint) >> 8n : registers[r] as bigint;
}

/** Runs `q` with its operands at `p`, both ways, which must agree. */
export function perform(bench: Bench, p: Place, q: Request): Left {
  const rmSize = q.rmSize ?? q.size;
  const byteReg = q.size === 1 && q.digit === undefined;
  const highRm = !p.inMemory && p.high && rmSize === 1 && q.size !== 8;
  // BH, so that neither RAX, RCX nor RDX is touched.
  const rmRegister = highRm ? AH + 3 : RM_REGISTERS[p.rm] as number;
  const regRegister = q.digit !== undefined ? q.digit : highRm ? 7 & ~(byteReg ? 4 : 0) : REG_REGISTERS[p.reg] as number;
  const reg = highRm && byteReg ? AH : regRegister;
  const named = { ...(highRm && byteReg ? {} : undefined), ...q.named };
  const start: Record<number, bigint> = { ...named };
  const target = DATA_AT + 64 + p.offset;
  if (p.inMemory) {
    const index = BigInt(p.offset * 3);
    start[INDEX] = index;
    start[BASE] = unsigned(BigInt(target) - BigInt(p.disp) - (index << BigInt(p.scale)), 64);
  } else if (highRm) start[3] = unsigned((q.rmValue & 0xffn) << 8n, 64) | 0x5500000000000011n;
  else start[rmRegister] = q.rmValue;
  if (q.regValue !== undefined && q.digit === undefined) {
    if (reg >= AH) start[reg - AH] = (q.regValue & 0xffn) << 8n;
    else start[reg] = q.regValue;
  }
  if (q.vex?.value !== undefined) start[VVVV] = q.vex.value;
  const code = assemble({
    prefixes: q.prefixes, map: q.map, opcode: q.opcode, size: q.size, reg, byteReg, byteRm: rmSize === 1, immediate: q.immediate,
    rm: p.inMemory ? { memory: { base: BASE, index: INDEX, scale: p.scale, disp: p.disp } } : { register: rmRegister },
    ...(q.vex ? { vex: { pp: q.vex.pp, vvvv: q.vex.value === undefined ? 0 : VVVV } } : {}),
  });
  const at = bench.place(code);
  const go = (single: boolean): Left => {
    bench.ram.set(bytesOf(q.rmValue, 8), target);
    const after = bench.run(at, registersWith(start), q.flags, 3, single);
    const memory = new DataView(bench.ram.buffer, bench.ram.byteOffset + target, 8).getBigUint64(0, true);
    const whole = p.inMemory ? memory : readRegister(after.registers, rmRegister);
    return {
      rm: unsigned(whole, rmSize * 8), rmWhole: whole, reg: readRegister(after.registers, reg), flags: after.flags & ARITHMETIC,
      fault: after.fault, registers: after.registers,
    };
  };
  const hot = go(false);
  assert.deepEqual(go(true), hot, "hot and cold differ");
  return hot;
}

/** What r/m holds after a write of `value`: memory keeps what lies beyond, a 32-bit register is cleared above. */
export function written(p: Place, q: Request, value: bigint): bigint {
  if (p.inMemory) return (q.rmValue & ~((1n << BigInt(q.size * 8)) - 1n)) | unsigned(value, q.size * 8);
  return merge(q.rmValue, value, q.size);
}

/** Compares the flags that are defined. */
export function sameFlags(left: Left, expected: Result): void {
  const defined = ARITHMETIC & ~expected.undefined;
  assert.equal(left.flags & defined, expected.flags & defined, `flags (of ${defined.toString(16)})`);
}

// ADD to CMP, INC to NEG, shifts, rotates, double shifts, multiplication and division against the model: all operand
// sizes, registers and memory, hot and cold.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import { bytesOf } from "./assemble.js";
import { Bench } from "./harness.js";
import { alu, divide, doubleShift, mask, merge, multiply, neg, shift, signed, step, unsigned } from "./model.js";
import { flagBits, operand, perform, place, sameFlags, sizes, written } from "./operands.js";
import type { Place, Request, Size } from "./operands.js";

const RUNS = { numRuns: 150 };
const RAX = 0;
const RCX = 1;
const RDX = 2;
let bench: Bench;

before(async () => {
  bench = await Bench.create();
});

const opcodeFor = (byteForm: number, size: Size): number => (size === 1 ? byteForm : byteForm + 1);

/** Whether byte operand BH was used: then only that byte can be compared. */
const isHigh = (p: Place, size: Size): boolean => !p.inMemory && p.high && size === 1;

/** Checks r/m after a write of `value`, or after none. */
function checkRm(p: Place, q: Request, left: { rm: bigint; rmWhole: bigint }, value: bigint, isWritten = true): void {
  if (!isWritten || isHigh(p, q.size)) assert.equal(left.rm, unsigned(value, q.size * 8));
  else assert.equal(left.rmWhole, written(p, q, value));
}

["ADD", "OR", "ADC", "SBB", "AND", "SUB", "XOR", "CMP"].forEach((name, operation) => {
  test(`${name} gives the model's result and flags for every operand form`, () => {
    fc.assert(fc.property(place, sizes(), operand, operand, flagBits, (p, size, a, b, flags) => {
      const bits = size * 8;
      const small = signed(b, size === 8 ? 32 : bits);
      const expected = alu(operation, unsigned(a, bits), unsigned(b, bits), flags, bits);
      const toRm: Request = { opcode: opcodeFor(operation * 8, size), size, rmValue: a, regValue: b, flags };
      const left = perform(bench, p, toRm);
      checkRm(p, toRm, left, expected.value, operation !== 7);
      sameFlags(left, expected);

      const swapped = alu(operation, unsigned(b, bits), unsigned(a, bits), flags, bits);
      const toReg = perform(bench, { ...p, high: false }, { opcode: opcodeFor(operation * 8 + 2, size), size, rmValue: a, regValue: b, flags });
      assert.equal(toReg.reg, operation === 7 ? b : merge(b, swapped.value, size));
      sameFlags(toReg, swapped);

      const constant: Request = { opcode: opcodeFor(0x80, size), digit: operation, size, rmValue: a, immediate: bytesOf(small, size === 8 ? 4 : size), flags };
      const withImmediate = alu(operation, unsigned(a, bits), unsigned(small, bits), flags, bits);
      const third = perform(bench, p, constant);
      checkRm(p, constant, third, withImmediate.value, operation !== 7);
      sameFlags(third, withImmediate);
    }), RUNS);
  });
});

test("a sign-extended byte immediate counts at operand size", () => {
  fc.assert(fc.property(place, sizes(2, 4, 8), operand, fc.integer({ min: -128, max: 127 }), flagBits, fc.nat(7), (p, size, a, b, flags, operation) => {
    const bits = size * 8;
    const q: Request = { opcode: 0x83, digit: operation, size, rmValue: a, immediate: bytesOf(b, 1), flags };
    const expected = alu(operation, unsigned(a, bits), unsigned(BigInt(b), bits), flags, bits);
    const left = perform(bench, p, q);
    if (operation !== 7) assert.equal(left.rmWhole, written(p, q, expected.value));
    sameFlags(left, expected);
  }), RUNS);
});

test("INC and DEC keep CF, NEG sets it for anything but zero, NOT leaves all flags", () => {
  fc.assert(fc.property(place, sizes(), operand, flagBits, (p, size, a, flags) => {
    const bits = size * 8;
    const v = unsigned(a, bits);
    const forms: [number, number, ReturnType<typeof alu>][] = [
      [0xfe, 0, step(false, v, flags, bits)], [0xfe, 1, step(true, v, flags, bits)],
      [0xf6, 2, { value: v ^ mask(bits), flags, undefined: 0n }], [0xf6, 3, neg(v, bits)],
    ];
    for (const [opcode, digit, expected] of forms) {
      const q: Request = { opcode: opcodeFor(opcode, size), digit, size, rmValue: a, flags };
      const left = perform(bench, p, q);
      checkRm(p, q, left, expected.value);
      sameFlags(left, expected);
    }
  }), RUNS);
});

["ROL", "ROR", "RCL", "RCR", "SHL", "SHR", "SAL", "SAR"].forEach((name, operation) => {
  test(`${name} by one, by CL and by any immediate follows the model bit by bit`, () => {
    fc.assert(fc.property(place, sizes(), operand, fc.nat(255), flagBits, (p, size, a, count, flags) => {
      const bits = size * 8;
      const v = unsigned(a, bits);
      const forms: [number, number[], number][] = [[0xc0, [count], count], [0xd0, [], 1], [0xd2, [], count]];
      for (const [opcode, immediate, n] of forms) {
        const q: Request = { opcode: opcodeFor(opcode, size), digit: operation, size, rmValue: a, immediate, flags, named: { [RCX]: BigInt(count) | 0xff00n } };
        const expected = shift(operation, v, n, flags, bits);
        const left = perform(bench, p, q);
        checkRm(p, q, left, expected.value);
        sameFlags(left, expected);
      }
    }), RUNS);
  });
});

test("SHLD and SHRD shift in from the other operand, by immediate and by CL", () => {
  fc.assert(fc.property(place, sizes(2, 4, 8), operand, operand, fc.nat(255), flagBits, fc.boolean(), (p, size, a, b, raw, flags, right) => {
    const bits = size * 8;
    const count = raw & (size === 8 ? 63 : 31);
    fc.pre(count <= bits);
    const expected = doubleShift(right, unsigned(a, bits), unsigned(b, bits), count, flags, bits);
    for (const immediate of [[raw], []]) {
      const opcode = (right ? 0xac : 0xa4) + (immediate.length > 0 ? 0 : 1);
      const q: Request = { map: "0f", opcode, size, rmValue: a, regValue: b, immediate, flags, named: { [RCX]: BigInt(raw) } };
      const left = perform(bench, p, q);
      assert.equal(left.rmWhole, written(p, q, expected.value));
      sameFlags(left, expected);
    }
  }), RUNS);
});

test("MUL and IMUL give the double-width product in AX or DX:AX", () => {
  fc.assert(fc.property(place, sizes(), operand, operand, operand, flagBits, fc.boolean(), (p, size, a, b, d, flags, isSigned) => {
    const bits = size * 8;
    const expected = multiply(isSigned, unsigned(a, bits), unsigned(b, bits), bits);
    const left = perform(bench, p, { opcode: opcodeFor(0xf6, size), digit: isSigned ? 5 : 4, size, rmValue: b, flags, named: { [RAX]: a, [RDX]: d } });
    assert.equal(left.registers[RAX], size === 1 ? merge(a, expected.value, 2) : merge(a, expected.value, size));
    assert.equal(left.registers[RDX], size === 1 ? d : merge(d, expected.value >> BigInt(bits), size));
    sameFlags(left, expected);
  }), RUNS);
});

test("IMUL with two and three operands keeps the low half and tells in CF and OF whether that lost anything", () => {
  fc.assert(fc.property(place, sizes(2, 4, 8), operand, operand, flagBits, (p, size, a, b, flags) => {
    const bits = size * 8;
    const two = multiply(true, unsigned(b, bits), unsigned(a, bits), bits);
    const left = perform(bench, p, { map: "0f", opcode: 0xaf, size, rmValue: a, regValue: b, flags });
    assert.equal(left.reg, merge(b, two.value, size));
    sameFlags(left, two);
    for (const [opcode, width] of [[0x6b, 8], [0x69, Math.min(bits, 32)]] as const) {
      const constant = signed(b, width);
      const three = multiply(true, unsigned(a, bits), unsigned(constant, bits), bits);
      const after = perform(bench, p, { opcode, size, rmValue: a, regValue: 0x55aa55aa55aa55aan, immediate: bytesOf(constant, width / 8), flags });
      assert.equal(after.reg, merge(0x55aa55aa55aa55aan, three.value, size));
      sameFlags(after, three);
    }
  }), RUNS);
});

/** A dividend of twice the width that often has a quotient that fits. */
const dividends = fc.tuple(operand, operand, fc.boolean());

for (const [name, isSigned] of [["DIV", false], ["IDIV", true]] as const) {
  test(`${name} divides a double-width dividend, and raises #DE for zero and for a quotient that does not fit`, () => {
    fc.assert(fc.property(place, sizes(), operand, dividends, flagBits, (p, size, divisor, [low, high, extend], flags) => {
      const bits = size * 8;
      let dividend = extend ? unsigned(isSigned ? signed(low, bits) : unsigned(low, bits), bits * 2) : (unsigned(high % (unsigned(divisor, bits) || 1n), bits) << BigInt(bits)) | unsigned(low, bits);
      dividend = unsigned(dividend, bits * 2);
      const named = size === 1 ? { [RAX]: dividend | 0x7700000000000000n, [RDX]: high } : { [RAX]: unsigned(dividend, bits), [RDX]: dividend >> BigInt(bits) };
      const expected = divide(isSigned, dividend, unsigned(divisor, bits), bits);
      const left = perform(bench, p, { opcode: opcodeFor(0xf6, size), digit: isSigned ? 7 : 6, size, rmValue: divisor, flags, named });
      if (!expected) {
        assert.deepEqual(left.fault, { vector: 0, code: 0n });
        assert.equal(left.registers[RAX], named[RAX]);
        assert.equal(left.registers[RDX], named[RDX]);
        return;
      }
      assert.equal(left.fault, undefined);
      if (size === 1) {
        assert.equal(left.registers[RAX], merge(named[RAX], (expected.remainder << 8n) | expected.quotient, 2));
      } else {
        assert.equal(left.registers[RAX], merge(named[RAX], expected.quotient, size));
        assert.equal(left.registers[RDX], merge(named[RDX], expected.remainder, size));
      }
    }), { numRuns: 400 });
  });
}

test("XADD leaves the sum in one operand and the old value in the other; CMPXCHG compares with the accumulator", () => {
  fc.assert(fc.property(place, sizes(), operand, operand, operand, fc.boolean(), flagBits, (p0, size, a, b, c, equal, flags) => {
    const p = { ...p0, high: false };
    const bits = size * 8;
    const add = alu(0, unsigned(a, bits), unsigned(b, bits), flags, bits);
    const q: Request = { map: "0f", opcode: opcodeFor(0xc0, size), size, rmValue: a, regValue: b, flags };
    const xadd = perform(bench, p, q);
    assert.equal(xadd.rmWhole, written(p, q, add.value));
    assert.equal(xadd.reg, merge(b, a, size));
    sameFlags(xadd, add);
    const accumulator = equal ? merge(c, a, size) : c;
    const compared = alu(7, unsigned(accumulator, bits), unsigned(a, bits), flags, bits);
    const hit = unsigned(accumulator, bits) === unsigned(a, bits);
    const exchange: Request = { map: "0f", opcode: opcodeFor(0xb0, size), size, rmValue: a, regValue: b, flags, named: { [RAX]: accumulator } };
    const left = perform(bench, p, exchange);
    assert.equal(left.rmWhole, hit ? written(p, exchange, b) : a);
    assert.equal(left.registers[RAX], hit ? accumulator : merge(accumulator, a, size));
    sameFlags(left, compared);
  }), RUNS);
});


// Bit tests, scans, counts, BMI1, BMI2, ADX, byte swaps, extensions and wide compare-exchange against the model.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import { bytesOf } from "./assemble.js";
import { ARITHMETIC, Bench, CF, DATA_AT, OF, ZF, registersWith } from "./harness.js";
import { addWith, bitTest, bmi, count, scan, swapBytes } from "./model-bits.js";
import { mask, merge, signed, unsigned } from "./model.js";
import { flagBits, operand, perform, place, sameFlags, sizes, written } from "./operands.js";
import type { Request } from "./operands.js";

const RUNS = { numRuns: 200 };
const RAX = 0;
const RDX = 2;
let bench: Bench;

before(async () => {
  bench = await Bench.create();
});

test("BT, BTS, BTR and BTC with a register's or an immediate's bit number modulo the operand", () => {
  fc.assert(fc.property(place, sizes(2, 4, 8), operand, operand, fc.constantFrom(4, 5, 6, 7), flagBits, (p, size, a, index, operation, flags) => {
    const bits = size * 8;
    const q: Request = { map: "0f", opcode: 0xba, digit: operation, size, rmValue: a, immediate: [Number(index & 0xffn)], flags };
    const expected = bitTest(operation, unsigned(a, bits), index & 0xffn, flags, bits);
    const left = perform(bench, p, q);
    if (operation !== 4) assert.equal(left.rmWhole, written(p, q, expected.value));
    sameFlags(left, expected);
    const register = { ...p, inMemory: false };
    const byRegister = { ...q, opcode: 0xa3 + (operation - 4) * 8, digit: undefined, immediate: undefined, regValue: index };
    const other = bitTest(operation, unsigned(a, bits), index, flags, bits);
    const after = perform(bench, register, byRegister);
    if (operation !== 4) assert.equal(after.rmWhole, written(register, q, other.value));
    sameFlags(after, other);
  }), RUNS);
});

test("a bit number in a register reaches beyond a memory operand, both ways", () => {
  fc.assert(fc.property(sizes(2, 4, 8), fc.integer({ min: -400, max: 400 }), fc.constantFrom(0xa3, 0xab, 0xb3, 0xbb), fc.bigInt({ min: 0n, max: mask(64) }), (size, bit, opcode, noise) => {
    const at = DATA_AT + 512;
    const before = bytesOf(noise * 0x10001000100010001n, 128);
    const index = size === 8 ? unsigned(BigInt(bit), 64) : merge(noise, BigInt(bit), 2) & (size === 4 ? mask(64) : mask(64));
    const register = size === 4 ? (noise & ~mask(32)) | unsigned(BigInt(bit), 32) : size === 2 ? (noise & ~mask(16)) | unsigned(BigInt(bit), 16) : index;
    const code = [...size === 2 ? [0x66] : size === 8 ? [0x48] : [], 0x0f, opcode, 0x03]; // [rbx], rax
    const placed = bench.place(code);
    const byte = 64 + Math.floor(bit / 8);
    const was = ((before[byte] as number) >> (bit & 7)) & 1;
    for (const single of [false, true]) {
      bench.ram.set(before, at - 64);
      const after = bench.run(placed, registersWith({ 0: register, 3: BigInt(at) }), 0n, 2, single);
      assert.equal(Number(after.flags & CF), was);
      const expected = [...before];
      const set = opcode === 0xa3 ? was : opcode === 0xab ? 1 : opcode === 0xb3 ? 0 : was ^ 1;
      expected[byte] = ((before[byte] as number) & ~(1 << (bit & 7))) | (set << (bit & 7));
      assert.deepEqual([...bench.ram.subarray(at - 64, at + 64)], expected);
    }
  }), RUNS);
});

test("BSF and BSR find bits and leave the destination for a source of zero; TZCNT, LZCNT and POPCNT count", () => {
  fc.assert(fc.property(place, sizes(2, 4, 8), operand, operand, flagBits, (p, size, a, old, flags) => {
    const bits = size * 8;
    const source = unsigned(a, bits);
    for (const reverse of [false, true]) {
      const expected = scan(reverse, source, bits);
      const left = perform(bench, p, { map: "0f", opcode: reverse ? 0xbd : 0xbc, size, rmValue: a, regValue: old, flags });
      assert.equal(left.reg, source === 0n ? old : merge(old, expected.value, size));
      sameFlags(left, expected);
    }
    for (const [name, opcode] of [["tzcnt", 0xbc], ["lzcnt", 0xbd], ["popcnt", 0xb8]] as const) {
      const expected = count(name, source, bits);
      const left = perform(bench, p, { map: "0f", opcode, prefixes: [0xf3], size, rmValue: a, regValue: old, flags });
      assert.equal(left.reg, merge(old, expected.value, size));
      sameFlags(left, expected);
    }
  }), RUNS);
});

const BMI: [string, number, number, number | undefined][] = [
  ["andn", 0xf2, 0, undefined], ["blsr", 0xf3, 0, 1], ["blsmsk", 0xf3, 0, 2], ["blsi", 0xf3, 0, 3], ["bextr", 0xf7, 0, undefined], ["bzhi", 0xf5, 0, undefined],
  ["shlx", 0xf7, 1, undefined], ["sarx", 0xf7, 2, undefined], ["shrx", 0xf7, 3, undefined], ["pext", 0xf5, 2, undefined], ["pdep", 0xf5, 3, undefined],
];

for (const [name, opcode, pp, digit] of BMI) {
  test(`${name.toUpperCase()} follows the model`, () => {
    fc.assert(fc.property(place, sizes(4, 8), operand, fc.oneof(operand, fc.bigInt({ min: 0n, max: 0xffffn })), flagBits, (p, size, b, v, flags) => {
      const bits = size * 8;
      // PDEP and PEXT take the mask from r/m and the source from vvvv, as the others take control from vvvv.
      const expected = bmi(name, unsigned(b, bits), unsigned(v, bits), flags, bits);
      const left = perform(bench, p, { map: "0f38", opcode, size, rmValue: b, regValue: 0x1234n, flags, vex: { pp, value: v }, ...(digit === undefined ? {} : { digit }) });
      assert.equal(digit === undefined ? left.reg : left.registers[0], expected.value);
      sameFlags(left, expected);
    }), RUNS);
  });
}

test("RORX rotates and MULX multiplies without a flag touched; ADCX and ADOX carry in one flag only", () => {
  fc.assert(fc.property(place, sizes(4, 8), operand, operand, fc.nat(255), flagBits, (p, size, a, b, n, flags) => {
    const bits = size * 8;
    const v = unsigned(a, bits);
    const by = BigInt(n & (bits - 1));
    const rorx = perform(bench, p, { map: "0f3a", opcode: 0xf0, size, rmValue: a, regValue: b, immediate: [n], flags, vex: { pp: 3 } });
    assert.equal(rorx.reg, unsigned((v >> by) | (v << (BigInt(bits) - by)), bits));
    assert.equal(rorx.flags, flags);
    const product = v * unsigned(b, bits);
    const mulx = perform(bench, p, { map: "0f38", opcode: 0xf6, size, rmValue: a, regValue: 0n, flags, vex: { pp: 3, value: 0n }, named: { [RDX]: b } });
    assert.equal(mulx.reg, product >> BigInt(bits));
    assert.equal(mulx.registers[RAX], unsigned(product, bits));
    assert.equal(mulx.flags, flags);
    for (const [prefix, bit] of [[0x66, CF], [0xf3, OF]] as const) {
      const expected = addWith(bit, unsigned(b, bits), v, flags, bits);
      const left = perform(bench, p, { map: "0f38", opcode: 0xf6, prefixes: [prefix], size, rmValue: a, regValue: b, flags });
      assert.equal(left.reg, expected.value);
      sameFlags(left, expected);
    }
  }), RUNS);
});

test("MOVBE and BSWAP reverse bytes; MOVZX, MOVSX and MOVSXD extend", () => {
  fc.assert(fc.property(place, sizes(2, 4, 8), operand, operand, flagBits, (p0, size, a, b, flags) => {
    const p = { ...p0, inMemory: true };
    const q: Request = { map: "0f38", opcode: 0xf0, size, rmValue: a, regValue: b, flags };
    assert.equal(perform(bench, p, q).reg, merge(b, swapBytes(a, size), size));
    assert.equal(perform(bench, p, { ...q, opcode: 0xf1 }).rmWhole, written(p, q, swapBytes(b, size)));
    const extensions = [[0xb6, 1, false], [0xb7, 2, false], [0xbe, 1, true], [0xbf, 2, true]] as const;
    for (const [opcode, from, isSigned] of extensions) {
      const value = isSigned ? signed(a, from * 8) : unsigned(a, from * 8);
      const left = perform(bench, { ...p0, high: false }, { map: "0f", opcode, size, rmSize: from, rmValue: a, regValue: b, flags });
      assert.equal(left.reg, merge(b, value, size));
      assert.equal(left.flags, flags);
    }
    if (size !== 2) {
      assert.equal(perform(bench, p0, { opcode: 0x63, size, rmSize: 4, rmValue: a, regValue: b, flags }).reg, merge(b, signed(a, 32), size));
      const swap = bench.run(bench.place([size === 8 ? 0x48 : 0x40, 0x0f, 0xca]), registersWith({ [RDX]: a }), 0n, 2);
      assert.equal(swap.registers[RDX], swapBytes(a, size));
    }
  }), RUNS);
});

test("CMPXCHG8B and CMPXCHG16B exchange both halves or load them, in ZF alone of the flags", () => {
  fc.assert(fc.property(sizes(4, 8), operand, operand, operand, operand, fc.boolean(), flagBits, (size, low, high, b, c, equal, flags) => {
    const bits = size * 8;
    const at = DATA_AT + 256;
    const code = [0xf0, ...size === 8 ? [0x48] : [], 0x0f, 0xc7, 0x0f]; // lock cmpxchg8b [rdi]
    const placed = bench.place(code);
    const registers = registersWith({ 0: equal ? low : b, 2: equal ? high : c, 3: b, 1: c, 7: BigInt(at) });
    const hit = unsigned(registers[0] as bigint, bits) === unsigned(low, bits) && unsigned(registers[2] as bigint, bits) === unsigned(high, bits);
    for (const single of [false, true]) {
      bench.ram.set([...bytesOf(low, size), ...bytesOf(high, size)], at);
      const after = bench.run(placed, registers, flags, 2, single);
      assert.equal(after.flags & ARITHMETIC, (flags & ~ZF) | (hit ? ZF : 0n));
      assert.deepEqual([...bench.ram.subarray(at, at + size * 2)], hit ? [...bytesOf(b, size), ...bytesOf(c, size)] : [...bytesOf(low, size), ...bytesOf(high, size)]);
      assert.equal(after.registers[0], hit ? registers[0] : unsigned(low, bits));
      assert.equal(after.registers[2], hit ? registers[2] : unsigned(high, bits));
    }
  }), RUNS);
});

test("CMPXCHG16B of an operand that is not aligned is #GP", () => {
  const after = bench.run(bench.place([0x48, 0x0f, 0xc7, 0x0f]), registersWith({ 7: BigInt(DATA_AT + 8) }), 0n, 2);
  assert.deepEqual(after.fault, { vector: 13, code: 0n });
});

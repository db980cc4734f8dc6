// Rules of the encoding: LOCK, REX, operand and address sizes, segment overrides, the stack's width.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import { REGISTER_FS_BASE, REGISTER_GS_BASE } from "../../assembly/probe/registers.js";
import { assemble, bytesOf } from "./assemble.js";
import { Bench, DATA_AT, RSP, registersWith } from "./harness.js";
import type { Outcome } from "./harness.js";
import { STACK_TOP } from "./guest-image.js";
import { operand } from "./operands.js";
import { unsigned } from "./model.js";

let bench: Bench;

before(async () => {
  bench = await Bench.create();
});

function both(code: number[], some: Record<number, bigint>, flags = 0n, steps = 3): Outcome[] {
  const at = bench.place(code);
  return [false, true].map((single) => bench.run(at, registersWith(some), flags, steps, single));
}

test("LOCK is #UD on anything that does not write memory by one of the instructions that may be locked", () => {
  const refused = [
    [0x01, 0xd8], [0x8b, 0x03], [0x89, 0x03], [0x39, 0x03], [0x84, 0x03], [0x90], [0x0f, 0xa3, 0x03], [0x03, 0x03], [0x0f, 0xaf, 0x03], [0xc1, 0x23, 1],
    [0xeb, 0], [0x50], [0x0f, 0xba, 0x23, 1], [0x87, 0xc3], [0xa4], [0xc7, 0x03, 0, 0, 0, 0], [0x0f, 0xb1, 0xd9],
  ];
  for (const code of refused) for (const after of both([0xf0, ...code], { 3: BigInt(DATA_AT) })) {
    assert.deepEqual(after.fault, { vector: 6, code: 0n }, Buffer.from(code).toString("hex"));
  }
  const allowed = [[0x01, 0x03], [0x83, 0x03, 1], [0x87, 0x03], [0xff, 0x03], [0xf7, 0x13], [0xf7, 0x1b], [0x0f, 0xb1, 0x0b], [0x0f, 0xc1, 0x0b], [0x0f, 0xab, 0x0b], [0x0f, 0xba, 0x2b, 1], [0x0f, 0xc7, 0x0b]];
  for (const code of allowed) for (const after of both([0xf0, ...code], { 3: BigInt(DATA_AT) })) {
    assert.equal(after.fault, undefined, Buffer.from(code).toString("hex"));
  }
});

test("REX counts only right before the opcode", () => {
  // 48 66 b8: the REX.W is lost, the operand is 16 bits
  for (const after of both([0x48, 0x66, 0xb8, 0x34, 0x12], { 0: 0xffffffffffffffffn })) assert.equal(after.registers[0], 0xffffffffffff1234n);
  for (const after of both([0x66, 0x48, 0xb8, ...bytesOf(5, 8)], { 0: 0xffffffffffffffffn })) assert.equal(after.registers[0], 5n);
});

test("byte registers 4 to 7 are AH to BH without REX and SPL to DIL with any", () => {
  for (const after of both([0xb4, 0x11], { 0: 0n })) assert.equal(after.registers[0], 0x1100n);
  for (const after of both([0x40, 0xb7, 0x22], { 7: 0x100n })) assert.equal(after.registers[7], 0x122n);
  for (const after of both([0x88, 0xfc], { 0: 0n, 3: 0xab00n })) assert.equal(after.registers[0], 0xab00n); // mov ah, bh
});

test("an effective address is base + index * scale + displacement, wrapped at 64 bits, or at 32 with 67", () => {
  const register = fc.integer({ min: 0, max: 15 });
  fc.assert(fc.property(register, register, fc.nat(3), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), operand, operand, fc.boolean(), (base, index, scale, disp, a, b, address32) => {
    fc.pre(index !== RSP);
    const registers = registersWith({ [base]: a, [index]: b });
    const code = assemble({ opcode: 0x8d, size: 8, reg: 0, rm: { memory: { base, index, scale, disp, address32 } } });
    const expected = (registers[base] as bigint) + ((registers[index] as bigint) << BigInt(scale)) + BigInt(disp);
    const at = bench.place(code);
    for (const single of [false, true]) assert.equal(bench.run(at, registers, 0n, 2, single).registers[0], unsigned(expected, address32 ? 32 : 64));
  }), { numRuns: 400 });
});

test("RIP-relative addresses count from the next instruction, whatever follows the displacement", () => {
  for (const immediate of [[], [0x7f], [1, 2, 3, 4]]) {
    const opcode = immediate.length === 0 ? [0x48, 0x8b, 0x05] : immediate.length === 1 ? [0x48, 0x6b, 0x05] : [0x48, 0x69, 0x05];
    const at = bench.place([...opcode, ...bytesOf(0, 4), ...immediate]);
    const length = opcode.length + 4 + immediate.length;
    bench.ram.set(bytesOf(DATA_AT + 8 - at - length, 4), at + opcode.length);
    bench.ram.set(bytesOf(3n, 8), DATA_AT + 8);
    const factor = immediate.length === 0 ? 1n : immediate.length === 1 ? 0x7fn : 0x04030201n;
    for (const single of [false, true]) assert.equal(bench.run(at, registersWith({}), 0n, 2, single).registers[0], 3n * factor);
  }
});

test("FS and GS add their bases to every form of address, and ES, CS, SS, DS add nothing", () => {
  bench.set(REGISTER_FS_BASE, 0x10n);
  bench.set(REGISTER_GS_BASE, 0x20n);
  bench.ram.set(Array.from({ length: 64 }, (_, i) => i), DATA_AT);
  const forms: [number[], Record<number, bigint>][] = [
    [[0x8a, 0x03], { 3: BigInt(DATA_AT) }],
    [[0x8a, 0x04, 0x25, ...bytesOf(DATA_AT, 4)], {}],
    [[0x8a, 0x04, 0x33], { 3: BigInt(DATA_AT - 5), 6: 5n }],
    [[0x8a, 0x44, 0x73, 3], { 3: BigInt(DATA_AT - 13), 6: 5n }],
    [[0x67, 0x8a, 0x03], { 3: BigInt(DATA_AT) | (9n << 40n) }],
    [[0x8a, 0x04, 0xb5, ...bytesOf(DATA_AT - 16, 4)], { 6: 4n }],
    [[0xd7], { 0: 2n, 3: BigInt(DATA_AT - 2) }],
    [[0xa0, ...bytesOf(DATA_AT, 8)], {}],
  ];
  for (const [code, some] of forms) for (const [prefix, offset] of [[0x64, 16n], [0x65, 32n], [0x26, 0n], [0x2e, 0n], [0x36, 0n], [0x3e, 0n]] as const) {
    for (const after of both([prefix, ...code], some)) assert.equal((after.registers[0] as bigint) & 0xffn, offset, `${prefix.toString(16)} ${Buffer.from(code).toString("hex")}`);
  }
  for (const after of both([0x64, 0x48, 0x8d, 0x03], { 3: 0x1000n })) assert.equal(after.registers[0], 0x1000n); // LEA takes none
  bench.set(REGISTER_FS_BASE, 0n);
  bench.set(REGISTER_GS_BASE, 0n);
});

test("PUSH and POP move 8 bytes, with 66 two, and POPF with 66 leaves the upper flags", () => {
  for (const after of both([0x50, 0x59], { 0: 0x1122334455667788n })) assert.equal(after.registers[1], 0x1122334455667788n);
  for (const after of both([0x66, 0x50], { 0: 0x7788n })) assert.equal(after.registers[RSP], BigInt(STACK_TOP - 2));
  for (const after of both([0x66, 0x68, 0xd5, 0x08, 0x66, 0x9d], {}, 0n, 4)) {
    assert.equal(after.registers[RSP], BigInt(STACK_TOP));
    assert.equal(after.flags & 0x8d5n, 0x8d5n);
  }
  for (const after of both([0x54, 0x58], {})) assert.equal(after.registers[0], BigInt(STACK_TOP)); // push rsp pushes the old one
  for (const after of both([0x6a, 0xff, 0x5c], {})) assert.equal(after.registers[RSP], 0xffffffffffffffffn); // pop rsp
});

test("ENTER makes a frame of its nesting level and LEAVE takes it back", () => {
  for (const after of both([0xc8, 0x20, 0, 0], { 5: 77n })) {
    assert.equal(after.registers[5], BigInt(STACK_TOP - 8));
    assert.equal(after.registers[RSP], BigInt(STACK_TOP - 8 - 0x20));
  }
  for (const after of both([0xc8, 0x20, 0, 0, 0xc9], { 5: 77n }, 0n, 4)) {
    assert.equal(after.registers[5], 77n);
    assert.equal(after.registers[RSP], BigInt(STACK_TOP));
  }
  for (const after of both([0xc8, 0x10, 0, 3], { 5: BigInt(STACK_TOP) })) assert.equal(after.registers[RSP], BigInt(STACK_TOP - 8 - 24 - 0x10));
});

test("near branches ignore 66 in 64-bit mode", () => {
  for (const after of both([0x66, 0xe8, 0, 0, 0, 0], {})) {
    assert.equal(after.registers[RSP], BigInt(STACK_TOP - 8));
    assert.equal(after.fault, undefined);
  }
});

test("XCHG of r8 with rAX is not the NOP that it would be without REX.B", () => {
  for (const after of both([0x49, 0x90], { 0: 1n, 8: 2n, 9: 3n })) assert.deepEqual([0, 8, 9].map((r) => after.registers[r]), [2n, 1n, 3n]);
  for (const after of both([0x90], { 0: 0x1122334455667788n })) assert.equal(after.registers[0], 0x1122334455667788n);
});

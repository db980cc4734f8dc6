// 16- and 32-bit modes, where every instruction runs by its cold handler: conditions, decimal adjustment, 16-bit addresses,
// wrapping, and code that another CPU rewrites.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { REGISTER_CS_BASE, REGISTER_RIP } from "../../assembly/probe/registers.js";
import { bytesOf } from "./assemble.js";
import { ARITHMETIC, AF, Bench, CF, registersWith } from "./harness.js";
import { ofResult } from "./model.js";
import { flagBits } from "./operands.js";
import { holds } from "./conditions.js";

const REAL_CODE = 0x2000;

test("conditional jumps in 32-bit mode follow the flags", async () => {
  const bench = await Bench.create({ mode: "protected" });
  for (let cc = 0; cc < 16; cc++) {
    for (const code of [[0x70 + cc, 2, 0xb0, 1], [0x0f, 0x80 + cc, 2, 0, 0, 0, 0xb0, 1]]) {
      const at = bench.place(code);
      for (let bits = 0n; bits < 64n; bits++) {
        const flags = [CF, 4n, AF, 0x40n, 0x80n, 0x800n].reduce((f, bit, i) => ((bits >> BigInt(i)) & 1n ? f | bit : f), 0n);
        assert.equal(bench.run(at, registersWith({}), flags, 3).registers[0], holds(cc, flags) ? 0n : 1n);
      }
    }
  }
});

interface Decimal {
  al: number;
  cf: boolean;
  af: boolean;
}

/** DAA and DAS as the manual's pseudocode has them. */
function decimalAdjust(subtract: boolean, al: number, cf: boolean, af: boolean): Decimal {
  const sign = subtract ? -1 : 1;
  let value = al;
  let carry = false;
  const adjust = (al & 15) > 9 || af;
  if (adjust) {
    value += 6 * sign;
    carry = cf || value > 255 || value < 0;
  }
  if (al > 0x99 || cf) {
    value += 0x60 * sign;
    carry = true;
  }
  return { al: value & 255, cf: carry, af: adjust };
}

test("DAA, DAS, AAA, AAS, AAM and AAD adjust as the manual's tables say", async () => {
  const bench = await Bench.create({ mode: "protected" });
  const places = new Map([[0x27], [0x2f], [0x37], [0x3f], [0xd4, 10], [0xd5, 10]].map((code) => [code[0], bench.place(code)]));
  fc.assert(fc.property(fc.nat(0xffff), flagBits, (ax, flags) => {
    const al = ax & 255;
    const ah = ax >> 8;
    const cf = (flags & CF) !== 0n;
    const af = (flags & AF) !== 0n;
    const go = (opcode: number): { ax: number; flags: bigint } => {
      const after = bench.run(places.get(opcode) as number, registersWith({ 0: BigInt(ax) | 0xabcd0000n }), flags, 2);
      return { ax: Number((after.registers[0] as bigint) & 0xffffn), flags: after.flags & ARITHMETIC };
    };
    for (const [opcode, subtract] of [[0x27, false], [0x2f, true]] as const) {
      const expected = decimalAdjust(subtract, al, cf, af);
      const after = go(opcode);
      assert.equal(after.ax, (ah << 8) | expected.al);
      assert.equal(after.flags & ~0x800n, ofResult(BigInt(expected.al), 8) | (expected.cf ? CF : 0n) | (expected.af ? AF : 0n));
    }
    const adjust = (al & 15) > 9 || af;
    for (const [opcode, step] of [[0x37, 0x106], [0x3f, -0x106]] as const) {
      const after = go(opcode);
      assert.equal(after.ax, (ax + (adjust ? step : 0)) & 0xff0f);
      assert.equal(after.flags & (CF | AF), adjust ? CF | AF : 0n);
    }
    assert.equal(go(0xd4).ax, (Math.floor(al / 10) << 8) | al % 10);
    assert.equal(go(0xd5).ax, (al + ah * 10) & 255);
  }), { numRuns: 500 });
});

test("INC, DEC, PUSHA and POPA have their one-byte opcodes outside 64-bit mode", async () => {
  const bench = await Bench.create({ mode: "protected" });
  // pusha; inc eax; dec edi; pop edi (the image of edi); add esp, 24 + ...; popa is tried on a fresh frame
  const at = bench.place([0x40, 0x4f, 0x60, 0x31, 0xc0, 0x31, 0xff, 0x61]);
  const after = bench.run(at, registersWith({ 0: 5n, 7: 9n }), 0n, 8);
  assert.deepEqual([0, 7, 4].map((r) => after.registers[r]), [6n, 8n, registersWith({})[4]]);
});

test("addresses of 16-bit code wrap at 64 KiB and BP counts from SS", async () => {
  const bench = await Bench.create({ mode: "real" });
  bench.set(REGISTER_CS_BASE, 0n);
  bench.ram[0x1234] = 0x77;
  const forms: [number[], Record<number, bigint>][] = [
    [[0x8a, 0x00], { 3: 0x1000n, 6: 0x234n }], [[0x8a, 0x47, 0x34], { 3: 0x1200n }], [[0x8a, 0x87, 0x34, 0xf2], { 3: 0x2000n }],
    [[0x8a, 0x02], { 5: 0x1000n, 6: 0x234n }], [[0x8a, 0x06, 0x34, 0x12], {}], [[0x67, 0x8a, 0x04, 0x33], { 3: 0x1000n, 6: 0x234n }],
    [[0x8a, 0x05], { 7: 0xffff1234n }], [[0xa0, 0x34, 0x12], {}],
  ];
  let at = REAL_CODE;
  for (const [code, some] of forms) {
    bench.ram.set([...code, 0xeb, 0xfe], at);
    const after = bench.run(at, registersWith(some), 0n, 2);
    assert.equal((after.registers[0] as bigint) & 0xffn, 0x77n, Buffer.from(code).toString("hex"));
    at += 32;
  }
});

test("real-mode code goes on across pages with any CS base, every time", async () => {
  const bench = await Bench.create({ mode: "real" });
  bench.set(REGISTER_CS_BASE, 0x12340n);
  // Offset 0xcb8 lies just before the page end at 0x13000: inc ax until there, then dec cx; jnz back over the boundary.
  const offset = 0xcb8;
  const start = 0x12340 + offset;
  bench.ram.set([0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x49, 0x75, 0xf3, 0xeb, 0xfe], start);
  const registers = registersWith({ 1: 50n });
  const after = bench.run(offset, registers, 0n, 50 * 12 + 3);
  assert.equal(after.registers[0], 500n);
  assert.equal(after.rip, BigInt(offset + 13));
});

test("code that one CPU rewrites is run as rewritten by another", async () => {
  const bench = await Bench.create({ mode: "protected", cpus: 2 });
  // CPU 1 in real mode at 0x8000: mov al, 1; mov [0x9000], al; jmp back
  bench.ram.set([0xb0, 0x01, 0xa2, 0x00, 0x90, 0xeb, 0xf9], 0x8000);
  const icr = (value: number): number[] => [0xc7, 0x05, ...bytesOf(0xfee00300, 4), ...bytesOf(value, 4)];
  // SVR enable; INIT, then a start-up IPI to all others; a while; rewrite the 1; wait
  const enable = [0xc7, 0x05, ...bytesOf(0xfee000f0, 4), ...bytesOf(0x1ff, 4)];
  const at = bench.place([...enable, ...icr(0xc4500), ...icr(0xc4608), 0xb9, ...bytesOf(20000, 4), 0xe2, 0xfe, 0xc6, 0x05, ...bytesOf(0x8001, 4), 0x02]);
  bench.start(at, registersWith({}), 0n);
  bench.core.run(15000n);
  assert.equal(bench.ram[0x9000], 1);
  bench.core.run(100000n);
  assert.equal(bench.get(REGISTER_RIP), BigInt(at + 44));
  assert.equal(bench.ram[0x9000], 2);
});

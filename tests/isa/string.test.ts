// String instructions, alone and repeated, in both directions, against a plain model over bytes.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import { REGISTER_FS_BASE } from "../../assembly/probe/registers.js";
import { ARITHMETIC, Bench, DATA_AT, DF, ZF, registersWith } from "./harness.js";
import { alu, merge, unsigned } from "./model.js";
import { flagBits, operand, sizes } from "./operands.js";

const WINDOW = 0x2000;
const [RAX, RCX, RSI, RDI] = [0, 1, 6, 7];
let bench: Bench;

before(async () => {
  bench = await Bench.create();
});

interface Strings {
  data: Uint8Array;
  rax: bigint;
  rcx: bigint;
  rsi: number;
  rdi: number;
  flags: bigint;
}

const load = (data: Uint8Array, at: number, size: number): bigint => {
  let v = 0n;
  for (let i = size - 1; i >= 0; i--) v = (v << 8n) | BigInt(data[at - DATA_AT + i] as number);
  return v;
};

function store(data: Uint8Array, at: number, size: number, value: bigint): void {
  for (let i = 0; i < size; i++) data[at - DATA_AT + i] = Number((value >> BigInt(8 * i)) & 255n);
}

/** One element of the instruction. Says whether a repeated compare goes on. */
function element(opcode: number, size: number, s: Strings, repeat: number): boolean {
  const step = s.flags & DF ? -size : size;
  const bits = size * 8;
  const source = [0xa4, 0xa6, 0xac].includes(opcode);
  const target = opcode !== 0xac;
  if (opcode === 0xa4) store(s.data, s.rdi, size, load(s.data, s.rsi, size));
  if (opcode === 0xaa) store(s.data, s.rdi, size, s.rax);
  if (opcode === 0xac) s.rax = merge(s.rax, load(s.data, s.rsi, size), size);
  const compares = opcode === 0xa6 || opcode === 0xae;
  if (compares) {
    const a = opcode === 0xa6 ? load(s.data, s.rsi, size) : unsigned(s.rax, bits);
    s.flags = (s.flags & ~ARITHMETIC) | alu(7, a, load(s.data, s.rdi, size), 0n, bits).flags;
  }
  if (source) s.rsi += step;
  if (target) s.rdi += step;
  return !compares || ((s.flags & ZF) !== 0n) === (repeat === 0xf3);
}

test("MOVS, CMPS, STOS, LODS and SCAS do what a loop over elements does, up and down, repeated or not", () => {
  const where = fc.integer({ min: 900, max: WINDOW - 1100 });
  fc.assert(fc.property(
    fc.constantFrom(0xa4, 0xa6, 0xaa, 0xac, 0xae), sizes(), fc.constantFrom(0, 0xf2, 0xf3), fc.nat(110), where, fc.oneof(where, fc.integer({ min: -16, max: 16 })),
    operand, flagBits, fc.boolean(), fc.nat(3),
    (opcode, size, repeat, rcx, to, from, rax, flags, down, variety) => {
      const rdi = DATA_AT + to;
      const rsi = from < 100 ? rdi + from : DATA_AT + from;
      const data = Uint8Array.from({ length: WINDOW }, (_, i) => (i * 7919 >> variety * 3) & (variety === 3 ? 0 : 255));
      const code = [...repeat ? [repeat] : [], ...size === 2 ? [0x66] : size === 8 ? [0x48] : [], opcode + (size === 1 ? 0 : 1)];
      const s: Strings = { data: data.slice(), rax, rcx: BigInt(rcx), rsi, rdi, flags: flags | (down ? DF : 0n) };
      if (!repeat) element(opcode, size, s, 0);
      while (repeat && s.rcx > 0n) {
        s.rcx--;
        if (!element(opcode, size, s, repeat)) break;
      }
      const at = bench.place(code);
      for (const single of [false, true]) {
        bench.ram.set(data, DATA_AT);
        const registers = registersWith({ [RAX]: rax, [RCX]: BigInt(rcx), [RSI]: BigInt(rsi), [RDI]: BigInt(rdi) });
        const after = bench.run(at, registers, flags | (down ? DF : 0n), 8, single);
        assert.equal(after.fault, undefined);
        assert.deepEqual([RAX, RCX, RSI, RDI].map((r) => after.registers[r]), [s.rax, s.rcx, BigInt(s.rsi), BigInt(s.rdi)]);
        assert.equal(after.flags & (ARITHMETIC | DF), s.flags & (ARITHMETIC | DF));
        assert.ok(Buffer.compare(bench.ram.subarray(DATA_AT, DATA_AT + WINDOW), s.data) === 0, "memory differs");
      }
    },
  ), { numRuns: 600 });
});

test("an FS override moves the source of a repeated string and not its target", () => {
  bench.set(REGISTER_FS_BASE, 0x100n);
  for (const single of [false, true]) {
    bench.ram.fill(0, DATA_AT, DATA_AT + 1024);
    bench.ram.set(Array.from({ length: 64 }, (_, i) => i + 1), DATA_AT + 0x100);
    const at = bench.place([0x64, 0xf3, 0xa4]);
    const after = bench.run(at, registersWith({ [RCX]: 64n, [RSI]: BigInt(DATA_AT), [RDI]: BigInt(DATA_AT + 0x200) }), 0n, 4, single);
    assert.equal(after.registers[RSI], BigInt(DATA_AT + 64));
    assert.deepEqual(bench.ram.subarray(DATA_AT + 0x200, DATA_AT + 0x240), bench.ram.slice(DATA_AT + 0x100, DATA_AT + 0x140));
  }
  bench.set(REGISTER_FS_BASE, 0n);
});

test("with 67 the counter and the indexes are 32 bits wide and their upper halves are cleared", () => {
  for (const single of [false, true]) {
    bench.ram.fill(0, DATA_AT, DATA_AT + 64);
    const at = bench.place([0x67, 0xf3, 0xaa]);
    const after = bench.run(at, registersWith({ [RAX]: 0x5an, [RCX]: 0x700000003n, [RDI]: 0x900000000n + BigInt(DATA_AT) }), 0n, 4, single);
    assert.equal(after.registers[RCX], 0n);
    assert.equal(after.registers[RDI], BigInt(DATA_AT + 3));
    assert.deepEqual([...bench.ram.subarray(DATA_AT, DATA_AT + 4)], [0x5a, 0x5a, 0x5a, 0]);
  }
});

test("a repeated store that meets an absent page stops at its element and can be restarted", () => {
  const end = 0x40000000n; // nothing is mapped from here on
  const at = bench.place([0xf3, 0xaa]);
  for (const single of [false, true]) {
    const after = bench.run(at, registersWith({ [RCX]: 9n, [RDI]: end }), 0n, 3, single);
    assert.deepEqual(after.fault, { vector: 14, code: 2n });
    assert.equal(after.registers[RCX], 9n);
    assert.equal(after.rip, BigInt(at));
  }
});

// Expressions of the debugger's console, on a few bytes of memory and a handful of types.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { evaluate, type Scope } from "../../../src/debug/console/expression/evaluate.ts";
import { ExpressionError } from "../../../src/debug/console/expression/errors.ts";
import { parseExpression } from "../../../src/debug/console/expression/parse.ts";
import { integerType } from "../../../src/debug/console/expression/value.ts";
import { valueText } from "../../../src/debug/console/text/value.ts";
import type { SymbolTable, TypeNode, Variable } from "../../../src/debug/symbols/index.ts";

const U64 = integerType(8);
const U32 = integerType(4);
const CONTEXT: TypeNode = {
  kind: "struct", name: "mm_context", size: 16, incomplete: false,
  members: [
    { name: "ctx_id", type: U64, offset: 0 }, { name: "tlb_gen", type: U64, offset: 8 },
  ],
};
const MM: TypeNode = {
  kind: "struct", name: "mm", size: 40, incomplete: false,
  members: [
    { name: "users", type: integerType(-4), offset: 0 },
    { name: "low", type: U32, offset: 4, bitOffset: 0, bitSize: 3 }, { name: "high", type: U32, offset: 4, bitOffset: 3, bitSize: 5 },
    { name: "context", type: CONTEXT, offset: 8 },
    { type: { kind: "union", size: 8, incomplete: false, members: [{ name: "word", type: U64, offset: 0 }, { name: "half", type: U32, offset: 0 }] }, offset: 24 },
    { name: "pgd", type: { kind: "struct", name: "pgd", size: 8, incomplete: false, members: [{ name: "value", type: U64, offset: 0 }] }, offset: 16 },
    { name: "next", type: { kind: "pointer", size: 8, target: U64 }, offset: 32 },
  ],
};
const BASE = 0xffff_8000_0000_1000n;
const VARIABLES: readonly Variable[] = [
  { name: "the_mm", address: BASE, type: MM, module: "test" },
  { name: "mm", address: BASE + 0x100n, type: { kind: "pointer", size: 8, target: MM }, module: "test" },
  { name: "list", address: BASE + 0x200n, type: { kind: "array", element: U32, count: 4 }, module: "test" },
  { name: "counter", address: BASE + 0x300n, type: U32, module: "test" },
];

const symbols = {
  modules: ["test"],
  variable: (name: string) => VARIABLES.find((variable) => variable.name === name),
  resolve: (name: string) => {
    const address = new Map([["do_wp_page", 0x1000n], ["__per_cpu_offset", BASE + 0x400n]]).get(name);
    return address === undefined ? undefined : { name, address, size: 64, kind: "function", global: true, module: "test" } as const;
  },
  at: () => undefined, names: () => [], lineAt: () => undefined, addressesOf: () => [], files: () => [],
  typeOf: () => undefined, type: (name: string) => (name === "struct mm" ? MM : undefined),
  enumerator: (name: string) => (name === "PG_migrc" ? 7n : undefined), unwindAt: () => undefined,
} as unknown as SymbolTable;

/** Memory from BASE on; the rest is not mapped. */
function scopeOf(): Scope {
  const memory = new DataView(new ArrayBuffer(0x800));
  const put = (offset: number, value: bigint) => memory.setBigUint64(offset, value, true);
  put(0, 0xffff_fffen | (0b10110_101n << 32n));
  put(8, 77n);
  put(16, 12n);
  put(24, 0x1_0000_0002n);
  put(32, BASE + 0x300n);
  put(0x100, BASE);
  put(0x200, 1n | (2n << 32n));
  put(0x208, 3n | (4n << 32n));
  put(0x300, 0x9000_0000n);
  put(0x400, 0n);
  put(0x408, 0x10n);
  put(0x310, 55n);
  return {
    cpu: 1, cpus: 2, step: 1842, symbols, history: [{ type: U64, number: 5n }],
    register: (cpu, name) => (name === "rax" ? 0x1122_3344_5566_7788n : name === "rflags" ? 0x40n : BigInt(cpu)),
    read: (address, size) => {
      const at = Number(address - BASE);
      if (!(at >= 0 && at + size <= 0x800)) throw new RangeError(`0x${address.toString(16)} is not mapped on CPU 1`);
      return new Uint8Array(memory.buffer, at, size);
    },
  };
}

const number = (text: string): bigint => {
  const value = evaluate(parseExpression(text), scopeOf());
  return value.number ?? value.address!;
};
const shown = (text: string): string => valueText(evaluate(parseExpression(text), scopeOf()), scopeOf()).text;

function mistake(text: string): { message: string; at: number } {
  try {
    evaluate(parseExpression(text), scopeOf());
  } catch (error) {
    assert.ok(error instanceof ExpressionError, `${text}: ${error}`);
    return { message: error.message, at: error.at };
  }
  throw new assert.AssertionError({ message: `${text} is accepted` });
}

test("arithmetic is C's, on 64 bits", () => {
  const cases: [string, bigint][] = [
    ["1 + 2 * 3", 7n], ["(1 + 2) * 3", 9n], ["-7 / 2", -3n], ["-7 % 2", -1n], ["1 << 63", -(1n << 63n)], ["0xffffffffffffffff", 2n ** 64n - 1n],
    ["0xffffffffffffffff + 1", 0n], ["~0", -1n], ["!5", 0n], ["3 > 2 && 2 > 1", 1n], ["0 || 0", 0n], ["1 ? 10 : 20", 10n],
    ["6 & 3 == 3", 0n], ["5 ^ 1", 4n], ["100 >> 2", 25n], ["0b101", 5n], ["10UL", 10n], ["- -1", 1n], ["#1842", 1842n],
  ];
  for (const [text, value] of cases) assert.equal(number(text), value, text);
});

test("a sum of two 64-bit numbers is what C computes", () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (a, b) => {
    assert.equal(BigInt.asUintN(64, number(`${a} + ${b}`)), BigInt.asUintN(64, a + b));
    assert.equal(BigInt.asUintN(64, number(`0x${a.toString(16)} ^ ${b}`)), a ^ b);
  }));
});

test("registers are named as in gdb, in AT&T syntax, or bare; other CPUs' by cpuN", () => {
  assert.equal(number("$rax"), 0x1122_3344_5566_7788n);
  assert.equal(number("%rax & 0xff"), 0x88n);
  assert.equal(number("$eax"), 0x5566_7788n);
  assert.equal(number("$ah"), 0x77n);
  assert.equal(number("rax"), 0x1122_3344_5566_7788n);
  assert.equal(number("$zf"), 1n);
  assert.equal(number("$cpu0.rbx + $cpu1.rbx"), 1n);
  assert.equal(number("$cpu"), 1n);
  assert.equal(number("$step"), 1842n);
});

test("members are reached through structs, pointers, anonymous unions and bit fields", () => {
  assert.equal(number("the_mm.context.tlb_gen"), 12n);
  assert.equal(number("mm->context.tlb_gen"), 12n);
  assert.equal(number("mm.context.ctx_id"), 77n);
  assert.equal(number("the_mm.users"), -2n);
  assert.equal(number("the_mm.low"), 0b101n);
  assert.equal(number("the_mm.high"), 0b10110n);
  assert.equal(number("the_mm.half"), 2n);
  assert.equal(number("*mm->next"), 0x9000_0000n);
  assert.equal(number("((struct mm *)mm)->context.tlb_gen"), 12n);
  assert.equal(number("&the_mm.context"), BASE + 8n);
});

test("pointers and arrays count in elements", () => {
  assert.equal(number("list[2]"), 3n);
  assert.equal(number("*(list + 3)"), 4n);
  assert.equal(number("&list[2] - &list[0]"), 2n);
  assert.equal(number("mm->next + 1"), BASE + 0x308n);
});

test("the address of what is not mapped can be had, its value cannot", () => {
  assert.equal(number("&*(u64*)5"), 5n);
  assert.throws(() => number("*5"), /0x5 is not mapped/);
});

test("a structure around one number counts as that number", () => {
  assert.equal(number("the_mm.pgd"), 12n);
  assert.equal(shown("the_mm.pgd"), "12 (0xc)");
  assert.equal(number("the_mm.pgd.value"), 12n);
});

test("casts by size read and cut", () => {
  assert.equal(number("(u8)0x1ff"), 0xffn);
  assert.equal(number("(s8)0xff"), -1n);
  assert.equal(number("(u32)-1"), 0xffff_ffffn);
  assert.equal(number(`*(u8*)${BASE + 8n}`), 77n);
  assert.equal(number("(unsigned int)$rax"), 0x5566_7788n);
  assert.equal(number("(7) - 1"), 6n);
});

test("a function is its address, an enumerator its value, and per-CPU variables are those of the CPU", () => {
  assert.equal(number("do_wp_page + 4"), 0x1004n);
  assert.equal(number("PG_migrc"), 7n);
  assert.equal(number("per_cpu(counter, 0)"), 0x9000_0000n);
  assert.equal(number("per_cpu(counter, 1)"), 55n);
  assert.equal(number("this_cpu(counter)"), 55n);
});

test("what was printed before can be used again", () => {
  assert.equal(number("$_ + 1"), 6n);
  assert.equal(number("$1"), 5n);
  assert.match(mistake("$2").message, /nothing has been printed/);
});

test("structs, arrays and numbers are shown as a person reads them", () => {
  assert.equal(shown("the_mm.context"), "{\n  ctx_id = 77 (0x4d)\n  tlb_gen = 12 (0xc)\n}");
  assert.equal(shown("list"), "{1, 2, 3, 4}");
  assert.equal(shown("mm->next"), "0xffff800000001300");
  assert.equal(shown("the_mm.users"), "-2");
  const inBinary = (text: string) => valueText(evaluate(parseExpression(text), scopeOf()), scopeOf(), "t").text;
  assert.deepEqual([inBinary("10"), inBinary("0"), inBinary("(u8)0xff")], ["1010", "0", "11111111"]);
});

test("a mistake says what it is and where", () => {
  const cases: [string, RegExp, number][] = [
    ["1 +", /expected expression/i, 3], ["nothing + 1", /no symbol "nothing"/, 0], ["1 + $foo", /no register \$foo/, 4],
    ["the_mm.nope", /no member "nope"/, 0], ["*5 + 1", /not mapped/, 0], ["", /is missing/, 0], ["(1", /unclosed \(/i, 2], ["1 / 0", /division by zero/, 4],
    ["1 << 64", /shifted by 0 to 63/, 5], ["&5", /no address/, 0], ["1 2", /one expression/, 0], ["'a'", /only numbers/, 0], ["1.5", /not a whole number/, 0],
    ["f(1)", /functions are per_cpu/, 0], ["per_cpu(counter, 9)", /no CPU 9/, 17], ["a->", /name of a member/, 3], ["(struct nope *)5", /no type "struct nope"/, 0],
  ];
  for (const [text, message, at] of cases) {
    const found = mistake(text);
    assert.match(found.message, message, text);
    assert.equal(found.at, at, `${text}: ${found.message}`);
  }
});

test("no text makes the parser or the evaluator fail in any other way", () => {
  const piece = fc.constantFrom("1", "0x10", "$rax", "%rip", "the_mm", "mm", "->", ".", "context", "(", ")", "[", "]", "+", "-", "*", "&", "&&", "?", ":", "(u8)", " ", "~", "!", ",", ";", "'", "per_cpu", "=", "<<");
  fc.assert(fc.property(fc.oneof(fc.array(piece, { maxLength: 12 }).map((parts) => parts.join("")), fc.string({ maxLength: 30 })), (text) => {
    try {
      valueText(evaluate(parseExpression(text), scopeOf()), scopeOf());
    } catch (error) {
      const isExpected = error instanceof ExpressionError || /is not mapped/.test((error as Error).message);
      assert.ok(isExpected, `${text}: ${(error as Error).stack}`);
      assert.ok(!(error as Error).message.includes("\n"), text);
    }
  }), { numRuns: 5000 });
});

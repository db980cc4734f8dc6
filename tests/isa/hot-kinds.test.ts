// Every case of the hot loop against its cold twin: the same code at once (hot), compiled, and step by step (cold) leaves the
// same registers, flags and memory.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import { numberKinds } from "../../tools/isa/kinds.mjs";
import { Bench, DATA_AT, registersWith } from "./harness.js";
import type { Outcome } from "./harness.js";
import { CONDITIONS, holds } from "./conditions.js";
import { OPERANDS, codeOf } from "./kind-cases.js";
import { kindsSeen } from "./records.js";
import { Random } from "./random.js";

const { kinds } = numberKinds();
const FLAGS = 0x8d5n;
const word = fc.integer({ min: 0, max: 0x7fffffff });
let bench: Bench;

before(async () => {
  bench = await Bench.create({ compiler: true });
});

type Left = Outcome & { data: string };

/** How many of the inputs are run compiled too: a module each. */
const COMPILED_OF = 8;

/** What `code` leaves in registers and memory with operands drawn by `seed`: in the hot loop, by its cold twins, compiled. */
function runAll(code: number[], seed: number, steps = 6): { hot: Left; cold: Left; compiled: Left | undefined } {
  const random = new Random(BigInt(seed));
  const a = random.operand();
  const same = random.chance(25);
  const registers = registersWith({
    1: BigInt(random.below(66)), 7: random.u64(), 5: random.u64(), [OPERANDS.first]: a, [OPERANDS.second]: same ? a : random.operand(),
    [OPERANDS.base]: BigInt(DATA_AT + 64), [OPERANDS.index]: BigInt(random.below(64)),
  });
  const data = Uint8Array.from({ length: 256 }, (_, i) => (same ? Number((a >> BigInt((i & 7) * 8)) & 255n) : random.below(256)));
  const flags = random.u64() & FLAGS;
  const at = bench.place(code);
  const go = (single: boolean): Left => {
    bench.ram.set(data, DATA_AT);
    const after = bench.run(at, registers, flags, steps, single);
    return { ...after, data: Buffer.from(bench.ram.subarray(DATA_AT, DATA_AT + 256)).toString("hex") };
  };
  const [hot, cold] = [go(false), go(true)];
  const compiled = seed % COMPILED_OF === 0 && bench.compileAll(at) ? go(false) : undefined;
  return { hot, cold, compiled };
}

for (const kind of kinds.filter((k) => !k.fixed)) {
  test(`${kind.name} leaves what its cold twin leaves, in the hot loop and compiled`, () => {
    let compilations = 0;
    fc.assert(fc.property(word, fc.bigInt({ min: 0n, max: 0xffffffffn }), (seed, immediate) => {
      const { hot, cold, compiled } = runAll(codeOf(kind, immediate), seed);
      assert.deepEqual(hot, cold);
      if (compiled) assert.deepEqual(compiled, cold);
      if (compiled) compilations++;
    }), { numRuns: 40, examples: [[0, 0n], [8, 1n], [16, 0x80000000n], [24, 0xffffffffn]] });
    assert.ok(compilations > 0, "nothing was compiled");
  });
}

test("conditional jumps, SETcc and CMOVcc follow flags of every origin, fused or not", () => {
  // What leaves flags: each of the ways that cpu/flags.ts knows.
  const origins: [string, number[]][] = [
    ["sahf", [0x9e]], ["cmp", [0x48, 0x39, 0xd0]], ["cmp byte", [0x38, 0xd0]], ["add", [0x01, 0xd0]], ["adc", [0x11, 0xd0]], ["sbb", [0x48, 0x19, 0xd0]],
    ["inc", [0xfe, 0xc0]], ["dec", [0xff, 0xc8]], ["neg", [0x48, 0xf7, 0xd8]], ["and", [0x20, 0xd0]], ["test", [0x48, 0x85, 0xd0]], ["shl", [0xc1, 0xe0, 3]],
    ["shr", [0x48, 0xd3, 0xe8]], ["sar", [0xd0, 0xf8]], ["rol", [0xd1, 0xc0]], ["imul", [0x48, 0x0f, 0xaf, 0xc2]], ["mul", [0xf6, 0xe2]], ["bt", [0x0f, 0xa3, 0xd0]],
    ["test imm", [0xa8, 0x80]], ["cmp imm", [0x3c, 0x7f]], ["cmpxchg", [0x0f, 0xb1, 0xd1]], ["xadd", [0x0f, 0xc0, 0xd0]], ["rcl", [0xd1, 0xd0]],
  ];
  fc.assert(fc.property(word, fc.constantFrom(...origins), fc.integer({ min: 0, max: 15 }), (seed, [name, bytes], cc) => {
    // jcc over (mov r9b, 1); setcc sil; cmovcc r10, rsp; pushf; pop r8
    const code = [...bytes, 0x70 + cc, 3, 0x41, 0xb1, 1, 0x40, 0x0f, 0x90 + cc, 0xc6, 0x4c, 0x0f, 0x40 + cc, 0xd4, 0x9c, 0x41, 0x58];
    const { hot, cold, compiled } = runAll(code, seed, 8);
    if (compiled) assert.deepEqual(compiled, cold, `${name} then ${CONDITIONS[cc]}, compiled`);
    assert.deepEqual(hot, cold, `${name} then ${CONDITIONS[cc]}`);
    const taken = holds(cc, hot.registers[8] as bigint);
    assert.equal(hot.registers[9], taken ? 0n : 1n, `j${CONDITIONS[cc]} after ${name}`);
    assert.equal((hot.registers[6] as bigint) & 0xffn, taken ? 1n : 0n, `set${CONDITIONS[cc]} after ${name}`);
    assert.equal(hot.registers[10] !== 0n, taken, `cmov${CONDITIONS[cc]} after ${name}`);
  }), { numRuns: 2000 });
});

test("every hot kind was decoded, and so run, by these tests", () => {
  const seen = kindsSeen(bench, 400_000);
  const missing = kinds.filter((kind) => !seen.has(kind.n) && !["cold", "stub", "lookup", "compiled", "crossTaken", "crossFall"].includes(kind.name));
  assert.deepEqual(missing.map((kind) => kind.name), []);
});

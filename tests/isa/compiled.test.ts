// Compiled code: it must not show, in any bit of the machine's state, whether and when a block was compiled.

import assert from "node:assert/strict";
import { test } from "node:test";
import { REGISTER_CR2, REGISTER_CR3 } from "../../assembly/probe/registers.js";
import { bytesOf } from "./assemble.js";
import { Bench, DATA_AT, registersWith } from "./harness.js";
import type { Outcome } from "./harness.js";
import { PAGE_TABLE, STACK_TOP } from "./guest-image.js";
import { randomProgram } from "./programs.js";
import { Random } from "./random.js";

const SEED = BigInt(process.env["SHOOTDOWN_TEST_SEED"] ?? "78");
const RAX = 0;
const RCX = 1;
const RDX = 2;
const RBX = 3;

/** The same machine twice: one compiles, the other interprets. */
async function pair(): Promise<[Bench, Bench]> {
  return Promise.all([Bench.create({ compiler: true, seed: 9n }), Bench.create({ seed: 9n })]);
}

/** Runs both on in slices of changing length, compiling between them, and compares all state after each. Returns how many functions that made. */
function compareSlices(compiled: Bench, plain: Bench, random: Random, steps: number, message: string): number {
  let functions = 0;
  for (let done = 0; done < steps;) {
    const slice = 1 + random.below(random.pick([3, 60, 1500]));
    compiled.core.run(BigInt(slice));
    plain.core.run(BigInt(slice));
    functions += compiled.compileHot();
    assert.equal(compiled.core.stateHash(), plain.core.stateHash(), `${message} after ${done} + ${slice} steps`);
    done += slice;
  }
  return functions;
}

/** Places `code` in both and starts it from the same registers. */
function start(benches: readonly Bench[], code: readonly number[], registers: readonly bigint[], flags = 0n): number {
  const places = benches.map((bench) => {
    const at = bench.place(code);
    bench.start(at, registers, flags);
    return at;
  });
  assert.equal(new Set(places).size, 1);
  return places[0] as number;
}

test("a program leaves the same state at every step, compiled or step by step", async () => {
  const random = new Random(SEED);
  const [fast, slow] = await pair();
  const look = (bench: Bench): Outcome & { data: string } =>
    ({ ...bench.state(), data: Buffer.from(bench.ram.subarray(DATA_AT, DATA_AT + 1024)).toString("hex") });
  let compiled = 0;
  for (let n = 0; n < 80; n++) {
    const program = randomProgram(random);
    const at = start([fast, slow], program.code, program.registers, program.flags);
    const data = fast.ram.slice(0x2ff000, 0x302000);
    const stack = fast.ram.slice(0x8000, 0xf000);
    const again = (steps: number): void => {
      fast.ram.set(data, 0x2ff000);
      fast.ram.set(stack, 0x8000);
      fast.start(at, program.registers, program.flags);
      fast.core.run(BigInt(steps));
    };
    again(program.steps);
    if (fast.compileAll(at)) compiled++;
    for (let steps = 1; steps <= program.steps; steps++) {
      again(steps);
      slow.core.run(1n);
      assert.deepEqual(look(fast), look(slow), `program ${n} (seed ${SEED}) after ${steps} steps: ${Buffer.from(program.code).toString("hex")}`);
    }
  }
  assert.ok(compiled > 30, `only ${compiled} programs began with compiled code`);
});

test("a loop that becomes compiled while it runs is the same run, however it is cut", async () => {
  const random = new Random(SEED + 1n);
  const [compiled, plain] = await pair();
  let functions = 0;
  for (let n = 0; n < 25; n++) {
    const program = randomProgram(random);
    const registers = [...program.registers];
    registers[RCX] = 1000n;
    start([compiled, plain], program.code, registers, program.flags);
    functions += compareSlices(compiled, plain, random, 4000, `program ${n} (seed ${SEED})`);
  }
  assert.ok(functions > 25, `only ${functions} functions were made`);
});

/** Blocks of 29 bytes that work on RAX and go to one of two others, or end if ECX is used up. */
function randomJumps(random: Random, blocks: number): number[] {
  const size = 29;
  const jump = (from: number, end: number): number[] => bytesOf(random.below(blocks) * size - (from * size + end), 4);
  return Array.from({ length: blocks }, (_, i) => [
    0x48, 0x6b, 0xc0, 31, 0x48, 0x83, 0xc0, i, 0xff, 0xc9, // imul rax, rax, 31; add rax, i; dec ecx
    0x0f, 0x84, ...bytesOf(blocks * size - (i * size + 16), 4), // jz end
    0xa8, 1 << random.below(8), 0x0f, 0x85, ...jump(i, 24), 0xe9, ...jump(i, 29), // test al, bit; jnz one; jmp other
  ]).flat();
}

test("blocks that jump to one another without any order, into loops and out of them, are the same run", async () => {
  const random = new Random(SEED + 3n);
  const [compiled, plain] = await pair();
  let functions = 0;
  for (let n = 0; n < 40; n++) {
    start([compiled, plain], randomJumps(random, 2 + random.below(24)), registersWith({ [RAX]: random.u64(), [RCX]: 500n }));
    functions += compareSlices(compiled, plain, random, 4000, `jumps ${n} (seed ${SEED})`);
  }
  assert.ok(functions > 40, `only ${functions} functions were made`);
});

test("an instruction across two pages stays with the interpreter, in the middle of a loop that is compiled", async () => {
  const [compiled, plain] = await pair();
  // again: add rax, rcx; nop ...; add rdx, imm32 (across the pages); inc rbx; dec ecx; jnz again
  const code = [0x48, 0x01, 0xc8, 0x90, 0x90, 0x90, 0x48, 0x81, 0xc2, ...bytesOf(0x12345, 4), 0x48, 0xff, 0xc3, 0xff, 0xc9, 0x75, 0xec];
  const places = [compiled, plain].map((bench) => bench.place(code, 0x1000 - 9));
  for (const bench of [compiled, plain]) bench.start(places[0] as number, registersWith({ [RCX]: 600n }), 0n);
  assert.ok(compareSlices(compiled, plain, new Random(SEED), 5200, "across pages") > 0, "nothing was compiled");
  assert.equal(compiled.get(RDX), 600n * 0x12345n);
});

test("code that rewrites itself while it is compiled runs what it wrote", async () => {
  const [compiled, plain] = await pair();
  // again: add byte [rbx], 1; mov al, 0; add rdx, rax; dec ecx; jnz again
  const code = [0x80, 0x03, 0x01, 0xb0, 0x00, 0x48, 0x01, 0xc2, 0xff, 0xc9, 0x75, 0xf4];
  const at = start([compiled, plain], code, registersWith({}));
  for (const bench of [compiled, plain]) bench.start(at, registersWith({ [RCX]: 600n, [RBX]: BigInt(at + 4) }), 0n);
  assert.ok(compareSlices(compiled, plain, new Random(SEED), 3100, "self-modifying code") > 0, "nothing was compiled");
  const sum = Array.from({ length: 600 }, (_, i) => (i + 1) & 255).reduce((a, b) => a + b);
  assert.equal(compiled.get(RDX), BigInt(sum));
});

test("a store to another page's compiled code is seen when that code runs next", async () => {
  const [compiled, plain] = await pair();
  // inc rdx; add eax, 1; ret
  const [callee] = [compiled, plain].map((bench) => bench.place([0x48, 0xff, 0xc2, 0x83, 0xc0, 0x01, 0xc3], 0x100)) as [number, number];
  // again: call rsi; test cl, 1fh; jnz on; inc byte [rdi]; on: dec ecx; jnz again
  const code = [0xff, 0xd6, 0xf6, 0xc1, 0x1f, 0x75, 0x02, 0xfe, 0x07, 0xff, 0xc9, 0x75, 0xf3];
  start([compiled, plain], code, registersWith({ [RCX]: 400n, 6: BigInt(callee), 7: BigInt(callee + 5) }));
  assert.ok(compareSlices(compiled, plain, new Random(SEED), 3600, "a rewritten callee") > 0, "nothing was compiled");
  // 400 calls; before each 32nd of them from the last on, one more to add.
  const sum = Array.from({ length: 400 }, (_, i) => 1 + Math.floor((i + 15) / 32)).reduce((a, b) => a + b);
  assert.equal(compiled.get(RAX), BigInt(sum));
});

test("an exception in a compiled loop finds done what came before it, and nothing after it", async () => {
  const [compiled, plain] = await pair();
  const absent = 0x291000;
  for (const bench of [compiled, plain]) {
    new DataView(bench.ram.buffer, bench.ram.byteOffset).setBigUint64(PAGE_TABLE + ((absent - 0x200000) >> 12) * 8, 0n, true);
    bench.set(REGISTER_CR3, bench.get(REGISTER_CR3));
  }
  // again: add rdx, 3; mov rax, [rbx + rcx * 8]; inc r8; inc ecx; jmp again
  const code = [0x48, 0x83, 0xc2, 0x03, 0x48, 0x8b, 0x04, 0xcb, 0x49, 0xff, 0xc0, 0xff, 0xc1, 0xeb, 0xf1];
  const at = start([compiled, plain], code, registersWith({ [RBX]: BigInt(absent - 300 * 8) }));
  assert.ok(compareSlices(compiled, plain, new Random(SEED), 1700, "a fault") > 0, "nothing was compiled");
  const { fault, rip, registers } = compiled.state();
  assert.equal(fault?.vector, 14);
  assert.equal(compiled.get(REGISTER_CR2), BigInt(absent));
  assert.deepEqual({ rip, rdx: registers[RDX], r8: registers[8], rcx: registers[RCX] }, { rip: BigInt(at + 4), rdx: 903n, r8: 300n, rcx: 300n });
});

test("a page-table entry that a compiled loop rewrites counts from the INVLPG on", async () => {
  const [compiled, plain] = await pair();
  const page = 0x280000;
  const entry = PAGE_TABLE + ((page - 0x200000) >> 12) * 8;
  for (const bench of [compiled, plain]) {
    bench.ram[page] = 1;
    bench.ram[page + 0x1000] = 100;
  }
  // again: mov [rdi], rsi; invlpg [rbx]; movzx eax, byte [rbx]; add rdx, rax; xor rsi, 3000h (of 280007h and 281007h: 1000h)
  //        dec ecx; jnz again
  const code = [
    0x48, 0x89, 0x37, 0x0f, 0x01, 0x3b, 0x0f, 0xb6, 0x03, 0x48, 0x01, 0xc2, 0x48, 0x81, 0xf6, ...bytesOf(0x1000, 4),
    0xff, 0xc9, 0x75, 0xe9,
  ];
  start([compiled, plain], code, registersWith({ [RCX]: 500n, [RBX]: BigInt(page), 6: BigInt(page) | 7n, 7: BigInt(entry) }));
  assert.ok(compareSlices(compiled, plain, new Random(SEED), 3600, "remapping") > 0, "nothing was compiled");
  assert.equal(compiled.get(RDX), 500n / 2n * 101n);
});

test("a block whose loads nearly all miss goes back to the hot loop, and one whose loads hit does not", async () => {
  const [compiled, plain] = await pair();
  // again: mov rax, [rbx]; mov rdx, [rsi]; dec ecx; jnz again
  const code = [0x48, 0x8b, 0x03, 0x48, 0x8b, 0x16, 0xff, 0xc9, 0x75, 0xf6];
  const first = 0x280000;
  for (const [second, stays] of [[first + 0x1000, true], [first + 0x200000, false]] as const) {
    // Two pages 2 MiB apart share a slot of the front cache.
    const at = start([compiled, plain], code, registersWith({ [RCX]: 4000n, [RBX]: BigInt(first), 6: BigInt(second) }));
    for (const bench of [compiled, plain]) bench.core.run(100n);
    assert.ok(compiled.compileAll(at));
    for (const bench of [compiled, plain]) bench.core.run(6000n);
    assert.equal(compiled.isCompiled(at), stays);
    assert.equal(compiled.core.stateHash(), plain.core.stateHash());
  }
});

test("more code than there is room for in the function table is still the same run", async () => {
  const [compiled, plain] = await pair();
  const random = new Random(SEED + 2n);
  let functions = 0;
  for (let n = 0; n < 1500; n++) {
    const code = [0x48, 0x83, 0xc0, random.below(100), 0x48, 0x31, 0xc2, 0x48, 0x83, 0xc0, 1, 0xeb, 0x00, 0x48, 0xff, 0xc2];
    const at = start([compiled, plain], code, registersWith({ [RAX]: BigInt(n) }));
    for (const bench of [compiled, plain]) bench.core.run(6n);
    if (compiled.compileAll(at)) functions++;
    for (const bench of [compiled, plain]) {
      bench.start(at, registersWith({ [RAX]: BigInt(n), 4: BigInt(STACK_TOP) }), 0n);
      bench.core.run(6n);
    }
    assert.equal(compiled.get(RDX), plain.get(RDX));
    assert.equal(compiled.get(RAX), plain.get(RAX));
  }
  assert.ok(functions > 512, `only ${functions} functions were made`);
  assert.equal(compiled.core.stateHash(), plain.core.stateHash());
});

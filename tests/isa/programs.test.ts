// Whole programs: it must not matter how a run is cut, nor whether an instruction runs in the hot loop or by its cold
// handler. What a block leaves out (flags that it sets again) must not show at any cut, nor at any exception.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, DATA_AT } from "./harness.js";
import type { Outcome } from "./harness.js";
import { randomProgram } from "./programs.js";
import { Random } from "./random.js";

const SEED = BigInt(process.env["SHOOTDOWN_TEST_SEED"] ?? "77");
const COMPARED = 1024;

interface Full extends Outcome {
  readonly data: string;
}

function look(bench: Bench): Full {
  return { ...bench.state(), data: Buffer.from(bench.ram.subarray(DATA_AT, DATA_AT + COMPARED)).toString("hex") };
}

test("a program leaves the same state at every step, at once or step by step", async () => {
  const random = new Random(SEED);
  const fast = await Bench.create();
  const slow = await Bench.create();
  for (let n = 0; n < 150; n++) {
    const program = randomProgram(random);
    const at = fast.place(program.code);
    assert.equal(slow.place(program.code), at);
    slow.start(at, program.registers, program.flags);
    // The same start for each cut: RAM as it was.
    const data = fast.ram.slice(0x2ff000, 0x302000);
    const stack = fast.ram.slice(0x8000, 0xf000);
    for (let steps = 1; steps <= program.steps; steps++) {
      fast.ram.set(data, 0x2ff000);
      fast.ram.set(stack, 0x8000);
      fast.start(at, program.registers, program.flags);
      fast.core.run(BigInt(steps));
      slow.core.run(1n);
      assert.deepEqual(look(fast), look(slow), `program ${n} (seed ${SEED}) after ${steps} steps: ${Buffer.from(program.code).toString("hex")}`);
    }
  }
});

test("run(a) and then run(b) is run(a + b), to the last bit of the machine's state", async () => {
  const random = new Random(SEED + 1n);
  const whole = await Bench.create({ seed: 5n });
  const cut = await Bench.create({ seed: 5n });
  for (let n = 0; n < 120; n++) {
    const program = randomProgram(random);
    const at = whole.place(program.code);
    cut.place(program.code);
    whole.start(at, program.registers, program.flags);
    cut.start(at, program.registers, program.flags);
    whole.core.run(BigInt(program.steps));
    for (let left = program.steps; left > 0;) {
      const part = Math.min(left, 1 + random.below(random.pick([2, 7, 40])));
      cut.core.run(BigInt(part));
      left -= part;
    }
    assert.deepEqual(look(cut), look(whole), `program ${n}: ${Buffer.from(program.code).toString("hex")}`);
    assert.equal(cut.core.steps(), whole.core.steps());
    if (n % 10 === 0) assert.equal(cut.core.stateHash(), whole.core.stateHash(), `program ${n}`);
  }
});

test("without any TLB a program leaves what it leaves with one", async () => {
  const random = new Random(SEED + 2n);
  const cached = await Bench.create();
  const uncached = await Bench.create({ preset: 3 });
  for (let n = 0; n < 100; n++) {
    const program = randomProgram(random);
    const at = cached.place(program.code);
    uncached.place(program.code);
    for (const bench of [cached, uncached]) bench.run(at, program.registers, program.flags, program.steps);
    assert.deepEqual(look(uncached), look(cached), `program ${n}: ${Buffer.from(program.code).toString("hex")}`);
  }
});

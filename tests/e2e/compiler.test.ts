// The kernel with and without the compiler: interrupts, exceptions, system calls, shootdowns and spinning on four CPUs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Pc } from "shootdown";

const KERNEL = readFileSync("dist/guest/kernel.elf");
const PIECES = [23_000_000, 1, 777_777, 12_345_678, 5_000_000, 4_999_999];

async function boot(compile: boolean): Promise<Pc> {
  const pc = await Pc.create({ cpus: 4, compile });
  pc.load(KERNEL, { commandLine: "init=tlbflush tlb=sync -- iterations=600 pages=8" });
  return pc;
}

test("a boot is the same run with and without the compiler, wherever one looks", async () => {
  const [compiled, plain] = [await boot(true), await boot(false)];
  for (const steps of PIECES) {
    assert.deepEqual(compiled.machine.run(steps), plain.machine.run(steps));
    assert.equal(compiled.machine.stateHash(), plain.machine.stateHash(), `at step ${plain.machine.steps}`);
  }
  assert.deepEqual(compiled.machine.counters(), plain.machine.counters());
  assert.ok(compiled.machine.functionsCompiled > 4, `${compiled.machine.functionsCompiled} functions`);
  assert.equal(plain.machine.functionsCompiled, 0);
});

test("events come alike from compiled and from interpreted code", async () => {
  const events = [];
  for (const compile of [true, false]) {
    const { machine } = await boot(compile);
    machine.run(20_000_000);
    machine.recordEvents(["table_write", "stale_use", "ipi_send", "ipi_deliver", "invalidate", "cr3", "eoi"]);
    machine.run(1_000_000);
    events.push(machine.takeEvents());
  }
  assert.ok(events[0]!.length > 100);
  assert.deepEqual(events[0], events[1]);
});

test("a machine with compiled code goes back to a snapshot and runs the same way again", async () => {
  const { machine } = await boot(true);
  machine.run(10_000_000);
  const snapshot = machine.snapshot();
  machine.run(10_000_000);
  const hash = machine.stateHash();
  machine.restore(snapshot);
  machine.run(10_000_000);
  assert.equal(machine.stateHash(), hash);
});

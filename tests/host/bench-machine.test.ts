// How `bench machine` reads its markers, sizes its runs and tells its results.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Benchmark } from "../../src/bench/machine-catalog.js";
import { Markers } from "../../src/bench/machine-markers.js";
import { measure } from "../../src/bench/machine-measure.js";
import type { Run, Runner } from "../../src/bench/machine-runner.js";
import { machineTable } from "../../src/bench/machine-table.js";

const benchmark: Benchmark = { name: "mix", title: "integer mix", cpus: 1, unit: "instructions", firstOperations: 100 };

/** A machine that does `rate` operations a second, and says how often it was asked for how many. */
function steady(name: string, rate: number, checksum: string, instructions?: number) {
  const asked: number[] = [];
  const runner: Runner = {
    name,
    run: (_, operations): Promise<Run> => {
      asked.push(operations);
      const counted = instructions === undefined ? {} : { instructions: operations * instructions };
      return Promise.resolve({ operations, seconds: operations / rate, checksum, ...counted });
    },
  };
  return { runner, asked };
}

test("markers are found in bytes that come one by one, behind what firmware left in the line", () => {
  const marks: string[] = [];
  const markers = new Markers("mix", (which) => marks.push(which));
  const text = "Booting from ROM..bench: mix start\r\nbench: mix ops 12 checksum 0x00ff\r\n";
  for (const character of text) markers.feed(character);
  assert.deepEqual(marks, ["start", "end"]);
  assert.deepEqual(markers.result("ended"), { operations: 12, checksum: "0x00ff" });
});

test("a benchmark that traps is reported with what it said", () => {
  const markers = new Markers("mix", () => {});
  markers.feed("bench: mix start\nbench: trap 14 error 0x2 rip 0x100000\n");
  assert.throws(() => markers.result("status 3"), /mix did not finish \(status 3\); it said 'bench: trap 14/);
});

test("runs are sized to about a second on each machine and alternate three times", async () => {
  const order: string[] = [];
  const own = steady("own", 1000, "0x1", 20);
  const other = steady("other", 50_000, "0x1");
  for (const { runner } of [own, other]) {
    const run = runner.run.bind(runner);
    runner.run = (which, operations) => {
      order.push(runner.name);
      return run(which, operations);
    };
  }
  const row = await measure(own.runner, other.runner, benchmark, () => {});
  assert.deepEqual(order.slice(-6), ["own", "other", "own", "other", "own", "other"]);
  assert.equal(own.asked.at(-1), 1200);
  assert.equal(other.asked.at(-1), 60_000);
  assert.equal(own.asked[0], other.asked[0]);
  assert.equal(row.instructionsPerOperation, 20);
  assert.ok(Math.abs(row.own.median - 20_000) < 1);
  assert.ok(Math.abs(row.other!.ratio - 0.02) < 1e-6);
  assert.ok(row.other!.checksumEqual);
});

test("a checksum that differs shows in the table", async () => {
  const row = await measure(steady("own", 1000, "0x1", 20).runner, steady("other", 1000, "0x2").runner, benchmark, () => {});
  const { sections } = machineTable({ host: { cpu: "x", cores: 2, node: "v20" }, against: "QEMU", rows: [row] });
  assert.ok(sections[0]!.rows[0]!.includes("DIFFERS"));
});

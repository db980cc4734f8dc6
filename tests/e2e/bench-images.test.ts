// Every bare-metal benchmark gives the same checksum here as in QEMU, where QEMU is installed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { benchmarks } from "../../src/bench/machine-catalog.js";
import { OwnRunner } from "../../src/bench/machine-own.js";
import { QemuRunner, qemuVersion } from "../../src/bench/machine-qemu.js";

const own = new OwnRunner();

for (const benchmark of benchmarks) {
  const operations = Math.min(benchmark.firstOperations, 20_000);
  test(`the benchmark ${benchmark.name} runs, and counts the same instructions twice`, async () => {
    const [first, second] = [await own.run(benchmark, operations), await own.run(benchmark, operations)];
    assert.equal(first.operations, operations);
    assert.deepEqual({ ...second, seconds: 0 }, { ...first, seconds: 0 });
    assert.ok(first.instructions! >= operations);
  });
}

const skip = qemuVersion() === undefined && "qemu-system-x86_64 is not installed";
test("every benchmark's checksum is QEMU's", { skip }, async (t) => {
  const qemu = new QemuRunner();
  for (const benchmark of benchmarks) {
    await t.test(benchmark.name, async () => {
      const operations = Math.min(benchmark.firstOperations, 20_000);
      const [here, there] = [await own.run(benchmark, operations), await qemu.run(benchmark, operations)];
      assert.equal(here.checksum, there.checksum);
    });
  }
});

// The guest kernel: it boots, does the same in QEMU, and counts what the machine counts.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { checksums, KERNEL, OK, parseVmstat, runInQemu, runKernel, withoutQemu } from "./kernel-run.js";

test("the kernel boots on four CPUs, runs hello, and exits with its value", async () => {
  const { stop, lines } = await runKernel("init=hello tlb=sync");
  assert.deepEqual(stop, OK, lines.slice(-5).join("\n"));
  assert.ok(lines.some((line) => line.includes("4 CPUs")));
  assert.equal(checksums(lines).length, 1);
});

for (const cpus of [1, 2, 16, 64]) {
  test(`the kernel boots on ${cpus} CPUs`, async () => {
    const { stop, lines } = await runKernel("init=hello tlb=sync", { cpus });
    assert.deepEqual(stop, OK, lines.slice(-5).join("\n"));
    assert.ok(cpus === 1 || lines.some((line) => line.includes(`${cpus} CPUs`)));
  });
}

test("two runs of the kernel with the same options leave the same state", async () => {
  const [one, two] = [await runKernel("init=hello tlb=sync"), await runKernel("init=hello tlb=sync")];
  assert.equal(one.hash, two.hash);
});

test("the kernel's self-test passes under both flush policies", async () => {
  for (const policy of ["sync", "migrc-v3"]) {
    const { stop, lines } = await runKernel(`init=selftest tlb=${policy}`);
    assert.deepEqual(stop, OK, lines.slice(-10).join("\n"));
  }
});

test("what the kernel counts of its flushes is what the machine counted from outside", async () => {
  const { stop, vmstat, counters, lines } = await runKernel("init=tlbflush tlb=sync");
  assert.deepEqual(stop, OK, lines.slice(-5).join("\n"));
  assert.equal(vmstat["tlb_invlpg"], counters.invlpg);
  assert.ok(vmstat["nr_tlb_remote_flush"]! > 0);
  // Besides shootdowns, IPIs start CPUs and reschedule: the machine sees at least the kernel's.
  assert.ok(counters.ipi_received >= vmstat["nr_tlb_remote_flush_received"]!);
  assert.equal(counters.stale_diverged_read + counters.stale_lost_write + counters.stale_reused_frame, 0);
});

for (const init of ["hello", "selftest", "tlbflush"]) {
  test(`${init} computes the same in QEMU`, { skip: withoutQemu }, async () => {
    const append = `init=${init} tlb=sync fastmem=128M`;
    const ours = await runKernel(append);
    const theirs = runInQemu(append);
    assert.deepEqual(ours.stop, OK, ours.lines.slice(-5).join("\n"));
    assert.equal(theirs.status, 1);
    assert.deepEqual(checksums(theirs.lines), checksums(ours.lines));
    assert.deepEqual(Object.keys(parseVmstat(theirs.lines)), Object.keys(ours.vmstat));
  });
}

test("the images that the tests need were built", () => assert.ok(existsSync(KERNEL)));

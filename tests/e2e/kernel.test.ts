// The guest kernel: it boots, does the same in QEMU, and counts what the machine counts.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { type Counters, MiB, Pc, type PcOptions, type Stop } from "shootdown";

const KERNEL = "dist/guest/kernel.elf";
const STEP_LIMIT = 4_000_000_000;

interface Run {
  readonly stop: Stop;
  readonly lines: readonly string[];
  readonly vmstat: Readonly<Record<string, number>>;
  readonly counters: Counters;
  readonly hash: bigint;
}

const parseVmstat = (lines: readonly string[]): Record<string, number> =>
  Object.fromEntries(lines.flatMap((line) => {
    const match = /^vmstat: (\w+) (\d+)$/.exec(line);
    return match ? [[match[1], Number(match[2])]] : [];
  }));

async function runKernel(commandLine: string, options: PcOptions = {}): Promise<Run> {
  const pc = await Pc.create({ cpus: 4, memory: 512 * MiB, ...options });
  const bytes: number[] = [];
  pc.serial.onOutput((byte) => bytes.push(byte));
  pc.load(readFileSync(KERNEL), { commandLine });
  const stop = pc.machine.run(STEP_LIMIT);
  const lines = Buffer.from(bytes).toString("latin1").split(/\r?\n/);
  return { stop, lines, vmstat: parseVmstat(lines), counters: pc.machine.counters(), hash: pc.machine.stateHash() };
}

const checksums = (lines: readonly string[]) => lines.filter((line) => line.startsWith("checksum:"));
const OK = { kind: "exit", value: 0, status: 1 };

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

const qemu = spawnSync("qemu-system-x86_64", ["--version"]).status === 0;

for (const init of ["hello", "selftest", "tlbflush"]) {
  test(`${init} computes the same in QEMU`, { skip: qemu ? false : "qemu-system-x86_64 is not installed" }, async () => {
    const append = `init=${init} tlb=sync fastmem=128M`;
    const ours = await runKernel(append);
    const theirs = spawnSync("qemu-system-x86_64", [
      // One thread for all CPUs: with one each they spin against each other where processors are few.
      "-accel", "tcg,thread=single", "-smp", "4", "-m", "512", "-nographic", "-no-reboot", "-cpu", "max", "-kernel", KERNEL, "-append", append,
      "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
    ], { encoding: "latin1", timeout: 120_000, stdio: ["ignore", "pipe", "ignore"] });
    assert.deepEqual(ours.stop, OK, ours.lines.slice(-5).join("\n"));
    assert.equal(theirs.status, 1);
    const lines = theirs.stdout.split(/\r?\n/);
    assert.deepEqual(checksums(lines), checksums(ours.lines));
    assert.deepEqual(Object.keys(parseVmstat(lines)), Object.keys(ours.vmstat));
  });
}

test("the images that the tests need were built", () => assert.ok(existsSync(KERNEL)));

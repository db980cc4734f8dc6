// Boots the guest kernel in the machine, and the same image in QEMU, and returns what it said. For the tests of the kernel.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type Counters, MiB, Pc, type PcOptions, type Stop } from "shootdown";

export const KERNEL = "dist/guest/kernel.elf";
/** What `bug=` knows (guest/mm/variants.c). */
export const KERNEL_BUGS = ["batched-unmap", "cow-flush", "mremap-flush", "nested-flush", "numa-flush"];
const STEP_LIMIT = 4_000_000_000;

export interface KernelRun {
  readonly stop: Stop;
  readonly lines: readonly string[];
  readonly vmstat: Readonly<Record<string, number>>;
  readonly counters: Counters;
  readonly hash: bigint;
}

/** How a run ends whose first program returned 0. */
export const OK = { kind: "exit", value: 0, status: 1 };

export const parseVmstat = (lines: readonly string[]): Record<string, number> =>
  Object.fromEntries(lines.flatMap((line) => {
    const match = /^vmstat: (\w+) (\d+)$/.exec(line);
    return match ? [[match[1], Number(match[2])]] : [];
  }));

export const checksums = (lines: readonly string[]) => lines.filter((line) => line.startsWith("checksum:"));

/** Four CPUs and 512 MiB, if the options do not say otherwise. */
export async function runKernel(commandLine: string, options: PcOptions = {}): Promise<KernelRun> {
  const pc = await Pc.create({ cpus: 4, memory: 512 * MiB, ...options });
  const bytes: number[] = [];
  pc.serial.onOutput((byte) => bytes.push(byte));
  pc.load(readFileSync(KERNEL), { commandLine });
  const stop = pc.machine.run(STEP_LIMIT);
  const lines = Buffer.from(bytes).toString("latin1").split(/\r?\n/);
  return { stop, lines, vmstat: parseVmstat(lines), counters: pc.machine.counters(), hash: pc.machine.stateHash() };
}

/** False, or why a test that needs QEMU is skipped. */
export const withoutQemu =
  spawnSync("qemu-system-x86_64", ["--version"]).status === 0 ? false : "qemu-system-x86_64 is not installed";

/** The same on four CPUs in QEMU, whose status is 1 if the kernel left with the value 0. */
export function runInQemu(commandLine: string): { readonly status: number | null; readonly lines: readonly string[] } {
  const { status, stdout } = spawnSync("qemu-system-x86_64", [
    // One thread for all CPUs: with one each they spin against each other where processors are few.
    "-accel", "tcg,thread=single", "-smp", "4", "-m", "512", "-nographic", "-no-reboot", "-cpu", "max",
    "-kernel", KERNEL, "-append", commandLine, "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
  ], { encoding: "latin1", timeout: 120_000, stdio: ["ignore", "pipe", "ignore"] });
  return { status, lines: stdout.split(/\r?\n/) };
}

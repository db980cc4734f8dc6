// Runs a benchmark image in QEMU. Called by machine.ts for `--vs qemu`.

import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { FailedRun } from "../errors.js";
import type { Benchmark } from "./machine-catalog.js";
import { Markers } from "./machine-markers.js";
import { exitValue, guestMemoryMiB, imageUrl, runLimitSeconds, type Run, type Runner } from "./machine-runner.js";

const qemu = "qemu-system-x86_64";
/** The status that isa-debug-exit ends QEMU with. */
const finished = (exitValue << 1) | 1;

/** The first line of --version, or undefined where QEMU is not installed. */
export function qemuVersion(): string | undefined {
  const { status, stdout } = spawnSync(qemu, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.split("\n")[0] : undefined;
}

export class QemuRunner implements Runner {
  readonly name = "qemu";

  run(benchmark: Benchmark, operations: number): Promise<Run> {
    // One thread for all CPUs, as this machine has: what is compared is the cost of a CPU's work.
    const child = spawn(qemu, [
      "-accel", "tcg,thread=single", "-cpu", "qemu64", "-smp", String(benchmark.cpus),
      "-m", String(guestMemoryMiB), "-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio",
      "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
      "-kernel", fileURLToPath(imageUrl(benchmark.name)), "-append", `n=${operations}`,
    ], { stdio: ["ignore", "pipe", "pipe"], timeout: runLimitSeconds * 1000 });

    const time = { start: 0, end: 0 };
    const markers = new Markers(benchmark.name, (which) => { time[which] = performance.now(); });
    let complaint = "";
    child.stdout.setEncoding("latin1").on("data", (text: string) => markers.feed(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => { complaint += text; });
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        try {
          const how = complaint.trim() || (signal ? `QEMU killed by ${signal}` : `QEMU ended with status ${code}`);
          const outcome = markers.result(how);
          if (code !== finished) throw new FailedRun(`the benchmark ${benchmark.name} did not end well: ${how}`);
          resolve({ ...outcome, seconds: (time.end - time.start) / 1000 });
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}

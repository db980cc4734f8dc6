// Runs a benchmark image in this machine. Called by machine.ts.

import { readFile } from "node:fs/promises";
import { Pc } from "../boot/index.js";
import { FailedRun, UserError } from "../errors.js";
import { describeStop } from "../machine/index.js";
import { MiB } from "../units.js";
import type { Benchmark } from "./machine-catalog.js";
import { Markers } from "./machine-markers.js";
import { exitValue, guestMemoryMiB, imageUrl, runLimitSeconds, type Run, type Runner } from "./machine-runner.js";

/** Steps between two looks at the clock. */
const CHUNK = 10_000_000;

export class OwnRunner implements Runner {
  readonly name = "shootdown";

  constructor(private readonly compile = true) {}

  async run(benchmark: Benchmark, operations: number): Promise<Run> {
    const file = imageUrl(benchmark.name);
    const image = await readFile(file).catch(() => {
      throw new UserError(`the benchmark image is not at ${file.pathname}: build the project first`);
    });
    const pc = await Pc.create({ cpus: benchmark.cpus, memory: guestMemoryMiB * MiB, compile: this.compile });
    const { machine } = pc;
    const time = { start: 0, end: 0 };
    const instructions = { start: 0, end: 0 };
    const markers = new Markers(benchmark.name, (which) => {
      time[which] = performance.now();
      instructions[which] = machine.counters().instructions;
    });
    pc.serial.onOutput((byte) => markers.feed(String.fromCharCode(byte)));
    pc.load(image, { name: benchmark.name, commandLine: `n=${operations}` });

    const deadline = performance.now() + runLimitSeconds * 1000;
    let stop = machine.run(CHUNK);
    while (stop.kind === "limit" && performance.now() < deadline) stop = machine.run(CHUNK);
    const outcome = markers.result(describeStop(stop));
    if (stop.kind !== "exit" || stop.value !== exitValue) {
      throw new FailedRun(`the benchmark ${benchmark.name} did not end well: ${describeStop(stop)}`);
    }
    return {
      ...outcome,
      seconds: (time.end - time.start) / 1000,
      instructions: instructions.end - instructions.start,
    };
  }
}

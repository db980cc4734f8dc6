// Runs the guest kernel once, with one workload under one flush policy, and returns all figures.

import { readFile } from "node:fs/promises";
import { Pc } from "../boot/index.js";
import { FailedRun, UserError } from "../errors.js";
import type { Counters, TlbPreset } from "../machine/index.js";
import { describeStop } from "../machine/index.js";
import type { Progress } from "../report/index.js";
import { Tracer, type TraceOptions } from "../trace/index.js";
import { OutputReader } from "./migrate-output.js";

export interface MigrateOptions {
  readonly workload: string;
  readonly cpus: number;
  readonly memory: number;
  readonly fastMemory: number;
  readonly tlb: TlbPreset;
  readonly seed: number;
  /** Where to record the run, if that is wanted. */
  readonly trace?: TraceOptions;
}

export interface PolicyRun {
  readonly policy: string;
  readonly commandLine: string;
  readonly steps: number;
  /** Virtual time at the end, in ticks of one nanosecond. */
  readonly ticks: number;
  readonly stateHash: string;
  readonly checksums: readonly string[];
  /** The kernel's own counters. */
  readonly vmstat: Readonly<Record<string, number>>;
  /** The machine's counters, over all CPUs and for each. */
  readonly counters: Counters;
  readonly perCpu: readonly Counters[];
}

const CHUNK = 10_000_000;
/** With a trace, whose events have to be written in between. */
const TRACED_CHUNK = 1_000_000;

/** The kernel image that is shipped beside the bundle. */
export async function kernelImage(): Promise<Uint8Array> {
  const file = new URL("guest/kernel.elf", import.meta.url);
  try {
    return await readFile(file);
  } catch {
    throw new UserError(`the guest kernel is not at ${file.pathname}: build the project first`);
  }
}

export async function runPolicy(policy: string, options: MigrateOptions, progress: Progress): Promise<PolicyRun> {
  const image = await kernelImage();
  const pc = await Pc.create(options);
  const reader = new OutputReader();
  pc.serial.onOutput((byte) => reader.push(byte));
  const commandLine = `init=${options.workload} tlb=${policy}`;
  pc.load(image, { commandLine });

  const { machine } = pc;
  const tracer = options.trace && (await Tracer.open(machine, options.trace));
  const chunk = tracer ? TRACED_CHUNK : CHUNK;
  const started = performance.now();
  let stop = machine.run(chunk);
  while (stop.kind === "limit") {
    await tracer?.flush();
    const rate = machine.steps / (performance.now() - started) / 1000;
    progress.update(reader.output.progress, `${Math.round(machine.steps / 1e6)} M instructions, ${Math.round(rate)} MIPS`);
    await new Promise((done) => setImmediate(done));
    stop = machine.run(chunk);
  }
  await tracer?.close();
  const ended = stop.kind === "power-off" || (stop.kind === "exit" && stop.value === 0);
  if (!ended) {
    const last = reader.tail(3).join(" | ");
    throw new FailedRun(`${options.workload} under ${policy} failed: ${describeStop(stop)}; the kernel's last words: ${last}`);
  }
  const { vmstat, checksums } = reader.output;
  if (checksums.length === 0) throw new FailedRun(`${options.workload} under ${policy} printed no checksum`);
  return {
    policy, commandLine, vmstat, checksums,
    steps: machine.steps,
    ticks: Number(machine.clock),
    stateHash: machine.stateHash().toString(16).padStart(16, "0"),
    counters: machine.counters(),
    perCpu: Array.from({ length: options.cpus }, (_, cpu) => machine.counters(cpu)),
  };
}

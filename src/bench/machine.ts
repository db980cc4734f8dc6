// `shootdown bench machine`: how fast the machine itself is, in instructions or operations a second,
// and next to QEMU with `--vs qemu`. The face of the machine*.ts files; the command line calls it.

import { cpus } from "node:os";
import { UserError } from "../errors.js";
import { startProgress } from "../report/index.js";
import { benchmarks, type Benchmark } from "./machine-catalog.js";
import { measure, type Row } from "./machine-measure.js";
import { OwnRunner } from "./machine-own.js";
import { QemuRunner, qemuVersion } from "./machine-qemu.js";

export interface MachineBenchOptions {
  /** Names from the catalogue; all if left out. */
  readonly only?: readonly string[];
  /** Run every image in QEMU too, in turn. */
  readonly vsQemu?: boolean;
  /** Whether this machine compiles hot code. Default true. */
  readonly compile?: boolean;
}

/** Everything measured, as `--json` writes it. */
export interface MachineBenchResult {
  readonly host: { readonly cpu: string; readonly cores: number; readonly node: string };
  /** Version line of what was compared with. */
  readonly against?: string;
  readonly rows: readonly Row[];
}

export const MACHINE_BENCHMARKS: readonly string[] = benchmarks.map((benchmark) => benchmark.name);

function chosen(only: readonly string[]): readonly Benchmark[] {
  const unknown = only.find((name) => !MACHINE_BENCHMARKS.includes(name));
  if (unknown !== undefined) {
    throw new UserError(`there is no benchmark "${unknown}": choose from ${MACHINE_BENCHMARKS.join(", ")}`);
  }
  return only.length === 0 ? benchmarks : benchmarks.filter((benchmark) => only.includes(benchmark.name));
}

export async function benchMachine(options: MachineBenchOptions = {}): Promise<MachineBenchResult> {
  const selected = chosen(options.only ?? []);
  const against = options.vsQemu ? qemuVersion() : undefined;
  if (options.vsQemu && against === undefined) {
    throw new UserError("qemu-system-x86_64 cannot be run: install the package qemu-system-x86");
  }
  const own = new OwnRunner(options.compile);
  const other = against === undefined ? undefined : new QemuRunner();
  const progress = startProgress("bench machine");
  const rows: Row[] = [];
  try {
    for (const [index, benchmark] of selected.entries()) {
      rows.push(await measure(own, other, benchmark, (done, note) => {
        progress.update((index + done) / selected.length, `${benchmark.title}: ${note}`);
      }));
    }
  } finally {
    progress.done();
  }
  return {
    host: { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version },
    ...(against === undefined ? {} : { against }),
    rows,
  };
}

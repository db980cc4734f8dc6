// Measures one benchmark on one machine or two. Called by machine.ts.
//
// An image is run a first time with a fixed number of operations, whose checksum has to be the same
// everywhere; then the number is raised until a run takes about a second; then it is run three times,
// both machines in turn (A B A B A B), so that whatever else the host does falls on both. The median counts.

import type { Benchmark } from "./machine-catalog.js";
import type { Run, Runner } from "./machine-runner.js";

export interface Measured {
  /** Rates of the single runs, in the order they were made, in the benchmark's unit per second. */
  readonly rates: readonly number[];
  readonly median: number;
  readonly operations: number;
}

export interface Row {
  readonly benchmark: Benchmark;
  /** The checksum of the first run on this machine. */
  readonly checksum: string;
  readonly instructionsPerOperation: number;
  readonly own: Measured;
  readonly other?: Measured & { readonly ratio: number; readonly checksumEqual: boolean };
}

const rounds = 3;
const wantedSeconds = 1.2;
/** A shorter run says too little about the rate to size the next one by. */
const tellingSeconds = 0.25;
/** How far one run may be extrapolated: the first ones run code that the host has not compiled yet. */
const largestStep = 50;

interface Sized {
  readonly first: Run;
  readonly operations: number;
}

async function size(runner: Runner, benchmark: Benchmark): Promise<Sized> {
  const first = await runner.run(benchmark, benchmark.firstOperations);
  let run = first;
  while (run.seconds < tellingSeconds) {
    const factor = Math.min(largestStep, (1.5 * tellingSeconds) / Math.max(run.seconds, 1e-4));
    run = await runner.run(benchmark, Math.ceil(run.operations * factor));
  }
  return { first, operations: Math.max(1, Math.round((run.operations * wantedSeconds) / run.seconds)) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function measured(runs: readonly Run[], unitsPerOperation: number): Measured {
  const rates = runs.map((run) => (run.operations * unitsPerOperation) / run.seconds);
  return { rates, median: median(rates), operations: runs[0]?.operations ?? 0 };
}

/** `say` gets the share that is done, 0 to 1, and what is being done. */
export async function measure(
  own: Runner,
  other: Runner | undefined,
  benchmark: Benchmark,
  say: (done: number, note: string) => void,
): Promise<Row> {
  say(0, "sizing the run");
  const ownSize = await size(own, benchmark);
  const otherSize = other && (await size(other, benchmark));
  const ownRuns: Run[] = [];
  const otherRuns: Run[] = [];
  for (let round = 1; round <= rounds; round++) {
    say(round / (rounds + 1), `round ${round} of ${rounds}`);
    ownRuns.push(await own.run(benchmark, ownSize.operations));
    if (other && otherSize) otherRuns.push(await other.run(benchmark, otherSize.operations));
  }

  // Only this machine counts instructions. The image is the same, so the other's rate uses its figure.
  const instructionsPerOperation = median(ownRuns.map((run) => (run.instructions ?? Number.NaN) / run.operations));
  const unitsPerOperation = benchmark.unit === "instructions" ? instructionsPerOperation : 1;
  const row = {
    benchmark,
    checksum: ownSize.first.checksum,
    instructionsPerOperation,
    own: measured(ownRuns, unitsPerOperation),
  };
  if (!otherSize) return row;
  const theirs = measured(otherRuns, unitsPerOperation);
  return {
    ...row,
    other: {
      ...theirs,
      ratio: row.own.median / theirs.median,
      checksumEqual: otherSize.first.checksum === ownSize.first.checksum,
    },
  };
}

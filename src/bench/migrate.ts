// `shootdown bench migrate`: one workload, run under each flush policy on machines that are alike in
// everything else, and compared with the first.

import { availableParallelism } from "node:os";
import { FailedRun } from "../errors.js";
import { startProgressGroup, type TableContent } from "../report/index.js";
import { type Figure, FIGURES } from "./migrate-figures.js";
import type { MigrateOptions, PolicyRun } from "./migrate-run.js";
import { traceFileFor } from "../trace/index.js";
import { runPolicyAside } from "./migrate-worker.js";

export const WORKLOADS = ["lookup", "churn", "tlbflush"] as const;
export const FLUSH_POLICIES = ["sync", "migrc-v3", "migrc-safe"] as const;

export interface Comparison {
  readonly options: MigrateOptions;
  readonly runs: readonly PolicyRun[];
}

/** Runs every policy. Checksums that differ are an error: a policy must not change what is computed. */
export async function comparePolicies(policies: readonly string[], options: MigrateOptions): Promise<Comparison> {
  const progress = startProgressGroup(policies.map((policy) => `${options.workload} under ${policy}`));
  const runs: PolicyRun[] = [];
  const { trace } = options;
  // Of several policies each has a file of its own.
  const optionsFor = (policy: string): MigrateOptions =>
    trace && policies.length > 1 ? { ...options, trace: { ...trace, file: traceFileFor(trace.file, policy) } } : options;
  try {
    // As many at a time as there are processors: a run is one busy thread.
    const width = availableParallelism();
    for (let i = 0; i < policies.length; i += width) {
      const batch = policies.slice(i, i + width);
      runs.push(...(await Promise.all(batch.map((policy, n) => runPolicyAside(policy, optionsFor(policy), progress.each[i + n]!)))));
    }
  } finally {
    progress.done();
  }
  const comparison = { options, runs };
  checkChecksums(comparison);
  return comparison;
}

function checkChecksums({ options, runs }: Comparison): void {
  const [first, ...others] = runs;
  for (const other of others) {
    if (first!.checksums.join("\n") !== other.checksums.join("\n")) {
      throw new FailedRun(
        `${options.workload} computed "${first!.checksums.join("; ")}" under ${first!.policy} but "${other.checksums.join("; ")}" under ${other.policy}`,
      );
    }
  }
}

function shown(figure: Figure, value: number): string {
  return figure.share ? `${(value * 100).toFixed(1)} %` : value.toLocaleString("en-US");
}

/** How `value` differs from `base`, in percent. */
function change(figure: Figure, base: number, value: number): string {
  if (figure.share) return "";
  if (base === 0) return value === 0 ? "" : "new";
  const percent = ((value - base) / base) * 100;
  return `${percent > 0 ? "+" : ""}${percent.toFixed(1)} %`;
}

/** The comparison as a table; counted and modelled figures apart. */
export function migrateTable({ runs }: Comparison): TableContent {
  const [first, ...others] = runs;
  const rows = (by: Figure["by"], kind: Figure["kind"]) =>
    FIGURES.filter((figure) => figure.by === by && figure.kind === kind).map((figure) => {
      const base = figure.value(first!);
      const compared = others.flatMap((run) => [
        shown(figure, figure.value(run)), change(figure, base, figure.value(run)),
      ]);
      return [figure.title, shown(figure, base), ...compared];
    });
  return {
    head: ["", first!.policy, ...others.flatMap((run) => [run.policy, "change"])],
    align: ["left", "right", ...others.flatMap(() => ["right", "right"] as const)],
    sections: [
      { title: "counted by the kernel", rows: rows("kernel", "counted") },
      { title: "counted by the machine", rows: rows("machine", "counted") },
      { title: "modelled (cycles, from the cost table)", rows: rows("machine", "modelled") },
    ],
  };
}

/** The comparison for programs: every figure of the table, and all counters behind them. */
export function migrateJson({ options, runs }: Comparison): unknown {
  return {
    version: 1,
    options,
    runs: runs.map((run) => ({
      ...run,
      figures: Object.fromEntries(FIGURES.map((figure) => [figure.key, figure.value(run)])),
    })),
  };
}

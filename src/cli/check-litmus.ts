// Litmus tests and translation scenarios of `shootdown check`: explored, and shown as herd shows them.

import { exploreLitmus, type LitmusFound, litmusReport, type LitmusTest, type SavedLitmus, scenarioHash } from "../index.js";
import type { Checked } from "./check-report.js";
import { readSearch, type SearchFlags, type Watch, writeSearch } from "./check-search.js";
import { strategyOf, type StrategyFlags } from "./check-strategy.js";

export interface LitmusFlags extends SearchFlags, StrategyFlags {
  readonly storeBuffers?: boolean;
  readonly witness?: boolean;
  readonly scheduleOut?: string;
}

export async function checkLitmus(test: LitmusTest, flags: LitmusFlags, watch: Watch): Promise<Checked> {
  const { storeBuffers = true } = flags;
  const strategy = strategyOf(flags, "exhaustive");
  const scenario = scenarioHash(test.source, `store buffers ${storeBuffers ? "on" : "off"}`);
  const resume = flags.resume === undefined ? undefined : await readSearch<LitmusFound>(flags.resume, scenario, strategy.title);
  let saved: SavedLitmus | undefined;
  const result = await exploreLitmus(test, {
    storeBuffers, witness: flags.witness === true || flags.scheduleOut !== undefined, strategy,
    progress: watch.search(test.name, flags.timeout), save: (run) => void (saved = run), ...(resume ? { resume } : {}),
  });
  if (saved && flags.save !== undefined) await writeSearch(flags.save, { scenario, strategy: strategy.title, ...saved });
  return { ok: result.ok, json: result, found: { kind: "test", scenario: test, result }, report: litmusReport(test, result, storeBuffers), schedule: result.witness?.schedule };
}

// A litmus test's result as herd prints it, with what was covered: people compare the two line by line.

import type { Coverage } from "../explore/strategy.js";
import type { LitmusResult } from "../outcomes.js";
import type { LitmusTest } from "../scenario/scenario.js";
import type { Report } from "./report.js";

const WORDS = { exists: "Allowed", "~exists": "Forbidden", forall: "Required" } as const;

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

/** What was looked at, in words that claim no more than it. */
function coverageText(coverage: Coverage, storeBuffers: boolean): string {
  const { states, transitions, asleep, depth } = coverage;
  const figures = [
    ...(states === undefined ? [] : [count(states, "state")]), count(transitions, "transition"),
    ...(asleep ? [`${asleep} that commute left out`] : []), `depth ${depth}`,
    `store buffers ${storeBuffers ? "on" : "off"}`,
  ].join(", ");
  switch (coverage.kind) {
    case "all": {
      const bound = coverage.preemptions === undefined ? "" : ` with at most ${count(coverage.preemptions, "preemption")}`;
      return `all executions${bound} (${figures})`;
    }
    case "sampled":
      return `${count(coverage.runs, "sampled execution")}, which proves nothing (${figures})`;
    case "partial":
      return `a part: ${coverage.why} (${figures})`;
  }
}

/** The result, with the execution that shows what the condition asks about. */
export function litmusReport(litmus: LitmusTest, result: LitmusResult, storeBuffers: boolean): Report {
  const lead = litmus.condition.quantifier === "forall" ? "Against it:" : "One execution that shows it:";
  return { title: litmus.name, text: litmusText(litmus, result, storeBuffers), ...(result.witness ? { shown: { lead, ...result.witness } } : {}) };
}

function litmusText(litmus: LitmusTest, result: LitmusResult, storeBuffers: boolean): string {
  const { quantifier, source } = litmus.condition;
  const positive = result.holding.length;
  const lines = [
    `Test ${result.name} ${WORDS[quantifier]}`,
    `States ${result.states.length}`,
    ...result.states.map((state) => (result.holding.includes(state) ? `${state} *` : state)),
    result.ok ? "Ok" : "No",
    `Condition ${source.text.replaceAll(/\s+/g, " ")}`,
    `Observation ${result.name} ${result.observation} ${positive} ${result.states.length - positive}`,
    `Covered ${coverageText(result.coverage, storeBuffers)}`,
  ];
  if (result.stuck > 0) lines.push(`Stuck ${count(result.stuck, "final state")} in which somebody waits for ever`);
  return lines.join("\n");
}

// A litmus test's result as herd prints it, with what was covered: people compare the two line by line.

import type { LitmusResult } from "../outcomes.js";
import type { Litmus } from "../scenario/litmus.js";

const WORDS = { exists: "Allowed", "~exists": "Forbidden", forall: "Required" } as const;

/** What was looked at, in words that claim no more than it. */
function coverage(result: LitmusResult, storeBuffers: boolean): string {
  const { states, transitions, depth, complete } = result.coverage;
  const space = `${states} states, ${transitions} transitions, depth ${depth}, store buffers ${storeBuffers ? "on" : "off"}`;
  return complete ? `all executions (${space})` : `not all executions: stopped after ${space}`;
}

export function litmusText(litmus: Litmus, result: LitmusResult, storeBuffers: boolean): string {
  const { quantifier, source } = litmus.condition;
  const positive = result.holding.length;
  const lines = [
    `Test ${result.name} ${WORDS[quantifier]}`,
    `States ${result.states.length}`,
    ...result.states.map((state) => (result.holding.includes(state) ? `${state} *` : state)),
    result.ok ? "Ok" : "No",
    `Condition ${source.text.replaceAll(/\s+/g, " ")}`,
    `Observation ${result.name} ${result.observation} ${positive} ${result.states.length - positive}`,
    `Covered ${coverage(result, storeBuffers)}`,
  ];
  if (result.stuck > 0) lines.push(`Stuck ${result.stuck} executions come to a state in which nobody can go on`);
  return lines.join("\n");
}

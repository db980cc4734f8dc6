// A kernel scenario's verdict under one policy, in words that claim no more than what was looked at.

import type { Coverage, Figures } from "../explore/strategy.js";
import type { KernelCheck } from "../kernel/check.js";
import type { KernelScenario, PolicyExpectation } from "../scenario/kernel.js";
import { pasteSchedule } from "../schedule/file.js";
import type { Freedoms, Space, CheckVerdict } from "../verdict.js";
import type { Report } from "./report.js";

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

const figuresText = ({ states, transitions, depth }: Figures): string =>
  [...(states === undefined ? [] : [count(states, "state")]), count(transitions, "transition"), `depth ${depth}`].join(", ");

const freedomsText = ({ tlbAdversary, storeBuffers, switchWords = 0 }: Freedoms): string =>
  `TLB adversary ${tlbAdversary ? "on" : "off"}, store buffers ${storeBuffers ? "on" : "off"}, switches at ${count(switchWords, "word")}`;

function allText({ preemptions, collisionLog2 }: Space): string {
  const bound = preemptions === undefined ? "" : ` with at most ${count(preemptions, "preemption")}`;
  return `all executions${bound} (but for odds of 2^${collisionLog2} that two states had one hash)`;
}

function partText(coverage: Exclude<Coverage, { kind: "all" }>): string {
  return coverage.kind === "sampled" ? count(coverage.runs, "sampled execution") : `a part of the executions: ${coverage.why}`;
}

/** What was looked at for a verdict that names no violation. */
export function spaceText(verdict: Exclude<CheckVerdict, { kind: "violation" }>): string {
  return verdict.kind === "none" ? allText(verdict.space) : partText(verdict.coverage);
}

/** The verdict in a line. */
export function verdictText(verdict: CheckVerdict): string {
  switch (verdict.kind) {
    case "violation":
      return `Violation ${verdict.finding.text}`;
    case "none":
      return `None in ${spaceText(verdict)}`;
    case "unproved":
      return `None in ${spaceText(verdict)}, which proves nothing`;
  }
}

/** Whether the verdict is what the scenario says of the policy. A search that proves nothing does not show that there is none. */
export const asExpected = (verdict: CheckVerdict, expected: PolicyExpectation["expected"]): boolean => verdict.kind === expected;

/** The result of a check, with the execution that shows a violation. */
export function kernelReport(scenario: KernelScenario, check: KernelCheck, expected: PolicyExpectation["expected"]): Report {
  const { verdict, figures, freedoms, words, witness } = check;
  const lines = [
    `Scenario ${check.name} under ${check.policy}${words.length > 0 ? ` with ${words.join(" ")}` : ""}`,
    verdictText(verdict),
    `Condition ${scenario.condition.source.text.replaceAll(/\s+/g, " ")}`,
    `Looked at ${figuresText(figures)}; ${freedomsText(freedoms)}`,
    asExpected(verdict, expected) ? "As expected" : `Not as expected: ${expected === "none" ? "no violation" : "a violation"}`,
  ];
  const title = `${check.name} under ${check.policy}`;
  if (!witness) return { title, text: lines.join("\n") };
  const { schedule, execution } = witness;
  if (typeof execution === "string") return { title, text: [...lines, `No table: ${execution}`, pasteSchedule(schedule)].join("\n") };
  return { title, text: lines.join("\n"), shown: { lead: "An execution that shows it:", schedule, execution } };
}

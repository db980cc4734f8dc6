// All that was checked, as a document: the answer to the mail's question, what each policy did in each kernel scenario, the
// executions that show violations, and the outcomes of bare programs. The words are written here, by hand; what they
// say depends on what was found, and where nothing was they say so.

import type { KernelCheck } from "../kernel/check.js";
import type { LitmusResult } from "../outcomes.js";
import type { KernelScenario } from "../scenario/kernel.js";
import type { LitmusTest } from "../scenario/scenario.js";
import { pasteSchedule } from "../schedule/file.js";
import { answer } from "./answer.js";
import { executionText } from "./execution-text.js";
import { asExpected, spaceText, verdictText } from "./kernel-text.js";

export interface CheckedKernel {
  readonly kind: "kernel";
  readonly file: string;
  readonly scenario: KernelScenario;
  readonly check: KernelCheck;
  readonly expected: "none" | "violation";
  readonly seconds: number;
}

export interface CheckedTest {
  readonly kind: "test";
  readonly file: string;
  readonly scenario: LitmusTest;
  readonly result: LitmusResult;
  readonly seconds: number;
}

export type CheckedScenario = CheckedKernel | CheckedTest;

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;

const large = new Intl.NumberFormat("en");
const time = (seconds: number): string => (seconds < 10 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`);

/** The verdict in a word or two, and what was looked at. */
function kernelRow({ check, expected, seconds }: CheckedKernel): string[] {
  const { verdict, figures, freedoms, policy, words } = check;
  const found = verdict.kind === "violation" ? `**violation**: \`${verdict.finding.text}\`` : verdict.kind === "none" ? "none" : "not known";
  const space = verdict.kind === "violation" ? "up to the first" : spaceText(verdict);
  const states = figures.states === undefined ? `${large.format(figures.executions)} executions` : `${large.format(figures.states)} states`;
  const looked = `${space}; ${states}, ${freedoms.switchWords} switch words, TLB adversary ${freedoms.tlbAdversary ? "on" : "off"}, store buffers ${freedoms.storeBuffers ? "on" : "off"}`;
  return [`\`${policy}\`${words.length > 0 ? ` \`${words.join(" ")}\`` : ""}`, found, asExpected(verdict, expected) ? "yes" : "**no**", looked, time(seconds)];
}

function kernelSection(checks: readonly CheckedKernel[]): string[] {
  const [{ scenario, file }] = checks as [CheckedKernel, ...CheckedKernel[]];
  const lines = [
    `### ${scenario.name}`, "", `${scenario.stake} (\`${file}\`).`, "",
    row(["policy", "violation", "as expected", "what was looked at", "time"]), row(["---", "---", "---", "---", "---:"]),
    ...checks.map((check) => row(kernelRow(check))),
  ];
  for (const { check } of checks) {
    if (!check.witness) continue;
    const { execution, schedule } = check.witness;
    lines.push("", `${verdictText(check.verdict)}, under \`${check.policy}\`:`, "", "```", typeof execution === "string" ? `No table: ${execution}` : executionText(execution), pasteSchedule(schedule), "```");
  }
  return lines;
}

/** Checks of one scenario, one after the other as they came. */
function byScenario(checks: readonly CheckedKernel[]): CheckedKernel[][] {
  const groups = new Map<string, CheckedKernel[]>();
  for (const check of checks) groups.set(check.file, [...(groups.get(check.file) ?? []), check]);
  return [...groups.values()];
}

function testRow({ file, result, scenario, seconds }: CheckedTest): string {
  const { coverage } = result;
  const looked = coverage.kind === "all"
    ? `all executions${coverage.preemptions === undefined ? "" : ` with at most ${coverage.preemptions} preemptions`}, ${large.format(coverage.states ?? 0)} states`
    : coverage.kind === "partial" ? `a part: ${coverage.why}` : `${coverage.runs} sampled executions`;
  const condition = `\`${scenario.condition.source.text.replaceAll(/\s+/g, " ")}\``;
  return row([`\`${file}\``, condition, result.observation, result.ok ? "yes" : "**no**", looked, time(seconds)]);
}

const isKernel = (checked: CheckedScenario): checked is CheckedKernel => checked.kind === "kernel";
const isTest = (checked: CheckedScenario): checked is CheckedTest => checked.kind === "test";

/** The document. `command` is what made it. */
export function findingsText(checked: readonly CheckedScenario[], command: string): string {
  const kernels = byScenario(checked.filter(isKernel));
  const tests = checked.filter(isTest);
  return [
    "# Findings", "",
    `What the checker found, scenario by scenario. This document is the output of \`${command}\`; times are those of that run.`, "",
    "## Is a flush at the end of mprotect enough?", "",
    ...answer(checked), "",
    ...(kernels.length > 0 ? ["## Kernel scenarios", ""] : []),
    ...kernels.flatMap((checks) => [...kernelSection(checks), ""]),
    ...(tests.length > 0 ? [
      "## Bare programs", "",
      "Litmus tests and translation scenarios, without a kernel. A scenario that passes has a twin that fails, with one flush or barrier less.", "",
      row(["scenario", "condition", "seen", "as it says", "what was looked at", "time"]), row(["---", "---", "---", "---", "---", "---:"]),
      ...tests.map(testRow), "",
    ] : []),
  ].join("\n");
}

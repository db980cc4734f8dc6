// The answer to the question of the mail that this project began with, from what was found. Each sentence stands on one
// verdict, which it names; where that verdict is missing, or another one, the sentence is another one.

import type { CheckedKernel, CheckedScenario, CheckedTest } from "./findings.js";
import { spaceText } from "./kernel-text.js";

const bare = (checked: readonly CheckedScenario[], name: string): CheckedTest | undefined =>
  checked.find((each): each is CheckedTest => each.kind === "test" && each.scenario.kind === "translation" && each.scenario.name === name);

const underPolicy = (checked: readonly CheckedScenario[], name: string, policy: string): CheckedKernel | undefined =>
  checked.find((each): each is CheckedKernel => each.kind === "kernel" && each.scenario.name === name && each.check.policy === policy);

/** Whether the flush at the end is enough, by the program that has it there. */
function first(last: CheckedTest | undefined): string {
  if (last?.result.observation === "Sometimes") {
    return "No. `mail-flush-last` is the question as a program: the page moves to its new copy, its word becomes writable, and then " +
      "comes the flush. An execution of it sees the flag, and then the old copy. A walk finds the writable word as soon as it " +
      "is in memory, so another thread can write the new copy and say so while the flush is still on its way; what the flush " +
      "was to prevent has been seen when it arrives.";
  }
  if (last?.result.observation === "Never" && last.result.coverage.kind === "all") return "As far as `mail-flush-last` can say, it is: none of all executions of it shows the old copy after the flag.";
  return "This run cannot say: `mail-flush-last` was not looked at, or not to its end.";
}

/** What helps, by the program that has the flush before. */
function second(before: CheckedTest | undefined): string[] {
  if (before?.result.observation !== "Never" || before.result.coverage.kind !== "all") return [];
  return ["What is enough is the same flush before the word becomes writable: `mail` has it there, and none of all its executions shows the old copy after the flag."];
}

/** What the kernel makes of it under `policy`. */
function onKernel(checked: readonly CheckedScenario[], policy: string): string {
  const mail = underPolicy(checked, "mail", policy);
  if (!mail) return `Under \`${policy}\` the mail's scenario was not checked.`;
  const { verdict, words } = mail.check;
  const kernel = words.length > 0 ? ` (kernel words \`${words.join(" ")}\`)` : "";
  switch (verdict.kind) {
    case "violation":
      return `Under \`${policy}\`${kernel} the mail's scenario ends with \`${verdict.finding.text}\`: the table below is the execution.`;
    case "none":
      return `Under \`${policy}\`${kernel} it does not happen: ${spaceText(verdict)}.`;
    case "unproved":
      return `Under \`${policy}\`${kernel} it was not seen, which proves nothing here: ${spaceText(verdict)}.`;
  }
}

/** Violations under `policy`, besides the mail's, of scenarios that do not ask for a bug. */
function beyond(checked: readonly CheckedScenario[], policy: string): string[] {
  const names = checked.filter((each): each is CheckedKernel => each.kind === "kernel")
    .filter(({ scenario, check }) => scenario.name !== "mail" && check.policy === policy && check.verdict.kind === "violation")
    .filter(({ check }) => !check.words.some((word) => word.startsWith("bug=")))
    .map(({ scenario }) => `[${scenario.name}](#${scenario.name})`);
  return names.length === 0 ? [] : [`Besides the mail's, \`${policy}\` fails in ${names.join(", ")}.`];
}

/** The answer, in paragraphs. */
export function answer(checked: readonly CheckedScenario[]): string[] {
  return [
    [first(bare(checked, "mail-flush-last")), ...second(bare(checked, "mail"))].join(" "),
    "",
    [onKernel(checked, "sync"), onKernel(checked, "migrc-v3"), ...beyond(checked, "migrc-v3"), onKernel(checked, "migrc-safe"), ...beyond(checked, "migrc-safe")].join(" "),
  ];
}

// The project's kernel scenarios, and what is said of a search of one.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bounded, checkKernel, FLUSH_POLICIES, kernelReport, type KernelScenario, parseScenario, shippedKernel } from "shootdown";
import { verdictText } from "../../src/check/report/kernel-text.ts";
import { verdictOf } from "../../src/check/verdict.ts";

const FOLDER = "guest/scenarios/kernel";

const scenarios = readdirSync(FOLDER).map((file) => {
  const name = file.replace(".litmus", "");
  return { name, scenario: parseScenario(file, readFileSync(join(FOLDER, file), "utf8")) as KernelScenario };
});

const events = ({ columns }: KernelScenario): string[][] => columns.map((column) => column.map(({ source }) => source.text));
const expectsViolation = ({ policies }: KernelScenario): boolean => policies.some(({ expected }) => expected === "violation");
const question = ({ locations, condition }: KernelScenario): string => JSON.stringify([locations, condition.source.text], (_, v: unknown) => (typeof v === "bigint" ? String(v) : v));

/** Whether `columns` are `others`, or lack one event of them. */
function atMostOneLess(columns: string[][], others: string[][]): boolean {
  const missing = others.flatMap((column, i) => (column.join("\n") === columns[i]?.join("\n") ? [] : [i]));
  if (missing.length === 0) return true;
  const [i] = missing;
  const column = columns[i!];
  return missing.length === 1 && column !== undefined &&
    others[i!]!.some((_, at, all) => all.filter((_event, other) => other !== at).join("\n") === column.join("\n"));
}

test("every kernel scenario says which policies it is for", () => {
  for (const { name, scenario } of scenarios) {
    assert.equal(scenario.name, name);
    assert.ok(scenario.policies.length > 0, name);
    for (const { policy } of scenario.policies) assert.ok((FLUSH_POLICIES as readonly string[]).includes(policy), `${name}: ${policy}`);
    assert.ok(scenario.policies.every(({ policy, expected }) => policy !== "sync" || expected === "none" || scenario.words.some((word) => word.startsWith("bug=")) || name.includes("-without-")), `${name}: under sync only a kernel with a bug fails`);
  }
});

for (const { name, scenario } of scenarios.filter((other) => !expectsViolation(other.scenario))) {
  test(`${name} is expected of no policy, and has a twin of which it is: a kernel with a bug, or one event less`, () => {
    const twins = scenarios.filter((other) =>
      expectsViolation(other.scenario) && question(other.scenario) === question(scenario) && atMostOneLess(events(other.scenario), events(scenario)));
    assert.ok(twins.length > 0);
  });
}

test("a bug that the kernel is given is found on the real kernel, and shown by an execution", async () => {
  const { scenario } = scenarios.find(({ name }) => name === "bug-nested-flush")!;
  const check = await checkKernel(scenario, "sync", { image: await shippedKernel(), strategy: bounded(2) });
  assert.deepEqual(check.verdict, { kind: "violation", finding: { kind: "condition", text: "1:r1=1;" } });
  assert.ok(check.witness!.schedule.transitions.length > 0);
  const { text } = kernelReport(scenario, check, "violation");
  assert.match(text, /^Scenario bug-nested-flush under sync with bug=nested-flush\nViolation 1:r1=1;\nCondition exists \(1:r1=1\)\nLooked at .*\nAs expected/);
  assert.match(kernelReport(scenario, check, "none").text, /\nNot as expected: no violation/);
});

test("a verdict claims no more than what was looked at", () => {
  const figures = { executions: 7, transitions: 90, depth: 20 };
  const freedoms = { tlbAdversary: true, storeBuffers: false, switchWords: 3 };
  const said = (...[coverage]: [Parameters<typeof verdictOf>[0]]) => verdictText(verdictOf(coverage, freedoms));
  assert.equal(said({ kind: "all", states: 1024, ...figures }), "None in all executions (but for odds of 2^-108 that two states had one hash)");
  assert.equal(said({ kind: "all", preemptions: 1, states: 1024, ...figures }), "None in all executions with at most 1 preemption (but for odds of 2^-108 that two states had one hash)");
  assert.equal(said({ kind: "sampled", runs: 7, ...figures }), "None in 7 sampled executions, which proves nothing");
  assert.equal(said({ kind: "partial", why: "it was interrupted", ...figures }), "None in a part of the executions: it was interrupted, which proves nothing");
});

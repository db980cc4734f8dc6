// What was checked, as a document: its answer stands on verdicts, and says so where they are missing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  type CheckedScenario, exploreLitmus, findingsText, type KernelScenario, type LitmusTest, parseScenario, shippedScenarios,
} from "shootdown";

const kernelText = (name: string): string => `Kernel ${name}
"what is at stake"
{ page p = 0 rw; }
 P0    | P1     ;
 p = 1 | r0 = p ;
exists (1:r0=2)
`;

function kernelResult(name: string, policy: string, violation: boolean, words: readonly string[] = []): CheckedScenario {
  const figures = { executions: 3, transitions: 20, depth: 9, states: 1234 };
  const freedoms = { tlbAdversary: true, storeBuffers: false, switchWords: 5 };
  return {
    kind: "kernel", file: `kernel/${name}.litmus`, scenario: parseScenario(name, kernelText(name)) as KernelScenario,
    expected: violation ? "violation" : "none", seconds: 1.25,
    check: {
      name, policy, words, figures, freedoms,
      verdict: violation ? { kind: "violation", finding: { kind: "condition", text: "1:r0=2;" } }
        : { kind: "none", space: { ...freedoms, figures, preemptions: 2, collisionLog2: -100 } },
    },
  };
}

async function testResult(name: string): Promise<CheckedScenario> {
  const { file, text } = (await shippedScenarios()).find((each) => each.file === `translation/${name}.litmus`)!;
  const scenario = parseScenario(file, text) as LitmusTest;
  return { kind: "test", file, scenario, result: await exploreLitmus(scenario), seconds: 0.5 };
}

test("every scenario of the source tree is shipped, and can be read", async () => {
  const shipped = await shippedScenarios();
  for (const { file, text } of shipped) {
    assert.equal(text, readFileSync(`guest/scenarios/${file}`, "utf8"));
    parseScenario(file, text);
  }
  assert.ok(["tso/", "translation/", "kernel/"].every((folder) => shipped.some(({ file }) => file.startsWith(folder))));
});

test("the mail's question is answered from what was found, and left open where nothing was", async () => {
  const nothing = findingsText([], "shootdown check");
  assert.match(nothing, /This run cannot say: `mail-flush-last` was not looked at/);
  assert.match(nothing, /Under `migrc-v3` the mail's scenario was not checked\./);
  const found = findingsText([
    await testResult("mail-flush-last"), await testResult("mail"), kernelResult("mail", "sync", false),
    kernelResult("mail", "migrc-v3", true), kernelResult("other", "migrc-v3", true), kernelResult("old", "migrc-v3", true, ["bug=old"]),
  ], "shootdown check --all");
  assert.match(found, /\nNo\. `mail-flush-last` is the question as a program/);
  assert.match(found, /What is enough is the same flush before the word becomes writable/);
  assert.match(found, /Under `sync` it does not happen: all executions with at most 2 preemptions/);
  assert.match(found, /Under `migrc-v3` the mail's scenario ends with `1:r0=2;`/);
  assert.match(found, /Besides the mail's, `migrc-v3` fails in \[other\]\(#other\)\./);
  assert.match(found, /Under `migrc-safe` the mail's scenario was not checked\./);
});

test("each scenario has a row for each policy: verdict, whether it was expected, what was looked at, time", () => {
  const text = findingsText([kernelResult("a", "sync", false), kernelResult("a", "migrc-v3", true)], "x");
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  assert.deepEqual(rows.map((row) => row.split(" | ").length), [5, 5]);
  assert.match(rows[0]!, /^\| `sync` \| none \| yes \| all executions with at most 2 preemptions .*1,234 states, 5 switch words/);
  assert.match(rows[1]!, /^\| `migrc-v3` \| \*\*violation\*\*: `1:r0=2;` \| yes \| up to the first/);
});

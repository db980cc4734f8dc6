// Litmus tests: the machine's outcomes are those that x86-TSO permits, and a text that is not a test is refused with its
// place.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bounded, exploreLitmus, type Litmus, parseScenario, pct, random, UserError } from "shootdown";

const OWN = "guest/scenarios/tso";
/** herd's tests with the final states of its x86 model, where this checkout has them beside it. */
const SHARED = "../shared/litmus";

const litmusFiles = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith(".litmus"));
const parseLitmus = (file: string, text: string) => parseScenario(file, text) as Litmus;
const readLitmus = (folder: string, name: string) => parseLitmus(name, readFileSync(join(folder, name), "utf8"));

/** `0:rax=1; [x]=2;` as a set of its parts that `wanted` names, as text. */
function projected(state: string, wanted: ReadonlySet<string>): string {
  return state.split(";").map((part) => part.trim()).filter((part) => wanted.has(part.split("=")[0]!)).sort().join(" ");
}

for (const name of litmusFiles(OWN)) {
  test(`${name} comes out as its condition says`, async () => {
    const result = await exploreLitmus(readLitmus(OWN, name));
    assert.ok(result.ok, result.states.join("\n"));
    assert.equal(result.coverage.kind, "all");
    assert.equal(result.stuck, 0);
  });
}

test("with enough preemptions the bounded search is the exhaustive one, and with none it finds a part of it", async () => {
  for (const name of litmusFiles(OWN)) {
    const litmus = readLitmus(OWN, name);
    const all = await exploreLitmus(litmus);
    const many = await exploreLitmus(litmus, { strategy: bounded(1000) });
    assert.deepEqual(many.states, all.states, name);
    assert.equal(many.coverage.kind === "all" && many.coverage.preemptions, undefined, name);
    const few = await exploreLitmus(litmus, { strategy: bounded(0) });
    assert.ok(few.states.every((state) => all.states.includes(state)), name);
  }
});

test("what is drawn by chance is among all executions, and a seed draws the same again", async () => {
  for (const strategy of [random(300, 7), pct(300, 3, 7)]) {
    for (const name of litmusFiles(OWN)) {
      const litmus = readLitmus(OWN, name);
      const all = await exploreLitmus(litmus);
      const drawn = await exploreLitmus(litmus, { strategy });
      assert.equal(drawn.coverage.kind, "sampled");
      assert.ok(drawn.states.every((state) => all.states.includes(state)), name);
      assert.deepEqual(await exploreLitmus(litmus, { strategy }), drawn, name);
    }
  }
});

test("a witness is an execution that leads to what the condition asks about", async () => {
  const { witness } = await exploreLitmus(readLitmus(OWN, "SB.litmus"), { witness: true });
  const cells = witness!.execution.rows.flatMap((row) => row.cells);
  assert.deepEqual(cells.map(({ column, what, notes }) => `P${column} ${[what, ...notes].join(": ")}`), [
    "P0 movq (y),%rax: rax = 0: waiting: x = 1", "P1 movq (x),%rax: rax = 0: waiting: y = 1", "P1 y = 1 is seen", "P0 x = 1 is seen",
  ]);
  assert.equal((await exploreLitmus(readLitmus(OWN, "MP.litmus"), { witness: true })).witness, undefined);
});

test("without store buffers no execution of SB reads 0 twice", async () => {
  const result = await exploreLitmus(readLitmus(OWN, "SB.litmus"), { storeBuffers: false });
  assert.equal(result.observation, "Never");
  assert.equal(result.states.length, 3);
});

test("every test of the shared set has exactly herd's final states", { skip: existsSync(SHARED) ? false : "there is no shared set here" }, async () => {
  interface Expected { readonly observation: string; readonly states: readonly string[] }
  const expected = JSON.parse(readFileSync(join(SHARED, "expected.json"), "utf8")) as Record<string, Expected>;
  const folder = join(SHARED, "x86-tso");
  let compared = 0;
  for (const name of litmusFiles(folder)) {
    const litmus = readLitmus(folder, name);
    const result = await exploreLitmus(litmus);
    const { observation, states } = expected[litmus.name]!;
    // A few of herd's lists have locations besides what the condition names.
    const wanted = new Set(litmus.observed.map((o) => (o.kind === "register" ? `${o.column}:${o.name}` : `[${o.name}]`)));
    const theirs = [...new Set(states.map((state) => projected(state, wanted)))].sort();
    assert.deepEqual(result.states.map((state) => projected(state, wanted)).sort(), theirs, name);
    assert.equal(result.observation, observation, name);
    compared++;
  }
  assert.ok(compared > 290);
});

const SB = readFileSync(join(OWN, "SB.litmus"), "utf8");

/** What is wrong with a text, as the user is told. */
function complaint(text: string): string {
  try {
    parseLitmus("t.litmus", text);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }
  return "nothing";
}

test("a mistake is told with file, line, column and what was expected", () => {
  const cases: [string, string, string][] = [
    ["movq $1,(x)", "movz $1,(x)", 't.litmus:5:2: unknown operation "movz": expected mov, xchg,'],
    ["movq $1,(y) ", "movq $1      ", "t.litmus:5:18: mov takes two operands, not 1"],
    ["(x),%rax", "(x),%rux", 't.litmus:6:28: there is no register "%rux"'],
    ["movq (x)", "movq (x)|", 't.litmus:6:27: the table has 2 columns, not 3'],
    ["exists (0:rax=0", "exists (0:rbx=0", "t.litmus:7:9: nobody writes register rbx of P0"],
    ["exists (0:rax=0", "exists (5:rax=0", "t.litmus:7:9: there is no column P5"],
    ["/\\ 1:rax=0)", "/\\ 1:rax)", 't.litmus:7:25: expected "=", found ")"'],
    ["exists", "exsts", "expected a condition: exists, ~exists or forall"],
    ["X86_64", "PPC", "t.litmus:1:1: expected X86_64, Translation or Kernel, and a name"],
    [" P0            | P1            ;\n", "", "t.litmus:4:2: expected the name of a column, P0"],
    ["{ x=0; y=0; }", "{ x=; y=0; }", 't.litmus:3:5: expected a number, found ";"'],
    ["P0            | P1  ", "P0 | P1 | P2 | P3 | P4 | P5 | P6 | P7 | P8", "t.litmus:4:42: a test has at most 8 columns, not 9"],
  ];
  for (const [from, to, message] of cases) {
    assert.ok(SB.includes(from), from);
    const said = complaint(SB.replace(from, to));
    assert.ok(said.includes(message), `${to}: ${said}`);
    assert.equal(said.split("\n").length, 1);
  }
});

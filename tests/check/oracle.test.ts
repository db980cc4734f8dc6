// The machine and an axiomatic model of what TLBs may do give the same outcomes of the same programs. Here a sample;
// `npm run check:all` compares every program of up to five events.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProgram, Source } from "shootdown";
import { CLAUSES, type Clause } from "./oracle/clauses.js";
import { bothForms, disagreements } from "./oracle/compare.js";
import { biased, dice, NARROW, programs, WIDE } from "./oracle/enumerate.js";
import { DETECTS } from "./oracle/mutants.js";
import { oracle } from "./oracle/oracle.js";

const both = bothForms();
const [lazy] = both;

/** Every `n`-th, from a place that the seed decides. */
function* every(n: number, all: Iterable<string>, seed = 0): Generator<string> {
  let i = seed % n;
  for (const text of all) if (i++ % n === 0) yield text;
}

/** Compares both forms, or of programs with many states only the lazy one but for every fifth. */
async function assertAgreement(texts: Iterable<string>, large = false): Promise<void> {
  const found: string[] = [];
  let n = 0;
  for (const text of texts) found.push(...(await disagreements(large && n++ % 5 !== 0 ? [lazy!] : both, text)));
  assert.deepEqual(found, []);
}

test("machine and oracle agree on every program of up to two events", async () => {
  for (const events of [1, 2]) await assertAgreement(programs(WIDE, events));
});

test("machine and oracle agree on a sample of the programs of three events", () => assertAgreement(every(31, programs(WIDE, 3), 5)));

test("machine and oracle agree on a sample of the programs of four events", () => assertAgreement(every(61, programs(NARROW, 4), 7)));

test("machine and oracle agree on a sample of the programs of five events", () => assertAgreement(every(2003, programs(NARROW, 5), 11), true));

test("machine and oracle agree on random programs of six to eight events that flush", () => {
  const roll = dice(1);
  return assertAgreement(Array.from({ length: 150 }, () => biased(roll)), true);
});

for (const clause of Object.keys(CLAUSES) as Clause[]) {
  test(`left out, it would be noticed: ${CLAUSES[clause]}`, async () => {
    const text = DETECTS[clause];
    const program = parseProgram(new Source("program", text));
    assert.notDeepEqual(oracle(program, clause), oracle(program), text);
    assert.deepEqual(await disagreements(both, text), []);
  });
}

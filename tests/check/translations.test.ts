// What the architecture permits a TLB, by programs that would show it: each of these is a sentence of SDM 3A 4.10.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseProgram, ProgramRunner, Source, UserError } from "shootdown";

const runner = new ProgramRunner();
const program = (text: string) => parseProgram(new Source("program", text));

/** The register letters of every outcome: `a0|b`. */
async function registers(text: string): Promise<string[]> {
  const { outcomes } = await runner.run(program(text));
  return [...new Set(outcomes.map((outcome) => outcome.split(" / ")[0]!))].sort();
}

const cases: [string, string, string[]][] = [
  ["a page that is mapped is read", "0R : Lp", ["a"]],
  ["a page that is not mapped faults", "N : Lp", ["F"]],
  ["a store to a read-only page faults", "0R : Sp1", ["F"]],
  ["a store to a writable page is done and read back", "0W : Sp1 ; Lp", [".1"]],
  ["a translation may be used after it has left memory", "0D : PN ; MF ; Lp", ["F", "a"]],
  ["INVLPG ends it on its own CPU", "0D : PN ; INV ; Lp", ["F"]],
  ["INVLPG on one CPU is nothing to another", "0D : PN ; INV ; Sx1 | ?x1 ; Lp", ["|F", "|a"]],
  ["once a newer translation was used, the older does not come back", "0R : P1R ; PN ; MF ; Lp ; Lp", ["FF", "aF", "aa", "bF", "bb"]],
  ["a fault drops what was cached for the address", "0D : PN ; MF ; Lp ; P1R ; MF ; Lp", ["Fb", "aa", "ab"]],
  ["a mapping that was made may not be seen while its store is in the buffer", "N : P0R ; Lp", ["F", "a"]],
  ["a fence makes it seen", "N : P0R ; MF ; Lp", ["a"]],
  ["raising a right needs no invalidation to be seen by others", "0R : P0D ; MF ; Sx1 | ?x1 ; Sp2", ["|."]],
  ["an acknowledged flush ends old translations on its target", "0R : P1R ; FL1 ; Sx1 | ?x1 ; Lp", ["|b"]],
  ["without a fence the flush may be acknowledged before the new word is seen", "0R : P1R ; FU1 ; Sx1 | ?x1 ; Lp", ["|a", "|b"]],
  ["a flush of an idle CPU is acknowledged too", "0R : P1R ; FL1 ; Lx", ["0"]],
  ["two CPUs that flush each other both go on", "0D : FL1 ; Lx | FL0 ; Lx", ["0|0"]],
  ["two CPUs may flush a third at the same time", "0D : FL2 ; Lx | FL2 ; Lx | Lp", ["0|0|a"]],
  ["where the code of a flush lies does not fence it", "N : Lx ; P1R ; FU1 ; Lp", ["0F", "0b"]],
  ["an interrupt may come before a store, which then still waits in the buffer", "N : FL1 ; Lp | P0R", ["F|", "a|"]],
  ["a store through an old writable translation goes to the old frame", "0D : P1R ; MF ; L0 | Sp7", ["7|.", "a|.", "a|F"]],
];

for (const [sentence, text, expected] of cases) {
  test(`${sentence}: ${text}`, async () => {
    assert.deepEqual(await registers(text), [...expected].sort());
  });
}

test("the mail: a CPU may see the flag and then the old copy, and a flush before the new mapping is writable prevents it", async () => {
  const forbidden = "||1a";
  // Page p moves from frame 0 to frame 1, read-only; then it is made writable and written; a third CPU has the old copy.
  const deferred = "0R : P1R ; P1D | ?T1D ; Sp1 ; Xx1 | Lp ; Lx ; MF ; Lp";
  assert.ok((await registers(deferred)).some((r) => /a1a$/.test(r)), forbidden);
  const flushed = "0R : P1R ; FL2 ; P1D | ?T1D ; Sp1 ; Xx1 | Lp ; Lx ; MF ; Lp";
  assert.ok(!(await registers(flushed)).some((r) => /.1a$/.test(r)));
});

test("the fault that may follow the raising of a right is listed apart", async () => {
  const { outcomes, spurious } = await runner.run(program("0R : P0D ; MF ; Sx1 | ?x1 ; Sp2"));
  assert.deepEqual(outcomes, ["|. / 2b1 / 0D"]);
  assert.deepEqual(spurious, ["|F / ab1 / 0D"]);
});

test("a line that is not a program is refused with its place", () => {
  const complaint = (text: string): string => {
    try {
      program(text);
      return "nothing";
    } catch (error) {
      assert.ok(error instanceof UserError);
      return error.message;
    }
  };
  assert.match(complaint("Lp"), /^program:1:1: expected the first value of the page-table word and ":"/);
  assert.match(complaint("2R : Lp"), /^program:1:1: expected the first value/);
  assert.match(complaint("0R : Lp ; Lq"), /^program:1:11: expected an event, one of Lp .* found "Lq"/);
  assert.match(complaint("0R : FL7"), /^program:1:6: expected a CPU from 0 to 3, found 7/);
  assert.match(complaint("0R : Lp | Lp | Lp | Lp | Lp"), /at most 4 columns/);
});

test("random lines are refused in one line or run", async () => {
  const words = fc.constantFrom("Lp", "Sp1", "Xp2", "Lx", "Sx1", "P0R", "PN", "XT1D", "INV", "MF", "FL1", "FU0", "LT", "?x1", ";", "|", ":", "0D", "zz");
  await fc.assert(fc.asyncProperty(fc.array(words, { maxLength: 9 }), async (list) => {
    try {
      await runner.run(program(`0D : ${list.join(" ")}`));
    } catch (error) {
      assert.ok(error instanceof UserError, String(error));
    }
  }), { numRuns: 300 });
});

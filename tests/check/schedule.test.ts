// Schedules: what a check finds can be written down, pasted, made again to the last bit, and made shorter.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import {
  exhaustive, exploreLitmus, formatReport, type Litmus, litmusReport, openSubject, parseScenario, pasteSchedule, random, readPasted, readSchedule, replay,
  type Schedule, UserError, viewTransition, writeSchedule,
} from "shootdown";

const OWN = "guest/scenarios/tso";
const files = readdirSync(OWN).filter((name) => name.endsWith(".litmus"));

function litmusOf(name: string, text: string): Litmus {
  const scenario = parseScenario(name, text);
  assert.equal(scenario.kind, "litmus");
  return scenario as Litmus;
}

const litmusNamed = (name: string) => litmusOf(name, readFileSync(join(OWN, name), "utf8"));

async function scheduleOf(name: string, strategy = exhaustive): Promise<Schedule | undefined> {
  return (await exploreLitmus(litmusNamed(name), { witness: true, strategy })).witness?.schedule;
}

/** Machines that stand at the beginning of a schedule, by its first state: making one takes longer than a replay. */
const subjects = new Map<string, Awaited<ReturnType<typeof openSubject>>>();

async function replayed(schedule: Schedule) {
  const key = JSON.stringify(schedule.start);
  const subject = subjects.get(key) ?? (await openSubject(schedule.start));
  subjects.set(key, subject);
  const start = subject.system.mark();
  try {
    return replay(schedule, subject);
  } finally {
    subject.system.undo(start);
  }
}

const switches = ({ transitions }: Schedule): number =>
  transitions.filter((transition, i) => i > 0 && viewTransition(transition).cpu !== viewTransition(transitions[i - 1]!).cpu).length;

/** What reading and replaying comes to: a verdict, or the one line that says what is wrong. */
async function outcomeOf(read: () => Schedule): Promise<string> {
  try {
    const verdict = await replayed(read());
    return verdict.kind === "same" ? "same" : `departs at step ${verdict.step}: ${verdict.why}`;
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }
}

test("what a file or a pasted string holds is the same execution, to the last bit", async () => {
  let found = 0;
  for (const name of files) {
    const schedule = await scheduleOf(name);
    if (!schedule) continue;
    found++;
    const inFile = readSchedule(new TextEncoder().encode(writeSchedule(schedule)), name);
    assert.deepEqual(inFile, schedule, name);
    const pasted = readPasted(pasteSchedule(schedule));
    assert.deepEqual(pasted.transitions, schedule.transitions, name);
    for (const each of [inFile, pasted]) {
      const verdict = await replayed(each);
      assert.equal(verdict.kind === "same" && verdict.finding?.text, schedule.shows, name);
    }
  }
  assert.ok(found >= 4);
});

test("an execution that was drawn by chance is shrunk to no more switches than the first of an exhaustive search", async () => {
  for (const name of ["SB.litmus", "n6.litmus", "INC.litmus"]) {
    const exhaustively = (await scheduleOf(name))!;
    for (const seed of [1, 2, 3]) {
      const drawn = (await scheduleOf(name, random(500, seed)))!;
      assert.ok(switches(drawn) <= switches(exhaustively), `${name}, seed ${seed}`);
      assert.ok(drawn.transitions.length <= exhaustively.transitions.length, `${name}, seed ${seed}`);
      assert.equal((await replayed(drawn)).kind, "same");
    }
  }
});

test("a replay that departs says at which step", async () => {
  const schedule = (await scheduleOf("SB.litmus"))!;
  const [first, second, ...rest] = schedule.transitions;
  const changed = { ...schedule, transitions: [first!, first!, second!, ...rest] };
  assert.equal(await outcomeOf(() => changed), 'departs at step 2: "P0" cannot happen there');
  const other = { ...schedule, hash: schedule.hash.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) };
  assert.match(await outcomeOf(() => other), /^departs at step 1: the last state has the hash [0-9a-f]{32}, and had [0-9a-f]{32}$/);
});

test("what is no schedule is refused in a line that says why", async () => {
  const schedule = (await scheduleOf("SB.litmus"))!;
  const file = writeSchedule(schedule);
  const pasted = pasteSchedule(schedule);
  const read = (text: string) => outcomeOf(() => readSchedule(new TextEncoder().encode(text), "s.json"));
  assert.equal(await read("{}"), "s.json: this is no schedule");
  assert.equal(await read("not JSON"), "s.json: this is no JSON");
  assert.equal(await read(file.replace('"schedule": 1', '"schedule": 7')), "s.json: this is a schedule of version 7, and version 1 is known here");
  assert.equal(await read(file.replace('"P1 drain"', '"P1 drains"')), 's.json: step 3 is no transition: "P1 drains"');
  assert.equal(await read(file.replace('"shows"', '"show"')), 's.json: "shows" is missing');
  assert.match(await read(file.replace("movq $1,(y)", "movz $1,(y)")), /^schedule:5:18: unknown operation "movz"/);
  assert.equal(await outcomeOf(() => readPasted(pasted.slice(0, -1))), "the pasted schedule is damaged: its check sum is wrong");
  assert.equal(await outcomeOf(() => readPasted(pasted.replace("SD1", "SD9"))), "the pasted schedule is of another version: SD1: is known here, not SD9");
});

test("a thousand mutated schedules are the same, depart, or are refused in one line, and none fails otherwise", async () => {
  const schedule = (await scheduleOf("SB.litmus"))!;
  const file = writeSchedule(schedule);
  const pasted = pasteSchedule(schedule);
  const mutation = fc.tuple(fc.nat(file.length), fc.nat(6), fc.string({ maxLength: 6 }), fc.boolean());
  await fc.assert(fc.asyncProperty(mutation, async ([at, length, text, inFile]) => {
    const mutate = (original: string) => original.slice(0, at % original.length) + text + original.slice((at % original.length) + length);
    const outcome = await outcomeOf(() => (inFile ? readSchedule(new TextEncoder().encode(mutate(file)), "s.json") : readPasted(mutate(pasted))));
    assert.equal(outcome.split("\n").length, 1);
    if (!inFile && mutate(pasted).replaceAll(/\s/g, "") !== pasted) assert.notEqual(outcome, "same");
  }), { numRuns: 1000 });
});

test("an execution is shown at most 100 characters wide, and Markdown and HTML take nothing in it for their own", async () => {
  const text = readFileSync(join(OWN, "SB.litmus"), "utf8").replaceAll(/\b(x|y)\b/g, (name) => name + "_".repeat(60));
  const litmus = litmusOf("<b>|`.litmus", text);
  const report = litmusReport(litmus, await exploreLitmus(litmus, { witness: true }), true);
  const shown = { ...report, title: "<b>&", shown: { ...report.shown!, lead: "<i>" } };
  for (const line of formatReport("text", shown).split("\n")) if (/^[│├┌└]/.test(line)) assert.ok(line.length <= 100, line);
  assert.equal(formatReport("html", shown).match(/<b>|<i>/), null);
  const rows = formatReport("markdown", shown).split("\n").filter((line) => line.startsWith("| #"));
  assert.equal(rows.length, 4);
  for (const row of rows) assert.equal(row.replaceAll("\\|", "").split("|").length, 5, row);
});

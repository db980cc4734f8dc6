// Schedules played by the ordinary machine: what an exploration found happens there too, with TLBs that hold entries, and
// can be travelled through.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  bounded, executionOf, exploreLitmus, formatReport, kernelStart, type KernelScenario, type LitmusTest, openKernel, openSubject,
  parseScenario, pasteSchedule, readPasted, replay, type Schedule, searchKernel, shrunkSchedule, type Stage, stage, subjectOfKernel, Timeline,
  UserError, viewTransition,
} from "shootdown";

const TRANSLATIONS = "guest/scenarios/translation";

async function scheduleOf(file: string, storeBuffers = false): Promise<Schedule | undefined> {
  const test = parseScenario(file, readFileSync(file, "utf8")) as LitmusTest;
  return (await exploreLitmus(test, { witness: true, storeBuffers })).witness?.schedule;
}

const usesOld = ({ transitions }: Schedule): boolean =>
  transitions.map(viewTransition).some((view) => view.kind === "step" && view.old !== undefined);

const staleUses = ({ pc }: Stage): number => {
  const counters = pc.machine.counters();
  return counters.stale_benign + counters.stale_permission + counters.stale_diverged_read + counters.stale_lost_write + counters.stale_reused_frame;
};

const runToEnd = ({ pc, end }: Stage): void => {
  assert.equal(pc.machine.run(end - pc.machine.steps).kind, "limit");
};

test("what a translation scenario shows happens in the ordinary machine, stale uses and all", async () => {
  let stale = 0;
  for (const name of readdirSync(TRANSLATIONS)) {
    const schedule = await scheduleOf(join(TRANSLATIONS, name));
    if (!schedule || name.startsWith("spurious-fault")) continue;
    const played = await stage(schedule);
    assert.equal(staleUses(played), 0, name);
    runToEnd(played);
    assert.equal(played.pc.machine.scripted, false, name);
    assert.equal(staleUses(played) > 0, usesOld(schedule), name);
    if (usesOld(schedule)) stale++;
  }
  assert.ok(stale >= 8);
});

test("a played run can be cut into pieces and travelled through, and is the same run", async () => {
  const schedule = (await scheduleOf(join(TRANSLATIONS, "mail-without-flush.litmus")))!;
  const whole = await stage(schedule);
  runToEnd(whole);
  const hash = whole.pc.machine.stateHash();
  const pieces = await stage(schedule);
  while (pieces.pc.machine.steps < pieces.end) pieces.pc.machine.run(1);
  assert.equal(pieces.pc.machine.stateHash(), hash);
  const travelled = await stage(schedule);
  const timeline = Timeline.create(travelled.pc);
  for (const step of [travelled.end, 3, 40, 0, travelled.end]) timeline.travel(step);
  assert.equal(travelled.pc.machine.stateHash(), hash);
});

test("a CPU that is stepped alone ends the script, and the schedule of the machine goes on", async () => {
  const played = await stage((await scheduleOf(join(TRANSLATIONS, "mail-without-flush.litmus")))!);
  const { machine } = played.pc;
  machine.run(10);
  assert.ok(machine.scripted);
  machine.runCpu(2, 1);
  assert.equal(machine.scripted, false);
  assert.equal(machine.run(1000).kind, "idle");
});

test("what the ordinary machine cannot do is said in a line", async () => {
  const refuses = async (schedule: Schedule, why: RegExp) =>
    assert.rejects(stage(schedule), (error) => error instanceof UserError && why.test(error.message) && !error.message.includes("\n"));
  await refuses((await scheduleOf("guest/scenarios/tso/SB.litmus", true))!, /store buffers.*--no-store-buffers/);
  await refuses((await scheduleOf(join(TRANSLATIONS, "spurious-fault-without-flush.litmus")))!, /#PF of a stale entry/);
  const schedule = (await scheduleOf(join(TRANSLATIONS, "mail-without-flush.litmus")))!;
  await refuses({ ...schedule, transitions: [63, ...schedule.transitions] }, /departs at step 1/);
});

const RACE = `Kernel race
"one thread unmaps what another one reads"
{ page p = 7 rw; f = 0; }
 P0       | P1     ;
 munmap p | r0 = f ;
 f = 1    | r1 = p ;
exists (1:r0=0 /\\ 1:r1=7)
`;

test("a schedule of a kernel run is shrunk, pasted, made again after another boot, and played: the guest prints what it shows", async () => {
  const scenario = parseScenario("race", RACE) as KernelScenario;
  const path = "dist/guest/kernel.elf";
  const image = readFileSync(path);
  const kernel = await openKernel(scenario, { image, path });
  const { violation } = await searchKernel(kernel, bounded(1));
  kernel.begin();
  const schedule = shrunkSchedule(kernelStart(kernel, { image, path }), subjectOfKernel(kernel), violation!.path);
  assert.ok(schedule.transitions.length <= violation!.path.length);

  const again = readPasted(pasteSchedule(schedule));
  const subject = await openSubject(again.start);
  const verdict = replay(again, subject);
  assert.deepEqual(verdict.kind === "same" && verdict.finding, { kind: "condition", text: schedule.shows });

  const played = await stage(again);
  const output: number[] = [];
  played.pc.serial.onOutput((byte) => output.push(byte));
  while (played.pc.machine.run(1_000_000).kind === "limit");
  assert.match(Buffer.from(output).toString(), /P1: r0=0 r1=7/);

  const execution = await executionOf(again, subject);
  const text = formatReport("text", { title: "race", text: "", shown: { lead: "", execution, schedule } });
  assert.match(text, /munmap p/);
  assert.match(text, /pte p: node \d rw( dirty)? -> none/);
  assert.match(text, /r1 = 7/);
  assert.ok(execution.rows.length <= 24);
});

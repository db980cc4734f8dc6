// A schedule as a script for the ordinary machine, whose TLBs hold entries (assembly/smp/script.ts): so all that looks at a
// run can look at what was found, and the stale use really happens there.
//
// A use of an old translation becomes a fill before the change that made it old, and nothing that would drop the entry on
// the way: that the exploration let it be used means that there was no such thing. An access that walks although an old
// translation might be held is preceded by forgetting it.

import { type Machine, type ScriptEntry, type Transition, viewTransition } from "../../machine/index.js";
import { UserError } from "../../errors.js";
import type { Subject } from "../subject.js";
import type { Schedule } from "./schedule.js";

/** One transition, as the ordinary machine makes it. */
interface Move {
  readonly cpu: number;
  /** What comes before it: fills and what is forgotten. */
  readonly before: ScriptEntry[];
  readonly entries: readonly ScriptEntry[];
  /** Steps that it takes, and where its CPU is afterwards. */
  readonly steps: number;
  readonly rip: bigint;
  /** What each tracked page's words came to before it. */
  readonly values: readonly bigint[];
  /** The old translation that it uses. */
  readonly uses?: { readonly page: number; readonly value: bigint };
}

export interface Script {
  readonly moves: readonly Move[];
  readonly entries: readonly ScriptEntry[];
  /** Pages whose translations were chosen: of no others may a stale one be used. */
  readonly held: readonly bigint[];
}

/** Steps in front of the first transition: CPUs come up to where they wait. */
function beginning(subject: Subject): Move[] {
  return subject.system.beginnings.map(({ cpu, steps, rip }) => ({
    cpu, steps, rip, before: [], entries: steps > 0 ? [{ cpu, kind: "run", steps }] : [], values: [],
  }));
}

function moveOf(transition: Transition, subject: Subject): Move {
  const { exploration, machine, system } = subject;
  const view = viewTransition(transition);
  const { cpu } = view;
  const pages = exploration.trackedPages();
  const parked = view.kind === "step" ? exploration.parkedPage(cpu) : undefined;
  const olds = parked === undefined ? [] : exploration.oldValues(cpu, parked);
  const before: ScriptEntry[] = [];
  let uses: Move["uses"];
  if (parked !== undefined && view.kind === "step") {
    if (view.old !== undefined) uses = { page: parked, value: olds[view.old - 1]! };
    else if (olds.length > 0) before.push({ cpu, kind: "forget", page: pages[parked]!.page });
  }
  const made = exploration.made;
  system.take(transition);
  const steps = exploration.made - made;
  const own = view.kind === "deliver" ? steps - 1 : steps;
  const entries: ScriptEntry[] = view.kind === "deliver" ? [{ cpu, kind: "deliver", place: view.place }] : [];
  if (own > 0) entries.push({ cpu, kind: "run", steps: own });
  return { cpu, before, entries, steps, rip: machine.register(cpu, "rip"), values: pages.map(({ value }) => value), ...(uses ? { uses } : {}) };
}

/** Has the TLB filled before the change that made a translation old which is used later. */
function addFills(moves: readonly Move[], last: readonly bigint[], pages: readonly bigint[]): void {
  moves.forEach(({ cpu, uses }, i) => {
    if (!uses) return;
    const { page, value } = uses;
    const after = (j: number) => (moves[j + 1]?.values ?? last)[page];
    let change = i - 1;
    while (change >= 0 && !(moves[change]!.values[page] === value && after(change) !== value)) change--;
    if (change < 0) throw new UserError(`step ${i + 1} uses a translation that was old before the schedule began`);
    moves[change]!.before.push({ cpu, kind: "fill", page: pages[page]! });
  });
}

/** Runs of one CPU in a row are one entry. */
function joined(entries: readonly ScriptEntry[]): ScriptEntry[] {
  const all: ScriptEntry[] = [];
  for (const entry of entries) {
    const last = all.at(-1);
    if (last?.kind === "run" && entry.kind === "run" && last.cpu === entry.cpu) all[all.length - 1] = { ...last, steps: last.steps + entry.steps };
    else all.push(entry);
  }
  return all;
}

/** The script of `schedule`, which `subject` stands at the beginning of and is put back to. */
export function scriptOf(schedule: Schedule, subject: Subject): Script {
  if (schedule.start.storeBuffers) {
    throw new UserError("the schedule is of CPUs with store buffers, which the debugger's machine has not: look for one with --no-store-buffers");
  }
  const { system, exploration } = subject;
  const start = system.mark();
  const made = schedule.transitions.map((transition, i) => {
    const view = viewTransition(transition);
    if (view.kind === "spurious-fault") throw new UserError(`step ${i + 1} is the #PF of a stale entry, for which the debugger's machine walks again`);
    if (!system.enabled().includes(transition)) throw new UserError(`the schedule departs at step ${i + 1}: see check --replay`);
    return moveOf(transition, subject);
  });
  const pages = exploration.trackedPages();
  addFills(made, pages.map(({ value }) => value), pages.map(({ page }) => page));
  system.undo(start);
  const moves = [...beginning(subject), ...made];
  return { moves, entries: joined(moves.flatMap(({ before, entries }) => [...before, ...entries])), held: [...new Set(pages.map(({ page }) => page))] };
}

/** Plays `script` on `machine`, which is where the schedule begins, and goes back; a UserError if it is not the same run. */
export function checkScript(script: Script, machine: Machine): void {
  const start = machine.snapshot();
  const from = machine.steps;
  machine.play(script.entries, script.held);
  let expected = 0;
  for (const [i, { cpu, steps, rip }] of script.moves.entries()) {
    if (steps === 0) continue;
    const stop = machine.run(steps);
    expected += steps;
    const at = machine.register(cpu, "rip");
    if (stop.kind === "limit" && machine.steps - from === expected && at === rip) continue;
    const where = `#${from + expected} (move ${i + 1} of ${script.moves.length})`;
    throw new UserError(`the debugger's machine departs from the schedule at ${where}: CPU ${cpu} is at 0x${at.toString(16)}, not at 0x${rip.toString(16)}`);
  }
  machine.restore(start);
}

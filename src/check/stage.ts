// A schedule on a PC with sticky TLBs, about to be played: for the debugger, for traces, and for tables of what kernels do.

import { Pc } from "../boot/index.js";
import type { SymbolTable } from "../debug/symbols/index.js";
import { MiB } from "../units.js";
import type { Booted } from "./kernel/boot.js";
import { bootStart } from "./kernel/subject.js";
import type { KernelScenario } from "./scenario/kernel.js";
import { checkScript, type Script, scriptOf } from "./schedule/script.js";
import type { Schedule } from "./schedule/schedule.js";
import type { Subject } from "./subject.js";
import { placeTest, scenarioOf } from "./subjects.js";

export interface Stage {
  /** It stands where the schedule begins; running it plays the script, then goes on by the machine's own schedule. */
  readonly pc: Pc;
  readonly symbols?: SymbolTable;
  readonly script: Script;
  /** Of a Kernel scenario. */
  readonly kernel?: { readonly booted: Booted; readonly scenario: KernelScenario };
  /** The step with which the last transition is over. */
  readonly end: number;
}

const MEMORY = 16 * MiB;

/** `pc` stands where the schedule begins; `explore` begins an exploration there. */
function onStage(pc: Pc, schedule: Schedule, explore: () => Subject): Stage {
  const { machine } = pc;
  const start = machine.snapshot();
  const subject = explore();
  const script = scriptOf(schedule, subject);
  // What an exploration changes it takes back itself; the TLBs, which it empties, come with the snapshot.
  subject.exploration.undo(0);
  subject.exploration.end();
  machine.restore(start);
  checkScript(script, machine);
  machine.play(script.entries, script.held);
  return { pc, script, end: machine.steps + script.moves.reduce((sum, { steps }) => sum + steps, 0) };
}

/** Puts `schedule` on a PC; a UserError if the ordinary machine cannot make it, which says why. */
export async function stage(schedule: Schedule): Promise<Stage> {
  const scenario = scenarioOf(schedule.start);
  if (scenario.kind === "kernel") {
    const { booted, explore } = await bootStart(scenario, schedule.start, { tlb: "sticky" });
    return { ...onStage(booted.pc, schedule, explore), symbols: booted.symbols, kernel: { booted, scenario } };
  }
  const pc = await Pc.create({ cpus: scenario.columns.length, memory: MEMORY, tlb: "sticky" });
  const explore = placeTest(scenario, pc.machine);
  return onStage(pc, schedule, () => explore(schedule.start));
}

// Any scenario, from its text to a subject: for what is made again from a schedule.

import { Machine } from "../machine/index.js";
import { MiB } from "../units.js";
import { type ExploreLitmus, type LitmusSubject, placeLitmus } from "./bare/subject.js";
import { bootStart } from "./kernel/subject.js";
import { type LitmusTest, parseScenario, type Scenario } from "./scenario/scenario.js";
import type { Start } from "./schedule/schedule.js";
import type { Subject } from "./subject.js";
import { placeTranslation } from "./translation/subject.js";

/** The scenario of a schedule; messages call its text `schedule`. */
export const scenarioOf = ({ scenario }: Start): Scenario => parseScenario("schedule", scenario);

/** What litmus tests and translation scenarios lie in: below 2 MiB. */
const BARE_MEMORY = 2 * MiB;

/** Puts `test` into `machine`, which is new. */
export const placeTest = (test: LitmusTest, machine: Machine): ExploreLitmus =>
  test.kind === "litmus" ? placeLitmus(test, machine) : placeTranslation(test, machine);

/** Makes the machine for `test`. */
export async function openTest(test: LitmusTest, options: { readonly storeBuffers: boolean }): Promise<LitmusSubject> {
  const machine = await Machine.create({ cpus: test.columns.length, memory: BARE_MEMORY, tlb: "none" });
  return placeTest(test, machine)(options);
}

/** Makes the machine that `start` describes. A UserError says what is wrong with its scenario. */
export async function openSubject(start: Start): Promise<Subject> {
  const scenario = scenarioOf(start);
  if (scenario.kind === "kernel") return (await bootStart(scenario, start)).explore();
  return openTest(scenario, { storeBuffers: start.storeBuffers });
}

// Any scenario, from its text to a subject: for what is made again from a schedule.

import { UserError } from "../errors.js";
import { type LitmusSubject, openLitmus } from "./bare/subject.js";
import { type LitmusTest, parseScenario, type Scenario } from "./scenario/scenario.js";
import type { Start } from "./schedule/schedule.js";
import type { Subject } from "./subject.js";
import { openTranslation } from "./translation/subject.js";

/** The scenario of a schedule; messages call its text `schedule`. */
export const scenarioOf = ({ scenario }: Start): Scenario => parseScenario("schedule", scenario);

/** Makes the machine for `test`. */
export const openTest = (test: LitmusTest, options: { readonly storeBuffers: boolean }): Promise<LitmusSubject> =>
  test.kind === "litmus" ? openLitmus(test, options) : openTranslation(test, options);

/** Makes the machine that `start` describes. A UserError says what is wrong with its scenario. */
export async function openSubject(start: Start): Promise<Subject> {
  const scenario = scenarioOf(start);
  if (scenario.kind === "kernel") throw new UserError("schedules of Kernel scenarios are not made");
  return openTest(scenario, { storeBuffers: start.storeBuffers });
}

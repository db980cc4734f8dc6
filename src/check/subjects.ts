// Any scenario, from its text to a subject: for what is made again from a schedule.

import { UserError } from "../errors.js";
import { openLitmus } from "./bare/subject.js";
import { parseScenario, type Scenario } from "./scenario/scenario.js";
import type { Start } from "./schedule/schedule.js";
import type { Subject } from "./subject.js";

/** The scenario of a schedule; messages call its text `schedule`. */
export const scenarioOf = ({ scenario }: Start): Scenario => parseScenario("schedule", scenario);

/** Makes the machine that `start` describes. A UserError says what is wrong with its scenario. */
export async function openSubject(start: Start): Promise<Subject> {
  const scenario = scenarioOf(start);
  if (scenario.kind !== "litmus") throw new UserError(`schedules of scenarios for ${scenario.kind}s are not made`);
  return openLitmus(scenario, { storeBuffers: start.storeBuffers });
}

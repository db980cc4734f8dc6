// The table of any schedule: of bare programs each transition is a row, of a kernel run what matters in it.

import { type Execution, transitionsOf } from "./report/execution.js";
import { kernelExecution } from "./report/kernel-execution.js";
import type { Schedule } from "./schedule/schedule.js";
import { stage } from "./stage.js";
import type { Subject } from "./subject.js";

/** The table of `schedule`, at whose beginning `subject` stands. */
export async function executionOf(schedule: Schedule, subject: Subject): Promise<Execution> {
  if (!schedule.start.kernel) return transitionsOf(schedule, subject);
  const { script, kernel } = await stage(schedule);
  return kernelExecution(schedule, { script, ...kernel! });
}

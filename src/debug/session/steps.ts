// Many steps of one CPU back at once: looked up in stretches of the past, instead of one journey for each.

import type { Timeline } from "../timeline/index.js";

/** Steps of all CPUs that are looked through at once for those of one. */
const LISTED = 2 ** 18;

/**
 * The `n`th last step of `cpu` before the present; undefined if it has not made so many. Then, and when `pause` says that
 * somebody interrupts, the machine is where it was.
 */
export async function stepBefore(
  timeline: Timeline, cpu: number, n: number, pause: () => Promise<boolean>,
): Promise<number | undefined | "interrupted"> {
  const origin = timeline.now;
  const span = Math.min(LISTED, 4 * n * timeline.machine.options.cpus);
  for (let end = origin, left = n; end > timeline.start; ) {
    const from = Math.max(timeline.start, end - span);
    const steps = timeline.stepsOf(cpu, from, end);
    if (steps.length >= left) return steps[steps.length - left];
    left -= steps.length;
    end = from;
    if (!(await pause())) continue;
    timeline.travel(origin);
    return "interrupted";
  }
  timeline.travel(origin);
  return undefined;
}

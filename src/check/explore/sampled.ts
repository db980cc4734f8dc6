// What strategies that draw executions by chance have in common: so many runs from one state, each to its end.

import type { Transition } from "../../machine/index.js";
import { type Coverage, LOOK_EVERY, type Visitor } from "./strategy.js";
import type { System } from "./system.js";

/** Chooses among `transitions`, of which there is at least one; made anew for each run. */
export type Chooser = (transitions: readonly Transition[], step: number) => Transition;

/** Transitions after which a run that goes round in circles is given up. */
const LONGEST = 1_000_000;

/** Makes `runs` runs. A given seed gives the same runs. */
export function sample(system: System, visitor: Visitor, runs: number, chooser: (run: number) => Chooser): Coverage {
  const start = system.mark();
  const path: Transition[] = [];
  let transitions = 0;
  let depth = 0;
  let run = 0;
  let ended: string | undefined;
  const figures = () => ({ executions: run, transitions, depth });
  for (; run < runs && ended === undefined; run++) {
    path.length = 0;
    const choose = chooser(run);
    for (let enabled = system.enabled(); enabled.length > 0 && path.length < LONGEST; enabled = system.enabled()) {
      const transition = choose(enabled, path.length);
      system.take(transition);
      path.push(transition);
      if (++transitions % LOOK_EVERY === 0 && visitor.progress?.(figures())) ended = "it was interrupted";
    }
    depth = Math.max(depth, path.length);
    const enough = system.finished ? visitor.finished(path) : visitor.stuck(path);
    if (enough) ended = "it had found what it was looking for";
    system.undo(start);
  }
  return ended === undefined ? { kind: "sampled", runs, ...figures() } : { kind: "partial", why: ended, ...figures() };
}

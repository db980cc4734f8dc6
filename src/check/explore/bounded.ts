// Iterative preemption bounding (Musuvathi and Qadeer, "Iterative context bounding for systematic testing of
// multithreaded programs", PLDI 2007): all executions with no preemption, then with one, and so on.
//
// Guarantee: every final state of every execution with at most `bound` preemptions, and those with fewer first. A
// preemption is a switch to another CPU while the one that ran could have gone on.
// Departures: what a CPU does not do itself (a store that drains, an interrupt that is delivered) is no preemption of
// anybody; and a state is told apart by the CPU that ran last and the preemptions so far, so that none is cut off that
// could be reached more cheaply.

import { type Transition, type TransitionView, viewTransition } from "../../machine/index.js";
import { DepthFirst, type Rule } from "./depth-first.js";
import type { Strategy } from "./strategy.js";

/** A state's number: preemptions so far, and 1 + the CPU that made the last step of its own. */
const CPUS = 65;

const isOwn = ({ kind }: TransitionView): boolean => kind === "step" || kind === "spurious-fault";

/** Whether `cpu` could make a step of its own. */
const canGoOn = (enabled: readonly Transition[], cpu: number): boolean =>
  enabled.map(viewTransition).some((view) => view.cpu === cpu && isOwn(view));

/** Executions with at most `bound` preemptions. */
class AtMost implements Rule {
  readonly start = 0;
  /** Whether one with more was left out. */
  cutOff = false;

  constructor(readonly bound: number) {}

  follow(context: number, transition: Transition, enabled: readonly Transition[]): number | undefined {
    const view = viewTransition(transition);
    if (!isOwn(view)) return context;
    const running = (context % CPUS) - 1;
    const preempts = running >= 0 && view.cpu !== running && canGoOn(enabled, running);
    const preemptions = Math.floor(context / CPUS) + (preempts ? 1 : 0);
    if (preemptions <= this.bound) return preemptions * CPUS + view.cpu + 1;
    this.cutOff = true;
    return undefined;
  }
}

/** Executions with at most `bound` preemptions; those with fewer first. */
export const bounded = (bound: number): Strategy => ({
  name: "bounded",
  explore(system, visitor) {
    const search = new DepthFirst(system, visitor);
    let cutOff = true;
    for (let preemptions = 0; preemptions <= bound && cutOff && search.ended === undefined; preemptions++) {
      const rule = new AtMost(preemptions);
      search.run(rule);
      cutOff = rule.cutOff;
    }
    const { ended, figures } = search;
    if (ended !== undefined) return { kind: "partial", why: ended, ...figures };
    return cutOff ? { kind: "all", preemptions: bound, ...figures } : { kind: "all", ...figures };
  },
});

// Iterative preemption bounding (Musuvathi and Qadeer, "Iterative context bounding for systematic testing of
// multithreaded programs", PLDI 2007): all executions with no preemption, then with one, and so on.
//
// Guarantee: every final state of every execution with at most `bound` preemptions, and those with fewer first. A
// preemption is a switch to another CPU while the one that ran could have gone on.
// Departures: a store that drains, a fill or an eviction is no preemption of anybody; an interrupt's handler is a thread
// like another, so one that breaks into what its CPU runs is a preemption, and one that is taken where the CPU's turn
// begins, or where its program waits, is none; and a state is told apart by the CPU that ran last and the preemptions so
// far, so that none is cut off that could be reached more cheaply.

import { type Transition, type TransitionView, viewTransition } from "../../machine/index.js";
import { DepthFirst, type Rule } from "./depth-first.js";
import type { Strategy } from "./strategy.js";

/** A state's number: preemptions so far, and 1 + the CPU that made the last step of its own. */
const CPUS = 65;

const isOwn = ({ kind }: TransitionView): boolean => kind !== "drain" && kind !== "fill" && kind !== "evict";

/** Whether `cpu` could go on, with its program or with an interrupt. */
const canGoOn = (enabled: readonly Transition[], cpu: number): boolean =>
  enabled.map(viewTransition).some((view) => view.cpu === cpu && isOwn(view));

/** Whether what `cpu` runs could go on without an interrupt. */
const canStep = (enabled: readonly Transition[], cpu: number): boolean =>
  enabled.map(viewTransition).some((view) => view.cpu === cpu && isOwn(view) && view.kind !== "deliver");

/** Executions with at most `bound` preemptions. */
class AtMost implements Rule {
  readonly start = 0;
  cutOff = false;
  /** Which of two orders has fewer preemptions is not known (Coons, Musuvathi, McKinley, OOPSLA 2013). */
  readonly sleeping = false;

  constructor(readonly bound: number) {}

  follow(context: number, transition: Transition, enabled: readonly Transition[]): number | undefined {
    const view = viewTransition(transition);
    if (!isOwn(view)) return context;
    const running = (context % CPUS) - 1;
    const preempts = running >= 0 && (view.cpu !== running ? canGoOn(enabled, running) : view.kind === "deliver" && canStep(enabled, running));
    const preemptions = Math.floor(context / CPUS) + (preempts ? 1 : 0);
    if (preemptions <= this.bound) return preemptions * CPUS + view.cpu + 1;
    this.cutOff = true;
    return undefined;
  }
}

/** Executions with at most `bound` preemptions; those with fewer first. */
export const bounded = (bound: number): Strategy => ({
  name: "bounded",
  title: `bounded, ${bound} preemptions`,
  begin(system, visitor, saved) {
    const rule = (round: number) => (round <= bound ? new AtMost(round) : undefined);
    return new DepthFirst(system, visitor, { rule, limits: { preemptions: bound } }, saved);
  },
});

// Iterative preemption bounding (Musuvathi and Qadeer, "Iterative context bounding for systematic testing of
// multithreaded programs", PLDI 2007): all executions with no preemption, then with one, and so on.
//
// Guarantee: every final state of every execution with at most `bound` preemptions, and those with fewer first. A
// preemption is a switch to another CPU while the one that ran could have gone on.
// Departures: what a CPU does not do itself (a store that drains, an interrupt that is delivered) is no preemption of
// anybody; and a state is told apart by the CPU that ran last and the preemptions so far, so that none is cut off that
// could be reached more cheaply.

import { type Transition, viewTransition } from "../../machine/index.js";
import { type Coverage, LOOK_EVERY, type Strategy, type Visitor } from "./strategy.js";
import type { System } from "./system.js";

interface Place {
  readonly mark: number;
  readonly transitions: readonly Transition[];
  next: number;
  /** CPU that made the last step of its own, -1 at the start. */
  readonly running: number;
  readonly preemptions: number;
}

const MOST_CPUS = 64;

/** Whether `cpu` could make a step of its own. */
function canGoOn(transitions: readonly Transition[], cpu: number): boolean {
  return transitions.some((transition) => {
    const view = viewTransition(transition);
    return view.cpu === cpu && (view.kind === "step" || view.kind === "spurious-fault");
  });
}

class Bounded {
  readonly #stack: Place[] = [];
  readonly #path: Transition[] = [];
  #executions = 0;
  #transitions = 0;
  #depth = 0;
  #states = 0;
  #ended: string | undefined;
  /** Whether this round left out an execution with one preemption more. */
  #cutOff = false;

  constructor(readonly system: System, readonly visitor: Visitor) {}

  run(bound: number): Coverage {
    const start = this.system.mark();
    let preemptions = 0;
    for (; preemptions <= bound; preemptions++) {
      this.#cutOff = false;
      this.#round(preemptions);
      this.system.undo(start);
      if (this.#ended !== undefined || !this.#cutOff) break;
    }
    const figures = this.#figures();
    if (this.#ended !== undefined) return { kind: "partial", why: this.#ended, ...figures };
    return this.#cutOff ? { kind: "all", preemptions: bound, ...figures } : { kind: "all", ...figures };
  }

  #figures() {
    return { states: this.#states, executions: this.#executions, transitions: this.#transitions, depth: this.#depth };
  }

  #round(bound: number): void {
    this.system.forget();
    this.#stack.length = 0;
    this.#path.length = 0;
    this.#executions = 0;
    this.#enter(-1, 0);
    for (let place = this.#stack.at(-1); place && this.#ended === undefined; place = this.#stack.at(-1)) {
      if (place.next < place.transitions.length) {
        this.#go(place, bound);
        continue;
      }
      this.#stack.pop();
      this.#path.pop();
    }
    this.#states = Math.max(this.#states, this.system.visited);
  }

  #go(place: Place, bound: number): void {
    const transition = place.transitions[place.next++]!;
    const view = viewTransition(transition);
    const own = view.kind === "step" || view.kind === "spurious-fault";
    const preempts = own && place.running >= 0 && view.cpu !== place.running && canGoOn(place.transitions, place.running);
    const preemptions = place.preemptions + (preempts ? 1 : 0);
    if (preemptions > bound) {
      this.#cutOff = true;
      return;
    }
    this.system.undo(place.mark);
    this.system.take(transition);
    this.#transitions++;
    if (this.#transitions % LOOK_EVERY === 0 && this.visitor.progress?.(this.#figures())) this.#ended = "it was interrupted";
    const running = own ? view.cpu : place.running;
    if (!this.system.visit((preemptions * MOST_CPUS + running + 1) >>> 0)) return;
    this.#path.push(transition);
    if (!this.#enter(running, preemptions)) this.#path.pop();
  }

  #enter(running: number, preemptions: number): boolean {
    const enabled = this.system.enabled();
    this.#depth = Math.max(this.#depth, this.#path.length);
    if (enabled.length > 0) {
      this.#stack.push({ mark: this.system.mark(), transitions: enabled, next: 0, running, preemptions });
      return true;
    }
    this.#executions++;
    const enough = this.system.finished ? this.visitor.finished(this.#path) : this.visitor.stuck(this.#path);
    if (enough) this.#ended = "it had found what it was looking for";
    return false;
  }
}

/** Executions with at most `bound` preemptions; those with fewer first. */
export const bounded = (bound: number): Strategy => ({
  name: "bounded",
  explore: (system, visitor) => new Bounded(system, visitor).run(bound),
});

// Stateful depth-first search: every transition of every state, each state once.
//
// Guarantee: every final state of every execution, if the search comes to its end, but for the chance of about
// n^2 / 2^129 that two of n states have one 128-bit hash. An execution that goes round in circles ends where it comes to
// a state that was seen.

import type { Transition } from "../../machine/index.js";
import { type Coverage, LOOK_EVERY, type Strategy, type Visitor } from "./strategy.js";
import type { System } from "./system.js";

interface Place {
  readonly mark: number;
  readonly transitions: readonly Transition[];
  next: number;
}

class DepthFirst {
  readonly #stack: Place[] = [];
  readonly #path: Transition[] = [];
  #executions = 0;
  #transitions = 0;
  #depth = 0;
  #ended: string | undefined;

  constructor(readonly system: System, readonly visitor: Visitor) {}

  run(): Coverage {
    const start = this.system.mark();
    this.system.forget();
    this.system.visit();
    this.#enter();
    for (let place = this.#stack.at(-1); place && this.#ended === undefined; place = this.#stack.at(-1)) {
      if (place.next < place.transitions.length) {
        this.#go(place);
        continue;
      }
      this.#stack.pop();
      this.#path.pop();
    }
    this.system.undo(start);
    const figures = this.#figures();
    return this.#ended === undefined ? { kind: "all", ...figures } : { kind: "partial", why: this.#ended, ...figures };
  }

  #figures() {
    return { states: this.system.visited, executions: this.#executions, transitions: this.#transitions, depth: this.#depth };
  }

  /** Tries the next transition of `place`. */
  #go(place: Place): void {
    const transition = place.transitions[place.next++]!;
    this.system.undo(place.mark);
    this.system.take(transition);
    this.#transitions++;
    if (this.#transitions % LOOK_EVERY === 0 && this.visitor.progress?.(this.#figures())) this.#ended = "it was interrupted";
    if (!this.system.visit()) return;
    this.#path.push(transition);
    if (!this.#enter()) this.#path.pop();
  }

  /** The state as it is now is new: what can happen in it is to be tried. False if nothing can. */
  #enter(): boolean {
    const transitions = this.system.enabled();
    this.#depth = Math.max(this.#depth, this.#path.length);
    if (transitions.length > 0) {
      this.#stack.push({ mark: this.system.mark(), transitions, next: 0 });
      return true;
    }
    const { finished } = this.system;
    this.#executions++;
    const enough = finished ? this.visitor.finished(this.#path) : this.visitor.stuck(this.#path);
    if (enough) this.#ended = "it had found what it was looking for";
    return false;
  }
}

export const exhaustive: Strategy = {
  name: "exhaustive",
  explore: (system, visitor) => new DepthFirst(system, visitor).run(),
};

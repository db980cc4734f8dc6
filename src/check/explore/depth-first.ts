// The depth-first search that strategies share: every transition of every state that they let it go to, each state once.
// It goes round in no circles: an execution ends where it comes to a state that was seen.

import type { Transition } from "../../machine/index.js";
import { type Figures, LOOK_EVERY, type Visitor } from "./strategy.js";
import type { System } from "./system.js";

/** What a strategy adds: a number that a state has besides itself, and which transitions are taken. */
export interface Rule {
  /** That of the first state. */
  readonly start: number;
  /**
   * The number of the state that `transition` leads to from one with number `context`, where `enabled` are possible;
   * undefined if it is not to be taken. Two states are one only if their numbers are, too.
   */
  follow(context: number, transition: Transition, enabled: readonly Transition[]): number | undefined;
}

interface Place {
  readonly mark: number;
  readonly transitions: readonly Transition[];
  readonly context: number;
  next: number;
}

export class DepthFirst {
  readonly #system: System;
  readonly #visitor: Visitor;
  readonly #stack: Place[] = [];
  readonly #path: Transition[] = [];
  #ends = 0;
  #transitions = 0;
  #depth = 0;
  #states = 0;
  #ended: string | undefined;

  constructor(system: System, visitor: Visitor) {
    this.#system = system;
    this.#visitor = visitor;
  }

  /** Why the search came to an end before it was through; undefined if it did not. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** Of all searches so far; states and ends of executions are those of the last, or of the largest. */
  get figures(): Figures {
    return { states: this.#states, executions: this.#ends, transitions: this.#transitions, depth: this.#depth };
  }

  /** Searches from where the system is, and leaves it there. */
  run(rule: Rule): void {
    const start = this.#system.mark();
    this.#system.forget();
    this.#stack.length = 0;
    this.#path.length = 0;
    this.#ends = 0;
    this.#system.visit(rule.start);
    this.#enter(rule.start);
    for (let place = this.#stack.at(-1); place && this.#ended === undefined; place = this.#stack.at(-1)) {
      if (place.next < place.transitions.length) {
        this.#go(place, rule);
        continue;
      }
      this.#stack.pop();
      this.#path.pop();
    }
    this.#noteStates();
    this.#system.undo(start);
  }

  #noteStates(): void {
    this.#states = Math.max(this.#states, this.#system.visited);
  }

  /** Tries the next transition of `place`. */
  #go(place: Place, rule: Rule): void {
    const transition = place.transitions[place.next++]!;
    const context = rule.follow(place.context, transition, place.transitions);
    if (context === undefined) return;
    this.#system.undo(place.mark);
    this.#system.take(transition);
    this.#transitions++;
    if (this.#transitions % LOOK_EVERY === 0) this.#look();
    if (!this.#system.visit(context)) return;
    this.#path.push(transition);
    if (!this.#enter(context)) this.#path.pop();
  }

  #look(): void {
    this.#noteStates();
    if (!this.#system.hasRoom) this.#ended = "there is no room for more states";
    if (this.#visitor.progress?.(this.figures)) this.#ended = "it was interrupted";
  }

  /** The state as it is now is new: what can happen in it is to be tried. False if nothing can. */
  #enter(context: number): boolean {
    const transitions = this.#system.enabled();
    this.#depth = Math.max(this.#depth, this.#path.length);
    if (transitions.length > 0) {
      this.#stack.push({ mark: this.#system.mark(), transitions, context, next: 0 });
      return true;
    }
    this.#ends++;
    const enough = this.#system.finished ? this.#visitor.finished(this.#path) : this.#visitor.stuck(this.#path);
    if (enough) this.#ended = "it had found what it was looking for";
    return false;
  }
}

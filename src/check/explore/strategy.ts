// What a strategy is: a way to choose among the transitions of a system. One file each; all of them report to a visitor
// and say what they covered, and no more.

import type { Transition } from "../../machine/index.js";
import type { System } from "./system.js";

export interface Visitor {
  /** An execution came to its end; the machine is in its final state. True ends the search. */
  finished(path: readonly Transition[]): boolean | void;
  /** Nothing can happen, and not everybody is done. True ends the search. */
  stuck(path: readonly Transition[]): boolean | void;
  /** Called now and then; true ends the search. */
  progress?(done: Figures): boolean | void;
}

export interface Figures {
  /** States that differ, where a strategy tells them apart. */
  readonly states?: number;
  /** Ends of executions: a search that knows states sees each final state once. */
  readonly executions: number;
  readonly transitions: number;
  /** Transitions of the longest execution. */
  readonly depth: number;
}

/** What was covered. */
export type Coverage = Figures & (
  /** All executions, or all with at most `preemptions` of them. */
  | { readonly kind: "all"; readonly preemptions?: number }
  /** So many executions, drawn by chance: no proof. */
  | { readonly kind: "sampled"; readonly runs: number }
  /** The search was ended before it came to its end. */
  | { readonly kind: "partial"; readonly why: string }
);

export interface Strategy {
  readonly name: string;
  /** Explores from where `system` is, and leaves it there. */
  explore(system: System, visitor: Visitor): Coverage;
}

/** Transitions between two calls of `progress`. */
export const LOOK_EVERY = 4096;

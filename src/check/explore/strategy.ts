// What a strategy is: a way to choose among the transitions of a system. One file each; all of them report to a visitor
// and say what they covered, and no more. A search goes on in slices (drive.ts), so that it can be watched, interrupted,
// saved and taken up again.

import type { Transition } from "../../machine/index.js";
import type { System } from "./system.js";

export interface Visitor {
  /** An execution came to its end; the machine is in its final state. True ends the search. */
  finished(path: readonly Transition[]): boolean | void;
  /** Nothing can happen, and not everybody is done. True ends the search. */
  stuck(path: readonly Transition[]): boolean | void;
}

export interface Figures {
  /** States that differ, where a strategy tells them apart. */
  readonly states?: number;
  /** Ends of executions: a search that knows states sees each final state once. */
  readonly executions: number;
  readonly transitions: number;
  /** Transitions that were left out because they commute with others (sleep.ts). */
  readonly asleep?: number;
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

/** How far a search is. */
export interface Standing extends Figures {
  /** Transitions of the states on the way to the present one that were not tried yet. */
  readonly frontier?: number;
  /** How much of the search is done, 0 to 1, where that is known. */
  readonly fraction?: number;
}

/** A search between two slices. `data` is the strategy's own, and JSON. */
export interface SavedSearch {
  readonly data: unknown;
  /** Hashes of the states that were seen, with their sleep sets, 24 bytes each. */
  readonly states: Uint8Array;
}

/** A search under way. Between two slices the machine is where the search left it. */
export interface Search {
  readonly standing: Standing;
  /**
   * Goes on for about `transitions` more; returns what was covered once the search has come to an end, with the machine
   * back where it began.
   */
  run(transitions: number): Coverage | undefined;
  /** Ends it now, the machine back where it began. */
  end(why: string): Coverage;
  /** What `begin` needs to go on from here. */
  save(): SavedSearch;
}

export interface Strategy {
  readonly name: string;
  /** The strategy and its options in words: a saved search goes on only under the same. */
  readonly title: string;
  /** A search from where `system` is, or one that was saved when `system` was there. */
  begin(system: System, visitor: Visitor, saved?: SavedSearch): Search;
}

/** Why a search ends when a visitor says so. */
export const ENOUGH = "it had found what it was looking for";

/** Transitions between two looks whether there is room for more. */
const LOOK_EVERY = 4096;

/** Explores from where `system` is, all at once, and leaves it there. */
export function explore(strategy: Strategy, system: System, visitor: Visitor): Coverage {
  const search = strategy.begin(system, visitor);
  for (;;) {
    const coverage = search.run(LOOK_EVERY);
    if (coverage) return coverage;
  }
}

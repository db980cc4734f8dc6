// A scenario that is ready to be explored, of whatever kind: what schedules, shrinking and tables work with. Each kind of
// scenario makes one (bare/subject.ts, translation/subject.ts); its system stands where every CPU waits for its turn.

import type { Exploration, Machine, Transition } from "../machine/index.js";
import type { System } from "./explore/system.js";

/** Something that an execution has shown. */
export interface Finding {
  /** Findings of one kind are the same violation: shrinking may not turn one into another. */
  readonly kind: string;
  /** In words, with the values that it came to. */
  readonly text: string;
}

export interface Subject {
  readonly system: System;
  readonly exploration: Exploration;
  readonly machine: Machine;
  /** Columns of the scenario; CPUs beyond them have no program of their own. */
  readonly columns: number;
  /** What the execution that led to the present state has shown; undefined if it is nothing that was looked for. */
  finding(): Finding | undefined;
  /** `transition`, which is about to be taken, as an event of its column. Called before; what it returns is called after. */
  describe(transition: Transition): () => EventText;
}

/** An event in words. */
export interface EventText {
  /** The instruction, or what happens: `x = 1 is seen`. */
  readonly what: string;
  /** What it read or wrote, and other lines below it. */
  readonly notes: readonly string[];
  /** It used a translation that the page tables no longer hold. */
  readonly stale?: boolean;
}

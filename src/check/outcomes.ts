// The final states of a litmus test, or of a translation scenario: explored, listed as herd lists them, and judged by its condition.

import type { Transition } from "../machine/index.js";
import { exhaustive } from "./explore/exhaustive.js";
import { drive, type EndSearch } from "./explore/drive.js";
import type { Coverage, SavedSearch, Standing, Strategy } from "./explore/strategy.js";
import { type Execution, transitionsOf } from "./report/execution.js";
import type { LitmusTest } from "./scenario/scenario.js";
import type { Schedule } from "./schedule/schedule.js";
import { shrunkSchedule } from "./schedule/shrink.js";
import { openTest } from "./subjects.js";

export interface LitmusResult {
  readonly name: string;
  /** `0:rax=1; [x]=2;`: each final state once, sorted. */
  readonly states: readonly string[];
  /** Of these, those in which the condition's proposition holds. */
  readonly holding: readonly string[];
  /** herd's word for it. Of a search that did not cover everything it says what was seen. */
  readonly observation: "Never" | "Sometimes" | "Always";
  /** Whether the condition as a whole is met, as far as was seen. */
  readonly ok: boolean;
  readonly coverage: Coverage;
  /** Final states in which somebody waits for ever. */
  readonly stuck: number;
  /** An execution that leads to a state in which the proposition holds, or for `forall` one in which it does not. */
  readonly witness?: { readonly schedule: Schedule; readonly execution: Execution };
}

export interface LitmusOptions {
  /** Stores wait in buffers, as on x86. Default true. */
  readonly storeBuffers?: boolean;
  /** Default: exhaustive. */
  readonly strategy?: Strategy;
  /** Shrink the first execution that shows what the condition asks about, and show it. */
  readonly witness?: boolean;
  /** Called now and then; true, or why, ends the search. */
  progress?(standing: Standing): EndSearch;
  /** Called if it was ended so: `resume` goes on from there. */
  save?(saved: SavedLitmus): void;
  /** Of an exploration of the same test with the same options. */
  readonly resume?: SavedLitmus;
}

/** An exploration that was interrupted. */
export interface SavedLitmus {
  readonly search: SavedSearch;
  readonly found: LitmusFound;
}

/** What was found so far: each final state, and whether the proposition holds in it. */
export interface LitmusFound {
  readonly states: readonly (readonly [text: string, holds: boolean])[];
  readonly stuck: number;
  /** The first execution that shows what the condition asks about. */
  readonly shown?: readonly Transition[];
}

/** Runs `litmus` in the orders that the strategy chooses. */
export async function exploreLitmus(litmus: LitmusTest, options: LitmusOptions = {}): Promise<LitmusResult> {
  const { strategy = exhaustive, resume, storeBuffers = true } = options;
  const subject = await openTest(litmus, { storeBuffers });
  const states = new Map<string, boolean>(resume?.found.states);
  let stuck = resume?.found.stuck ?? 0;
  let shown = resume?.found.shown;
  const search = strategy.begin(subject.system, {
    finished(path) {
      const text = subject.stateText();
      if (!states.has(text)) states.set(text, subject.holds());
      if (!shown && subject.finding()) shown = [...path];
    },
    stuck: () => void stuck++,
  }, resume?.search);
  const coverage = await drive(search, {
    progress: (standing) => options.progress?.(standing),
    interrupted: () => options.save?.({ search: search.save(), found: { states: [...states], stuck, ...(shown ? { shown } : {}) } }),
  });
  const holding = [...states].filter(([, holding]) => holding).map(([text]) => text).sort();
  const observation = holding.length === 0 ? "Never" : holding.length === states.size ? "Always" : "Sometimes";
  const ok = { exists: observation !== "Never", "~exists": observation === "Never", forall: observation === "Always" };
  const schedule = options.witness && shown ? shrunkSchedule({ scenario: litmus.source, storeBuffers }, subject, shown) : undefined;
  return {
    name: litmus.name, states: [...states.keys()].sort(), holding, observation, ok: ok[litmus.condition.quantifier], coverage, stuck,
    ...(schedule ? { witness: { schedule, execution: transitionsOf(schedule, subject) } } : {}),
  };
}

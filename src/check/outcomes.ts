// A litmus test's final states: explored, listed as herd lists them, and judged by its condition.

import type { Transition } from "../machine/index.js";
import { place, type Placed } from "./bare/place.js";
import { bounded } from "./explore/bounded.js";
import { exhaustive } from "./explore/exhaustive.js";
import { drive } from "./explore/drive.js";
import { type Coverage, explore, type SavedSearch, type Standing, type Strategy } from "./explore/strategy.js";
import { System } from "./explore/system.js";
import { holds, observedName } from "./scenario/condition.js";
import type { Litmus } from "./scenario/litmus.js";
import { follow, type WitnessRow } from "./witness.js";

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
  readonly witness?: readonly WitnessRow[];
}

export interface LitmusOptions {
  /** Stores wait in buffers, as on x86. Default true. */
  readonly storeBuffers?: boolean;
  /** Default: exhaustive. */
  readonly strategy?: Strategy;
  /** Look for an execution that shows what the condition asks about: fewest preemptions, then fewest events. */
  readonly witness?: boolean;
  /** Called now and then; true ends the search. */
  progress?(standing: Standing): boolean | void;
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
}

/** More preemptions than any litmus test has events. */
const UNBOUNDED = 1000;

/** Runs `litmus` in the orders that the strategy chooses. */
export async function exploreLitmus(litmus: Litmus, options: LitmusOptions = {}): Promise<LitmusResult> {
  const placed = await place(litmus);
  const exploration = placed.machine.explore({ storeBuffers: options.storeBuffers ?? true });
  for (const at of placed.locations.values()) exploration.share(at, 8);
  const system = new System(placed.machine, exploration, placed.cpus);
  system.begin();
  const { strategy = exhaustive, resume } = options;
  const states = new Map<string, boolean>(resume?.found.states);
  let stuck = resume?.found.stuck ?? 0;
  const search = strategy.begin(system, {
    finished() {
      const text = litmus.observed.map((observed) => `${observedName(observed)}=${placed.valueOf(observed)};`).join(" ");
      if (!states.has(text)) states.set(text, holds(litmus.condition.proposition, placed.valueOf));
    },
    stuck: () => void stuck++,
  }, resume?.search);
  const coverage = await drive(search, {
    progress: (standing) => options.progress?.(standing),
    interrupted: () => options.save?.({ search: search.save(), found: { states: [...states], stuck } }),
  });
  const holding = [...states].filter(([, holding]) => holding).map(([text]) => text).sort();
  const observation = holding.length === 0 ? "Never" : holding.length === states.size ? "Always" : "Sometimes";
  const ok = { exists: observation !== "Never", "~exists": observation === "Never", forall: observation === "Always" };
  const path = options.witness ? shortest(litmus, placed, system) : undefined;
  return {
    name: litmus.name, states: [...states.keys()].sort(), holding, observation, ok: ok[litmus.condition.quantifier], coverage, stuck,
    ...(path ? { witness: follow(path, placed, exploration, system) } : {}),
  };
}

/** The execution with the fewest preemptions, and of those with the fewest events, that shows what the condition asks about. */
function shortest(litmus: Litmus, placed: Placed, system: System): readonly Transition[] | undefined {
  const wanted = litmus.condition.quantifier !== "forall";
  let best: readonly Transition[] | undefined;
  const found = (path: readonly Transition[]) => {
    if (holds(litmus.condition.proposition, placed.valueOf) === wanted && (!best || path.length < best.length)) best = [...path];
  };
  for (let bound = 0; bound < UNBOUNDED && !best; bound++) {
    const coverage = explore(bounded(bound), system, { finished: found, stuck: () => {} });
    if (coverage.kind !== "all" || coverage.preemptions === undefined) break;
  }
  return best;
}

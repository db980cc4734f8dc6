// A litmus test's final states: explored, listed as herd lists them, and judged by its condition.

import { place } from "./bare/place.js";
import { type Coverage, exhaustive } from "./explore/exhaustive.js";
import { System } from "./explore/system.js";
import { holds, observedName } from "./scenario/condition.js";
import type { Litmus } from "./scenario/litmus.js";

export interface LitmusResult {
  readonly name: string;
  /** `0:rax=1; [x]=2;`: each final state once, sorted. */
  readonly states: readonly string[];
  /** Of these, those in which the condition's proposition holds. */
  readonly holding: readonly string[];
  /** herd's word for it. */
  readonly observation: "Never" | "Sometimes" | "Always";
  /** Whether the condition as a whole is met. */
  readonly ok: boolean;
  readonly coverage: Coverage;
  readonly stuck: number;
}

export interface LitmusOptions {
  /** Stores wait in buffers, as on x86. Default true. */
  readonly storeBuffers?: boolean;
}

/** Runs `litmus` in every order that the machine permits. */
export async function exploreLitmus(litmus: Litmus, options: LitmusOptions = {}): Promise<LitmusResult> {
  const placed = await place(litmus);
  const exploration = placed.machine.explore({ storeBuffers: options.storeBuffers ?? true });
  for (const at of placed.locations.values()) exploration.share(at, 8);
  const system = new System(placed.machine, exploration, placed.cpus);
  system.begin();
  const states = new Map<string, boolean>();
  let stuck = 0;
  const coverage = exhaustive(system, {
    finished() {
      const text = litmus.observed.map((observed) => `${observedName(observed)}=${placed.valueOf(observed)};`).join(" ");
      if (!states.has(text)) states.set(text, holds(litmus.condition.proposition, placed.valueOf));
    },
    stuck: () => void stuck++,
  });
  const holding = [...states].filter(([, holding]) => holding).map(([text]) => text).sort();
  const observation = holding.length === 0 ? "Never" : holding.length === states.size ? "Always" : "Sometimes";
  const ok = { exists: observation !== "Never", "~exists": observation === "Never", forall: observation === "Always" };
  return {
    name: litmus.name, states: [...states.keys()].sort(), holding, observation, ok: ok[litmus.condition.quantifier], coverage, stuck,
  };
}

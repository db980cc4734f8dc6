// Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, "A randomized scheduler with
// probabilistic guarantees of finding bugs", ASPLOS 2010): agents have random priorities, the highest that can act does,
// and at d - 1 random steps the one that would act falls below all others.
//
// Guarantee: a run finds a bug that takes d orderings with a chance of at least 1 / (n k^(d-1)) for n agents and k steps.
// Departures: an agent is a CPU, the draining of its buffer, or the delivery of its interrupts; among several
// transitions of one agent (the translation to use) one is drawn uniformly; k is the longest run before it.

import { uniformInt } from "pure-rand/distribution/uniformInt";
import { type Transition, viewTransition } from "../../machine/index.js";
import { type Chooser, type Generator, Sampled } from "./sampled.js";
import type { Strategy } from "./strategy.js";

/** Steps that the first run is taken to have. */
const FIRST_LENGTH = 64;

function agentOf(transition: Transition): number {
  const { cpu, kind } = viewTransition(transition);
  return cpu * 3 + (kind === "drain" ? 1 : kind === "deliver" ? 2 : 0);
}

function chooserFor(generator: Generator, depth: number, length: number): Chooser {
  const priorities = new Map<number, number>();
  const drops = new Set(Array.from({ length: depth - 1 }, () => uniformInt(generator, 0, Math.max(0, length - 1))));
  let lowest = 0;
  const priorityOf = (agent: number): number => {
    const known = priorities.get(agent);
    if (known !== undefined) return known;
    const drawn = uniformInt(generator, 1, 0x3fffffff);
    priorities.set(agent, drawn);
    return drawn;
  };
  const highest = (transitions: readonly Transition[]) =>
    transitions.map(agentOf).reduce((best, agent) => (priorityOf(agent) > priorityOf(best) ? agent : best));
  return (transitions, step) => {
    let agent = highest(transitions);
    if (drops.has(step)) {
      priorities.set(agent, --lowest);
      agent = highest(transitions);
    }
    const own = transitions.filter((transition) => agentOf(transition) === agent);
    return own[uniformInt(generator, 0, own.length - 1)]!;
  };
}

export const pct = (runs: number, depth: number, seed: number): Strategy => ({
  name: "pct",
  title: `pct, ${runs} runs, depth ${depth}, seed ${seed}`,
  begin(system, visitor, saved) {
    const chooser = (generator: Generator, longest: number) => chooserFor(generator, depth, Math.max(FIRST_LENGTH, longest));
    return new Sampled(system, visitor, { runs, seed, chooser }, saved);
  },
});

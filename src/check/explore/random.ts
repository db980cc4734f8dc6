// A uniform walk: at each step every transition is as likely as any other.
//
// Guarantee: none. Executions are not drawn uniformly: one with fewer choices on its way is more likely.

import { uniformInt } from "pure-rand/distribution/uniformInt";
import { type Chooser, type Generator, Sampled } from "./sampled.js";
import type { Strategy } from "./strategy.js";

const chooser = (generator: Generator): Chooser => (transitions) => transitions[uniformInt(generator, 0, transitions.length - 1)]!;

export const random = (runs: number, seed: number): Strategy => ({
  name: "random",
  title: `random, ${runs} runs, seed ${seed}`,
  begin: (system, visitor, saved) => new Sampled(system, visitor, { runs, seed, chooser }, saved),
});

// A uniform walk: at each step every transition is as likely as any other.
//
// Guarantee: none. Executions are not drawn uniformly: one with fewer choices on its way is more likely.

import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { sample } from "./sampled.js";
import type { Strategy } from "./strategy.js";

export function random(runs: number, seed: number): Strategy {
  return {
    name: "random",
    explore(system, visitor) {
      const generator = xoroshiro128plus(seed);
      return sample(system, visitor, runs, () => (transitions) => transitions[uniformInt(generator, 0, transitions.length - 1)]!);
    },
  };
}

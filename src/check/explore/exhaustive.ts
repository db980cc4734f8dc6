// Stateful depth-first search: every transition of every state, each state once.
//
// Guarantee: every final state of every execution, if the search comes to its end, but for the chance of about
// n^2 / 2^129 that two of n states have one 128-bit hash.

import { DepthFirst, type Rule } from "./depth-first.js";
import type { Strategy } from "./strategy.js";

const everything = (): Rule => ({ start: 0, cutOff: false, follow: () => 0 });

export const exhaustive: Strategy = {
  name: "exhaustive",
  title: "exhaustive",
  begin: (system, visitor, saved) => new DepthFirst(system, visitor, { rule: everything }, saved),
};

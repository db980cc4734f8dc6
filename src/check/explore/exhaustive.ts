// Stateful depth-first search: every transition of every state, each state once.
//
// Transitions that commute with one that was tried before are left out by sleep sets (sleep.ts), but for kernel runs, of
// which it is not known in advance what CPUs share.
//
// Guarantee: every final state of every execution, if the search comes to its end, but for the chance of about
// n^2 / 2^128 that two of n states have one 128-bit hash.

import { DepthFirst, type Rule } from "./depth-first.js";
import type { Strategy } from "./strategy.js";

const rule = (sleeping: boolean) => (): Rule => ({ start: 0, cutOff: false, sleeping, follow: () => 0 });

export const exhaustive: Strategy = {
  name: "exhaustive",
  title: "exhaustive",
  begin: (system, visitor, saved) => new DepthFirst(system, visitor, { rule: rule(system.knowsFootprints) }, saved),
};

/** The same with every transition: what `exhaustive` is compared with. */
export const unreduced: Strategy = {
  name: "exhaustive",
  title: "exhaustive, without sleep sets",
  begin: (system, visitor, saved) => new DepthFirst(system, visitor, { rule: rule(false) }, saved),
};

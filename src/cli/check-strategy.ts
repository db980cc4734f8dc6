// How `shootdown check` chooses among orders: the options that say so, and the strategy that they make.

import { type Command, Option } from "commander";
import { bounded, exhaustive, pct, random, type Strategy } from "../index.js";
import { seedOption, wholeOption } from "./options.js";

const STRATEGIES = ["exhaustive", "bounded", "pct", "random"] as const;
type StrategyName = (typeof STRATEGIES)[number];

export const DEFAULT_PREEMPTIONS = 2;

export interface StrategyFlags {
  readonly strategy?: StrategyName;
  readonly preemptions: number;
  readonly runs: number;
  readonly depth: number;
  readonly seed: number;
}

export const addStrategyOptions = (command: Command): Command =>
  command
    .addOption(new Option("--strategy <name>", "how to choose among orders (default: exhaustive; bounded for Kernel scenarios)").choices(STRATEGIES))
    .addOption(wholeOption("--preemptions <n>", "bounded: executions with at most this many preemptions", DEFAULT_PREEMPTIONS, 0, 1000))
    .addOption(wholeOption("--runs <n>", "pct, random: executions to draw", 1000, 1, 1_000_000_000))
    .addOption(wholeOption("--depth <n>", "pct: orderings that a bug takes", 3, 1, 100))
    .addOption(seedOption("seeds what is drawn"));

/** The strategy that `flags` name, or `fallback`. */
export function strategyOf(flags: StrategyFlags, fallback: StrategyName): Strategy {
  switch (flags.strategy ?? fallback) {
    case "bounded":
      return bounded(flags.preemptions);
    case "pct":
      return pct(flags.runs, flags.depth, flags.seed);
    case "random":
      return random(flags.runs, flags.seed);
    case "exhaustive":
      return exhaustive;
  }
}

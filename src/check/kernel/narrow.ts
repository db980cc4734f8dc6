// Which accesses of a kernel run are switch points: those of words that two CPUs access, one of them writing. They are
// found, not declared: a search notes who accesses what, words that turn out to conflict are shared, and the search is made
// again until no new ones appear (a fixed point). What a search finds on the way is a real execution all the same, so the
// first search is one with the fewest switch points: the program's own words and those of its page tables.

import type { Transition } from "../../machine/index.js";
import { bounded } from "../explore/bounded.js";
import { drive, type Watcher } from "../explore/drive.js";
import type { Coverage, Strategy } from "../explore/strategy.js";
import type { Kernel, Wrong } from "./kernel.js";

export interface KernelResult {
  /** Of the last search, whose switch points were all that there are unless it ended before. */
  readonly coverage: Coverage;
  /** The first execution that went wrong, from the begin state, and what is wrong with its end. */
  readonly violation?: { readonly path: readonly Transition[]; readonly wrong: Wrong };
  /** The switch points, by physical address of the word: what a path is one of. */
  readonly switchWords: readonly number[];
  /** Searches made. */
  readonly rounds: number;
}

export interface KernelSearch extends Watcher {
  /** Called at each end of an execution that is right; true ends the search. */
  finished?(path: readonly Transition[]): boolean | void;
}

/** More searches than any scenario takes: each finds a word at least. */
const MOST_ROUNDS = 1000;
/** Preemptions of the first search. */
const FIRST_BOUND = 1;

/** Searches by one strategy after the other, under more and more switch points. */
class Rounds {
  readonly #kernel: Kernel;
  readonly #search: KernelSearch;
  rounds = 0;
  violation: KernelResult["violation"];
  /** Whether the last search ended because it had found enough, or was interrupted. */
  enough = false;

  constructor(kernel: Kernel, search: KernelSearch) {
    this.#kernel = kernel;
    this.#search = search;
  }

  /** Searches until nothing new is learnt, at most to the first violation. `last`: this search's coverage is the result's. */
  async run(strategy: Strategy, programOnly: boolean, last: boolean): Promise<Coverage> {
    for (;;) {
      this.rounds++;
      this.violation = undefined;
      const coverage = await drive(strategy.begin(this.#kernel.system, this.#visitor(last)), this.#search);
      const broken = coverage.kind === "partial" && !this.violation;
      if (broken || this.rounds === MOST_ROUNDS) this.enough = true;
      if (this.enough || !this.#kernel.learn(programOnly)) return coverage;
    }
  }

  #visitor(last: boolean) {
    const end = (path: readonly Transition[]): boolean => {
      const wrong = this.#kernel.judge();
      // While switch points are missing somebody may only seem to wait for ever: who lets him go on is not seen to.
      const waits = wrong?.kind === "deadlock" || wrong?.kind === "livelock";
      if (wrong && (last || !waits)) this.violation = { path: [...path], wrong };
      this.enough = wrong ? !waits : last && this.#search.finished?.(path) === true;
      return this.enough || (last && wrong !== undefined);
    };
    return { finished: end, stuck: end };
  }
}

/** Explores `kernel` by `strategy`, to the first violation. */
export async function searchKernel(kernel: Kernel, strategy: Strategy, search: KernelSearch = {}): Promise<KernelResult> {
  kernel.exploration.sleepingInterrupts = true;
  try {
    return await searchAll(kernel, strategy, search);
  } finally {
    kernel.exploration.sleepingInterrupts = false;
  }
}

async function searchAll(kernel: Kernel, strategy: Strategy, search: KernelSearch): Promise<KernelResult> {
  const rounds = new Rounds(kernel, search);
  kernel.learn(true);
  let coverage = await rounds.run(bounded(0), true, false);
  if (!rounds.enough) coverage = await rounds.run(bounded(FIRST_BOUND), true, false);
  if (!rounds.enough) {
    // Executions without preemptions find most of the other words, and cost least.
    kernel.learn();
    coverage = await rounds.run(bounded(0), false, false);
  }
  if (!rounds.enough) coverage = await rounds.run(strategy, false, true);
  const { violation } = rounds;
  return { coverage, ...(violation ? { violation } : {}), switchWords: [...kernel.switchWords], rounds: rounds.rounds };
}

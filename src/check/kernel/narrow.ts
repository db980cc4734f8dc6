// Which accesses of a kernel run are switch points: those of words that two CPUs access, one of them writing. They are
// found, not declared: a search notes who accesses what, words that turn out to conflict are shared, and the search is made
// again until no new ones appear (a fixed point). What a search finds on the way is a real execution all the same.

import type { Transition } from "../../machine/index.js";
import { bounded } from "../explore/bounded.js";
import { drive, type Watcher } from "../explore/drive.js";
import { type Coverage, explore, type Strategy } from "../explore/strategy.js";
import type { Kernel, Wrong } from "./kernel.js";

export interface KernelResult {
  /** Of the last search, whose switch points were all that there are. */
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

/** Explores `kernel` by `strategy`, to the first violation. */
export async function searchKernel(kernel: Kernel, strategy: Strategy, search: KernelSearch = {}): Promise<KernelResult> {
  let violation: KernelResult["violation"];
  let enough = false;
  const end = (path: readonly Transition[]) => {
    const wrong = kernel.judge();
    if (wrong) violation = { path: [...path], wrong };
    enough = wrong !== undefined || search.finished?.(path) === true;
    return enough;
  };
  const visitor = { finished: end, stuck: end };
  kernel.learn();
  // Executions without preemptions find most words, and cost least. What goes wrong in them may be a lock that nobody was seen to wait for.
  for (let rounds = 1; ; rounds++) {
    const quick = explore(bounded(0), kernel.system, { finished: () => {}, stuck: () => {} });
    if (quick.kind !== "all" || !kernel.learn() || rounds === MOST_ROUNDS) break;
  }
  for (let rounds = 1; ; rounds++) {
    violation = undefined;
    enough = false;
    const coverage = await drive(strategy.begin(kernel.system, visitor), search);
    const wrong = violation as KernelResult["violation"];
    // Somebody may only seem to wait for ever while what he waits for is no switch point.
    const certain = enough && wrong?.wrong.kind !== "deadlock" && wrong?.wrong.kind !== "livelock";
    if (certain || !kernel.learn() || rounds === MOST_ROUNDS) {
      return { coverage, ...(wrong ? { violation: wrong } : {}), switchWords: kernel.switchWords, rounds };
    }
  }
}

// Runs a search in slices, between which the event loop lives: signals come through, progress is shown.

import type { Coverage, Search, Standing } from "./strategy.js";

/** How long a slice is. What a search finds does not depend on it. */
const SLICE_MS = 50;
/** Transitions between two looks at the clock: even those of a kernel run take a few microseconds each at most. */
const TRANSITIONS = 256;

/** Whether a search is to end: because it was interrupted, or for another reason. */
export type EndSearch = boolean | string | void;

export interface Watcher {
  /** Called after each slice; true, or why, ends the search. */
  progress?(standing: Standing): EndSearch;
  /** Called if it is ended so, before the search is given up: it can still be saved. */
  interrupted?(search: Search): void;
}

function slice(search: Search): Coverage | undefined {
  const until = performance.now() + SLICE_MS;
  let coverage: Coverage | undefined;
  while (!coverage && performance.now() < until) coverage = search.run(TRANSITIONS);
  return coverage;
}

/** Runs `search` to its end, or to where the watcher ends it. A short one never waits. */
export async function drive(search: Search, watcher: Watcher = {}): Promise<Coverage> {
  for (;;) {
    const coverage = slice(search);
    if (coverage) return coverage;
    await new Promise<void>((done) => setImmediate(done));
    const end = watcher.progress?.(search.standing);
    if (end) {
      watcher.interrupted?.(search);
      return search.end(end === true ? "it was interrupted" : end);
    }
  }
}

// Sleep sets (Godefroid, "Partial-order methods for the verification of concurrent systems", LNCS 1032, 1996, chapter 5): if
// two transitions can be made in either order, and one of them was tried first, then after the other it need not be tried
// again: what it leads to was seen. It sleeps until a transition is made that it conflicts with.
//
// A search that knows states comes to one state on several ways, with several sleep sets. Its set is kept with the state:
// who comes with a smaller one makes the transitions that slept before and no longer do (Godefroid, Holzmann and Pirottin,
// "State-space caching revisited", CAV 1992). So every state is still seen; transitions are saved, states are not.
//
// Transitions of different CPUs conflict if both touch a word that CPUs share, or a queue of messages, and one of them
// changes it (assembly/explore/footprint.ts). What a page-table word permits is a use of that word. Those of one CPU
// always conflict.

import { inSet, NO_TRANSITIONS, type Transition, transitionBit, type TransitionSet } from "../../machine/index.js";

/** A transition that was made, and what it touched: it touches the same as long as nothing is made that it conflicts with. */
export interface Sleeper {
  readonly transition: Transition;
  readonly reads: number;
  readonly writes: number;
}

const cpuOf = (transition: Transition): number => transition >> 6;

function conflict(a: Sleeper, b: Sleeper): boolean {
  return cpuOf(a.transition) === cpuOf(b.transition) || (a.writes & (b.reads | b.writes)) !== 0 || (a.reads & b.writes) !== 0;
}

/** Of `sleepers` those that still sleep after `made`. */
export function stillAsleep(sleepers: readonly Sleeper[], made: Sleeper): Sleeper[] {
  const still: Sleeper[] = [];
  for (const sleeper of sleepers) if (!conflict(sleeper, made) && transitionBit(sleeper.transition) >= 0) still.push(sleeper);
  return still;
}

export const sleeps = (sleepers: readonly Sleeper[], transition: Transition): boolean => {
  for (const sleeper of sleepers) if (sleeper.transition === transition) return true;
  return false;
};

/** The set that is kept with a state. */
export function setOf(sleepers: readonly Sleeper[]): TransitionSet {
  if (sleepers.length === 0) return NO_TRANSITIONS;
  let low = 0;
  let high = 0;
  for (const { transition } of sleepers) {
    const bit = transitionBit(transition);
    if (bit < 32) low |= 1 << bit;
    else high |= 1 << (bit & 31);
  }
  return { low, high };
}

/** Of `transitions` those in `set`. */
export const within = (transitions: readonly Transition[], set: TransitionSet): Transition[] =>
  transitions.filter((transition) => inSet(set, transitionBit(transition)));

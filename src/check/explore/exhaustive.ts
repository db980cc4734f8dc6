// Stateful depth-first search: every transition of every state, each state once. What it guarantees: every outcome of
// every execution, if it comes to its end, but for the chance that two states have one 128-bit hash.

import type { Transition } from "../../machine/index.js";
import type { System } from "./system.js";

export interface Visitor {
  /** An execution came to its end. The machine is in its final state. */
  finished(path: readonly Transition[]): void;
  /** Nothing can happen, and not everybody is done. */
  stuck(path: readonly Transition[]): void;
  /** Called every few thousand states; true ends the search. */
  progress?(states: number, depth: number): boolean;
}

export interface Coverage {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** True if nothing was left out. */
  readonly complete: boolean;
}

const LOOK_EVERY = 4096;

interface Place {
  readonly mark: number;
  readonly transitions: readonly Transition[];
  next: number;
}

/** Explores everything that `system` can do from where it is, and leaves it there. */
export function exhaustive(system: System, visitor: Visitor): Coverage {
  const start = system.mark();
  const stack: Place[] = [];
  const path: Transition[] = [];
  let transitions = 0;
  let depth = 0;
  let complete = true;

  /** The state as it is now is new: what can happen in it is to be tried. */
  const enter = () => {
    const enabled = system.enabled();
    if (enabled.length > 0) stack.push({ mark: system.mark(), transitions: enabled, next: 0 });
    else if (system.finished) visitor.finished(path);
    else visitor.stuck(path);
    depth = Math.max(depth, path.length);
    return enabled.length > 0;
  };

  system.visit();
  enter();
  for (let place = stack.at(-1); place; place = stack.at(-1)) {
    if (place.next === place.transitions.length) {
      stack.pop();
      path.pop();
      continue;
    }
    const transition = place.transitions[place.next++]!;
    system.undo(place.mark);
    system.take(transition);
    transitions++;
    if (transitions % LOOK_EVERY === 0 && visitor.progress?.(system.visited, stack.length)) {
      complete = false;
      break;
    }
    if (!system.visit()) continue;
    path.push(transition);
    if (!enter()) path.pop();
  }
  system.undo(start);
  return { states: system.visited, transitions, depth, complete };
}

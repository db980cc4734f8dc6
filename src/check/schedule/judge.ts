// Tries changed orders of an execution on the machine itself: what cannot happen is left out, what is missing comes at the
// end, and what came of it either shows the same violation or does not. Used by shrink.ts.

import { type Transition, viewTransition } from "../../machine/index.js";
import type { Subject } from "../subject.js";

export const cpuOf = (transition: Transition): number => viewTransition(transition).cpu;

/** Transitions that a completion may add: one that goes on longer goes nowhere. */
const MOST_ADDED = 20_000;

export class Judge {
  readonly #subject: Subject;
  readonly #kind: string;
  #transitions = 0;

  /** For findings of `kind`, from where `subject` is. */
  constructor(subject: Subject, kind: string) {
    this.#subject = subject;
    this.#kind = kind;
  }

  /** Transitions that were made so far, in all trials. */
  get transitions(): number {
    return this.#transitions;
  }

  /** Runs `wanted`; the execution that came of it, up to where it shows the violation, or undefined if it does not. */
  try(wanted: readonly Transition[]): Transition[] | undefined {
    const { system } = this.#subject;
    const start = system.mark();
    const path: Transition[] = [];
    let shown = false;
    for (const transition of wanted) {
      if (!system.enabled().includes(transition)) continue;
      if ((shown = this.#take(transition, path))) break;
    }
    shown ||= this.#complete(path);
    system.undo(start);
    return shown ? path : undefined;
  }

  #take(transition: Transition, path: Transition[]): boolean {
    this.#subject.system.take(transition);
    this.#transitions++;
    path.push(transition);
    return this.#subject.finding()?.kind === this.#kind;
  }

  /** Goes on to the end with as few switches as may be, and never to where it has been. True if the violation shows. */
  #complete(path: Transition[]): boolean {
    const { system } = this.#subject;
    const seen = new Set([system.hash()]);
    for (let added = 0; added < MOST_ADDED; added++) {
      const before = system.mark();
      let went = false;
      for (const transition of this.#inOrder(system.enabled(), path.at(-1))) {
        const shown = this.#take(transition, path);
        if (shown) return true;
        const hash = system.hash();
        if ((went = !seen.has(hash))) {
          seen.add(hash);
          break;
        }
        system.undo(before);
        path.pop();
      }
      if (!went) return false;
    }
    return false;
  }

  /** Steps before drains before deliveries, of the CPU that ran last before those of the others. */
  #inOrder(enabled: readonly Transition[], last: Transition | undefined): Transition[] {
    const running = last === undefined ? 0 : cpuOf(last);
    const rank = (transition: Transition): number => {
      const { cpu, kind } = viewTransition(transition);
      return (cpu === running ? 0 : 1000 + cpu * 10) + (kind === "step" ? 0 : kind === "drain" ? 1 : 2);
    };
    return enabled.toSorted((a, b) => rank(a) - rank(b) || a - b);
  }
}

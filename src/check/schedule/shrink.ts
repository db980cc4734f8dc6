// Makes an execution that shows a violation easier to follow: fewest switches between CPUs, then fewest events, then
// fewest old translations used. Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing
// input", IEEE TSE 2002) over blocks of one CPU's transitions, then over single ones. The machine is the judge: a change
// counts if what comes of it shows the same violation.
//
// Departure from ddmin: what is taken out is not lost. A transition that cannot happen any more is left out, and what the
// CPUs still have to do comes at the end (judge.ts); so taking a block out means "not here". Guarantee: no single block can
// be moved next to another of its CPU, and no single transition taken out, for the better; unless the work ran out.

import { numberTransition, type Transition, viewTransition } from "../../machine/index.js";
import type { Finding, Subject } from "../subject.js";
import { cpuOf, Judge } from "./judge.js";
import { recordSchedule, type Schedule, type Start } from "./schedule.js";

/** Transitions that shrinking may make: two or three seconds of a kernel run. */
const WORK = 200_000;

type Block = readonly Transition[];

/** Maximal runs of one CPU's transitions. */
function blocksOf(path: readonly Transition[]): Block[] {
  const blocks: Transition[][] = [];
  for (const transition of path) {
    const last = blocks.at(-1);
    if (last && cpuOf(last[0]!) === cpuOf(transition)) last.push(transition);
    else blocks.push([transition]);
  }
  return blocks;
}

const oldsIn = (path: readonly Transition[]): number => path.filter((transition) => usesOld(transition)).length;

function usesOld(transition: Transition): boolean {
  const view = viewTransition(transition);
  return view.kind === "step" && view.old !== undefined;
}

/** What is compared, the weightiest first. */
const costOf = (path: readonly Transition[]): number[] => [blocksOf(path).length, path.length, oldsIn(path)];

function cheaper(a: readonly Transition[], b: readonly Transition[]): boolean {
  const costs = costOf(a).map((cost, i) => cost - costOf(b)[i]!);
  return (costs.find((difference) => difference !== 0) ?? 0) < 0;
}

class Shrinker {
  #best: readonly Transition[];

  constructor(readonly judge: Judge, path: readonly Transition[]) {
    this.#best = path;
  }

  get best(): readonly Transition[] {
    return this.#best;
  }

  get #spent(): boolean {
    return this.judge.transitions >= WORK;
  }

  /** Takes `wanted` if it is better; says so. */
  #offer(wanted: readonly Transition[]): boolean {
    const made = this.judge.try(wanted);
    if (!made || !cheaper(made, this.#best)) return false;
    this.#best = made;
    return true;
  }

  /** Leaves out ever smaller parts of what `split` makes of the best. True if anything came of it. */
  leaveOut(split: (path: readonly Transition[]) => Block[]): boolean {
    let better = false;
    for (let size = Math.ceil(split(this.#best).length / 2); size >= 1; size = size > 1 ? Math.ceil(size / 2) : 0) {
      for (let first = 0; !this.#spent; ) {
        const parts = split(this.#best);
        if (first >= parts.length) break;
        if (this.#offer([...parts.slice(0, first), ...parts.slice(first + size)].flat())) better = true;
        else first += size;
      }
    }
    return better;
  }

  /** Moves each block next to the one of its CPU before it: forwards, or that one backwards. */
  merge(): boolean {
    let better = false;
    for (let at = 1; !this.#spent; at++) {
      const blocks = blocksOf(this.#best);
      const block = blocks[at];
      if (!block) break;
      const before = blocks.findLastIndex((other, i) => i < at && cpuOf(other[0]!) === cpuOf(block[0]!));
      if (before < 0) continue;
      const head = blocks.slice(0, before);
      const between = blocks.slice(before + 1, at);
      const tail = blocks.slice(at + 1);
      const offers = [[...head, blocks[before]!, block, ...between, ...tail], [...head, ...between, blocks[before]!, block, ...tail]];
      if (!offers.some((offer) => this.#offer(offer.flat()))) continue;
      better = true;
      at = 0;
    }
    return better;
  }

  /** Walks where an old translation was used. */
  walkInstead(): boolean {
    let better = false;
    for (let i = 0; i < this.#best.length && !this.#spent; i++) {
      const transition = this.#best[i]!;
      if (!usesOld(transition)) continue;
      const walk = numberTransition({ cpu: cpuOf(transition), kind: "step" })!;
      better = this.#offer(this.#best.with(i, walk)) || better;
    }
    return better;
  }
}

/** An execution, from where `subject` is, that shows the same kind of finding as `path` does, and is no longer than it. */
export function shrink(subject: Subject, path: readonly Transition[], kind: string): readonly Transition[] {
  const shrinker = new Shrinker(new Judge(subject, kind), path);
  const singles = (transitions: readonly Transition[]): Block[] => transitions.map((transition) => [transition]);
  let better = true;
  while (better) {
    better = shrinker.leaveOut(blocksOf);
    better = shrinker.merge() || better;
    better = shrinker.walkInstead() || better;
    better = shrinker.leaveOut(singles) || better;
  }
  return shrinker.best;
}

/** The schedule of an execution that shows what `path` shows, shrunk. It has been replayed: what is shown of it is so. */
export function shrunkSchedule(start: Start, subject: Subject, path: readonly Transition[]): Schedule {
  const { kind } = findingOf(subject, path);
  const shortest = shrink(subject, path, kind);
  return recordSchedule(start, subject, shortest, findingOf(subject, shortest).text);
}

/** What `path`, which shows something, comes to. */
function findingOf(subject: Subject, path: readonly Transition[]): Finding {
  const { system } = subject;
  const mark = system.mark();
  system.takeAll(path);
  const finding = subject.finding();
  system.undo(mark);
  if (!finding) throw new Error("the execution does not show what it was taken for");
  return finding;
}

// The past, searched backwards for the newest hit of the machine's stop points: from snapshot to snapshot, each
// stretch run forward. Where a hit counts without being looked at, the machine notes hits as it runs; else it stops at
// each. Made by Timeline.search; the machine is somewhere in the past afterwards, and whoever searched travels on.

import type { Hit, Machine, Stop } from "../../machine/index.js";

/** What the timeline lends a search. */
export interface Past {
  readonly machine: Machine;
  readonly start: number;
  /** Goes to the nearest snapshot that is not after `step`; returns its step. */
  enter(step: number): number;
  /** Runs the known past again, up to `to` or to a hit that stops. */
  replay(to: number, mode: "stop" | "note"): Stop | undefined;
}

export class Search {
  readonly #past: Past;
  readonly #before: number;
  readonly #accept: ((hit: Hit) => boolean) | undefined;
  /** The stretch under way: from a snapshot to where the one after it began. */
  #from: number | undefined;
  #end: number;
  /** Of this stretch, in `stop` mode: the newest that were accepted. */
  #newest: readonly Hit[] = [];

  constructor(past: Past, before: number, accept?: (hit: Hit) => boolean) {
    this.#past = past;
    this.#before = this.#end = before;
    this.#accept = accept;
  }

  /** How much of the history before has been searched, 0 to 1. */
  get fraction(): number {
    const { start, machine } = this.#past;
    const left = this.#from === undefined ? this.#end : this.#end - (machine.steps - this.#from);
    return this.#before === start ? 1 : (this.#before - left) / (this.#before - start);
  }

  /**
   * Goes on for about `steps` steps. The hits of the newest step that has any, oldest first, all before the step where
   * the search began; none if there is none.
   */
  advance(steps: number): readonly Hit[] | "under way" {
    if (this.#end <= this.#past.start) return [];
    this.#from ??= this.#enter();
    const { machine } = this.#past;
    const to = Math.min(this.#end, machine.steps + steps);
    while (machine.steps < to) {
      const stop = this.#past.replay(to, this.#accept ? "stop" : "note");
      if (stop?.kind === "break") this.#look(stop.hits);
      else if (stop) throw new Error(`the past does not run again: ${stop.kind} at step ${machine.steps}`);
    }
    if (to < this.#end) return "under way";
    const hits = this.#accept ? this.#newest : newestStep(machine.noted());
    if (hits.length > 0) return hits;
    this.#end = this.#from;
    this.#from = undefined;
    return this.#end <= this.#past.start ? [] : "under way";
  }

  #enter(): number {
    this.#newest = [];
    const from = this.#past.enter(this.#end - 1);
    this.#past.machine.clearNoted();
    return from;
  }

  #look(hits: readonly Hit[]): void {
    const accepted = hits.filter(this.#accept!);
    if (accepted.length > 0) this.#newest = newestStep([...this.#newest, ...accepted]);
  }
}

function newestStep(hits: readonly Hit[]): readonly Hit[] {
  const step = hits.at(-1)?.step;
  return hits.filter((hit) => hit.step === step);
}

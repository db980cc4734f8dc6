// What strategies that draw executions by chance have in common: so many runs from one state, each to its end.

import { xoroshiro128plus, xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { Transition } from "../../machine/index.js";
import { type Coverage, ENOUGH, type Figures, type SavedSearch, type Search, type Standing, type Visitor } from "./strategy.js";
import type { System } from "./system.js";

export type Generator = ReturnType<typeof xoroshiro128plus>;

/** Chooses among `transitions`, of which there is at least one; made anew for each run. */
export type Chooser = (transitions: readonly Transition[], step: number) => Transition;

export interface Sampling {
  readonly runs: number;
  readonly seed: number;
  /** The chooser of a run, after which the longest so far had `longest` transitions. It draws from `generator` alone. */
  chooser(generator: Generator, longest: number): Chooser;
}

/** Transitions after which a run that goes round in circles is given up. */
const LONGEST = 1_000_000;

/** A search as it was when the run under way began: that run is made again. */
interface Data {
  readonly figures: Figures;
  readonly generator: readonly number[];
}

/** Makes `runs` runs. A given seed gives the same runs. */
export class Sampled implements Search {
  readonly #system: System;
  readonly #visitor: Visitor;
  readonly #sampling: Sampling;
  readonly #start: number;
  readonly #path: Transition[] = [];
  #generator: Generator;
  #choose!: Chooser;
  #runs = 0;
  #transitions = 0;
  #depth = 0;
  #begun!: Data;

  constructor(system: System, visitor: Visitor, sampling: Sampling, saved?: SavedSearch) {
    this.#system = system;
    this.#visitor = visitor;
    this.#sampling = sampling;
    this.#start = system.mark();
    this.#generator = xoroshiro128plus(sampling.seed);
    if (saved) this.#restore(saved.data as Data);
    this.#begin();
  }

  get standing(): Standing {
    return { ...this.#figures, fraction: this.#runs / this.#sampling.runs };
  }

  run(transitions: number): Coverage | undefined {
    const until = this.#transitions + transitions;
    while (this.#transitions < until) {
      const enabled = this.#system.enabled();
      if (enabled.length > 0 && this.#path.length < LONGEST) {
        const transition = this.#choose(enabled, this.#path.length);
        this.#system.take(transition);
        this.#path.push(transition);
        this.#transitions++;
      } else {
        const coverage = this.#finish();
        if (coverage) return coverage;
      }
    }
    return undefined;
  }

  end(why: string): Coverage {
    this.#system.undo(this.#start);
    return { kind: "partial", why, ...this.#figures };
  }

  save(): SavedSearch {
    return { data: this.#begun, states: new Uint8Array() };
  }

  get #figures(): Figures {
    return { executions: this.#runs, transitions: this.#transitions, depth: this.#depth };
  }

  #begin(): void {
    this.#begun = { figures: this.#figures, generator: this.#generator.getState() };
    this.#path.length = 0;
    this.#choose = this.#sampling.chooser(this.#generator, this.#depth);
  }

  /** The run under way is over. */
  #finish(): Coverage | undefined {
    this.#depth = Math.max(this.#depth, this.#path.length);
    const enough = this.#system.finished ? this.#visitor.finished(this.#path) : this.#visitor.stuck(this.#path);
    this.#system.undo(this.#start);
    this.#runs++;
    if (enough) return this.end(ENOUGH);
    const { runs } = this.#sampling;
    if (this.#runs === runs) return { kind: "sampled", runs, ...this.#figures };
    this.#begin();
    return undefined;
  }

  #restore({ figures, generator }: Data): void {
    this.#generator = xoroshiro128plusFromState(generator);
    this.#runs = figures.executions;
    this.#transitions = figures.transitions;
    this.#depth = figures.depth;
  }
}

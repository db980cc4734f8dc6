// The depth-first search that strategies share: every transition of every state that they let it go to, each state once.
// It goes round in no circles: an execution ends where it comes to a state that was seen.

import { inSet, type Transition, transitionBit, type Woken } from "../../machine/index.js";
import { UserError } from "../../errors.js";
import { setOf, type Sleeper, sleeps, stillAsleep, within } from "./sleep.js";
import { type Coverage, ENOUGH, type Figures, type SavedSearch, type Search, type Standing, type Visitor } from "./strategy.js";
import type { System } from "./system.js";

/** What a strategy adds: a number that a state has besides itself, and which transitions are taken. */
export interface Rule {
  /** That of the first state. */
  readonly start: number;
  /** Whether a transition was left out. */
  cutOff: boolean;
  /** Whether transitions that commute with earlier ones may be left out (sleep.ts): not under a rule that counts them. */
  readonly sleeping: boolean;
  /**
   * The number of the state that `transition` leads to from one with number `context`, where `enabled` are possible;
   * undefined if it is not to be taken. Two states are one only if their numbers are, too.
   */
  follow(context: number, transition: Transition, enabled: readonly Transition[]): number | undefined;
}

/** Searches one after the other: the next is made if the one before left something out. */
export interface Rounds {
  /** The rule of round `round`, from 0; undefined if there are no more. There is a first one. */
  rule(round: number): Rule | undefined;
  /** What holds for all executions that were covered, if the last round left something out. */
  readonly limits?: { readonly preemptions: number };
}

interface Place {
  readonly mark: number;
  readonly transitions: readonly Transition[];
  readonly context: number;
  /** The state's sleep set, and the transitions that were made from it since. */
  readonly asleep: Sleeper[];
  /** How many of `transitions` were tried; the last of them leads to the place above, if there is one. */
  next: number;
}

/** A search between two slices. */
interface Data {
  readonly round: number;
  readonly cutOff: boolean;
  readonly path: readonly Transition[];
  readonly places: readonly Pick<Place, "transitions" | "asleep" | "next">[];
  /** Of all rounds: transitions made and left out, longest execution, most states. Of this one: ends of executions. */
  readonly figures: Required<Figures>;
}

const NOBODY: Sleeper[] = [];

export class DepthFirst implements Search {
  readonly #system: System;
  readonly #visitor: Visitor;
  readonly #rounds: Rounds;
  readonly #start: number;
  readonly #stack: Place[] = [];
  readonly #path: Transition[] = [];
  #round = 0;
  #rule: Rule;
  #ends = 0;
  #transitions = 0;
  #asleep = 0;
  #depth = 0;
  #states = 0;
  #frontier = 0;
  #ended: string | undefined;

  constructor(system: System, visitor: Visitor, rounds: Rounds, saved?: SavedSearch) {
    this.#system = system;
    this.#visitor = visitor;
    this.#rounds = rounds;
    this.#start = system.mark();
    this.#rule = rounds.rule(0)!;
    if (saved) this.#restore(saved.data as Data, saved.states);
    else this.#begin();
  }

  get standing(): Standing {
    return { ...this.#figures, frontier: this.#frontier };
  }

  run(transitions: number): Coverage | undefined {
    const until = this.#transitions + transitions;
    while (this.#transitions < until && this.#ended === undefined) {
      const place = this.#stack.at(-1);
      if (!place) {
        if (!this.#nextRound()) return this.#covered();
      } else if (place.next < place.transitions.length) {
        this.#go(place);
      } else {
        this.#stack.pop();
        this.#path.pop();
      }
    }
    if (!this.#system.hasRoom) this.#ended ??= "there is no room for more states";
    return this.#ended === undefined ? undefined : this.end(this.#ended);
  }

  end(why: string): Coverage {
    this.#system.undo(this.#start);
    return { kind: "partial", why, ...this.#figures };
  }

  save(): SavedSearch {
    const data: Data = {
      round: this.#round, cutOff: this.#rule.cutOff, path: this.#path, figures: this.#figures,
      places: this.#stack.map(({ transitions, asleep, next }) => ({ transitions, asleep, next })),
    };
    return { data, states: this.#system.visitedHashes };
  }

  get #figures(): Required<Figures> {
    return {
      states: Math.max(this.#states, this.#system.visited), executions: this.#ends, transitions: this.#transitions, asleep: this.#asleep,
      depth: this.#depth,
    };
  }

  #covered(): Coverage {
    this.#system.undo(this.#start);
    return { kind: "all", ...(this.#rule.cutOff ? this.#rounds.limits : undefined), ...this.#figures };
  }

  #begin(): void {
    this.#system.undo(this.#start);
    this.#states = this.#figures.states;
    this.#system.forget();
    this.#ends = 0;
    this.#system.visit(this.#rule.start);
    this.#enter(this.#rule.start, []);
  }

  #nextRound(): boolean {
    const next = this.#rule.cutOff ? this.#rounds.rule(this.#round + 1) : undefined;
    if (!next) return false;
    this.#round++;
    this.#rule = next;
    this.#begin();
    return true;
  }

  /** Tries the next transition of `place`. */
  #go(place: Place): void {
    const transition = place.transitions[place.next++]!;
    this.#frontier--;
    if (sleeps(place.asleep, transition)) {
      this.#asleep++;
      return;
    }
    const context = this.#rule.follow(place.context, transition, place.transitions);
    if (context === undefined) return;
    this.#system.undo(place.mark);
    this.#system.take(transition);
    this.#transitions++;
    const asleep = this.#rule.sleeping ? this.#fallAsleep(place, transition) : NOBODY;
    const seen = this.#system.visit(context, setOf(asleep));
    if (seen === false) return;
    this.#path.push(transition);
    if (seen === true ? this.#enter(context, asleep) : this.#wake(context, asleep, seen)) return;
    this.#path.pop();
  }

  /** Those that sleep in the state that `transition` has led to from `place`; it sleeps there itself from now on. */
  #fallAsleep(place: Place, transition: Transition): Sleeper[] {
    const made: Sleeper = { transition, reads: this.#system.reads, writes: this.#system.writes };
    const asleep = stillAsleep(place.asleep, made);
    place.asleep.push(made);
    return asleep;
  }

  /** The state was seen, but not all was tried that must be. */
  #wake(context: number, asleep: readonly Sleeper[], { woken, asleep: kept }: Woken): boolean {
    const transitions = within(this.#system.enabled(), woken);
    this.#asleep -= transitions.length;
    this.#push(context, transitions, asleep.filter(({ transition }) => inSet(kept, transitionBit(transition))));
    return true;
  }

  #push(context: number, transitions: readonly Transition[], asleep: Sleeper[]): void {
    this.#stack.push({ mark: this.#system.mark(), transitions, context, asleep, next: 0 });
    this.#frontier += transitions.length;
  }

  /** The state as it is now is new: what can happen in it is to be tried. False if nothing can. */
  #enter(context: number, asleep: Sleeper[]): boolean {
    const transitions = this.#system.enabled();
    this.#depth = Math.max(this.#depth, this.#path.length);
    if (transitions.length > 0) {
      this.#push(context, transitions, asleep);
      return true;
    }
    this.#ends++;
    const enough = this.#system.finished ? this.#visitor.finished(this.#path) : this.#visitor.stuck(this.#path);
    if (enough) this.#ended = ENOUGH;
    return false;
  }

  /** Goes to where a search was saved, along its path. */
  #restore({ round, cutOff, path, places, figures }: Data, states: Uint8Array): void {
    this.#round = round;
    this.#rule = this.#rounds.rule(round) ?? this.#rule;
    let context = this.#rule.start;
    places.forEach(({ transitions, asleep, next }, i) => {
      this.#stack.push({ mark: this.#system.mark(), transitions, context, asleep, next });
      this.#frontier += transitions.length - next;
      const transition = path[i];
      if (transition === undefined) return;
      const followed = this.#system.enabled().includes(transition) ? this.#rule.follow(context, transition, transitions) : undefined;
      if (followed === undefined) throw new UserError("the saved search is not one of this scenario: a step of its path is not possible");
      context = followed;
      this.#system.take(transition);
      this.#path.push(transition);
    });
    this.#rule.cutOff = cutOff;
    this.#ends = figures.executions;
    this.#transitions = figures.transitions;
    this.#asleep = figures.asleep;
    this.#depth = figures.depth;
    this.#states = figures.states;
    this.#system.visitedHashes = states;
  }
}

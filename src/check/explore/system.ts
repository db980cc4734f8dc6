// The transitions of a machine under exploration: which there are in a state, and taking one. Every strategy works with
// these and nothing else.

import type { Exploration, ExploredStatus, Machine } from "../../machine/index.js";
import { UserError } from "../../errors.js";

/** CPU n makes its next visible access, or its oldest buffered store reaches memory. As a number: cpu * 2, and 1 for the store. */
export type Transition = number;

export const cpuOf = (transition: Transition): number => transition >> 1;
export const isDrain = (transition: Transition): boolean => (transition & 1) === 1;

export interface SystemOptions {
  readonly storeBuffers: boolean;
  /** Instructions that a CPU may run without touching what is shared, before it counts as endless. */
  readonly stepLimit?: number;
}

/** Bytes of trail that one transition may need: registers, a full buffer, words of memory. */
const TRAIL_FOR_A_STEP = 16 * 1024;

/** A program that does what no bare program may do. */
export class BadProgram extends UserError {}

export class System {
  readonly #exploration: Exploration;
  readonly #machine: Machine;
  readonly #cpus: number;
  readonly #limit: number;

  constructor(machine: Machine, cpus: number, shared: Iterable<readonly [physical: number, bytes: number]>, options: SystemOptions) {
    this.#machine = machine;
    this.#cpus = cpus;
    this.#limit = options.stepLimit ?? 100_000;
    this.#exploration = machine.explore({ storeBuffers: options.storeBuffers });
    for (const [physical, bytes] of shared) this.#exploration.share(physical, bytes);
    for (let cpu = 0; cpu < cpus; cpu++) {
      this.#exploration.begin(cpu, this.#limit);
      this.#look(cpu);
    }
  }

  /** What can happen next, in the order of CPUs; nothing if the execution is over or stuck. */
  enabled(): Transition[] {
    const transitions: Transition[] = [];
    for (let cpu = 0; cpu < this.#cpus; cpu++) {
      if (this.#exploration.status(cpu) === "parked") transitions.push(cpu * 2);
      if (this.#exploration.buffered(cpu) > 0) transitions.push(cpu * 2 + 1);
    }
    return transitions;
  }

  take(transition: Transition): void {
    const cpu = cpuOf(transition);
    if (!this.#exploration.hasRoom(TRAIL_FOR_A_STEP)) throw new UserError("the search is too deep: the trail of changes is full");
    if (!isDrain(transition)) {
      this.#exploration.advance(cpu, this.#limit);
    } else {
      this.#exploration.drain(cpu);
      // What waited for the buffer to be empty goes on by itself: nobody can tell when.
      if (this.#exploration.buffered(cpu) > 0 || this.#exploration.status(cpu) !== "blocked") return;
      this.#exploration.begin(cpu, this.#limit);
    }
    this.#look(cpu);
  }

  /** True if every CPU has come to its end and all stores have reached memory. */
  get finished(): boolean {
    for (let cpu = 0; cpu < this.#cpus; cpu++) {
      if (this.#exploration.status(cpu) !== "finished" || this.#exploration.buffered(cpu) > 0) return false;
    }
    return true;
  }

  status(cpu: number): ExploredStatus {
    return this.#exploration.status(cpu);
  }

  mark(): number {
    return this.#exploration.mark();
  }

  undo(mark: number): void {
    this.#exploration.undo(mark);
  }

  /** Notes the state; true if it is new. */
  visit(): boolean {
    return this.#exploration.visit();
  }

  get visited(): number {
    return this.#exploration.visited;
  }

  /** Refuses what a bare program cannot come back from. */
  #look(cpu: number): void {
    const status = this.#exploration.status(cpu);
    const where = () => `at 0x${this.#machine.register(cpu, "rip").toString(16)}`;
    if (status === "faulted") throw new BadProgram(`P${cpu} raises exception ${this.#exploration.vector(cpu)} ${where()}, and has no handler`);
    if (status === "stopped") throw new BadProgram(`P${cpu} does something that is not implemented ${where()}`);
    if (status === "endless") throw new BadProgram(`P${cpu} runs ${this.#limit} instructions ${where()} without an access to shared memory`);
  }
}

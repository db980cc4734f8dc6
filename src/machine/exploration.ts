// The machine under an order of events that somebody else chooses: the host's face of assembly/explore. While an
// exploration is on, `Machine.run` must not be called.

import type { CoreExports } from "./core.js";

/** What a CPU waits for, in the core's order (assembly/explore/state.ts). */
export const EXPLORED_STATUS = ["parked", "blocked", "finished", "faulted", "stopped", "endless"] as const;
export type ExploredStatus = (typeof EXPLORED_STATUS)[number];

export interface ExplorationOptions {
  /** Stores wait in buffers (TSO); else every store is seen at once (sequential consistency). */
  readonly storeBuffers: boolean;
}

export class Exploration {
  readonly #core: CoreExports;

  constructor(core: CoreExports, options: ExplorationOptions) {
    this.#core = core;
    core.exploreBegin(options.storeBuffers ? 1 : 0);
    core.exploreForget();
  }

  /** Says that CPUs share the words of [physical, physical + bytes), within one page. */
  share(physical: number, bytes: number): void {
    if (!this.#core.exploreShare(BigInt(physical), bytes)) throw new RangeError("no room for another shared page");
  }

  /** Lets a CPU that waits for nothing yet run up to its first access to shared memory. */
  begin(cpu: number, limit: number): number {
    return this.#core.exploreAdvance(cpu, 1, limit);
  }

  /** Gives CPU `cpu` its turn: one access, and on to the next. Returns an index of EXPLORED_STATUS. */
  advance(cpu: number, limit: number): number {
    return this.#core.exploreAdvance(cpu, 0, limit);
  }

  /** The oldest store in the buffer of `cpu` reaches memory. */
  drain(cpu: number): void {
    this.#core.exploreDrain(cpu);
  }

  buffered(cpu: number): number {
    return this.#core.exploreBuffered(cpu);
  }

  status(cpu: number): ExploredStatus {
    return EXPLORED_STATUS[this.#core.exploreStatus(cpu)]!;
  }

  /** The exception that a faulted CPU ended with. */
  vector(cpu: number): number {
    return this.#core.exploreVector(cpu);
  }

  /** A place in the search to come back to. */
  mark(): number {
    return this.#core.exploreMark();
  }

  undo(mark: number): void {
    this.#core.exploreUndo(mark);
  }

  /** Whether the trail has room for another step. */
  hasRoom(bytes: number): boolean {
    return this.#core.exploreHasRoom(bytes) !== 0;
  }

  /** Notes the state; true if the search has not been in it. */
  visit(): boolean {
    return this.#core.exploreVisit() !== 0;
  }

  /** States noted so far. */
  get visited(): number {
    return this.#core.exploreVisited();
  }

  end(): void {
    this.#core.exploreEnd();
  }
}

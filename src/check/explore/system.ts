// The transitions of a machine under exploration: which there are in a state, and taking one. Every strategy works with
// these and nothing else.

import { type Exploration, type Machine, NO_TRANSITIONS, type Transition, type TransitionSet, type Woken } from "../../machine/index.js";
import { UserError } from "../../errors.js";

/** Instructions that a CPU may run without touching what is shared, before it counts as endless. */
const STEP_LIMIT = 100_000;

/** Bytes of trail that one transition may need: registers, a full buffer, words of memory. */
const TRAIL_FOR_A_STEP = 16 * 1024;

/** What tells a kernel run from one of bare programs. */
export interface KernelRun {
  /** Whether, with every CPU at its end or idle, all is done that was to be. */
  done(): boolean;
}

/** The same of a kernel, which may copy pages and wake tasks between. */
const KERNEL_STEP_LIMIT = 1_000_000;
const TRAIL_FOR_A_KERNEL_STEP = 32 * 1024 * 1024;

/** A program does what no program under exploration may do. */
export class BadProgram extends UserError {}

export class System {
  readonly #exploration: Exploration;
  readonly #machine: Machine;
  readonly #cpus: number;
  readonly #kernel: KernelRun | undefined;
  readonly #limit: number;
  readonly #trail: number;

  /** How the CPUs came to where they wait first: in order, the steps of each, and where it is then. */
  beginnings: { readonly cpu: number; readonly steps: number; readonly rip: bigint }[] = [];

  /** The CPUs of `machine`, none of which waits for anything yet, run up to where they do. */
  constructor(machine: Machine, exploration: Exploration, cpus: number, kernel?: KernelRun) {
    this.#kernel = kernel;
    this.#limit = kernel ? KERNEL_STEP_LIMIT : STEP_LIMIT;
    this.#trail = kernel ? TRAIL_FOR_A_KERNEL_STEP : TRAIL_FOR_A_STEP;
    this.#machine = machine;
    this.#exploration = exploration;
    this.#cpus = cpus;
  }

  /** Lets every CPU run up to its first access to what is shared. */
  begin(): void {
    this.beginnings = Array.from({ length: this.#cpus }, (_, cpu) => {
      const made = this.#exploration.made;
      this.#exploration.begin(cpu, this.#limit);
      this.#look(cpu);
      return { cpu, steps: this.#exploration.made - made, rip: this.#machine.register(cpu, "rip") };
    });
  }

  /** Lets every CPU make the step that it waits with: they stood where nobody's program had begun. */
  enter(): void {
    for (const transition of this.enabled()) {
      const cpu = transition >> 6;
      const made = this.#exploration.made;
      this.take(transition);
      this.beginnings.push({ cpu, steps: this.#exploration.made - made, rip: this.#machine.register(cpu, "rip") });
    }
  }

  /** What can happen next, in the order of CPUs; nothing if the execution is over or stuck. */
  enabled(): Transition[] {
    return this.#exploration.enabled();
  }

  take(transition: Transition): void {
    if (!this.#exploration.hasRoom(this.#trail)) throw new UserError("the search is too deep: the trail of changes is full");
    const status = this.#exploration.take(transition, this.#limit);
    if (status === "stopped" || status === "endless" || status === "faulted") this.#look(transition >> 6);
  }

  /** Makes the transitions of an execution that is known to be possible from here: as `take` for each, but faster. */
  takeAll(path: readonly Transition[]): void {
    const made = this.#exploration.takeAll(path, this.#limit, this.#trail);
    if (made > 0) this.#look(path[made - 1]! >> 6);
    if (made < path.length) throw new UserError("the search is too deep: the trail of changes is full");
  }

  /** True if every CPU has come to its end. */
  get finished(): boolean {
    for (let cpu = 0; cpu < this.#cpus; cpu++) {
      const status = this.#exploration.status(cpu);
      if (status !== "finished" && !(this.#kernel && status === "halted")) return false;
    }
    return this.#kernel?.done() ?? true;
  }

  mark(): number {
    return this.#exploration.mark();
  }

  undo(mark: number): void {
    this.#exploration.undo(mark);
  }

  /** As `Exploration.visit`. */
  visit(context = 0, asleep: TransitionSet = NO_TRANSITIONS): boolean | Woken {
    return this.#exploration.visit(context, asleep);
  }

  /** Whether `reads` and `writes` are all that a transition touches of what CPUs share. */
  get knowsFootprints(): boolean {
    return this.#kernel === undefined;
  }

  /** What the last transition touched, as `Exploration` has it. */
  get reads(): number {
    return this.#exploration.reads;
  }

  get writes(): number {
    return this.#exploration.writes;
  }

  /** The 128-bit hash of the state, as 32 hexadecimal digits. */
  hash(): string {
    return this.#exploration.hash();
  }

  get visited(): number {
    return this.#exploration.visited;
  }

  /** Hashes of the states that were noted, with their sleep sets, 24 bytes each; setting them replaces those. */
  get visitedHashes(): Uint8Array {
    return this.#exploration.visitedHashes;
  }

  set visitedHashes(hashes: Uint8Array) {
    this.#exploration.visitedHashes = hashes;
  }

  /** Whether there is room for more states, and for as many again as a search notes between two looks. */
  get hasRoom(): boolean {
    return this.#exploration.hasRoomForStates;
  }

  /** Forgets the states of an earlier search. */
  forget(): void {
    this.#exploration.forget();
  }

  /** Refuses what a program cannot come back from. */
  #look(cpu: number): void {
    const status = this.#exploration.status(cpu);
    // Of a kernel run that is a verdict: nothing can happen from here on.
    if (this.#kernel && status === "endless") return;
    const where = () => `at 0x${this.#machine.register(cpu, "rip").toString(16)}`;
    if (status === "faulted" && this.#exploration.buffered(cpu) === 0) {
      throw new BadProgram(`P${cpu} raises exception ${this.#exploration.vector(cpu)} ${where()}, and has no handler`);
    }
    if (status === "stopped") {
      const { refused } = this.#exploration;
      throw new BadProgram(refused ? `this cannot be explored: P${cpu}, ${where()}: ${refused}` : `P${cpu} does something that is not implemented ${where()}`);
    }
    if (status === "endless") throw new BadProgram(`P${cpu} runs ${STEP_LIMIT} instructions ${where()} without an access to what is shared`);
  }
}

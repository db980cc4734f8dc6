// A run and its past. A run is a function of its start and its inputs, so the past is the nearest snapshot before it
// and a run forward from there, with the inputs that were logged. Used by the session and by recordings; it knows
// nothing of symbols or of points with conditions.
//
// A position is a step number. Being at step N means: N steps are made, and the inputs of step N are applied.

import type { Pc } from "../../boot/index.js";
import type { Machine, RegisterName, Stop } from "../../machine/index.js";
import { History } from "./history.js";
import { applyInput, InputLog } from "./inputs.js";
import type { HistoryFigures, Input } from "./types.js";

/** Steps between snapshots while the run goes on: what one step back may have to run again, in some 30 ms. */
const INTERVAL = 8_000_000;

/** A journey back leaves snapshots at these distances before its end, so that going on back costs little. */
const MARKS = [26, 22, 18, 14, 10].map((bits) => 2 ** bits);

/** Ends of a run that do not keep it from going on: in the past the machine goes on as it did. */
const PASSED_OVER: ReadonlySet<Stop["kind"]> = new Set(["exit", "power-off", "reset", "device", "request"]);

/** After these the machine is where it is after so many steps, and no further. */
const EXACT: ReadonlySet<Stop["kind"]> = new Set([...PASSED_OVER, "limit"]);

export interface TimelineOptions {
  /** Bytes for snapshots. */
  readonly historyBytes?: number;
  /** Steps between snapshots. */
  readonly interval?: number;
}

type NewInput = Input extends infer Each ? (Each extends Input ? Omit<Each, "step" | "idle"> : never) : never;

export class Timeline {
  readonly pc: Pc;
  readonly machine: Machine;
  readonly #history: History;
  readonly #inputs = new InputLog();
  readonly #interval: number;
  readonly #start: number;
  #furthest: number;
  /**
   * False where the machine has begun what comes after this step: it is idle, it has failed, or it is at a point before
   * an instruction, for which a turn was begun. What happens next is the same, unless there is an input.
   */
  #exact = true;
  /** The machine was run until it was idle, and nothing has happened since. */
  #idle = false;

  private constructor(pc: Pc, options: TimelineOptions) {
    this.pc = pc;
    this.machine = pc.machine;
    this.#history = new History(options.historyBytes);
    this.#interval = options.interval ?? INTERVAL;
    this.#start = this.#furthest = this.machine.steps;
    this.#keep();
  }

  /** The history of `pc` from now on. From here nobody else may run it, or write to it. */
  static create(pc: Pc, options: TimelineOptions = {}): Timeline {
    return new Timeline(pc, options);
  }

  get now(): number {
    return this.machine.steps;
  }

  /** The first step that can be travelled to. */
  get start(): number {
    return this.#start;
  }

  /** The last step of the known future. */
  get furthest(): number {
    return this.#furthest;
  }

  get figures(): HistoryFigures {
    const { count, bytes, limit, thinned } = this.#history;
    return { snapshots: count, inputs: this.#inputs.length, bytes, limit, thinned };
  }

  /** Everything that was put into the machine, in order. */
  get inputs(): readonly Input[] {
    return this.#inputs.list();
  }

  /** Runs forward for at most `steps` steps, with the inputs of the known future as they come. */
  run(steps: number): Stop {
    return this.#forward(this.now + steps);
  }

  /**
   * Goes to exactly step `step`. Undefined, or why the machine would not go so far: it has failed, or it is idle, or
   * something new ended the run after the known future.
   */
  travel(step: number): Stop | undefined {
    const journey = this.journey(step);
    for (;;) {
      const end = journey.advance(Infinity);
      if (end !== "under way") return end;
    }
  }

  /** The same in pieces. */
  journey(step: number): Journey {
    if (!(step >= this.#start)) throw new RangeError(`history begins at step ${this.#start}, after ${step}`);
    const { now } = this;
    const nearest = this.#history.nearest(step)!;
    if (!this.#exact || step < now || nearest.step > now) {
      this.machine.restore(nearest.snapshot);
      this.#inputs.rewind(nearest.applied);
      this.#exact = true;
      this.#idle = false;
    }
    const marks = MARKS.map((mark) => step - mark).filter((mark) => mark > this.now);
    return new Journey(this, step, (to) => this.#onward(to, marks));
  }

  /** Bytes for the guest's serial line. Returns how many steps of known future this has ended. */
  type(bytes: Uint8Array): number {
    return this.#put({ kind: "serial", bytes: bytes.slice() });
  }

  setRegister(cpu: number, register: RegisterName, value: bigint): number {
    return this.#put({ kind: "register", cpu, register, value });
  }

  /** Writes RAM as DMA does: TLBs and their marks know nothing of it. */
  writePhysical(address: number, bytes: Uint8Array): number {
    return this.#put({ kind: "memory", address, bytes: bytes.slice() });
  }

  /** One piece of a journey: up to `to`, with snapshots at the marks. */
  #onward(to: number, marks: number[]): Stop | undefined {
    const known = this.#furthest;
    while (this.now < to) {
      const stop = this.#forward(Math.min(to, marks[0] ?? Infinity));
      if (this.now === marks[0]) {
        marks.shift();
        this.#keep();
      } else if (this.now < to && !(PASSED_OVER.has(stop.kind) && this.now < known)) {
        return stop;
      }
    }
    return undefined;
  }

  #forward(to: number): Stop {
    for (;;) {
      this.#applyDue();
      const { now } = this;
      if (now >= to) return { kind: "limit" };
      const next = this.#inputs.next;
      if (this.#exact && now - this.#history.nearest(now)!.step >= this.#interval) this.#keep();
      const due = this.#history.nearest(now)!.step + this.#interval;
      const stop = this.machine.run(Math.min(to, next?.step ?? Infinity, due > now ? due : Infinity) - now);
      this.#ran(stop);
      if (stop.kind === "limit" || (stop.kind === "idle" && next?.step === this.now)) continue;
      this.#applyDue();
      return stop;
    }
  }

  #ran(stop: Stop): void {
    this.#exact = EXACT.has(stop.kind);
    this.#idle = stop.kind === "idle";
    this.#furthest = Math.max(this.#furthest, this.now);
  }

  /** Applies the inputs of this step. */
  #applyDue(): void {
    for (let next = this.#inputs.next; next?.step === this.now && next.kind !== "hold"; next = this.#inputs.next) {
      if (next.idle) this.machine.run(1);
      applyInput(this.pc, next);
      this.#inputs.pass();
      this.#idle = false;
      this.#exact = true;
    }
  }

  #put(input: Exclude<NewInput, { kind: "hold" }>): number {
    const dropped = this.#begin();
    const complete = { ...input, step: this.now, idle: this.#idle };
    applyInput(this.pc, complete);
    this.#inputs.add(complete);
    this.#idle = false;
    this.#exact = true;
    return dropped;
  }

  /** Makes the present the last that is known, and exactly what it will be when it is run again. */
  #begin(): number {
    if (!this.#exact && !this.#idle) this.travel(this.now);
    const { now } = this;
    const dropped = this.#furthest - now;
    this.#inputs.dropFuture(now);
    this.#history.dropFuture(now, this.#inputs.applied);
    this.#furthest = now;
    return dropped;
  }

  #keep(): void {
    this.#history.add({ step: this.now, applied: this.#inputs.applied, snapshot: this.machine.snapshot() });
  }
}

/** A way through the known run, in pieces, so that others have their turn in between. */
export class Journey {
  constructor(
    private readonly timeline: Timeline,
    readonly to: number,
    private readonly onward: (to: number) => Stop | undefined,
  ) {}

  /** Goes on for about `steps` steps. */
  advance(steps: number): Stop | undefined | "under way" {
    const stop = this.onward(Math.min(this.to, this.timeline.now + steps));
    return stop ?? (this.timeline.now < this.to ? "under way" : undefined);
  }
}

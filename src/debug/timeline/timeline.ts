// A run and its past. A run is a function of its start and its inputs, so the past is the nearest snapshot before it
// and a run forward from there, with the inputs that were logged. Used by the session and by recordings; it knows
// nothing of symbols or of points with conditions.
//
// A position is a step number. Being at step N means: N steps are made, and the inputs of step N are applied.

import type { Pc } from "../../boot/index.js";
import type { Hit, Machine, RegisterName, Stop } from "../../machine/index.js";
import { History } from "./history.js";
import { applyInput, InputLog } from "./inputs.js";
import { Journey } from "./journey.js";
import { Search } from "./search.js";
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

type Hold = Extract<Input, { kind: "hold" }>;

/** How the run goes on: whether snapshots are kept, and whose step ends it. */
interface How {
  readonly keep: boolean;
  readonly stepping?: number;
}

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
    return this.#forward(this.now + steps, { keep: true });
  }

  /** Runs forward until `cpu` has made a step, for at most `most` steps of all. */
  runUntilStepped(cpu: number, most: number): Stop {
    return this.#forward(this.now + most, { keep: true, stepping: cpu });
  }

  /**
   * Lets `cpu` alone make `steps` steps, out of turn: an input, which ends the known future. `pass`: points before the
   * instruction that it stands at are not hit.
   */
  hold(cpu: number, steps: number, pass = false): Stop {
    this.#begin(false);
    if (pass) this.machine.passStopPoints(cpu);
    const { now: step } = this;
    const stop = this.machine.runCpu(cpu, steps);
    this.#ran(stop);
    if (this.now > step) this.#inputs.add({ kind: "hold", cpu, steps: this.now - step, step, idle: false });
    // Waiting in vain has moved the clock, which the same hold would not do again.
    if (stop.kind === "idle") this.travel(this.now);
    return stop;
  }

  /** The newest hits of the machine's stop points before step `before`, of those that `accept` takes. */
  search(before: number, accept?: (hit: Hit) => boolean): Search {
    const past = {
      machine: this.machine,
      start: this.#start,
      enter: (step: number) => this.#enter(step),
      replay: (to: number, mode: "stop" | "note") => this.#replay(to, mode, { keep: false }),
    };
    return new Search(past, before, accept);
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
    if (!this.#exact || step < now || this.#history.nearest(step)!.step > now) this.#enter(step);
    const marks = MARKS.map((mark) => step - mark).filter((mark) => mark > this.now);
    return new Journey(this, step, (to) => this.#onward(to, marks));
  }

  /** Goes to step `from` and on to step `to`: numbers of the steps that `cpu` makes on the way. */
  stepsOf(cpu: number, from: number, to: number): number[] {
    this.travel(from);
    const steps: number[] = [];
    while (this.now < to) {
      this.#replay(to, "off", { keep: false, stepping: cpu });
      const last = this.machine.lastStep(cpu) ?? -1;
      if (last >= from && last !== steps.at(-1)) steps.push(last);
    }
    return steps;
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

  /** Runs the known run again, and on: up to `to`, or to an end that is not behind us. */
  #replay(to: number, mode: "stop" | "note" | "off", how: How): Stop | undefined {
    const known = this.#furthest;
    const before = this.machine.stopPointMode;
    this.machine.stopPointMode = mode;
    try {
      while (this.now < to) {
        const stop = this.#forward(to, how);
        if (stop.kind === "stepped") return stop;
        const isBehind = this.now === to || (PASSED_OVER.has(stop.kind) && this.now < known);
        if (stop.kind === "break" || !isBehind) return stop;
      }
      return undefined;
    } finally {
      this.machine.stopPointMode = before;
    }
  }

  /** One piece of a journey, with snapshots at the marks. */
  #onward(to: number, marks: number[]): Stop | undefined {
    while (this.now < to) {
      const mark = marks[0] ?? Infinity;
      const stop = this.#replay(Math.min(to, mark), "off", { keep: true });
      if (stop) return stop;
      if (this.now === mark) {
        marks.shift();
        this.#keep();
      }
    }
    // A snapshot of this very step may be of before its inputs.
    this.#applyDue();
    return undefined;
  }

  #forward(to: number, { keep, stepping }: How): Stop {
    const { machine } = this;
    const stood = stepping === undefined ? undefined : machine.lastStep(stepping);
    for (;;) {
      this.#applyDue();
      const { now } = this;
      if (stepping !== undefined && machine.lastStep(stepping) !== stood) return { kind: "stepped", cpu: stepping };
      if (now >= to) return { kind: "limit" };
      if (keep && this.#exact && now - this.#history.nearest(now)!.step >= this.#interval) this.#keep();
      const due = keep ? this.#history.nearest(now)!.step + this.#interval : Infinity;
      const next = this.#inputs.next;
      const most = Math.min(to, due > now ? due : Infinity) - now;
      const stop = next && next.step <= now ? this.#hold(next as Hold, stepping === undefined ? most : 1)
        : stepping === undefined ? machine.run(Math.min(most, (next?.step ?? Infinity) - now))
        : machine.runUntilStepped(stepping, 1, Math.min(most, (next?.step ?? Infinity) - now));
      this.#ran(stop);
      if (stop.kind === "limit" || stop.kind === "stepped" || (stop.kind === "idle" && next?.step === this.now)) continue;
      this.#applyDue();
      return stop;
    }
  }

  /** Goes on with a hold of the known run, which may be under way. */
  #hold({ cpu, step, steps }: Hold, most: number): Stop {
    const stop = this.machine.runCpu(cpu, Math.min(most, step + steps - this.now));
    if (this.now === step + steps) this.#inputs.pass();
    return stop;
  }

  #ran(stop: Stop): void {
    // An access or an event is told after its step; a point before an instruction in the turn that it is about to run in.
    this.#exact = EXACT.has(stop.kind) || (stop.kind === "break" && stop.hits.every((hit) => hit.step < this.now));
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

  /** Goes to the nearest snapshot that is not after `step`. */
  #enter(step: number): number {
    const nearest = this.#history.nearest(step)!;
    this.machine.restore(nearest.snapshot);
    this.#inputs.rewind(nearest.applied);
    this.#exact = true;
    this.#idle = false;
    return nearest.step;
  }

  #put(input: Exclude<NewInput, { kind: "hold" }>): number {
    const dropped = this.#begin(true);
    const complete = { ...input, step: this.now, idle: this.#idle };
    applyInput(this.pc, complete);
    this.#inputs.add(complete);
    this.#idle = false;
    this.#exact = true;
    return dropped;
  }

  /** Makes the present the last that is known, and exactly what it will be when it is run again. Returns what that ends. */
  #begin(mayIdle: boolean): number {
    if (!this.#exact && !(this.#idle && mayIdle)) this.travel(this.now);
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

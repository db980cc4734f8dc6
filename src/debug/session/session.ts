// Run control over a PC: what the console, the gdb server and tests use. It runs forwards and backwards until a point
// counts, in pieces with the event loop in between, so that it can be interrupted and output is seen as it comes.
//
//   const session = Session.open({ pc });
//   session.points.add({ text: "break f", stops: [{ kind: "instruction", address }] });
//   const halt = await session.continue(1);

import type { Pc } from "../../boot/index.js";
import type { Hit, Machine, RegisterName, Stop } from "../../machine/index.js";
import { Timeline } from "../timeline/index.js";
import type { SymbolTable } from "../symbols/index.js";
import { arriveAt, callThatPushed, frameByRbp, returnTo } from "./frames.js";
import { nextInstruction } from "./instruction.js";
import { Armed, type Guard, PointSet } from "./points.js";
import { Output } from "./output.js";
import { stepBefore } from "./steps.js";
import type { ContinueOptions, Direction, FrameOf, Halt, Points, RunProgress, SessionOptions, StepSchedule } from "./types.js";

/** Steps between looks at the event loop: some 10 ms. */
const CHUNK = 2_000_000;

/** A CPU that waits is waited for while the others make so many steps. */
const WAITING = 20_000_000;

/** Progress is reported from this long after a run began, in milliseconds. */
const PATIENCE = 2000;

type Reason = Pick<Halt, "kind"> & Partial<Pick<Halt, "cpu" | "hits" | "stop" | "note">>;

export class Session {
  readonly pc: Pc;
  readonly machine: Machine;
  readonly timeline: Timeline;
  readonly symbols: SymbolTable | undefined;
  /** The CPU that commands mean when they name none. */
  focus = 0;
  schedule: StepSchedule = "all";
  readonly #points = new PointSet();
  readonly #frameOf: FrameOf;
  readonly #output: Output;
  readonly #haltListeners: ((halt: Halt) => void)[] = [];
  readonly #progressListeners: ((progress: RunProgress) => void)[] = [];
  #busy = false;
  #interrupted = false;
  /** Steps of known future that this run has ended. */
  #dropped = 0;

  private constructor(options: SessionOptions) {
    this.pc = options.pc;
    this.machine = options.pc.machine;
    this.symbols = options.symbols;
    this.timeline = Timeline.create(options.pc, options.history === undefined ? {} : { historyBytes: options.history });
    this.#frameOf = options.frameOf ?? ((cpu) => frameByRbp(this.machine, cpu));
    this.#output = new Output(options.pc.serial);
  }

  /** Takes over `pc`: from here its runs, its serial line and its memory are the session's. */
  static open(options: SessionOptions): Session {
    return new Session(options);
  }

  get points(): Points {
    return this.#points;
  }

  /** A run is under way; only `interrupt` may be called then. */
  get busy(): boolean {
    return this.#busy;
  }

  onHalt(listener: (halt: Halt) => void): void {
    this.#haltListeners.push(listener);
  }

  /** What the guest sends, the first time that it sends it: a past that is run again is silent. */
  onSerial(listener: (bytes: Uint8Array) => void): void {
    this.#output.listen(listener);
  }

  /** Called now and then in a run of more than two seconds. */
  onProgress(listener: (progress: RunProgress) => void): void {
    this.#progressListeners.push(listener);
  }

  /** Ends the run under way, soon. */
  interrupt(): void {
    this.#interrupted = this.#busy;
  }

  /** Runs until a point counts or the machine stops; forwards also until the limit. */
  continue(direction: Direction, options: ContinueOptions = {}): Promise<Halt> {
    return this.#run(() => (direction === 1 ? this.#forwards(options) : this.#backwards(undefined)));
  }

  /** `n` steps of `cpu`, which becomes the focus. */
  step(cpu: number, n: number, direction: Direction): Promise<Halt> {
    this.focus = cpu;
    if (direction === -1) return this.#run(() => this.#stepBack(cpu, n));
    return this.#run(() => this.#stepForward(cpu, n));
  }

  /** One step of the focus, but over a function that it calls. Backwards: over one that has just returned. */
  stepOver(direction: Direction): Promise<Halt> {
    const { machine, focus } = this;
    if (direction === -1) return this.#run(() => this.#stepOverBack(focus));
    const next = nextInstruction(machine, focus);
    if (next?.flow !== "call") return this.step(focus, 1, 1);
    const guard = returnTo(machine, focus, next.end + machine.register(focus, "cs_base"), machine.register(focus, "rsp"));
    return this.#run(() => this.#forwards({}, guard));
  }

  /** Runs until the function of the focus has returned. Backwards: to the call that entered it. */
  finish(direction: Direction): Promise<Halt> {
    return this.#run(async () => {
      const frame = this.#frameOf(this.focus);
      if (!frame) return { kind: "stepped", note: "the caller of this function is not known" };
      if (direction === 1) return this.#forwards({}, returnTo(this.machine, this.focus, frame.returnAddress, frame.cfa));
      return this.#backwards(callThatPushed(this.machine, frame.cfa - 8n, frame.returnAddress));
    });
  }

  /** Runs until the focus is at linear address `address`. */
  until(address: bigint): Promise<Halt> {
    return this.#run(() => this.#forwards({}, arriveAt(this.focus, address)));
  }

  /** Goes to exactly step `step`. */
  travel(step: number): Promise<Halt> {
    return this.#run(() => this.#journey(step));
  }

  // Inputs. Each returns how many steps of known future it has ended: more than 0 if it was put into the past.

  type(bytes: Uint8Array | string): number {
    const dropped = this.timeline.type(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
    return this.#changed(dropped);
  }

  setRegister(cpu: number, register: RegisterName, value: bigint): number {
    return this.#changed(this.timeline.setRegister(cpu, register, value));
  }

  writePhysical(address: number, bytes: Uint8Array): number {
    return this.#changed(this.timeline.writePhysical(address, bytes));
  }

  /** Writes through the page tables of `cpu`; a RangeError, and nothing written, where something is not mapped. */
  writeVirtual(cpu: number, address: bigint, bytes: Uint8Array): number {
    this.machine.readVirtual(cpu, address, bytes.length);
    let dropped = 0;
    for (let done = 0; done < bytes.length; ) {
      const at = BigInt.asUintN(64, address + BigInt(done));
      const part = Math.min(bytes.length - done, 4096 - Number(at & 4095n));
      dropped += this.writePhysical(this.machine.physicalOf(cpu, at)!, bytes.subarray(done, done + part));
      done += part;
    }
    return dropped;
  }

  /** A CPU alone, which is an input: what was known of the future ends, and what the guest sends from here is new. */
  #hold(cpu: number, steps: number, pass: boolean): Stop {
    const known = this.timeline.furthest - this.timeline.now;
    if (known > 0) this.#output.rewind();
    this.#dropped += known;
    return this.timeline.hold(cpu, steps, pass);
  }

  #changed(dropped: number): number {
    this.#output.rewind();
    return dropped;
  }

  /** Runs `how`, alone, and tells where it ended. */
  async #run(how: () => Promise<Reason>): Promise<Halt> {
    if (this.#busy) throw new Error("a run is under way");
    this.#busy = true;
    this.#interrupted = false;
    this.#dropped = 0;
    try {
      const reason = await how();
      const note = this.#dropped > 0 ? { note: `another future begins: ${this.#dropped} steps that were known are gone` } : {};
      this.focus = reason.cpu ?? this.focus;
      const { focus, machine } = this;
      const halt: Halt = { hits: [], ...note, ...reason, cpu: focus, step: machine.steps, rip: machine.register(focus, "rip") };
      this.#output.flush();
      for (const listener of this.#haltListeners) listener(halt);
      return halt;
    } finally {
      this.#busy = false;
    }
  }

  async #forwards({ limit = Infinity, only }: ContinueOptions, guard?: Guard): Promise<Reason> {
    const { timeline } = this;
    const armed = new Armed(this.machine, this.#points, guard);
    const start = timeline.now;
    const pause = this.#pauses("running", () => (limit === Infinity ? undefined : (timeline.now - start) / limit));
    for (let pass = true; ; ) {
      const steps = Math.min(CHUNK, start + limit - timeline.now);
      const stop: Stop = only === undefined ? timeline.run(steps) : this.#hold(only, steps, pass);
      pass = stop.kind === "break";
      const end = this.#endOf(stop, armed, start);
      if (end) return end;
      if (timeline.now - start >= limit) return { kind: "stepped" };
      if (await pause()) return { kind: "interrupted" };
    }
  }

  /** Why a run from step `start` that came to `stop` is over; undefined if it is not. */
  #endOf(stop: Stop, armed: Armed, start: number): Reason | undefined {
    if (stop.kind === "limit" || stop.kind === "stepped") return undefined;
    if (stop.kind !== "break") return { kind: "machine", stop, ...("cpu" in stop ? { cpu: stop.cpu } : {}) };
    // Going on from a point does not stop at it again.
    const hits = stop.hits.filter((hit) => !(hit.step === start && this.timeline.now === start) && armed.holds(hit));
    const counted = armed.count(hits);
    if (counted?.kind === "points") return { kind: "point", cpu: counted.hits[0]!.hit.cpu, hits: counted.hits };
    return counted && { kind: "stepped", cpu: counted.hit.cpu };
  }

  async #stepForward(cpu: number, n: number): Promise<Reason> {
    const { timeline, machine } = this;
    const armed = new Armed(machine, this.#points);
    const start = timeline.now;
    const pause = this.#pauses("running", () => done / n);
    let done = 0;
    for (let since = start, pass = true; done < n; ) {
      const stood = machine.lastStep(cpu);
      const stop: Stop = this.schedule === "hold" ? this.#hold(cpu, 1, pass) : timeline.runUntilStepped(cpu, CHUNK);
      pass = stop.kind === "break";
      const stepped = machine.lastStep(cpu) !== stood;
      const end = this.#endOf(stop, armed, start);
      if (end) return end;
      if (stepped) {
        done++;
        since = timeline.now;
      } else if (timeline.now - since >= WAITING) {
        return { kind: "stepped", note: `CPU ${cpu} waits: it made no step while the others made ${timeline.now - since}` };
      }
      if ((!stepped || done % 256 === 0) && (await pause())) return { kind: "interrupted" };
    }
    return { kind: "stepped" };
  }

  async #stepBack(cpu: number, n: number): Promise<Reason> {
    const pause = this.#pauses("searching", () => undefined);
    const step = n === 1 ? this.machine.lastStep(cpu) : await stepBefore(this.timeline, cpu, n, pause);
    if (step === "interrupted") return { kind: "interrupted" };
    if (step === undefined || step < this.timeline.start) {
      return { kind: "start-of-history", note: `CPU ${cpu} has not made so many steps` };
    }
    const end = await this.#journey(step);
    return end.kind === "travelled" ? { kind: "stepped" } : end;
  }

  async #stepOverBack(cpu: number): Promise<Reason> {
    const { machine } = this;
    const returnAddress = machine.register(cpu, "rip");
    const end = await this.#stepBack(cpu, 1);
    if (end.kind !== "stepped" || nextInstruction(machine, cpu)?.flow !== "return") return end;
    return this.#backwards(callThatPushed(machine, machine.register(cpu, "rsp"), returnAddress));
  }

  /** To the newest hit before the present that counts. The machine is then before the instruction that did it. */
  async #backwards(guard: Guard | undefined): Promise<Reason> {
    const { timeline } = this;
    const origin = timeline.now;
    const armed = new Armed(this.machine, this.#points, guard);
    const accept = armed.unconditional ? undefined : (hit: Hit) => armed.holds(hit);
    for (let before = origin; ; ) {
      const search = timeline.search(before, accept);
      const pause = this.#pauses("searching", () => search.fraction);
      let found: readonly Hit[] | "under way";
      while ((found = search.advance(CHUNK)) === "under way") {
        if (!(await pause())) continue;
        timeline.travel(origin);
        return { kind: "interrupted" };
      }
      if (found.length === 0) return { ...(await this.#journey(timeline.start)), kind: "start-of-history" };
      before = found[0]!.step;
      const counted = armed.count(found);
      if (!counted) continue;
      const end = await this.#journey(before);
      if (end.kind !== "travelled") return end;
      if (counted.kind === "points") return { kind: "point", cpu: counted.hits[0]!.hit.cpu, hits: counted.hits };
      return { kind: "stepped", cpu: counted.hit.cpu };
    }
  }

  async #journey(step: number): Promise<Reason> {
    const { timeline } = this;
    if (step < timeline.start) {
      await this.#journey(timeline.start);
      return { kind: "start-of-history", note: `history begins at step ${timeline.start}` };
    }
    const journey = timeline.journey(step);
    const from = timeline.now;
    const pause = this.#pauses("travelling", () => (timeline.now - from) / (step - from));
    for (;;) {
      const end = journey.advance(CHUNK);
      if (end === undefined) return { kind: "travelled" };
      if (end !== "under way") return { kind: "machine", stop: end, ...("cpu" in end ? { cpu: end.cpu } : {}) };
      if (await pause()) return { kind: "interrupted" };
    }
  }

  /** What to call between pieces of a run: others have their turn, and it is true if one of them has interrupted. */
  #pauses(what: RunProgress["what"], fraction: () => number | undefined): () => Promise<boolean> {
    const patience = performance.now() + PATIENCE;
    return async () => {
      this.#output.flush();
      if (performance.now() > patience) {
        const progress = { what, fraction: fraction(), step: this.machine.steps };
        for (const listener of this.#progressListeners) listener(progress);
      }
      await new Promise((done) => setImmediate(done));
      return this.#interrupted;
    };
  }
}

// A session as the protocol's target: the client's resumes are the session's runs, and the session's halts the
// client's stops. For the commands that serve gdb.

import { UserError } from "../../errors.js";
import { describeStop, type RegisterName, type Stop } from "../../machine/index.js";
import { readSome, virtualMemory } from "../look/index.js";
import type { Session } from "../session/index.js";
import type { Halt } from "../session/types.js";
import { describeCpu } from "./describe-cpu.js";
import { type RangeExits, rangeExits } from "./range-exits.js";
import { SessionPoints } from "./session-points.js";
import type { Resume, Stopped, StopReason, Target, TargetPoint } from "./target.js";

/** The debugger's console, as far as `monitor` needs it. */
export interface MonitorConsole {
  execute(line: string): Promise<{ readonly text: string; readonly json: string; readonly error?: string; readonly wantsJson: boolean }>;
  interrupt(): void;
}

export interface SessionTargetOptions {
  readonly console: MonitorConsole;
  /** The exit status to tell the client for an end of the run; undefined for one that leaves the machine to be looked at. */
  readonly exitStatus: (stop: Stop) => number | undefined;
  /** Every CPU waits for input. True once there is some; false if there will be none, or `interrupted` came first. */
  readonly waitForInput?: (interrupted: Promise<void>) => Promise<boolean>;
  /** What the guest sends on its serial line is shown to the client. */
  readonly serialToClient?: boolean;
  /** The run goes no further than this step. */
  readonly limit?: number;
}

/** Steps within a range between two turns for the event loop, so that Ctrl-C is heard. */
const RANGE = 64;
const END = 1n << 64n;

/** Does something that the machine may refuse, by a RangeError; whether it was done. */
function canDo(something: () => unknown): boolean {
  try {
    something();
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** A resume that is under way. */
class Run {
  readonly output: (text: string) => void;
  interrupted = false;
  readonly whenInterrupted: Promise<void>;
  #tell: () => void = () => {};

  constructor(output: (text: string) => void) {
    this.output = output;
    this.whenInterrupted = new Promise((done) => (this.#tell = done));
  }

  interrupt(): void {
    this.interrupted = true;
    this.#tell();
  }
}

export class SessionTarget implements Target {
  readonly #session: Session;
  readonly #options: SessionTargetOptions;
  readonly #points: SessionPoints;
  readonly #serial = new TextDecoder();
  #run: Run | undefined;
  /** Input for the guest that waits for the run to go on. */
  #typed: Uint8Array[] = [];
  #takesInput = false;
  #end: Stop | undefined;

  constructor(session: Session, options: SessionTargetOptions) {
    this.#session = session;
    this.#options = options;
    this.#points = new SessionPoints(session);
    if (options.serialToClient) session.onSerial((bytes) => this.#show(this.#serial.decode(bytes, { stream: true })));
  }

  /** Why the machine ended the last resume, if it did. */
  get end(): Stop | undefined {
    return this.#end;
  }

  /** Input for the guest's serial line. It reaches the guest where the run goes forward: never while the past is searched. */
  type(bytes: Uint8Array): void {
    this.#typed.push(bytes);
    if (this.#takesInput) this.#session.interrupt();
  }

  get #machine() {
    return this.#session.pc.machine;
  }

  get cpus(): number {
    return this.#machine.options.cpus;
  }

  get firstCpu(): number {
    return this.#session.focus;
  }

  register(cpu: number, name: RegisterName): bigint {
    return this.#machine.register(cpu, name);
  }

  setRegister(cpu: number, name: RegisterName, value: bigint): boolean {
    return canDo(() => this.#session.setRegister(cpu, name, value));
  }

  readMemory(cpu: number, address: bigint, length: number): Uint8Array {
    const size = address + BigInt(length) > END ? Number(END - address) : length;
    return readSome(virtualMemory(this.#machine, cpu), address, size);
  }

  writeMemory(cpu: number, address: bigint, bytes: Uint8Array): boolean {
    return address + BigInt(bytes.length) <= END && canDo(() => this.#session.writeVirtual(cpu, address, bytes));
  }

  setPoints(points: readonly TargetPoint[]): void {
    this.#points.want(points);
  }

  describe(cpu: number): string {
    return describeCpu(this.#machine, cpu);
  }

  async monitor(line: string, cpu: number): Promise<string> {
    const before = this.#machine.steps;
    this.#session.focus = cpu;
    this.#points.insert();
    const { text, json, error, wantsJson } = await this.#options.console.execute(line);
    const said = wantsJson ? json : (error ?? text);
    if (this.#machine.steps === before) return said;
    return `${said}\nThe machine has moved. Say "maintenance flush register-cache", so that gdb looks again.`;
  }

  interrupt(): void {
    this.#run?.interrupt();
    this.#options.console.interrupt();
    this.#session.interrupt();
  }

  async resume(how: Resume, output: (text: string) => void): Promise<Stopped> {
    const { schedule } = this.#session;
    const run = new Run(output);
    this.#points.insert();
    this.#run = run;
    try {
      const halt = this.#limited(await this.#carryOut(how, run));
      this.#end = halt.kind === "machine" ? halt.stop : undefined;
      return this.#stopped(run.interrupted && halt.kind === "stepped" ? { ...halt, kind: "interrupted" } : halt);
    } catch (error) {
      // More points than the machine has room for, a step that cannot be made.
      if (!(error instanceof UserError)) throw error;
      return { cpu: this.#session.focus, reason: { kind: "trap" }, text: error.message };
    } finally {
      this.#run = undefined;
      this.#session.schedule = schedule;
    }
  }

  #show(text: string): void {
    if (text !== "") this.#run?.output(text);
  }

  /** Steps that are left to the limit. */
  get #room(): number {
    return Math.max((this.#options.limit ?? Infinity) - this.#machine.steps, 0);
  }

  /** The halt, or the end of the run if that has come to its limit. */
  #limited(halt: Halt): Halt {
    return this.#room > 0 ? halt : { ...halt, kind: "machine", stop: { kind: "limit" } };
  }

  async #carryOut(how: Resume, run: Run): Promise<Halt> {
    switch (how.kind) {
      case "continue":
        if (how.direction < 0) return this.#session.continue(-1);
        return this.#continue(how.only, run);
      case "step":
        if (how.direction < 0) return this.#session.step(how.cpu, 1, -1);
        return this.#step(how.cpu, how.held);
      case "range":
        return this.#range(how, run);
    }
  }

  /** Goes on; where the guest waits for input, until there is some. */
  async #continue(only: number | undefined, run: Run): Promise<Halt> {
    for (;;) {
      for (const bytes of this.#typed.splice(0)) this.#session.type(bytes);
      this.#takesInput = true;
      const halt = await this.#session.continue(1, { limit: this.#room, ...(only === undefined ? {} : { only }) });
      this.#takesInput = false;
      // What was typed has interrupted the run, so that it could be put in.
      if (halt.kind === "interrupted" && !run.interrupted) continue;
      if (halt.kind !== "machine" || halt.stop?.kind !== "idle") return halt;
      if (this.#typed.length > 0 || (await this.#options.waitForInput?.(run.whenInterrupted))) continue;
      return run.interrupted ? { ...halt, kind: "interrupted" } : halt;
    }
  }

  /**
   * One step of `cpu`. Where it is to be held alone but has the turn anyway, the step is made by the schedule:
   * gdb steps so over its own breakpoints, and this must not make another run of it.
   */
  async #step(cpu: number, held: boolean): Promise<Halt> {
    const { timeline } = this.#session;
    this.#session.schedule = "all";
    if (!held) return this.#session.step(cpu, 1, 1);
    this.#session.focus = cpu;
    const before = timeline.now;
    if (this.#machine.currentCpu === cpu) {
      const halt = await this.#session.continue(1, { limit: 1 });
      if (timeline.now === before || this.#machine.lastStep(cpu) === before) return halt;
      timeline.travel(before);
    }
    this.#session.schedule = "hold";
    return this.#session.step(cpu, 1, 1);
  }

  async #range({ cpu, from, to, held }: Extract<Resume, { kind: "range" }>, run: Run): Promise<Halt> {
    const exits = rangeExits(this.#machine, cpu, from, to);
    const rip = () => this.#machine.register(cpu, "rip");
    for (let turns = 1; ; turns++) {
      const halt = exits && !exits.anywhere.has(rip()) ? await this.#toExit(cpu, exits, held) : await this.#step(cpu, held);
      const isDone = halt.kind !== "stepped" || halt.note !== undefined || rip() < from || rip() >= to;
      if (isDone || run.interrupted || this.#room === 0) return halt;
      if (turns % RANGE === 0) await new Promise((done) => setImmediate(done));
    }
  }

  /** Runs until `cpu`, somewhere in a range, is at one of its exits. */
  async #toExit(cpu: number, { beyond, anywhere }: RangeExits, held: boolean): Promise<Halt> {
    const stops = [...beyond, ...anywhere].map((address) => ({ kind: "instruction", address, cpu }) as const);
    const point = this.#session.points.add({ stops, text: "gdb range" });
    this.#session.focus = cpu;
    try {
      const halt = await this.#session.continue(1, { limit: this.#room, ...(held ? { only: cpu } : {}) });
      const isExit = halt.kind === "point" && halt.hits.every((hit) => hit.point === point);
      return isExit ? { ...halt, kind: "stepped" } : halt;
    } finally {
      this.#session.points.remove(point.id);
    }
  }

  #stopped(halt: Halt): Stopped {
    const { cpu, note } = halt;
    this.#session.focus = cpu;
    const text = note ?? this.#text(halt);
    return { cpu, reason: this.#reason(halt), ...(text === undefined ? {} : { text }) };
  }

  #reason(halt: Halt): StopReason {
    switch (halt.kind) {
      case "point": {
        const point = this.#points.hit(halt);
        if (!point) return { kind: "trap" };
        const { type, address } = point;
        return type === "swbreak" || type === "hwbreak" ? { kind: type } : { kind: type, address };
      }
      case "interrupted":
        return { kind: "interrupt" };
      case "start-of-history":
        return { kind: "history", end: "begin" };
      case "machine":
        return this.#endReason(halt.stop!);
      default:
        return { kind: "trap" };
    }
  }

  #endReason(stop: Stop): StopReason {
    const status = this.#options.exitStatus(stop);
    return status === undefined ? { kind: "failure" } : { kind: "exit", status };
  }

  /** What gdb cannot know: the console's points, and what became of the machine. */
  #text(halt: Halt): string | undefined {
    if (halt.kind === "machine") return describeStop(halt.stop!);
    const others = halt.kind === "point" && !this.#points.hit(halt) ? halt.hits.map(({ point }) => point.text) : [];
    return others.length > 0 ? others.join("; ") : undefined;
  }
}

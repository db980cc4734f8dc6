// A trace as Perfetto's UI shows it: a lane for each CPU, arrows from the sending of an IPI over its delivery to its EOI,
// a lane of spans from a changed page-table word to the end of the last entry that it made stale, and how many are.
// Times are ticks of the machine's clock, which are nanoseconds.

import type { MachineEvent } from "../machine/index.js";
import { describe, type Value } from "./describe.js";
import { IpiFlows } from "./ipi-flows.js";
import { EventEncoder, type Track, trackPacket, type TrackEvent, TYPE } from "./perfetto-wire.js";
import { type StaleSpan, StaleSpans } from "./stale-spans.js";
import type { TraceWriter } from "./writer.js";

const PID = 1;
/** Numbers of tracks; CPUs follow CPU_0, lanes of spans SPAN_0. */
const MACHINE = 1;
const LIVE = 2;
const CPU_0 = 100;
const SPAN_0 = 1000;

export class PerfettoWriter implements TraceWriter {
  readonly #put: (bytes: Uint8Array) => void;
  readonly #spans = new StaleSpans();
  readonly #ipis = new IpiFlows();
  /** Spans overlap, slices of one track must not: lane i is free from tick `#lanes[i]` on. */
  readonly #lanes: bigint[] = [];
  readonly #halted = new Set<number>();
  readonly #encoder = new EventEncoder();

  constructor(cpus: number, put: (bytes: Uint8Array) => void) {
    this.#put = put;
    this.#track({ uuid: MACHINE, name: "machine", is: { kind: "process", pid: PID } });
    this.#track({ uuid: LIVE, name: "live stale entries", parent: MACHINE, is: { kind: "counter" } });
    for (let cpu = 0; cpu < cpus; cpu++) {
      this.#track({ uuid: CPU_0 + cpu, name: `CPU ${cpu}`, is: { kind: "thread", pid: PID, tid: PID + 1 + cpu } });
    }
  }

  write(event: MachineEvent): void {
    const { name, category, values } = describe(event);
    const track = CPU_0 + event.cpu;
    const { clock } = event;
    const flow = this.#ipis.see(event);
    const told = { track, clock, name, category, ...flow, values: { ...values, step: Number(event.step), ...by(event) } };
    if (event.kind === "halt") {
      this.#halted.add(event.cpu);
      this.#event({ ...told, type: TYPE.begin });
      return;
    }
    // What wakes a halted CPU is an interrupt; until then only messages reach it.
    if (event.kind === "interrupt" && this.#halted.delete(event.cpu)) this.#event({ type: TYPE.end, track, clock });
    if (event.kind === "interrupt" && event.values[1] === 0n) this.#event({ ...told, type: TYPE.begin });
    else this.#event({ ...told, type: TYPE.instant });
    if (event.kind === "eoi") this.#event({ type: TYPE.end, track, clock });
    this.#stale(event);
  }

  /** Spans that have not ended begin all the same, and the UI shows that they do not end. */
  end(): void {
    for (const span of this.#spans.open()) this.#event(this.#beginning(span, this.#freeLane(span, undefined)));
  }

  #stale(event: MachineEvent): void {
    const before = this.#spans.live;
    const ended = this.#spans.see(event);
    if (this.#spans.live !== before) this.#event({ type: TYPE.counter, track: LIVE, clock: event.clock, count: this.#spans.live });
    if (!ended) return;
    const track = this.#freeLane(ended, event.clock);
    this.#event(this.#beginning(ended, track));
    this.#event({ type: TYPE.end, track, clock: event.clock });
  }

  #beginning({ clock, step, cpu, word, old, new: now, most }: StaleSpan, track: number): TrackEvent {
    const change: Record<string, Value> = old === undefined || now === undefined ? {} : { old, new: now };
    return {
      type: TYPE.begin, track, clock, name: "stale since a word changed", category: "stale",
      values: { word, ...change, changed_by: cpu, step: Number(step), entries: most },
    };
  }

  /** The first lane on which nothing lies in the time of `span`, which lasts until `end`. */
  #freeLane(span: StaleSpan, end: bigint | undefined): number {
    let lane = this.#lanes.findIndex((free) => free <= span.clock);
    if (lane < 0) {
      lane = this.#lanes.length;
      this.#track({ uuid: SPAN_0 + lane, name: "page-table word changed, entries still stale", parent: MACHINE });
    }
    this.#lanes[lane] = end ?? 1n << 63n;
    return SPAN_0 + lane;
  }

  #track(track: Track): void {
    this.#put(trackPacket(track));
  }

  #event(event: TrackEvent): void {
    this.#put(this.#encoder.encode(event));
  }
}

/** Who did it, if that is somebody else. */
const by = (event: MachineEvent): Record<string, number> => (event.by === event.cpu ? {} : { by: event.by });

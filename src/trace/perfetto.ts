// A trace as Perfetto's UI shows it: a lane for each CPU, arrows from the sending of an IPI over its delivery to its EOI,
// a lane of spans from a changed page-table word to the end of the last entry that it made stale, and how many are.
// Times are ticks of the machine's clock, which are nanoseconds.

import type { EventReader } from "../machine/index.js";
import { categoryOf, nameOf, tellValues } from "./describe.js";
import { IpiFlows } from "./ipi-flows.js";
import { EventBytes, type Track, trackPacket, TYPE } from "./perfetto-wire.js";
import { type StaleSpan, StaleSpans } from "./stale-spans.js";
import type { TraceWriter } from "./writer.js";

const PID = 1;
/** Numbers of tracks; CPUs follow CPU_0, lanes of spans SPAN_0. */
const MACHINE = 1;
const LIVE = 2;
const CPU_0 = 100;
const SPAN_0 = 1000;
/** Where an interrupt came from: only what the local APIC gives has an EOI to end its slice. */
const FROM_LAPIC = 0;

export class PerfettoWriter implements TraceWriter {
  readonly bytes = new EventBytes();
  readonly #spans = new StaleSpans();
  readonly #ipis = new IpiFlows();
  /** Spans overlap, slices of one track must not: lane i is free from tick `#lanes[i]` on. */
  readonly #lanes: number[] = [];
  readonly #halted = new Set<number>();

  constructor(cpus: number) {
    this.#track({ uuid: MACHINE, name: "machine", is: { kind: "process", pid: PID } });
    this.#track({ uuid: LIVE, name: "live stale entries", parent: MACHINE, is: { kind: "counter" } });
    for (let cpu = 0; cpu < cpus; cpu++) {
      this.#track({ uuid: CPU_0 + cpu, name: `CPU ${cpu}`, is: { kind: "thread", pid: PID, tid: PID + 1 + cpu } });
    }
  }

  write(event: EventReader): void {
    const { kind, cpu, clock } = event;
    const track = CPU_0 + cpu;
    if (kind === "halt") this.#halted.add(cpu);
    // What wakes a halted CPU is an interrupt; until then only messages reach it.
    if (kind === "interrupt" && this.#halted.delete(cpu)) this.#end(track, clock);
    const begins = kind === "halt" || (kind === "interrupt" && event.b.low === FROM_LAPIC);
    this.#tell(event, begins ? TYPE.begin : TYPE.instant, track);
    if (kind === "eoi") this.#end(track, clock);
    if (kind === "table_write" || kind === "mark" || kind === "unmark") this.#stale(event);
  }

  /** Spans that have not ended begin all the same, and the UI shows that they do not end. */
  end(): void {
    for (const span of this.#spans.open()) this.#begin(span, this.#freeLane(span, Infinity));
  }

  #tell(event: EventReader, type: typeof TYPE.begin | typeof TYPE.instant, track: number): void {
    const { bytes } = this;
    bytes.open(type, track, event.clock);
    bytes.names(nameOf(event), categoryOf(event));
    tellValues(event, bytes);
    bytes.number("step", event.step);
    // Who did it, if that is somebody else.
    if (event.by !== event.cpu) bytes.number("by", event.by);
    const { through, ends } = this.#ipis.see(event);
    for (const id of through) bytes.flow(id);
    for (const id of ends) bytes.flowEnd(id);
    bytes.close();
  }

  #stale(event: EventReader): void {
    const { bytes } = this;
    const before = this.#spans.live;
    const ended = this.#spans.see(event);
    if (this.#spans.live !== before) {
      bytes.open(TYPE.counter, LIVE, event.clock);
      bytes.count(this.#spans.live);
      bytes.close();
    }
    if (!ended) return;
    const track = this.#freeLane(ended, event.clock);
    this.#begin(ended, track);
    this.#end(track, event.clock);
  }

  #begin({ clock, step, cpu, word, old, new: now, most }: StaleSpan, track: number): void {
    const { bytes } = this;
    bytes.open(TYPE.begin, track, clock);
    bytes.names("stale since a word changed", "stale");
    bytes.hex("word", word.low, word.high);
    if (old) bytes.hex("old", old.low, old.high);
    if (now) bytes.hex("new", now.low, now.high);
    bytes.number("changed_by", cpu);
    bytes.number("step", step);
    bytes.number("entries", most);
    bytes.close();
  }

  #end(track: number, clock: number): void {
    this.bytes.open(TYPE.end, track, clock);
    this.bytes.close();
  }

  /** The first lane on which nothing lies in the time of `span`, which lasts until `end`. */
  #freeLane(span: StaleSpan, end: number): number {
    let lane = 0;
    while (lane < this.#lanes.length && this.#lanes[lane]! > span.clock) lane++;
    if (lane === this.#lanes.length) {
      this.#track({ uuid: SPAN_0 + lane, name: "page-table word changed, entries still stale", parent: MACHINE });
    }
    this.#lanes[lane] = end;
    return SPAN_0 + lane;
  }

  #track(track: Track): void {
    this.bytes.begin();
    this.bytes.put(trackPacket(track));
  }
}

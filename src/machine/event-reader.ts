// Recorded events one after the other, without an object for each: a trace of a busy run has thousands in a million steps,
// and bigints and objects for them cost more than the run. For the listener of Machine.onEvents.

import { EVENT_BASE } from "../../assembly/memory-map.js";
import { EVENT_BYTES, EVENT_CAPACITY, EVENT_KINDS, type EventKind } from "./events.js";

const HALF = 2 ** 32;
const WORDS = EVENT_BYTES / 4;

/** 64 bits in two halves, each an unsigned number. */
export class Halves {
  low = 0;
  high = 0;

  /** As a number, exact below 2^53. */
  get number(): number {
    return this.high * HALF + this.low;
  }

  /** `width` bits from bit `shift` on; they lie in one half. */
  bits(shift: number, width: number): number {
    const half = shift < 32 ? this.low >>> shift : this.high >>> (shift - 32);
    return half & ((1 << width) - 1);
  }
}

/** The event at which the reader stands; the next one takes its place. MachineEvent says what the fields are. */
export class EventReader {
  readonly #words: Uint32Array;
  #next: number;
  readonly #end: number;
  readonly length: number;
  kind: EventKind = "walk";
  cpu = 0;
  by = 0;
  step = 0;
  clock = 0;
  readonly rip = new Halves();
  readonly a = new Halves();
  readonly b = new Halves();
  readonly c = new Halves();

  /** Events with numbers from `first` to before `end`, all of them still in the ring. */
  constructor(memory: ArrayBuffer, first: number, end: number) {
    this.#words = new Uint32Array(memory, EVENT_BASE, EVENT_CAPACITY * WORDS);
    this.#next = first;
    this.#end = end;
    this.length = end - first;
  }

  /** Goes to the next event, which is the first at first; false if there is none. */
  next(): boolean {
    if (this.#next === this.#end) return false;
    const words = this.#words;
    const at = (this.#next++ % EVENT_CAPACITY) * WORDS;
    this.step = words[at + 1]! * HALF + words[at]!;
    this.clock = words[at + 3]! * HALF + words[at + 2]!;
    const who = words[at + 4]!;
    this.kind = EVENT_KINDS[who & 0xffff]!;
    this.cpu = who >>> 16;
    this.by = words[at + 5]! & 0xffff;
    this.#take(this.rip, at + 6);
    this.#take(this.a, at + 8);
    this.#take(this.b, at + 10);
    this.#take(this.c, at + 12);
    return true;
  }

  #take(value: Halves, at: number): void {
    value.low = this.#words[at]!;
    value.high = this.#words[at + 1]!;
  }
}

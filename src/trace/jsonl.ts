// A trace as JSON lines: an event each, in the order of the run. Addresses and register values are strings in
// hexadecimal, as numbers in JSON have 53 bits at the most that one can rely on. Names and texts are this project's own
// (describe.ts): none has a character that JSON would have escaped.

import type { EventReader } from "../machine/index.js";
import { Piece, Pieces } from "./bytes.js";
import { tellValues, type Values } from "./describe.js";
import { StaleSpans } from "./stale-spans.js";
import { TextBytes } from "./text-bytes.js";
import type { TraceWriter } from "./writer.js";

const encoder = new TextEncoder();
const ascii = (text: string): Uint8Array => encoder.encode(text);
const BEGIN = new Piece(ascii('{"step":'));
const END = new Piece(ascii("}\n"));
const QUOTE = 34;

class JsonBytes extends TextBytes implements Values {
  readonly #numbers = new Pieces((name) => ascii(`,"${name}":`));
  readonly #addresses = new Pieces((name) => ascii(`,"${name}":"0x`));
  readonly #texts = new Pieces((name) => ascii(`,"${name}":"`));
  readonly #values = new Pieces((value) => ascii(`${value}"`));

  number(name: string, value: number): void {
    this.copy(this.#numbers.of(name));
    this.decimal(value);
  }

  hex(name: string, low: number, high: number): void {
    this.copy(this.#addresses.of(name));
    this.hexadecimal(low, high);
    this.byte(QUOTE);
  }

  text(name: string, value: string): void {
    this.copy(this.#texts.of(name));
    this.copy(this.#values.of(value));
  }
}

export class JsonLinesWriter implements TraceWriter {
  readonly bytes = new JsonBytes();
  readonly #spans = new StaleSpans();

  write(event: EventReader): void {
    const { bytes } = this;
    const { cpu, by, rip, kind } = event;
    bytes.begin();
    bytes.copy(BEGIN);
    bytes.decimal(event.step);
    bytes.number("clock", event.clock);
    bytes.number("cpu", cpu);
    if (by !== cpu) bytes.number("by", by);
    bytes.hex("at", rip.low, rip.high);
    bytes.text("kind", kind);
    tellValues(event, bytes);
    const ended = this.#spans.see(event);
    if (kind === "mark" || kind === "unmark") bytes.number("live", this.#spans.live);
    // The last entry that a change made stale is gone.
    if (ended) {
      bytes.hex("changed_word", ended.word.low, ended.word.high);
      bytes.number("changed_step", ended.step);
      bytes.number("entries", ended.most);
    }
    bytes.copy(END);
  }

  end(): void {}
}

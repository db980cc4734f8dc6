// A trace as JSON lines: an event each, in the order of the run. Addresses and register values are strings in
// hexadecimal, as numbers in JSON have 53 bits at the most that one can rely on.

import type { MachineEvent } from "../machine/index.js";
import { describe, type Value } from "./describe.js";
import { StaleSpans } from "./stale-spans.js";
import type { TraceWriter } from "./writer.js";

const plain = (value: Value): number | string => (typeof value === "bigint" ? `0x${value.toString(16)}` : value);

export class JsonLinesWriter implements TraceWriter {
  readonly #put: (bytes: Uint8Array) => void;
  readonly #spans = new StaleSpans();
  readonly #encoder = new TextEncoder();

  constructor(put: (bytes: Uint8Array) => void) {
    this.#put = put;
  }

  write(event: MachineEvent): void {
    const { values } = describe(event);
    const ended = this.#spans.see(event);
    this.#line({
      step: Number(event.step), clock: Number(event.clock), cpu: event.cpu,
      ...(event.by === event.cpu ? {} : { by: event.by }),
      at: plain(event.rip), kind: event.kind,
      ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plain(value)])),
      ...(event.kind === "mark" || event.kind === "unmark" ? { live: this.#spans.live } : {}),
      // The last entry that a change made stale is gone.
      ...(ended ? { changed_word: plain(ended.word), changed_step: Number(ended.step), entries: ended.most } : {}),
    });
  }

  end(): void {}

  #line(object: object): void {
    this.#put(this.#encoder.encode(`${JSON.stringify(object)}\n`));
  }
}

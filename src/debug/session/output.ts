// The guest's serial output as a session's listeners get it: in order, gathered, and each byte once, though the past
// that sends it may run many times. Used by session.ts.

import type { Serial } from "../../boot/index.js";

export class Output {
  readonly #serial: Serial;
  readonly #listeners: ((bytes: Uint8Array) => void)[] = [];
  #bytes: number[] = [];
  /** Bytes of the guest's whole output that have been seen. */
  #seen: number;

  constructor(serial: Serial) {
    this.#serial = serial;
    this.#seen = serial.sent;
    serial.onOutput((byte, index) => {
      if (index < this.#seen) return;
      this.#bytes.push(byte);
      this.#seen = index + 1;
    });
  }

  listen(listener: (bytes: Uint8Array) => void): void {
    this.#listeners.push(listener);
  }

  /** Tells what has come since the last time. */
  flush(): void {
    if (this.#bytes.length === 0) return;
    const bytes = Uint8Array.from(this.#bytes);
    this.#bytes = [];
    for (const listener of this.#listeners) listener(bytes);
  }

  /** Another future begins at the present: what it sends has not been seen. */
  rewind(): void {
    this.flush();
    this.#seen = this.#serial.sent;
  }
}

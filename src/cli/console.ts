// The user's terminal on one end, the guest's serial line on the other. Output is gathered and written
// between chunks of the run; input goes to the guest as it comes. On a terminal Ctrl-A introduces
// commands, as in QEMU; piped input is passed on unchanged.

import { ESCAPE_HELP, EscapeFilter } from "./escape.js";
import type { End } from "./status.js";

/** The guest's end of the line. */
export interface GuestLine {
  onOutput(listener: (byte: number) => void): void;
  write(bytes: Uint8Array): void;
}

export class Console {
  readonly #serial: GuestLine;
  readonly #terminal = process.stdin.isTTY === true;
  readonly #escape = new EscapeFilter({
    leave: () => this.leave({ kind: "left" }),
    help: () => void process.stderr.write(`\n${ESCAPE_HELP.join("\n")}\n`),
  });
  #output: number[] = [];
  #end: End | undefined;
  #inputEnded = false;
  #wake: (() => void) | undefined;
  #left: () => void = () => {};
  /** Resolves once the user has asked to leave. */
  readonly left = new Promise<void>((done) => (this.#left = done));

  constructor(serial: GuestLine) {
    this.#serial = serial;
    serial.onOutput((byte) => this.#output.push(byte));
  }

  /** Set once the user has asked to leave. */
  get end(): End | undefined {
    return this.#end;
  }

  /** True if the guest will get no more input than it has. */
  get inputEnded(): boolean {
    return this.#inputEnded;
  }

  /** Asks the run to end at the next opportunity. */
  leave(end: End): void {
    this.#end ??= end;
    this.#left();
    this.#wake?.();
  }

  /** Takes over standard input. */
  open(): void {
    if (this.#terminal) process.stdin.setRawMode(true);
    process.stdin.on("data", (bytes: Uint8Array) => {
      this.#input(bytes);
      this.#wake?.();
    });
    const end = () => {
      this.#inputEnded = true;
      this.#wake?.();
    };
    // Reading fails where standard input is closed; that is an end like any other.
    process.stdin.on("end", end).on("error", end).on("close", end);
  }

  /** Gives standard input back, and writes what is left. */
  async close(): Promise<void> {
    if (this.#terminal) process.stdin.setRawMode(false);
    process.stdin.removeAllListeners("data").pause();
    process.stdin.unref?.();
    await this.flush();
  }

  /** Writes what the guest has sent; waits while the reader is slower than the guest. */
  async flush(): Promise<void> {
    if (this.#output.length === 0) return;
    const bytes = Uint8Array.from(this.#output);
    this.#output = [];
    if (!process.stdout.write(bytes)) await new Promise<void>((done) => process.stdout.once("drain", done));
  }

  /** Waits for input, its end, or `milliseconds`. */
  async waitForInput(milliseconds: number | undefined): Promise<void> {
    await new Promise<void>((done) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(done, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
    this.#wake = undefined;
  }

  #input(bytes: Uint8Array): void {
    this.#serial.write(this.#terminal ? Uint8Array.from(this.#escape.filter(bytes)) : bytes);
  }
}

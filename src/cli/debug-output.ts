// What the debugger's console writes: replies, the guest's serial output apart from them, and how far a long run is.

import type { DebugConsole, Reply, Session } from "../index.js";

/** Milliseconds between two words on how far a long run is. */
const REFRESH = 250;

export interface OutputOptions {
  readonly json: boolean;
  readonly colours: boolean;
}

export class DebugOutput {
  readonly #options: OutputOptions;
  readonly #console: DebugConsole;
  /** The guest's line that has not ended yet. */
  #partial: number[] = [];
  #lastStatus = 0;
  #statusShown = false;

  constructor(session: Session, console: DebugConsole, options: OutputOptions) {
    this.#options = options;
    this.#console = console;
    session.onSerial((bytes) => bytes.forEach((byte) => this.#serial(byte)));
    session.onProgress((progress) => this.#progress(progress.step, progress.fraction));
  }

  async line(text: string): Promise<void> {
    this.#clearStatus();
    if (!process.stdout.write(`${text}\n`)) await new Promise<void>((done) => process.stdout.once("drain", done));
  }

  /** Writes what a command answered; what went wrong is left to the caller unless JSON is spoken. */
  async reply(reply: Reply): Promise<void> {
    this.#clearStatus();
    this.#endPartial();
    if (reply.command === "") return;
    if (this.#options.json || reply.wantsJson) return this.line(reply.json);
    if (reply.text !== "") await this.line(reply.text);
  }

  #serial(byte: number): void {
    if (byte === 0x0a) this.#endPartial(true);
    else if (byte !== 0x0d) this.#partial.push(byte);
  }

  #endPartial(always = false): void {
    if (this.#partial.length === 0 && !always) return;
    const text = Buffer.from(this.#partial).toString("utf8").replaceAll(/[\x00-\x08\x0b-\x1f\x7f]/g, "");
    this.#partial = [];
    this.#clearStatus();
    const shown = this.#options.json ? JSON.stringify({ serial: text }) : this.#console.context.style.faint(`| ${text}`);
    process.stdout.write(`${shown}\n`);
  }

  #progress(step: number, fraction: number | undefined): void {
    const now = performance.now();
    if (!process.stderr.isTTY || this.#options.json || now - this.#lastStatus < REFRESH) return;
    this.#lastStatus = now;
    this.#statusShown = true;
    const part = fraction === undefined ? "" : ` ${Math.floor(fraction * 100)}%`;
    process.stderr.write(`\r\x1b[K#${step.toLocaleString("en-US")}${part}  Ctrl-C stops it`);
  }

  #clearStatus(): void {
    if (this.#statusShown) process.stderr.write("\r\x1b[K");
    this.#statusShown = false;
  }
}

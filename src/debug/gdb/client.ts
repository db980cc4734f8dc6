// One client and its line: packets are carried out one after another, Ctrl-C at once. For server.ts.

import type { Readable, Writable } from "node:stream";
import { hexOfText } from "./bytes.js";
import { PACKET_SIZE } from "./framing.js";
import { Link } from "./link.js";
import { type Reply, TOO_LONG } from "./replies.js";
import { Stub } from "./stub.js";
import type { Target } from "./target.js";

/** How a client leaves: by D, by k, with the machine's end, or with its connection. */
export type Leaving = "detach" | "kill" | "exit" | "disconnect";

export interface Line {
  readonly input: Readable;
  readonly output: Writable;
  /** Ends the line once everything is written. */
  close(): void;
}

/** Characters of packets that may wait while the machine runs. A client waits for its answer; this is for others. */
const LARGEST_QUEUE = 8 << 20;
/** Text of one O packet: two digits for each byte. */
const LARGEST_OUTPUT = PACKET_SIZE / 2 - 16;

export class Client {
  readonly #target: Target;
  readonly #stub: Stub;
  readonly #link: Link;
  readonly #line: Line;
  readonly #left: (how: Leaving) => void;
  #queue: Array<string | undefined> = [];
  #queued = 0;
  #busy = false;
  #interrupted = false;
  #gone = false;

  /** Calls `left` once, when the client is done with `target` and nothing of it runs any more. */
  constructor(target: Target, line: Line, left: (how: Leaving) => void) {
    this.#target = target;
    this.#line = line;
    this.#left = left;
    this.#stub = new Stub(target, (text) => this.#output(text));
    this.#link = new Link((bytes) => this.#write(bytes), {
      packet: (contents) => this.#enqueue(contents),
      overlong: () => this.#enqueue(undefined),
      interrupt: () => this.#interrupt(),
    });
    line.input.on("data", (bytes: Uint8Array) => {
      if (!this.#gone) this.#link.receive(bytes);
    });
    const end = () => this.#disconnected();
    line.input.on("end", end).on("close", end).on("error", end);
    // A write to a line that is gone is no news: its input has ended too.
    line.output.on("error", end);
  }

  #write(bytes: Uint8Array): void {
    const { input, output } = this.#line;
    if (!output.writable || output.write(bytes)) return;
    // Who does not read the answers is not read from.
    input.pause();
    output.once("drain", () => input.resume());
  }

  #output(text: string): void {
    const hex = hexOfText(text);
    for (let at = 0; at < hex.length; at += 2 * LARGEST_OUTPUT) this.#link.send(`O${hex.slice(at, at + 2 * LARGEST_OUTPUT)}`);
  }

  #enqueue(contents: string | undefined): void {
    const length = contents?.length ?? 0;
    if (this.#queued + length > LARGEST_QUEUE) return;
    this.#queue.push(contents);
    this.#queued += length;
    if (!this.#busy) void this.#work();
  }

  /** Ctrl-C is for the resume that is under way, or that waits in the queue before it. */
  #interrupt(): void {
    if (this.#busy) this.#target.interrupt();
    this.#interrupted = this.#queue.length > 0;
  }

  async #work(): Promise<void> {
    this.#busy = true;
    let done: Leaving | undefined;
    while (this.#queue.length > 0 && !this.#gone && done === undefined) {
      const contents = this.#queue.shift();
      this.#queued -= contents?.length ?? 0;
      const reply = contents === undefined ? { contents: TOO_LONG } : await this.#carryOut(contents);
      done = this.#answer(reply);
    }
    this.#busy = false;
    this.#interrupted = false;
    if (done !== undefined || this.#gone) this.#leave(done ?? "disconnect");
  }

  async #carryOut(contents: string): Promise<Reply> {
    const reply = this.#stub.handle(contents);
    if (this.#interrupted) this.#target.interrupt();
    return reply;
  }

  /** Sends the reply; says how the client leaves if it does. */
  #answer({ contents, after }: Reply): Leaving | undefined {
    if (contents !== undefined) this.#link.send(contents);
    if (after !== "stop acknowledging") return after;
    this.#link.stopAcknowledging();
    return undefined;
  }

  #disconnected(): void {
    if (this.#gone) return;
    this.#gone = true;
    if (this.#busy) this.#target.interrupt();
    else this.#leave("disconnect");
  }

  #leave(how: Leaving): void {
    this.#gone = true;
    this.#stub.release();
    this.#line.close();
    this.#left(how);
  }
}

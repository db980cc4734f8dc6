// Records a run into a file while it goes on. The core hands over its events whenever its ring is full, so none is lost; between
// two pieces of the run `flush` waits until the disk has kept up, so memory does not fill with what is not written yet.

import { type FileHandle, open } from "node:fs/promises";
import { UserError } from "../errors.js";
import type { EventReader, Machine } from "../machine/index.js";
import { JsonLinesWriter } from "./jsonl.js";
import { type TraceOptions, traceFormat } from "./kinds.js";
import { PerfettoWriter } from "./perfetto.js";
import type { TraceWriter } from "./writer.js";

export class Tracer {
  readonly #machine: Machine;
  readonly #file: FileHandle;
  readonly #name: string;
  readonly #writer: TraceWriter;
  /** Events in the file. */
  events = 0;

  private constructor(machine: Machine, file: FileHandle, name: string) {
    this.#machine = machine;
    this.#file = file;
    this.#name = name;
    this.#writer = traceFormat(name) === "perfetto" ? new PerfettoWriter(machine.options.cpus) : new JsonLinesWriter();
  }

  /** Begins to record; what the machine records for somebody else is no longer recorded. */
  static async open(machine: Machine, { file: name, kinds }: TraceOptions): Promise<Tracer> {
    traceFormat(name);
    const file = await open(name, "w").catch((error: Error) => {
      throw new UserError(`the trace cannot be written: ${error.message}`);
    });
    const tracer = new Tracer(machine, file, name);
    machine.onEvents((events) => tracer.#take(events));
    machine.recordEvents(kinds);
    return tracer;
  }

  /** Writes what has been recorded up to now. To be called between two runs, often enough for memory to hold what lies between. */
  async flush(): Promise<void> {
    this.#machine.drainEvents();
    await this.#write(this.#writer.bytes.takeFull());
  }

  /** The trace is complete. */
  async close(): Promise<void> {
    this.#machine.drainEvents();
    this.#machine.recordEvents([]);
    this.#machine.onEvents(undefined);
    this.#writer.end();
    try {
      await this.#write(this.#writer.bytes.takeAll());
    } finally {
      await this.#file.close();
    }
  }

  #take(events: EventReader): void {
    this.events += events.length;
    while (events.next()) this.#writer.write(events);
  }

  async #write(blocks: readonly Uint8Array[]): Promise<void> {
    try {
      for (const block of blocks) {
        for (let done = 0; done < block.length; ) done += (await this.#file.write(block, done)).bytesWritten;
      }
    } catch (error) {
      throw new UserError(`the trace ${this.#name} cannot be written: ${(error as Error).message}`);
    }
  }
}

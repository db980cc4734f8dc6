// Records a run as it is made: inputs with their steps, digests on the way, the end (recording.ts). Whoever runs the
// machine runs it through here, and every line is given away when it is complete.

import type { Pc } from "../../boot/index.js";
import type { Stop } from "../../machine/index.js";
import { digestsOf, hashOf, type RecordingHeader, type RecordingLine, writeHeader, writeLine } from "./recording.js";

/** Steps between digests: some 15 ms of run time, of which a digest takes a hundredth. */
export const DIGEST_INTERVAL = 2 ** 22;
/** Steps between hashes of the whole state, which take time by the memory that is in use. */
export const HASH_INTERVAL = 2 ** 28;

export class Recorder {
  readonly #pc: Pc;
  readonly #write: (text: string) => void;
  /** The machine was run until it was idle, and nothing has happened since. */
  #idle = false;

  /** `write` gets whole lines, with their ends. To be made before the first step. */
  constructor(pc: Pc, header: RecordingHeader, write: (text: string) => void) {
    this.#pc = pc;
    this.#write = write;
    write(`${writeHeader(header)}\n`);
  }

  get steps(): number {
    return this.#pc.machine.steps;
  }

  /** As the machine's `run`. */
  run(steps: number): Stop {
    const { machine } = this.#pc;
    const end = machine.steps + steps;
    for (;;) {
      const next = (Math.floor(machine.steps / DIGEST_INTERVAL) + 1) * DIGEST_INTERVAL;
      const stop = machine.run(Math.min(end, next) - machine.steps);
      this.#idle = stop.kind === "idle";
      if (stop.kind !== "limit") return stop;
      if (machine.steps === next) this.#digest(next);
      if (machine.steps === end) return stop;
    }
  }

  /** Bytes for the guest's serial line. */
  type(bytes: Uint8Array): void {
    this.#line({ kind: "input", step: this.steps, idle: this.#idle, bytes });
    this.#pc.serial.write(bytes);
    this.#idle = false;
  }

  /** The run is over, by a stop of this kind or by an end from outside. */
  finish(end: string): void {
    this.#line({ kind: "end", step: this.steps, idle: this.#idle, end, hash: hashOf(this.#pc.machine) });
  }

  #digest(step: number): void {
    const { machine } = this.#pc;
    this.#line({ kind: "digest", step, digests: digestsOf(machine) });
    if (step % HASH_INTERVAL === 0) this.#line({ kind: "hash", step, hash: hashOf(machine) });
  }

  #line(line: RecordingLine): void {
    this.#write(`${writeLine(line)}\n`);
  }
}

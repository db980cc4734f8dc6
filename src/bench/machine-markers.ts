// Reads the marker lines that a benchmark image prints (guest/bench/runtime/main.c) out of a stream of
// serial bytes, and notes when each was complete. Both runners feed it.

import { FailedRun } from "../errors.js";

export interface Outcome {
  readonly operations: number;
  readonly checksum: string;
}

export class Markers {
  private line = "";
  private last = "";
  private outcome: Outcome | undefined;

  /** `mark` is called when the line that starts, or ends, the timed part is complete. */
  constructor(private readonly name: string, private readonly mark: (which: "start" | "end") => void) {}

  feed(text: string): void {
    const lines = (this.line + text).split(/\r?\n/);
    this.line = lines.pop() ?? "";
    for (const line of lines) this.take(line);
  }

  private take(line: string): void {
    // Firmware may leave the cursor in a line of its own, so the marker need not begin the line.
    const at = line.indexOf("bench: ");
    if (at < 0) return;
    this.last = line.slice(at);
    const [, name, word, operations, , checksum] = this.last.split(" ");
    if (name !== this.name) return;
    if (word === "start") this.mark("start");
    if (word === "ops" && operations !== undefined && checksum !== undefined) {
      this.mark("end");
      this.outcome = { operations: Number(operations), checksum };
    }
  }

  /** What the image reported; throws with what it said instead. */
  result(how: string): Outcome {
    if (this.outcome) return this.outcome;
    throw new FailedRun(`the benchmark ${this.name} did not finish (${how})${this.last ? `; it said '${this.last}'` : ""}`);
  }
}

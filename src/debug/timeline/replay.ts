// Makes a recorded run again and says whether it is the same one, or between which steps it departs. In pieces, so
// that output can be written and the user can interrupt.

import type { Pc } from "../../boot/index.js";
import { describeStop, type Stop } from "../../machine/index.js";
import { digestsOf, hashOf, type Recording, type RecordingLine } from "./recording.js";

export type Verdict =
  | { readonly kind: "same"; readonly steps: number; readonly hash: string }
  /** The recording has no end: its writer was killed. All that it holds was the same. */
  | { readonly kind: "cut"; readonly steps: number }
  /** Something is different at step `step`; at `agreed` all was still the same. */
  | { readonly kind: "departed"; readonly agreed: number; readonly step: number; readonly what: string };

/** Kinds of ends that the machine itself brings about. */
const OWN_ENDS: ReadonlySet<string> = new Set<Stop["kind"]>([
  "exit", "power-off", "reset", "device", "triple-fault", "tlb-full", "not-implemented",
]);

export class Replay {
  readonly #pc: Pc;
  readonly #lines: readonly RecordingLine[];
  #next = 0;
  /** The last step at which a digest or a hash was the recorded one. */
  #agreed = 0;
  #stop: Stop = { kind: "limit" };

  /** `pc` is at power-on, with what the recording's header names. */
  constructor(pc: Pc, recording: Recording) {
    this.#pc = pc;
    this.#lines = recording.lines;
  }

  /** How far the replay has come, 0 to 1. */
  get fraction(): number {
    const last = this.#lines.at(-1)?.step ?? 0;
    return last === 0 ? 1 : this.#pc.machine.steps / last;
  }

  /** Goes on for at most `steps` steps. The verdict, or undefined if there is more to do. */
  advance(steps: number): Verdict | undefined {
    const { machine } = this.#pc;
    const end = machine.steps + steps;
    for (;;) {
      const line = this.#lines[this.#next];
      if (!line) return { kind: "cut", steps: machine.steps };
      if (machine.steps < line.step) {
        this.#stop = machine.run(Math.min(end, line.step) - machine.steps);
        const early = machine.steps < line.step;
        if (early && this.#stop.kind !== "limit") return this.#departed(describeStop(this.#stop));
        if (early) return undefined;
      }
      const verdict = this.#compare(line);
      if (verdict) return verdict;
      this.#next++;
    }
  }

  /** What `line` says of this step is done, or compared. */
  #compare(line: RecordingLine): Verdict | undefined {
    const { machine, serial } = this.#pc;
    if (line.kind !== "end" && OWN_ENDS.has(this.#stop.kind)) return this.#departed(describeStop(this.#stop));
    switch (line.kind) {
      case "input":
        if (line.idle && !this.#settles("idle")) return this.#departed("the machine is not idle");
        serial.write(line.bytes);
        this.#stop = { kind: "limit" };
        return undefined;
      case "digest": {
        const digests = digestsOf(machine);
        const cpu = digests.findIndex((digest, i) => digest !== line.digests[i]);
        if (cpu >= 0) return this.#departed(`registers of CPU ${cpu} differ`);
        this.#agreed = line.step;
        return undefined;
      }
      case "hash":
        if (hashOf(machine) !== line.hash) return this.#departed("the state differs");
        this.#agreed = line.step;
        return undefined;
      case "end":
        return this.#end(line);
    }
  }

  #end({ idle, end, step, hash }: RecordingLine & { kind: "end" }): Verdict {
    if (idle && !this.#settles("idle")) return this.#departed("the machine is not idle");
    if (OWN_ENDS.has(end) && !this.#settles(end)) return this.#departed(`the run goes on, where it ended (${end})`);
    if (!OWN_ENDS.has(end) && OWN_ENDS.has(this.#stop.kind)) return this.#departed(describeStop(this.#stop));
    if (hashOf(this.#pc.machine) !== hash) return this.#departed("the state differs");
    return { kind: "same", steps: step, hash };
  }

  /** Whether the machine stops at this step for this reason: a failure or idleness shows only when it would go on. */
  #settles(kind: string): boolean {
    const { machine } = this.#pc;
    const { steps } = machine;
    if (this.#stop.kind !== kind) this.#stop = machine.run(1);
    return this.#stop.kind === kind && machine.steps === steps;
  }

  #departed(what: string): Verdict {
    return { kind: "departed", agreed: this.#agreed, step: this.#pc.machine.steps, what };
  }
}

/** The verdict in one line. */
export function describeVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case "same":
      return `the same run: ${verdict.steps} steps, hash ${verdict.hash}`;
    case "cut":
      return `the same run as far as it is recorded: ${verdict.steps} steps; the recording has no end`;
    case "departed":
      return `another run: it departs between steps ${verdict.agreed} and ${verdict.step} (${verdict.what})`;
  }
}

// The log of what reached the machine from outside, and how far the present is in it. Used by timeline.ts, and by
// recordings, which are such a log in a file.

import type { Pc } from "../../boot/index.js";
import type { Input } from "./types.js";

export class InputLog {
  readonly #inputs: Input[] = [];
  #applied = 0;

  get length(): number {
    return this.#inputs.length;
  }

  /** Inputs that are part of the present. */
  get applied(): number {
    return this.#applied;
  }

  /** The present is where this many had been applied. */
  rewind(applied: number): void {
    this.#applied = applied;
  }

  /** The next input of the known future; a hold until all its steps are made. */
  get next(): Input | undefined {
    return this.#inputs[this.#applied];
  }

  /** The next input is part of the present now. */
  pass(): void {
    this.#applied++;
  }

  /** A new input, which is part of the present. */
  add(input: Input): void {
    this.#inputs.push(input);
    this.#applied++;
  }

  /** Forgets what comes after the present, which may be amid a hold. */
  dropFuture(now: number): void {
    const next = this.next;
    this.#inputs.length = this.#applied;
    if (next?.kind === "hold" && next.step < now) this.add({ ...next, steps: now - next.step });
  }

  list(): readonly Input[] {
    return this.#inputs;
  }
}

/** Puts `input`, which is not a hold, into the machine. */
export function applyInput(pc: Pc, input: Exclude<Input, { kind: "hold" }>): void {
  switch (input.kind) {
    case "serial":
      pc.serial.write(input.bytes);
      break;
    case "register":
      pc.machine.setRegister(input.cpu, input.register, input.value);
      break;
    case "memory":
      pc.machine.writePhysical(input.address, input.bytes);
      break;
  }
}

// An execution of a litmus test as rows that a person can follow: made by running it once more.

import { type Exploration, type Transition, viewTransition } from "../machine/index.js";
import type { Placed } from "./bare/place.js";
import type { System } from "./explore/system.js";

export interface WitnessRow {
  readonly cpu: number;
  /** The instruction, or the location that a buffered store reaches. */
  readonly what: string;
  /** What it read or wrote: `= 1`. */
  readonly value?: string;
  /** Stores of this CPU that wait in its buffer afterwards. */
  readonly buffer: readonly string[];
}

/** Runs `path` from where `system` is, notes what happens, and goes back. */
export function follow(path: readonly Transition[], placed: Placed, exploration: Exploration, system: System): WitnessRow[] {
  const start = system.mark();
  const buffered = (cpu: number) => exploration.buffer(cpu).map(({ physical, value }) => `${placed.locationAt(physical)} = ${value}`);
  const rows = path.map((transition): WitnessRow => {
    const { cpu, kind } = viewTransition(transition);
    const [oldest] = buffered(cpu);
    const instruction = placed.instructionAt(placed.machine.register(cpu, "rip"));
    system.take(transition);
    if (kind === "drain") return { cpu, what: `${oldest} is seen`, buffer: buffered(cpu) };
    const destination = instruction?.operands.at(-1);
    const register = destination?.kind === "register" ? destination.name : undefined;
    const value = register && { value: `${register} = ${placed.machine.register(cpu, register)}` };
    return { cpu, what: instruction?.source.text ?? kind, ...value, buffer: buffered(cpu) };
  });
  system.undo(start);
  return rows;
}

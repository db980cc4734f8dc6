// A litmus test that is ready to be explored.

import { type Machine, viewTransition } from "../../machine/index.js";
import { System } from "../explore/system.js";
import { holds, observedName } from "../scenario/condition.js";
import type { Litmus } from "../scenario/litmus.js";
import type { Subject } from "../subject.js";
import { place, type Placed } from "./place.js";

export interface LitmusSubject extends Subject {
  /** The state as herd writes final ones: `0:rax=1; [x]=2;`. */
  stateText(): string;
  /** Whether the condition's proposition holds in the state as it is. */
  holds(): boolean;
}

/** Begins to explore what has been placed in a machine. */
export type ExploreLitmus = (options: { readonly storeBuffers: boolean }) => LitmusSubject;

/**
 * Puts `litmus` into `machine`, which is new; what it gives begins to explore it. What is looked for is what the condition
 * asks about: against `forall`, the contrary.
 */
export function placeLitmus(litmus: Litmus, machine: Machine): ExploreLitmus {
  const placed = place(litmus, machine);
  return (options) => explore(litmus, placed, options);
}

function explore(litmus: Litmus, placed: Placed, options: { readonly storeBuffers: boolean }): LitmusSubject {
  const { machine, cpus } = placed;
  const exploration = machine.explore(options);
  for (const at of placed.locations.values()) exploration.share(at, 8);
  const system = new System(machine, exploration, cpus);
  system.begin();
  const { proposition, quantifier } = litmus.condition;
  const stateText = () => litmus.observed.map((observed) => `${observedName(observed)}=${placed.valueOf(observed)};`).join(" ");
  const buffered = (cpu: number) => exploration.buffer(cpu).map(({ physical, value }) => `${placed.locationAt(physical)} = ${value}`);
  const waiting = (cpu: number) => (exploration.buffered(cpu) > 0 ? [`waiting: ${buffered(cpu).join(", ")}`] : []);
  return {
    system, exploration, machine, columns: cpus, stateText,
    holds: () => holds(proposition, placed.valueOf),
    finding() {
      if (!system.finished || system.enabled().length > 0 || holds(proposition, placed.valueOf) !== (quantifier !== "forall")) return undefined;
      return { kind: "condition", text: stateText() };
    },
    describe(transition) {
      const { cpu, kind } = viewTransition(transition);
      const [oldest] = buffered(cpu);
      const instruction = placed.instructionAt(machine.register(cpu, "rip"));
      if (kind === "drain") return () => ({ what: `${oldest} is seen`, notes: waiting(cpu) });
      const destination = instruction?.operands.at(-1);
      const register = destination?.kind === "register" ? destination.name : undefined;
      return () => ({
        what: instruction?.source.text ?? kind,
        notes: [...(register ? [`${register} = ${machine.register(cpu, register)}`] : []), ...waiting(cpu)],
      });
    },
  };
}

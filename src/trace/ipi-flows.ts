// Which send, delivery, interrupt and EOI belong together. A vector is one bit in IRR: what is delivered while the bit is
// set is acknowledged together; what is delivered while the vector is served waits for the next time.

import type { EventReader, Halves } from "../machine/index.js";

/** Arrows that pass through an event, and those that end at it. */
export interface Flow {
  readonly through: readonly number[];
  readonly ends: readonly number[];
}

const FIXED = 0;
const LOWEST = 1;
/** Where a lowest-priority message goes is known when it arrives. */
const SOMEBODY = 127;
/** Messages with one vector that a CPU does not take: arrows of more end at the delivery. */
const MOST_WAITING = 64;
const NOWHERE: readonly number[] = [];
const NONE: Flow = { through: NOWHERE, ends: NOWHERE };

/** A step sends one command, to any number of targets. */
const flowId = (step: number, target: number): number => step * 128 + target;

export class IpiFlows {
  readonly #delivered = new Map<number, number[]>();
  readonly #served = new Map<number, readonly number[]>();

  see(event: EventReader): Flow {
    const { a, b, c } = event;
    const at = event.cpu * 256 + (a.low & 0xff);
    switch (event.kind) {
      case "ipi_send":
        return { through: targets(a.bits(8, 3), b).map((target) => flowId(event.step, target)), ends: NOWHERE };
      case "ipi_deliver": {
        const mode = b.bits(0, 8);
        const id = flowId(c.number, mode === LOWEST ? SOMEBODY : event.cpu);
        const waiting = this.#delivered.get(at) ?? [];
        if ((mode !== FIXED && mode !== LOWEST) || waiting.length === MOST_WAITING) return { through: NOWHERE, ends: [id] };
        this.#delivered.set(at, [...waiting, id]);
        return { through: [id], ends: NOWHERE };
      }
      case "interrupt": {
        if (b.low !== 0) return NONE;
        const through = this.#delivered.get(at) ?? NOWHERE;
        this.#delivered.delete(at);
        this.#served.set(at, through);
        return { through, ends: NOWHERE };
      }
      case "eoi": {
        const ends = this.#served.get(at) ?? NOWHERE;
        this.#served.delete(at);
        return { through: NOWHERE, ends };
      }
      default:
        return NONE;
    }
  }
}

function targets(mode: number, { low, high }: Halves): number[] {
  if (mode === LOWEST) return [SOMEBODY];
  return Array.from({ length: 64 }, (_, cpu) => cpu).filter((cpu) => (((cpu < 32 ? low : high) >>> (cpu & 31)) & 1) !== 0);
}

// Which send, delivery, interrupt and EOI belong together. A vector is one bit in IRR: what is delivered while the bit is
// set is acknowledged together; what is delivered while the vector is served waits for the next time.

import type { MachineEvent } from "../machine/index.js";

/** Arrows that pass through an event, and those that end at it. */
export interface Flow {
  readonly flows?: readonly bigint[];
  readonly ends?: readonly bigint[];
}

const FIXED = 0;
const LOWEST = 1;
/** Where a lowest-priority message goes is known when it arrives. */
const SOMEBODY = 127;

/** A step sends one command, to any number of targets. */
const flowId = (step: bigint, target: number): bigint => (step << 7n) | BigInt(target);

export class IpiFlows {
  readonly #delivered = new Map<number, bigint[]>();
  readonly #served = new Map<number, bigint[]>();

  see(event: MachineEvent): Flow {
    const [a, b, c] = event.values;
    const at = event.cpu * 256 + Number(a & 0xffn);
    switch (event.kind) {
      case "ipi_send":
        return { flows: this.#targets(Number((a >> 8n) & 7n), b).map((target) => flowId(event.step, target)) };
      case "ipi_deliver": {
        const mode = Number(b & 0xffn);
        const id = flowId(c, mode === LOWEST ? SOMEBODY : event.cpu);
        if (mode !== FIXED && mode !== LOWEST) return { ends: [id] };
        this.#delivered.set(at, [...(this.#delivered.get(at) ?? []), id]);
        return { flows: [id] };
      }
      case "interrupt": {
        if (b !== 0n) return {};
        const ids = this.#delivered.get(at) ?? [];
        this.#delivered.delete(at);
        this.#served.set(at, ids);
        return { flows: ids };
      }
      case "eoi": {
        const ids = this.#served.get(at) ?? [];
        this.#served.delete(at);
        return { ends: ids };
      }
      default:
        return {};
    }
  }

  #targets(mode: number, set: bigint): number[] {
    if (mode === LOWEST) return [SOMEBODY];
    return Array.from({ length: 64 }, (_, cpu) => cpu).filter((cpu) => ((set >> BigInt(cpu)) & 1n) !== 0n);
  }
}

// Reads decoded records out of the core's memory: what the decoder made of some bytes, without running them.

import { RECORD_BASE } from "../../assembly/memory-map.js";
import { HEADER_BYTES, HEADER_KIND } from "../../assembly/cpu/header.js";
import { REC_BYTES, REC_COLD, REC_KIND, REC_LENGTH } from "../../assembly/cpu/record.js";
import { COMPILED } from "./compiled.js";
import type { Bench } from "./harness.js";
import { registersWith } from "./harness.js";

export interface Decoded {
  /** Case of the hot switch, 0 for none. */
  readonly kind: number;
  /** Function-table index of the cold handler. */
  readonly handler: number;
  readonly length: number;
}

const AT = 0x500000;

/** Decodes `bytes` as the second instruction of a block of which only the first, a one-byte NOP, is run. */
export function decode(bench: Bench, bytes: ArrayLike<number>): Decoded {
  bench.core.afterRestore();
  bench.ram[AT] = 0x90;
  bench.ram.set(bytes as ArrayLike<number>, AT + 1);
  bench.start(AT, registersWith({}), 0n);
  bench.core.run(1n);
  return recordAt(bench, 1);
}

/** Record `n` of the first block decoded since the decoded code was last dropped. */
export function recordAt(bench: Bench, n: number): Decoded {
  const view = new DataView(bench.memory.buffer, RECORD_BASE + HEADER_BYTES + n * REC_BYTES, REC_BYTES);
  return {
    kind: view.getUint16(REC_KIND, true),
    handler: view.getUint16(REC_COLD, true),
    length: view.getUint8(REC_LENGTH),
  };
}

/** Hot kinds of all records that were made since the machine was, as far as later ones did not take their place. */
export function kindsSeen(bench: Bench, records: number): Set<number> {
  const view = new DataView(bench.memory.buffer, RECORD_BASE, records * REC_BYTES);
  return new Set(Array.from({ length: records }, (_, i) => {
    const kind = view.getUint16(i * REC_BYTES + REC_KIND, true);
    return kind === COMPILED ? view.getUint16(i * REC_BYTES - HEADER_BYTES + HEADER_KIND, true) : kind;
  }));
}

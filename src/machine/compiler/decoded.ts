// Decoded code as the compiler sees it: records and block headers in linear memory (assembly/cpu/record.ts draws them).

import { RECORD_BASE, RECORD_SIZE } from "../../../assembly/memory-map.js";
import { HEADER_BYTES, HEADER_KIND, HEADER_TIMES } from "../../../assembly/cpu/header.js";
import { REC_BLOCK, REC_BYTES, REC_FALL, REC_KIND, REC_TAKEN } from "../../../assembly/cpu/record.js";
import type { Templates } from "./templates.js";

export class Decoded {
  readonly #view: DataView;
  readonly #compiled: number;
  readonly #stub: number;

  constructor(memory: ArrayBuffer, templates: Templates) {
    this.#view = new DataView(memory);
    this.#compiled = templates.constant("KIND_COMPILED");
    this.#stub = templates.constant("KIND_STUB");
  }

  holds(address: number): boolean {
    return address >= RECORD_BASE && address < RECORD_BASE + RECORD_SIZE;
  }

  isCompiled(record: number): boolean {
    return this.#view.getUint16(record + REC_KIND, true) === this.#compiled;
  }

  /** The kind of `record`; of a compiled block's first, the one that it had. */
  kind(record: number): number {
    return this.#view.getUint16(this.isCompiled(record) ? record - HEADER_BYTES + HEADER_KIND : record + REC_KIND, true);
  }

  /** Whether `record` is the first of a block, so that it has a header. */
  isFirst(record: number): boolean {
    return this.#view.getUint8(record + REC_BLOCK) !== 0;
  }

  /** How often the block that begins with `first` was compiled. */
  timesCompiled(first: number): number {
    return this.#view.getUint8(first - HEADER_BYTES + HEADER_TIMES);
  }

  /** The `bytes` bytes at `address` in a record, sign-extended; undefined if they may change: a link that leads nowhere yet. */
  field(address: number, bytes: number): bigint | undefined {
    if (bytes === 8) return this.#view.getBigInt64(address, true);
    if (bytes === 2) return BigInt(this.#view.getInt16(address, true));
    if (bytes === 1) return BigInt(this.#view.getInt8(address));
    const value = this.#view.getUint32(address, true);
    const place = address % REC_BYTES;
    const mayBeLink = (place === REC_TAKEN || place === REC_FALL) && this.holds(value);
    if (mayBeLink && this.#view.getUint16(value + REC_KIND, true) === this.#stub) return undefined;
    return BigInt(value | 0);
  }
}

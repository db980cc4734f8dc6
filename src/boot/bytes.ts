// Little-endian reading with bounds, for files that may be anything, and writing of tables.

import { UserError } from "../errors.js";

/** Reads numbers from untrusted bytes; past the end is the caller's one-line error, never garbage. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;

  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get length(): number {
    return this.bytes.length;
  }

  #need(at: number, size: number): number {
    if (at < 0 || at + size > this.length) throw new UserError(`${this.#what} is truncated`);
    return at;
  }

  u8(at: number): number {
    return this.#view.getUint8(this.#need(at, 1));
  }

  u16(at: number): number {
    return this.#view.getUint16(this.#need(at, 2), true);
  }

  u32(at: number): number {
    return this.#view.getUint32(this.#need(at, 4), true);
  }

  /** A 64-bit number; beyond 2^53 the nearest double, which any check against a size rejects alike. */
  u64(at: number): number {
    return Number(this.big(at));
  }

  /** A 64-bit number in full: virtual addresses of kernels are above 2^63. */
  big(at: number): bigint {
    return this.#view.getBigUint64(this.#need(at, 8), true);
  }

  slice(at: number, size: number): Uint8Array {
    this.#need(at, size);
    return this.bytes.subarray(at, at + size);
  }
}

/** Builds a table: numbers appended little-endian. */
export class Writer {
  readonly #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  number(value: number | bigint, size: 1 | 2 | 4 | 8): this {
    let rest = BigInt.asUintN(size * 8, BigInt(value));
    for (let i = 0; i < size; i++, rest >>= 8n) this.#bytes.push(Number(rest & 0xffn));
    return this;
  }

  u8(...values: number[]): this {
    for (const value of values) this.number(value, 1);
    return this;
  }

  u16(...values: number[]): this {
    for (const value of values) this.number(value, 2);
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) this.number(value, 4);
    return this;
  }

  u64(...values: (number | bigint)[]): this {
    for (const value of values) this.number(value, 8);
    return this;
  }

  /** `text` in exactly `width` bytes, padded with spaces (ACPI's way). */
  text(text: string, width = text.length): this {
    return this.bytes(new TextEncoder().encode(text.padEnd(width)));
  }

  /** `text` and a zero byte. */
  cString(text: string): this {
    return this.bytes(new TextEncoder().encode(text)).u8(0);
  }

  bytes(bytes: Iterable<number>): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  zeros(count: number): this {
    for (let i = 0; i < count; i++) this.#bytes.push(0);
    return this;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

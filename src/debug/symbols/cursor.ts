// Reads numbers and strings one after another from bytes that may be anything. Past the end, and where a number
// cannot be right, is a UserError: nothing read with a Cursor can hang or reach beyond its bytes. For this room only.

import { UserError } from "../../errors.js";

const decoder = new TextDecoder("utf-8");

/** Text of the bytes up to a zero byte, which must come before `end`. */
export function textAt(bytes: Uint8Array, at: number, what: string): string {
  const end = at >= 0 && at < bytes.length ? bytes.indexOf(0, at) : -1;
  if (end < 0) throw new UserError(`${what} is malformed: a string has no end`);
  return decoder.decode(bytes.subarray(at, end));
}

export class Cursor {
  readonly bytes: Uint8Array;
  readonly what: string;
  /** Offset of what is read next. */
  at: number;
  readonly end: number;
  readonly #view: DataView;

  /** Reads `bytes` from `at` to before `end`; `what` is named in errors. */
  constructor(bytes: Uint8Array, what: string, at = 0, end = bytes.length) {
    if (!(at >= 0 && at <= end && end <= bytes.length)) throw new UserError(`${what} is truncated`);
    this.bytes = bytes;
    this.what = what;
    this.at = at;
    this.end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  /** The error for what cannot be. */
  malformed(why: string): UserError {
    return new UserError(`${this.what} is malformed: ${why}`);
  }

  #take(size: number): number {
    const at = this.at;
    if (!(size >= 0 && at + size <= this.end)) throw new UserError(`${this.what} is truncated`);
    this.at = at + size;
    return at;
  }

  skip(size: number): void {
    this.#take(size);
  }

  seek(at: number): void {
    if (!(at >= 0 && at <= this.end)) throw new UserError(`${this.what} is truncated`);
    this.at = at;
  }

  /** A cursor of its own on the next `size` bytes, which this one skips. */
  part(size: number): Cursor {
    const at = this.#take(size);
    return new Cursor(this.bytes, this.what, at, at + size);
  }

  take(size: number): Uint8Array {
    const at = this.#take(size);
    return this.bytes.subarray(at, at + size);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u24(): number {
    return this.u16() + this.u8() * 0x10000;
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** An unsigned number of `size` bytes. */
  unsigned(size: number): bigint {
    if (size === 8) return this.u64();
    if (size === 4) return BigInt(this.u32());
    if (size === 2) return BigInt(this.u16());
    if (size === 1) return BigInt(this.u8());
    throw this.malformed(`a number of ${size} bytes`);
  }

  /** A 64-bit number that is an offset or a length: beyond 2^53 it is wrong wherever it is used. */
  size64(): number {
    return Number(this.u64());
  }

  /** LEB128 (DWARF 5, 7.6). */
  uleb(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      if (scale > 2 ** 63) throw this.malformed("a number without an end");
    }
    return value;
  }

  ulebBig(): bigint {
    return BigInt.asUintN(64, this.#leb(false));
  }

  sleb(): bigint {
    return this.#leb(true);
  }

  #leb(signed: boolean): bigint {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.u8();
      if (shift < 70n) value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) return signed ? BigInt.asIntN(Math.min(64, Number(shift)), value) : value;
    }
  }

  text(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0 || end >= this.end) throw this.malformed("a string has no end");
    const text = decoder.decode(this.bytes.subarray(this.at, end));
    this.at = end + 1;
    return text;
  }

  /** An initial length (DWARF 5, 7.4): how many bytes follow, and whether offsets are of 64 bits. */
  initialLength(): { length: number; dwarf64: boolean } {
    const first = this.u32();
    if (first === 0xffffffff) return { length: this.size64(), dwarf64: true };
    if (first >= 0xfffffff0) throw this.malformed("a length that is reserved");
    return { length: first, dwarf64: false };
  }

  offset(dwarf64: boolean): number {
    return dwarf64 ? this.size64() : this.u32();
  }
}

// Protobuf's wire format, written where it stays. A message stands behind its length, which is known when it ends: room for two
// bytes is left, as a varint may have zeroes on top. The library's writer took ten times as long, and most of a traced run.

import { WireType } from "@bufbuild/protobuf/wire";
import { Bytes } from "./bytes.js";

/** The bytes of a varint of 32 bits. */
export function varint(value: number): number[] {
  const bytes = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** What stands in front of a field's value. */
export const key = (field: number, type: WireType): number[] => varint((field << 3) | type);

/** What stands in front of a message, whose length `endMessage` fills in. */
export const messageKey = (field: number): number[] => [...key(field, WireType.LengthDelimited), 0, 0];

export class ProtobufBytes extends Bytes {
  /** A varint of 64 bits in halves. */
  varint(low: number, high: number): void {
    const { view } = this;
    let at = this.used;
    let lower = low;
    for (let upper = high; upper !== 0; upper >>>= 7) {
      view.setUint8(at++, (lower & 0x7f) | 0x80);
      lower = ((lower >>> 7) | (upper << 25)) >>> 0;
    }
    for (; lower > 0x7f; lower >>>= 7) view.setUint8(at++, (lower & 0x7f) | 0x80);
    view.setUint8(at++, lower);
    this.used = at;
  }

  /** A whole number from 0 to below 2^53 as a varint. */
  whole(value: number): void {
    this.varint(value >>> 0, Math.floor(value / 2 ** 32));
  }

  /** The same as 64 bits, lowest byte first. */
  fixed64(value: number): void {
    this.view.setUint32(this.used, value >>> 0, true);
    this.view.setUint32(this.used + 4, Math.floor(value / 2 ** 32), true);
    this.used += 8;
  }

  /** Ends a message of less than 2^14 bytes that begins at `start`, behind its `messageKey`. */
  endMessage(start: number): void {
    const length = this.used - start;
    this.view.setUint8(start - 2, (length & 0x7f) | 0x80);
    this.view.setUint8(start - 1, length >>> 7);
  }
}

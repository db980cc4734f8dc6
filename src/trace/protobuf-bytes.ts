// Protobuf's wire format, written where it stays. A message stands behind its length, which is known when it ends: room for two
// bytes is left, as a varint may have leading zeroes. The library's writer took ten times as long, and most of a traced run.

import { WireType } from "@bufbuild/protobuf/wire";
import { Bytes } from "./bytes.js";

export class ProtobufBytes extends Bytes {
  key(field: number, type: WireType): void {
    this.small((field << 3) | type);
  }

  /** A varint of 32 bits, of which most have one byte. */
  small(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.block[this.used++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.block[this.used++] = rest;
  }

  varint(low: number, high: number): void {
    let lower = low;
    let upper = high;
    while (upper !== 0) {
      this.block[this.used++] = (lower & 0x7f) | 0x80;
      lower = ((lower >>> 7) | (upper << 25)) >>> 0;
      upper >>>= 7;
    }
    this.small(lower);
  }

  /** A whole number from 0 to below 2^53 as a varint. */
  whole(value: number): void {
    if (value <= 0xffff_ffff) this.small(value);
    else this.varint(value >>> 0, Math.floor(value / 2 ** 32));
  }

  /** The same as 64 bits, lowest byte first. */
  fixed64(value: number): void {
    let low = value >>> 0;
    let high = Math.floor(value / 2 ** 32);
    for (let i = 0; i < 4; i++, low >>>= 8, high >>>= 8) {
      this.block[this.used + i] = low;
      this.block[this.used + 4 + i] = high;
    }
    this.used += 8;
  }

  /** Begins a message in `field`; gives what `closeMessage` wants. Messages have less than 2^14 bytes. */
  openMessage(field: number): number {
    this.key(field, WireType.LengthDelimited);
    this.used += 2;
    return this.used;
  }

  closeMessage(start: number): void {
    const length = this.used - start;
    this.block[start - 2] = (length & 0x7f) | 0x80;
    this.block[start - 1] = length >>> 7;
  }
}

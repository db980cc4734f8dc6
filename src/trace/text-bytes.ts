// Text and numbers in ASCII, written where they stay: strings that are only joined and encoded cost more than an event may.

import { Bytes } from "./bytes.js";

const ZERO = 48;
/** Digits that fit a 32-bit number in every case. */
const DIGITS = 9;
const GROUP = 10 ** DIGITS;
const HEX = new TextEncoder().encode("0123456789abcdef");

export class TextBytes extends Bytes {
  /** `text` has ASCII characters alone. */
  ascii(text: string): void {
    const { block } = this;
    let at = this.used;
    for (let i = 0; i < text.length; i++) block[at++] = text.charCodeAt(i);
    this.used = at;
  }

  /** A whole number from 0 to below 2^53. */
  decimal(value: number): void {
    if (value < GROUP) {
      let digits = 1;
      for (let limit = 10; value >= limit; limit *= 10) digits++;
      this.#digits(value, digits);
    } else {
      const above = Math.floor(value / GROUP);
      this.decimal(above);
      this.#digits(value - above * GROUP, DIGITS);
    }
  }

  /** As printf's %#lx, but 0 has its 0x too. */
  hexadecimal(low: number, high: number): void {
    this.ascii("0x");
    if (high !== 0) {
      this.#nibbles(high, Math.max(1, 8 - (Math.clz32(high) >>> 2)));
      this.#nibbles(low, 8);
    } else {
      this.#nibbles(low, Math.max(1, 8 - (Math.clz32(low) >>> 2)));
    }
  }

  #digits(value: number, digits: number): void {
    let rest = value;
    for (let at = this.used + digits - 1; at >= this.used; at--) {
      const tens = (rest / 10) | 0;
      this.block[at] = ZERO + rest - tens * 10;
      rest = tens;
    }
    this.used += digits;
  }

  #nibbles(value: number, nibbles: number): void {
    let rest = value;
    for (let at = this.used + nibbles - 1; at >= this.used; at--) {
      this.block[at] = HEX[rest & 15]!;
      rest >>>= 4;
    }
    this.used += nibbles;
  }
}

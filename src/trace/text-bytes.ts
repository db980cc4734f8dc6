// Numbers as text in ASCII, two digits at a time.

import { Bytes } from "./bytes.js";

const ZERO = 48;
/** Digits that fit a 32-bit number in every case, and are pairs. */
const DIGITS = 8;
const GROUP = 10 ** DIGITS;

/** Both characters of each number of two digits, as they lie in memory. */
const pairs = (base: 10 | 16): Uint16Array =>
  Uint16Array.from({ length: base * base }, (_, value) => {
    const text = value.toString(base).padStart(2, "0");
    return text.charCodeAt(0) | (text.charCodeAt(1) << 8);
  });
const DECIMAL = pairs(10);
const HEX = pairs(16);

export class TextBytes extends Bytes {
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

  /** 64 bits in halves, without leading zeroes. */
  hexadecimal(low: number, high: number): void {
    if (high !== 0) {
      this.#nibbles(high, nibblesOf(high));
      this.#nibbles(low, 8);
    } else {
      this.#nibbles(low, nibblesOf(low));
    }
  }

  #digits(value: number, digits: number): void {
    const { view, used } = this;
    let rest = value;
    let at = used + digits;
    for (; at >= used + 2; at -= 2) {
      const above = (rest / 100) | 0;
      view.setUint16(at - 2, DECIMAL[rest - above * 100]!, true);
      rest = above;
    }
    if (at > used) view.setUint8(used, ZERO + rest);
    this.used = used + digits;
  }

  #nibbles(value: number, nibbles: number): void {
    const { view, used } = this;
    let rest = value;
    let at = used + nibbles;
    for (; at >= used + 2; at -= 2) {
      view.setUint16(at - 2, HEX[rest & 0xff]!, true);
      rest >>>= 8;
    }
    if (at > used) view.setUint8(used, HEX[rest & 0xf]! >>> 8);
    this.used = used + nibbles;
  }
}

const nibblesOf = (value: number): number => Math.max(1, 8 - (Math.clz32(value) >>> 2));

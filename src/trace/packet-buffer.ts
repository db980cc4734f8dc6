// The bytes of one packet of an event, put together from pieces: whatever comes again (names, categories, names of arguments, and
// arguments that are text) is encoded once, by the library, and then copied. Encoding each packet by the library
// took ten times as long, and most of a traced run.

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** Larger than any packet: its longest part are 64 flow ids. */
const ROOM = 16384;
const MOST_PIECES = 65536;

/** The key of a field as it stands in front of its value, for fields up to 15: one byte. */
const key = (field: number, type: WireType): number => (field << 3) | type;

export class PacketBuffer {
  readonly #bytes = new Uint8Array(ROOM);
  readonly #pieces = new Map<string, Uint8Array>();
  #used = 0;

  begin(): void {
    this.#used = 0;
  }

  /** What was put since `begin`; valid until the next. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }

  get length(): number {
    return this.#used;
  }

  /** What `name` stands for: made when it is first asked for. */
  piece(name: string, make: (writer: BinaryWriter) => void): Uint8Array {
    const known = this.#pieces.get(name);
    if (known) return known;
    const writer = new BinaryWriter();
    make(writer);
    const bytes = writer.finish();
    // A guest may make up names without end: system calls by number.
    if (this.#pieces.size === MOST_PIECES) this.#pieces.clear();
    this.#pieces.set(name, bytes);
    return bytes;
  }

  put(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  putKey(field: number, type: WireType): void {
    if (field > 15) this.putVarint(BigInt(key(field, type)));
    else this.#bytes[this.#used++] = key(field, type);
  }

  /** A length, or another small number. */
  putLength(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.#used++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#used++] = rest;
  }

  /** 64 bits; in halves, as arithmetic on bigints is slow. */
  putVarint(value: bigint): void {
    let low = Number(value & 0xffff_ffffn);
    let high = Number((value >> 32n) & 0xffff_ffffn);
    while (high !== 0 || low > 0x7f) {
      this.#bytes[this.#used++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#bytes[this.#used++] = low;
  }

  putFixed64(value: bigint): void {
    new DataView(this.#bytes.buffer).setBigUint64(this.#used, value, true);
    this.#used += 8;
  }
}

/** Bytes that `putVarint` takes for `value`. */
export function varintLength(value: bigint): number {
  const high = Number((value >> 32n) & 0xffff_ffffn);
  const low = Number(value & 0xffff_ffffn);
  const bits = high !== 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(low);
  return Math.max(1, Math.ceil(bits / 7));
}

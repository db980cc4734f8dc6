// Texts of Perfetto packets that come again and again: a packet gives the text with a number, and from then on the number stands
// for it. There are four indexes, for categories, names, names of arguments, and arguments that are text.

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** Fields of InternedData. */
const DATA = { category: 1, name: 2, argument: 3, text: 29 } as const;
export type Index = keyof typeof DATA;
/** Fields of all messages that they have. */
const IID = 1;
const TEXT = 2;

/** A guest may make up names without end, system calls by number: with this many all are given anew. */
const MOST = 65536;

export class Interned {
  readonly #numbers: Readonly<Record<Index, Map<string, number>>> = {
    category: new Map(), name: new Map(), argument: new Map(), text: new Map(),
  };
  /** Numbers are never used again, not even for another text after all have been forgotten. */
  #last = 0;
  #known = 0;
  #fresh: { index: Index; number: number; text: string }[] = [];

  /** Forgets all if there are very many; true if none is known now. To be asked before a packet. */
  begin(): boolean {
    if (this.#known >= MOST) {
      for (const numbers of Object.values(this.#numbers)) numbers.clear();
      this.#known = 0;
    }
    return this.#known === 0;
  }

  number(index: Index, text: string): number {
    const numbers = this.#numbers[index];
    const known = numbers.get(text);
    if (known !== undefined) return known;
    const number = ++this.#last;
    this.#known++;
    numbers.set(text, number);
    this.#fresh.push({ index, number, text });
    return number;
  }

  get hasFresh(): boolean {
    return this.#fresh.length > 0;
  }

  /** The InternedData of those that were asked for since the last call for the first time. */
  takeFresh(): Uint8Array {
    const writer = new BinaryWriter();
    for (const { index, number, text } of this.#fresh.splice(0)) {
      writer.tag(DATA[index], WireType.LengthDelimited).fork();
      writer.tag(IID, WireType.Varint).uint32(number).tag(TEXT, WireType.LengthDelimited).string(text).join();
    }
    return writer.finish();
  }
}

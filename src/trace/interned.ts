// Texts of Perfetto packets that come again and again: a packet gives the text with a number, and from then on the number stands
// for it. There are four indexes, for categories, names, names of arguments, and arguments that are text.

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** Fields of InternedData. */
const DATA = { category: 1, name: 2, argument: 3, text: 29 } as const;
export type Index = keyof typeof DATA;
/** Fields of all messages that they have. */
const IID = 1;
const TEXT = 2;

export class Interned {
  readonly #numbers: Readonly<Record<Index, Map<string, number>>> = {
    category: new Map(), name: new Map(), argument: new Map(), text: new Map(),
  };
  #fresh: { index: Index; number: number; text: string }[] = [];

  number(index: Index, text: string): number {
    const numbers = this.#numbers[index];
    const known = numbers.get(text);
    if (known !== undefined) return known;
    // 0 stands for none.
    const number = numbers.size + 1;
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

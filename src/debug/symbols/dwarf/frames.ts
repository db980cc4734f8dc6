// .debug_frame (DWARF 5, 6.4.1) and .eh_frame (LSB 5, 10.6): how to go from a function's frame to its caller's. The
// table of functions is read when an address is first asked for. For this room only.

import { Cursor } from "../cursor.js";
import type { ElfFile } from "../elf.js";
import type { UnwindRow } from "../types.js";
import { type CommonEntry, rowAt } from "./frame-program.js";

interface FrameEntry {
  readonly start: bigint;
  readonly end: bigint;
  readonly row: (address: bigint) => UnwindRow | undefined;
}

/** DW_EH_PE_*: the format in the low bits, what it is relative to above. */
const PE = { absolute: 0x00, omit: 0xff, pcRelative: 0x10 } as const;

class FrameSection {
  readonly #bytes: Uint8Array;
  readonly #isEh: boolean;
  readonly #address: bigint;
  readonly #bits: 32 | 64;
  readonly #what: string;
  readonly #common = new Map<number, CommonEntry>();

  constructor(elf: ElfFile, name: string) {
    this.#bytes = elf.section(name) ?? new Uint8Array(0);
    this.#isEh = name === ".eh_frame";
    this.#address = elf.addressOf(name);
    this.#bits = elf.bits;
    this.#what = `${name} of ${elf.name}`;
  }

  *frames(): Generator<FrameEntry> {
    for (const c = new Cursor(this.#bytes, this.#what); !c.done; ) {
      const { length, dwarf64 } = c.initialLength();
      if (length === 0) continue;
      const body = c.part(length);
      const idAt = body.at;
      const id = body.offset(dwarf64);
      const isCommon = this.#isEh ? id === 0 : dwarf64 ? id >= 2 ** 63 : id === 0xffffffff;
      if (isCommon) continue;
      // In .eh_frame the distance back to the common entry, in .debug_frame its offset.
      const frame = this.#frame(body, this.#commonAt(this.#isEh ? idAt - id : id));
      if (frame) yield frame;
    }
  }

  #frame(body: Cursor, common: CommonEntry): FrameEntry | undefined {
    const start = this.#pointer(body, common.encoding, common.addressSize);
    const length = this.#pointer(body, common.encoding & 0x0f, common.addressSize);
    if (common.hasAugmentationData) body.skip(body.uleb());
    if (start === undefined || length === undefined || length === 0n) return undefined;
    const { at, end } = body;
    const program = () => new Cursor(this.#bytes, this.#what, at, end);
    return { start, end: start + length, row: (address) => rowAt(common, start, program(), address) };
  }

  #commonAt(offset: number): CommonEntry {
    let entry = this.#common.get(offset);
    if (!entry) this.#common.set(offset, (entry = this.#readCommon(offset)));
    return entry;
  }

  #readCommon(offset: number): CommonEntry {
    const c = new Cursor(this.#bytes, this.#what);
    c.seek(offset);
    const { length, dwarf64 } = c.initialLength();
    const body = c.part(length);
    body.offset(dwarf64);
    const version = body.u8();
    if (version !== 1 && version !== 3 && version !== 4) throw body.malformed(`frames of version ${version}`);
    const augmentation = body.text();
    let addressSize = this.#bits / 8;
    if (version === 4) {
      addressSize = body.u8();
      body.skip(1);
    }
    if (addressSize !== 4 && addressSize !== 8) throw body.malformed(`addresses of ${addressSize} bytes`);
    const codeAlign = body.ulebBig();
    const dataAlign = body.sleb();
    const returnRegister = version === 1 ? body.u8() : body.uleb();
    const encoding = this.#augmentation(body, augmentation, addressSize);
    const { at, end } = body;
    return {
      codeAlign, dataAlign, returnRegister, addressSize, encoding,
      signal: augmentation.includes("S"), hasAugmentationData: augmentation.startsWith("z"),
      initial: () => new Cursor(this.#bytes, this.#what, at, end),
    };
  }

  /** Reads the augmentation's data; returns how addresses are encoded. */
  #augmentation(c: Cursor, augmentation: string, addressSize: number): number {
    if (!augmentation.startsWith("z")) return PE.absolute;
    const data = c.part(c.uleb());
    let encoding: number = PE.absolute;
    for (const letter of augmentation.slice(1)) {
      if (letter === "R") encoding = data.u8();
      else if (letter === "L") data.skip(1);
      else if (letter === "P") this.#pointer(data, data.u8(), addressSize);
      else if (letter !== "S" && letter !== "B") break;
    }
    return encoding;
  }

  #pointer(c: Cursor, encoding: number, addressSize: number): bigint | undefined {
    if (encoding === PE.omit) return undefined;
    const base = encoding & 0x70;
    const place = this.#address + BigInt(c.at);
    const value = plainPointer(c, encoding & 0x0f, addressSize);
    if (base !== PE.absolute && base !== PE.pcRelative) return undefined;
    return BigInt.asUintN(this.#bits, base === PE.pcRelative ? value + place : value);
  }
}

function plainPointer(c: Cursor, format: number, addressSize: number): bigint {
  switch (format) {
    case 0x00:
      return c.unsigned(addressSize);
    case 0x01:
      return c.ulebBig();
    case 0x02:
      return c.unsigned(2);
    case 0x03:
      return c.unsigned(4);
    case 0x04:
    case 0x0c:
      return c.unsigned(8);
    case 0x09:
      return c.sleb();
    case 0x0a:
      return BigInt.asIntN(16, c.unsigned(2));
    case 0x0b:
      return BigInt.asIntN(32, c.unsigned(4));
    default:
      throw c.malformed(`a pointer in encoding ${format}`);
  }
}

export class Frames {
  readonly #sections: readonly FrameSection[];
  #sorted: FrameEntry[] | undefined;

  constructor(elf: ElfFile) {
    this.#sections = [".debug_frame", ".eh_frame"].map((name) => new FrameSection(elf, name));
  }

  at(address: bigint): UnwindRow | undefined {
    this.#sorted ??= this.#sections.flatMap((section) => [...section.frames()]).sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]!.start <= address) low = middle + 1;
      else high = middle;
    }
    const frame = this.#sorted[low - 1];
    return frame && address < frame.end ? frame.row(address) : undefined;
  }
}

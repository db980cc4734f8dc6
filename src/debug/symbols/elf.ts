// Sections and symbols of an ELF file (System V ABI, chapters 4 and 5; ELF-64 Object File Format). The boot loader
// reads segments, with rules of its own (src/boot/elf.ts); a debugger reads what a loader leaves out. For this room only.

import { inflateSync } from "node:zlib";
import { UserError } from "../../errors.js";
import { Cursor, textAt } from "./cursor.js";

const EM_386 = 3;
const EM_X86_64 = 62;
const ET_REL = 1;
const SHT_SYMTAB = 2;
const SHT_NOBITS = 8;
const SHT_DYNSYM = 11;
const SHF_ALLOC = 2;
const SHF_COMPRESSED = 0x800;
const ELFCOMPRESS_ZLIB = 1;
/** What a compressed section may become: a defence against files that are made to fill memory. */
const MOST_INFLATED = 2 ** 30;

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly address: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

/** An entry of the symbol table. */
export interface ElfSymbol {
  readonly name: string;
  readonly value: bigint;
  readonly size: number;
  readonly type: number;
  readonly binding: number;
  /** Index of its section; SHN_ABS (FFF1H) for a plain number. */
  readonly section: number;
}

export class ElfFile {
  readonly name: string;
  readonly bits: 32 | 64;
  readonly #bytes: Uint8Array;
  readonly #sections: readonly Section[];

  constructor(bytes: Uint8Array, name: string) {
    this.name = name;
    this.#bytes = bytes;
    const header = new Cursor(bytes, name);
    if (bytes.length < 4 || header.u32() !== 0x464c457f) throw new UserError(`${name} is not an ELF file`);
    const elfClass = header.u8();
    if (elfClass !== 1 && elfClass !== 2) throw header.malformed(`class ${elfClass}`);
    if (header.u8() !== 1) throw new UserError(`${name} is not little-endian: its symbols are not of an x86`);
    this.bits = elfClass === 2 ? 64 : 32;
    header.seek(16);
    if (header.u16() === ET_REL) throw new UserError(`${name} is an object file: link it first`);
    const machine = header.u16();
    if (machine !== EM_386 && machine !== EM_X86_64) throw new UserError(`${name} is not for x86`);
    this.#sections = readSections(header, this.bits);
  }

  /** Contents of the section `name`, decompressed if need be; undefined if the file has none. */
  section(name: string): Uint8Array | undefined {
    const section = this.#sections.find((s) => s.name === name && s.type !== SHT_NOBITS);
    if (!section) return undefined;
    const bytes = contents(this.#bytes, section, this.name);
    return section.flags & SHF_COMPRESSED ? this.#inflate(bytes, name) : bytes;
  }

  /** Linear address of section `name`: what its contents may be relative to. */
  addressOf(name: string): bigint {
    return this.#sections.find((s) => s.name === name)?.address ?? 0n;
  }

  /** The section that symbols of index `index` lie in, if it is loaded: its first address and the one behind it. */
  loaded(index: number): { start: bigint; end: bigint } | undefined {
    const section = this.#sections[index];
    if (!section || !(section.flags & SHF_ALLOC)) return undefined;
    return { start: section.address, end: section.address + BigInt(section.size) };
  }

  /** The symbol table: of linking, or, in a file that was stripped, of loading. */
  symbols(): ElfSymbol[] {
    const table = this.#sections.find((s) => s.type === SHT_SYMTAB) ?? this.#sections.find((s) => s.type === SHT_DYNSYM);
    if (!table) return [];
    const strings = this.#sections[table.link];
    if (!strings) throw new UserError(`${this.name} is malformed: symbols without names`);
    const names = contents(this.#bytes, strings, this.name);
    const entry = this.bits === 64 ? 24 : 16;
    const cursor = new Cursor(contents(this.#bytes, table, this.name), this.name);
    return Array.from({ length: Math.floor(table.size / entry) }, () => this.#symbol(cursor, names));
  }

  #symbol(c: Cursor, names: Uint8Array): ElfSymbol {
    const name = textAt(names, c.u32(), this.name);
    let value = 0n;
    let size = 0;
    if (this.bits === 32) {
      value = BigInt(c.u32());
      size = c.u32();
    }
    const info = c.u8();
    c.skip(1);
    const section = c.u16();
    if (this.bits === 64) {
      value = c.u64();
      size = c.size64();
    }
    return { name, value, size, type: info & 15, binding: info >> 4, section };
  }

  #inflate(bytes: Uint8Array, section: string): Uint8Array {
    const header = new Cursor(bytes, this.name);
    const type = header.u32();
    header.skip(this.bits === 64 ? 4 : 0);
    const size = this.bits === 64 ? header.size64() : header.u32();
    header.skip(this.bits === 64 ? 8 : 4);
    if (type !== ELFCOMPRESS_ZLIB) throw new UserError(`${this.name}: section ${section} is compressed in a way that is not known`);
    if (!(size <= MOST_INFLATED)) throw header.malformed(`section ${section} is said to hold ${size} bytes`);
    try {
      return inflateSync(bytes.subarray(header.at), { maxOutputLength: Math.max(1, size) });
    } catch {
      throw header.malformed(`section ${section} cannot be decompressed`);
    }
  }
}

function contents(bytes: Uint8Array, section: Section, name: string): Uint8Array {
  return new Cursor(bytes, name, Math.min(section.offset, bytes.length)).take(section.size);
}

function readSections(header: Cursor, bits: 32 | 64): Section[] {
  header.seek(bits === 64 ? 40 : 32);
  const start = bits === 64 ? header.size64() : header.u32();
  header.seek(bits === 64 ? 58 : 46);
  const size = header.u16();
  const count = header.u16();
  const namesIndex = header.u16();
  if (start === 0 || count === 0) return [];
  if (size < (bits === 64 ? 64 : 40)) throw header.malformed(`section headers of ${size} bytes`);
  const raw = Array.from({ length: count }, (_, i) => {
    header.seek(start + i * size);
    return readHeader(header, bits);
  });
  const nameSection = raw[namesIndex];
  const names = nameSection ? contents(header.bytes, { ...nameSection, name: "" }, header.what) : new Uint8Array(0);
  return raw.map((section) => ({ ...section, name: names.length ? textAt(names, section.nameAt, header.what) : "" }));
}

function readHeader(c: Cursor, bits: 32 | 64) {
  const word = () => (bits === 64 ? c.size64() : c.u32());
  const nameAt = c.u32();
  const type = c.u32();
  const flags = word();
  const address = bits === 64 ? c.u64() : BigInt(c.u32());
  const offset = word();
  const size = word();
  const link = c.u32();
  return { nameAt, type, flags, address, offset, size, link };
}

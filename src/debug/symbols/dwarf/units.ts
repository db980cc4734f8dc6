// Units of .debug_info (DWARF 5, 7.5.1) and the abbreviations by which they are written (7.5.3). Headers are read when
// the file is opened; everything inside when it is asked for. For this folder only.

import { Cursor, textAt } from "../cursor.js";
import { AT, FORM, UT } from "./constants.js";
import type { FormSections } from "./forms.js";

export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  /** Attribute, form, and the value of FORM.implicitConst, in the order of the entry's values. */
  readonly attributes: readonly (readonly [attribute: number, form: number, implicit: bigint])[];
}

export type Abbreviations = ReadonlyMap<number, Abbreviation>;

export interface UnitHeader {
  /** Where the unit begins and ends in .debug_info, and where its first entry is. */
  readonly offset: number;
  readonly end: number;
  readonly first: number;
  readonly version: number;
  readonly dwarf64: boolean;
  readonly addressSize: number;
  readonly abbrevOffset: number;
  readonly type: number;
  /** For a type unit: its signature, and where in .debug_info its type is. */
  readonly signature?: bigint;
  readonly typeAt?: number;
}

/** Reads the header at `c` and leaves `c` at the next unit; undefined for a version that is not known. */
export function readUnitHeader(c: Cursor): UnitHeader | undefined {
  const offset = c.at;
  const { length, dwarf64 } = c.initialLength();
  const body = c.part(length);
  const version = body.u16();
  if (version < 2 || version > 5) return undefined;
  const type = version >= 5 ? body.u8() : UT.compile;
  let addressSize = version >= 5 ? body.u8() : 0;
  const abbrevOffset = body.offset(dwarf64);
  if (version < 5) addressSize = body.u8();
  if (addressSize !== 4 && addressSize !== 8) throw c.malformed(`addresses of ${addressSize} bytes`);
  let about = {};
  if (type === UT.type || type === UT.splitType) {
    about = { signature: body.u64(), typeAt: offset + body.offset(dwarf64) };
  } else if (type === UT.skeleton || type === UT.splitCompile) {
    body.skip(8);
  }
  return { offset, end: body.end, first: body.at, version, dwarf64, addressSize, abbrevOffset, type, ...about };
}

/** No compiler comes near it. Attributes may take no bytes at all, so the file's size is no bound. */
const MOST_ATTRIBUTES = 256;

export function readAbbreviations(section: Uint8Array, at: number, what: string): Abbreviations {
  const c = new Cursor(section, what);
  c.seek(at);
  const table = new Map<number, Abbreviation>();
  for (let code = c.uleb(); code !== 0; code = c.uleb()) {
    const tag = c.uleb();
    const hasChildren = c.u8() !== 0;
    const attributes: [number, number, bigint][] = [];
    for (;;) {
      const attribute = c.uleb();
      const form = c.uleb();
      const implicit = form === FORM.implicitConst ? c.sleb() : 0n;
      if (attribute === 0 && form === 0) break;
      attributes.push([attribute, form, implicit]);
      if (attributes.length > MOST_ATTRIBUTES) throw c.malformed("an entry has too many attributes");
    }
    if (!table.has(code)) table.set(code, { tag, hasChildren, attributes });
    if (c.done) break;
  }
  return table;
}

/** Bases into tables that a unit's indexed forms need; attributes of its first entry. */
export const BASES: ReadonlySet<number> = new Set([AT.strOffsetsBase, AT.addrBase, AT.rnglistsBase]);

export class Unit {
  readonly offset: number;
  readonly end: number;
  readonly first: number;
  readonly version: number;
  readonly dwarf64: boolean;
  readonly addressSize: number;
  readonly sections: FormSections;
  readonly header: UnitHeader;
  readonly what: string;
  /** Set once the first entry has been read. */
  strOffsetsBase: number;
  addrBase: number;
  rnglistsBase: number;
  readonly #abbrevs: () => Abbreviations;
  readonly #typeUnits: ReadonlyMap<bigint, number>;

  constructor(
    header: UnitHeader, sections: FormSections, abbrevs: () => Abbreviations, typeUnits: ReadonlyMap<bigint, number>, what: string,
  ) {
    this.header = header;
    ({ offset: this.offset, end: this.end, first: this.first, version: this.version } = header);
    ({ dwarf64: this.dwarf64, addressSize: this.addressSize } = header);
    this.sections = sections;
    this.what = what;
    this.#abbrevs = abbrevs;
    this.#typeUnits = typeUnits;
    // Without the attributes, tables are used from behind their first header (7.26, 7.27).
    const behindHeader = header.dwarf64 ? 16 : 8;
    this.strOffsetsBase = behindHeader;
    this.addrBase = behindHeader;
    this.rnglistsBase = header.dwarf64 ? 20 : 12;
  }

  get abbreviations(): Abbreviations {
    return this.#abbrevs();
  }

  indexedString(index: number): string {
    const size = this.dwarf64 ? 8 : 4;
    const c = new Cursor(this.sections.strOffsets, this.what);
    c.seek(this.strOffsetsBase + index * size);
    return textAt(this.sections.str, c.offset(this.dwarf64), this.what);
  }

  indexedAddress(index: number): bigint {
    const c = new Cursor(this.sections.addr, this.what);
    c.seek(this.addrBase + index * this.addressSize);
    return c.unsigned(this.addressSize);
  }

  /** Offset in .debug_rnglists of list `index`. */
  indexedRanges(index: number): number {
    const c = new Cursor(this.sections.rnglists, this.what);
    c.seek(this.rnglistsBase + index * (this.dwarf64 ? 8 : 4));
    return this.rnglistsBase + c.offset(this.dwarf64);
  }

  /** Where in .debug_info the type with this signature is; 0, where no entry can be, if it is not in this file. */
  typeUnitOf(signature: bigint): number {
    return this.#typeUnits.get(signature) ?? 0;
  }
}

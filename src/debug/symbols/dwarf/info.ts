// .debug_info: entries by offset, their attributes and children. For this folder only.

import { UserError } from "../../../errors.js";
import { Cursor } from "../cursor.js";
import type { ElfFile } from "../elf.js";
import { AT } from "./constants.js";
import { type FormSections, type FormValue, readForm, skipForm } from "./forms.js";
import { type Abbreviations, BASES, readAbbreviations, readUnitHeader, Unit, type UnitHeader } from "./units.js";

const NOTHING = new Uint8Array(0);
/** How far specifications and abstract origins are followed, and how deep entries may be nested. */
const MOST_HOPS = 8;
const MOST_DEPTH = 256;

/** A debugging information entry. */
export class Entry {
  readonly unit: Unit;
  readonly offset: number;
  readonly tag: number;
  readonly hasChildren: boolean;
  /** Where its first child, or the entry behind it, is. */
  readonly behind: number;
  readonly #values: ReadonlyMap<number, FormValue>;

  constructor(
    unit: Unit, offset: number, tag: number, hasChildren: boolean, behind: number, values: ReadonlyMap<number, FormValue>,
  ) {
    this.unit = unit;
    this.offset = offset;
    this.tag = tag;
    this.hasChildren = hasChildren;
    this.behind = behind;
    this.#values = values;
  }

  value(attribute: number): FormValue | undefined {
    return this.#values.get(attribute);
  }

  text(attribute: number): string | undefined {
    const value = this.#values.get(attribute);
    return typeof value === "string" ? value : undefined;
  }

  /** A constant or an offset as a number. */
  number(attribute: number): number | undefined {
    const value = this.#values.get(attribute);
    return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : undefined;
  }

  big(attribute: number): bigint | undefined {
    const value = this.#values.get(attribute);
    return typeof value === "bigint" ? value : undefined;
  }

  address(attribute: number): bigint | undefined {
    const value = this.#values.get(attribute);
    return typeof value === "object" && "address" in value ? value.address : undefined;
  }

  flag(attribute: number): boolean {
    return this.#values.get(attribute) === true;
  }

  bytes(attribute: number): Uint8Array | undefined {
    const value = this.#values.get(attribute);
    return value instanceof Uint8Array ? value : undefined;
  }
}

export class DebugInfo {
  readonly units: readonly Unit[];
  readonly what: string;
  readonly #info: Uint8Array;

  constructor(elf: ElfFile) {
    this.what = `debug information of ${elf.name}`;
    this.#info = elf.section(".debug_info") ?? NOTHING;
    const sections: FormSections = {
      str: elf.section(".debug_str") ?? NOTHING, lineStr: elf.section(".debug_line_str") ?? NOTHING,
      strOffsets: elf.section(".debug_str_offsets") ?? NOTHING, addr: elf.section(".debug_addr") ?? NOTHING,
      rnglists: elf.section(".debug_rnglists") ?? NOTHING,
    };
    this.units = this.#readUnits(sections, elf.section(".debug_abbrev") ?? NOTHING);
  }

  #readUnits(sections: FormSections, abbrev: Uint8Array): Unit[] {
    const headers: UnitHeader[] = [];
    const typeUnits = new Map<bigint, number>();
    for (const c = new Cursor(this.#info, this.what); !c.done; ) {
      const header = readUnitHeader(c);
      if (!header) continue;
      headers.push(header);
      if (header.signature !== undefined) typeUnits.set(header.signature, header.typeAt!);
    }
    const tables = new Map<number, Abbreviations>();
    const table = (at: number) => () => {
      let found = tables.get(at);
      if (!found) tables.set(at, (found = readAbbreviations(abbrev, at, this.what)));
      return found;
    };
    return headers.map((header) => new Unit(header, sections, table(header.abbrevOffset), typeUnits, this.what));
  }

  /** The first entry of `unit`, which says what the unit is of. */
  root(unit: Unit): Entry | undefined {
    // Indexed strings and addresses among the attributes need bases that are attributes themselves.
    const bases = this.#read(unit, unit.first, BASES);
    if (!bases) return undefined;
    unit.strOffsetsBase = bases.number(AT.strOffsetsBase) ?? unit.strOffsetsBase;
    unit.addrBase = bases.number(AT.addrBase) ?? unit.addrBase;
    unit.rnglistsBase = bases.number(AT.rnglistsBase) ?? unit.rnglistsBase;
    return this.#read(unit, unit.first);
  }

  /** The entry at `offset`, wherever it is. */
  entry(offset: number): Entry {
    let low = 0;
    let high = this.units.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.units[middle]!.offset <= offset) low = middle + 1;
      else high = middle;
    }
    const unit = this.units[low - 1];
    const entry = unit && offset >= unit.first && offset < unit.end ? this.#read(unit, offset) : undefined;
    if (!entry) throw new UserError(`${this.what} is malformed: there is no entry at offset ${offset}`);
    return entry;
  }

  /** Reads an entry, all attributes or those of `wanted`; undefined for the null entry that ends a list. */
  #read(unit: Unit, offset: number, wanted?: ReadonlySet<number>): Entry | undefined {
    const c = new Cursor(this.#info, this.what, offset, unit.end);
    const code = c.uleb();
    if (code === 0) return undefined;
    const abbreviation = unit.abbreviations.get(code);
    if (!abbreviation) throw c.malformed(`abbreviation ${code} is not there`);
    const values = new Map<number, FormValue>();
    for (const [attribute, form, implicit] of abbreviation.attributes) {
      if (wanted && !wanted.has(attribute)) skipForm(c, form, unit);
      else values.set(attribute, readForm(c, form, unit, implicit));
    }
    return new Entry(unit, offset, abbreviation.tag, abbreviation.hasChildren, c.at, values);
  }

  /** The children of `entry`, with all their attributes or those of `wanted`. */
  *children(entry: Entry, wanted?: ReadonlySet<number>): Generator<Entry> {
    if (!entry.hasChildren) return;
    for (let at = entry.behind; at < entry.unit.end; ) {
      const child = this.#read(entry.unit, at, wanted);
      if (!child) return;
      yield child;
      at = this.#behindSubtree(child, 0);
    }
  }

  #behindSubtree(entry: Entry, depth: number): number {
    if (!entry.hasChildren) return entry.behind;
    const sibling = entry.number(AT.sibling);
    // Only forwards: a reference backwards would never end.
    if (sibling !== undefined && sibling > entry.offset) return sibling;
    if (depth > MOST_DEPTH) throw new UserError(`${this.what} is malformed: entries are nested too deep`);
    let at = entry.behind;
    for (;;) {
      if (at >= entry.unit.end) return at;
      const child = this.#read(entry.unit, at, SIBLING);
      if (!child) return at + 1;
      at = this.#behindSubtree(child, depth + 1);
    }
  }

  /** What `read` finds on `entry`, or on the entries that it completes or is an instance of. */
  inherited<T>(entry: Entry, read: (entry: Entry) => T | undefined): T | undefined {
    for (let hops = 0, at: Entry = entry; hops < MOST_HOPS; hops++) {
      const found = read(at);
      if (found !== undefined) return found;
      const next = at.number(AT.specification) ?? at.number(AT.abstractOrigin);
      if (!next) return undefined;
      at = this.entry(next);
    }
    return undefined;
  }
}

const SIBLING: ReadonlySet<number> = new Set([AT.sibling]);

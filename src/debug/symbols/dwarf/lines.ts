// Source lines by address and addresses by line. A unit's line table is read when an address of the unit, or one of its
// files, is asked for. For this room only.

import { Cursor } from "../cursor.js";
import type { ElfFile } from "../elf.js";
import type { LineAddress, LineAt } from "../types.js";
import { AT } from "./constants.js";
import type { DebugInfo, Entry } from "./info.js";
import { type LineHeader, readLineHeader } from "./line-header.js";
import { type LineRow, runLineProgram, type Sequence } from "./line-program.js";
import { type AddressRange, rangesOf } from "./ranges.js";
import type { Unit } from "./units.js";

const NOTHING = new Uint8Array(0);

/** The line table of one unit. */
class LineTable {
  readonly root: Entry;
  readonly directory: string;
  /** Addresses that the unit's code has, if it says. */
  readonly ranges: readonly AddressRange[] | undefined;
  readonly #read: (directory: string) => LineHeader;
  #header: LineHeader | undefined;
  #sequences: Sequence[] | undefined;

  constructor(root: Entry, ranges: readonly AddressRange[] | undefined, read: (directory: string) => LineHeader) {
    this.root = root;
    this.directory = root.text(AT.compDir) ?? "";
    this.ranges = ranges;
    this.#read = read;
  }

  get header(): LineHeader {
    return (this.#header ??= this.#read(this.directory));
  }

  get sequences(): readonly Sequence[] {
    return (this.#sequences ??= runLineProgram(this.header));
  }

  file(number: number): string | undefined {
    return this.header.files[number]?.path;
  }

  mayHold(address: bigint): boolean {
    return this.ranges === undefined || this.ranges.some((range) => address >= range.start && address < range.end);
  }

  at(address: bigint): LineAt | undefined {
    for (const { start, end, rows } of this.sequences) {
      if (address < start || address >= end) continue;
      let low = 0;
      let high = rows.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (rows[middle]!.address <= address) low = middle + 1;
        else high = middle;
      }
      // Of several rows at one address the last counts, unless only an earlier one begins a statement.
      let best = low - 1;
      while (best > 0 && !rows[best]!.isStatement && rows[best - 1]!.address === rows[best]!.address) best--;
      if (!rows[best]?.isStatement) best = low - 1;
      // Line 0 is code of no line: it counts to the line before it.
      while (best > 0 && rows[best]!.line === 0) best--;
      const row = rows[best];
      const file = row && this.file(row.file);
      if (!row || file === undefined || row.line === 0) return undefined;
      return {
        file, directory: this.directory, line: row.line, ...(row.column ? { column: row.column } : {}),
        start: row.address, end: rows[low]?.address ?? end,
      };
    }
    return undefined;
  }

  /** Where runs of rows for lines of the files that `wanted` accepts begin. */
  *starts(wanted: (file: string) => boolean): Generator<{ row: LineRow; file: string }> {
    const files = new Set(this.header.files.flatMap((file, i) => (file && wanted(file.path) ? [i] : [])));
    if (files.size === 0) return;
    for (const { rows } of this.sequences) {
      let run: LineRow | undefined;
      let said = false;
      for (const row of rows) {
        if (run?.line !== row.line || run.file !== row.file) {
          run = row;
          said = false;
        }
        if (said || !row.isStatement || row.line === 0 || !files.has(row.file)) continue;
        said = true;
        yield { row, file: this.file(row.file)! };
      }
    }
  }
}

export class Lines {
  readonly #info: DebugInfo;
  readonly #sections: { readonly line: Uint8Array; readonly str: Uint8Array; readonly lineStr: Uint8Array; readonly ranges: Uint8Array };
  #made: LineTable[] | undefined;

  constructor(info: DebugInfo, elf: ElfFile) {
    this.#info = info;
    const section = (name: string) => elf.section(name) ?? NOTHING;
    this.#sections = {
      line: section(".debug_line"), str: section(".debug_str"), lineStr: section(".debug_line_str"), ranges: section(".debug_ranges"),
    };
  }

  get #tables(): readonly LineTable[] {
    this.#made ??= this.#info.units.flatMap((unit) => {
      const root = this.#info.root(unit);
      const at = root?.number(AT.stmtList);
      return root && at !== undefined ? [this.#table(root, at)] : [];
    });
    return this.#made;
  }

  #table(root: Entry, at: number): LineTable {
    const what = `line table of ${this.#info.what}`;
    const read = (directory: string) => {
      const c = new Cursor(this.#sections.line, what);
      c.seek(at);
      return readLineHeader(c, this.#sections, directory);
    };
    return new LineTable(root, rangesOf(root, this.#sections.ranges), read);
  }

  /** First entries of the units that may have code at `address`. */
  unitsAt(address: bigint): Entry[] {
    return this.#tables.filter((table) => table.mayHold(address)).map((table) => table.root);
  }

  /** Ranges of the code that `entry`, an entry below `root`, is of. */
  rangesOf(entry: Entry, root: Entry): readonly AddressRange[] {
    return rangesOf(entry, this.#sections.ranges, root) ?? [];
  }

  /** The file that entries of `unit` give the number `number`. */
  fileOf(unit: Unit, number: number): string | undefined {
    return this.#tables.find((table) => table.root.unit === unit)?.file(number);
  }

  at(address: bigint): LineAt | undefined {
    for (const table of this.#tables) {
      const found = table.mayHold(address) ? table.at(address) : undefined;
      if (found) return found;
    }
    return undefined;
  }

  /** As a debugger's `break FILE:LINE`: if no code is of that line, the next line that has code counts. */
  addressesOf(file: string, line: number): LineAddress[] {
    const wanted = (path: string) => path === file || path.endsWith(`/${file}`);
    let best = Infinity;
    let found: LineAddress[] = [];
    for (const table of this.#tables) {
      for (const { row, file: path } of table.starts(wanted)) {
        if (row.line < line || row.line > best) continue;
        if (row.line < best) found = [];
        best = row.line;
        found.push({ file: path, line: row.line, address: row.address, isStatement: row.isStatement });
      }
    }
    return found.sort((a, b) => (a.address < b.address ? -1 : 1));
  }

  files(): string[] {
    return [...new Set(this.#tables.flatMap((table) => table.header.files.flatMap((file) => (file ? [file.path] : []))))];
  }
}

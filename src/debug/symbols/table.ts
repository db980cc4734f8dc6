// One face for all that is read from ELF files, and the tables of several files as one.

import { UserError } from "../../errors.js";
import { Declarations } from "./dwarf/declarations.js";
import { Frames } from "./dwarf/frames.js";
import { DebugInfo } from "./dwarf/info.js";
import { Inlines } from "./dwarf/inlines.js";
import { Lines } from "./dwarf/lines.js";
import { Types } from "./dwarf/types.js";
import { ElfFile } from "./elf.js";
import { Names } from "./names.js";
import type { InlinedCall, LineAddress, LineAt, SymbolAt, SymbolInfo, SymbolTable, TypeNode, UnwindRow, Variable } from "./types.js";

const MOST_NAMES = 1000;

class ElfSymbols implements SymbolTable {
  readonly modules: readonly string[];
  readonly #elf: ElfFile;
  readonly #names: Names;
  #made: { lines: Lines; inlines: Inlines; declarations: Declarations } | undefined;
  #frames: Frames | undefined;

  constructor(elf: ElfFile) {
    this.modules = [elf.name];
    this.#elf = elf;
    this.#names = new Names(elf);
  }

  get #debug(): { lines: Lines; inlines: Inlines; declarations: Declarations } {
    if (!this.#made) {
      const info = new DebugInfo(this.#elf);
      const lines = new Lines(info, this.#elf);
      const declarations = new Declarations(info, new Types(info), this.#elf.name);
      this.#made = { lines, inlines: new Inlines(info, lines), declarations };
    }
    return this.#made;
  }

  resolve(name: string): SymbolInfo | undefined {
    return this.#names.resolve(name);
  }

  at(address: bigint): SymbolAt | undefined {
    return this.#names.at(address);
  }

  names(prefix: string, limit = MOST_NAMES): string[] {
    return this.#names.all().filter((name) => name.startsWith(prefix)).slice(0, limit);
  }

  lineAt(address: bigint): LineAt | undefined {
    return this.#debug.lines.at(address);
  }

  inlinedAt(address: bigint): InlinedCall[] {
    return this.#debug.inlines.at(address);
  }

  addressesOf(file: string, line: number): LineAddress[] {
    // A function may come back to a line: it is stopped at once, where it first gets there.
    const functions = new Set<bigint>();
    return this.#debug.lines.addressesOf(file, line).filter(({ address }) => {
      const home = this.at(address);
      if (!home) return true;
      if (functions.has(home.address)) return false;
      functions.add(home.address);
      return true;
    });
  }

  files(): string[] {
    return this.#debug.lines.files();
  }

  variable(name: string): Variable | undefined {
    return this.#debug.declarations.variable(name);
  }

  typeOf(name: string): TypeNode | undefined {
    return this.variable(name)?.type;
  }

  type(name: string): TypeNode | undefined {
    return this.#debug.declarations.type(name);
  }

  enumerator(name: string): bigint | undefined {
    return this.#debug.declarations.enumerator(name);
  }

  unwindAt(address: bigint): UnwindRow | undefined {
    this.#frames ??= new Frames(this.#elf);
    return this.#frames.at(address);
  }
}

/** Reads the symbols of the ELF file `bytes`, which `name` names in errors. What is wrong with it is a UserError. */
export function loadSymbols(bytes: Uint8Array, name: string): SymbolTable {
  return new ElfSymbols(new ElfFile(bytes, name));
}

/** Several files as one: the first that knows an answer gives it. */
class Joined implements SymbolTable {
  readonly modules: readonly string[];

  constructor(readonly tables: readonly SymbolTable[]) {
    this.modules = tables.flatMap((table) => table.modules);
  }

  #first<T>(ask: (table: SymbolTable) => T | undefined): T | undefined {
    for (const table of this.tables) {
      const answer = ask(table);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  #all(ask: (table: SymbolTable) => string[]): string[] {
    return [...new Set(this.tables.flatMap(ask))].sort();
  }

  resolve(name: string): SymbolInfo | undefined {
    return this.#first((table) => table.resolve(name));
  }

  at(address: bigint): SymbolAt | undefined {
    return this.#first((table) => table.at(address));
  }

  names(prefix: string, limit = MOST_NAMES): string[] {
    return this.#all((table) => table.names(prefix, limit)).slice(0, limit);
  }

  lineAt(address: bigint): LineAt | undefined {
    return this.#first((table) => table.lineAt(address));
  }

  inlinedAt(address: bigint): InlinedCall[] {
    return this.#first((table) => (table.at(address) ? table.inlinedAt(address) : undefined)) ?? [];
  }

  addressesOf(file: string, line: number): LineAddress[] {
    return this.tables.flatMap((table) => table.addressesOf(file, line));
  }

  files(): string[] {
    return this.#all((table) => table.files());
  }

  variable(name: string): Variable | undefined {
    return this.#first((table) => table.variable(name));
  }

  typeOf(name: string): TypeNode | undefined {
    return this.#first((table) => table.typeOf(name));
  }

  type(name: string): TypeNode | undefined {
    return this.#first((table) => table.type(name));
  }

  enumerator(name: string): bigint | undefined {
    return this.#first((table) => table.enumerator(name));
  }

  unwindAt(address: bigint): UnwindRow | undefined {
    return this.#first((table) => table.unwindAt(address));
  }
}

export function joinSymbols(tables: readonly SymbolTable[]): SymbolTable {
  if (tables.length === 0) throw new UserError("there are no symbols to join");
  return tables.length === 1 ? tables[0]! : new Joined(tables);
}

// The header of a line number program (DWARF 5, 6.2.4), versions 2 to 5: which files there are, and how the opcodes are
// coded. For this folder only.

import { type Cursor, textAt } from "../cursor.js";
import { FORM } from "./constants.js";

export interface LineFile {
  /** Folder and name, as far as the compiler was told; relative to the folder of compilation. */
  readonly path: string;
}

export interface LineHeader {
  readonly version: number;
  readonly dwarf64: boolean;
  readonly instructionLength: number;
  readonly defaultIsStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** Operands of standard opcodes 1 to opcodeBase - 1. */
  readonly operands: readonly number[];
  /** By the number that the program uses; before version 5 number 0 is absent. */
  readonly files: readonly (LineFile | undefined)[];
  /** The program's opcodes. */
  readonly program: Cursor;
}

export interface LineSections {
  readonly str: Uint8Array;
  readonly lineStr: Uint8Array;
}

const LNCT = { path: 1, directoryIndex: 2 } as const;

/** `folder` and `name` as one path; a path that begins at the root stays as it is. */
function join(folder: string, name: string): string {
  const path = name.startsWith("/") || folder === "" || folder === "." ? name : `${folder}/${name}`;
  return path.replace(/^(\.\/)+/, "").replaceAll("/./", "/");
}

/** A folder below that of compilation, as a path relative to it. */
function below(compilation: string, folder: string): string {
  if (folder === compilation) return "";
  return folder.startsWith(`${compilation}/`) ? folder.slice(compilation.length + 1) : folder;
}

/** Reads the header that `c` is at. `compilation` is the unit's folder, which DWARF before 5 leaves out. */
export function readLineHeader(c: Cursor, sections: LineSections, compilation: string): LineHeader {
  const { length, dwarf64 } = c.initialLength();
  const body = c.part(length);
  const version = body.u16();
  if (version < 2 || version > 5) throw c.malformed(`a line table of version ${version}`);
  if (version >= 5) body.skip(2);
  const headerLength = body.offset(dwarf64);
  const program = body.at + headerLength;
  const instructionLength = body.u8();
  if (version >= 4) body.skip(1);
  const defaultIsStatement = body.u8() !== 0;
  const lineBase = body.i8();
  const lineRange = body.u8();
  const opcodeBase = body.u8();
  const operands = [...body.take(Math.max(0, opcodeBase - 1))];
  const files = version >= 5 ? readTables(body, sections, dwarf64, compilation) : readOldTables(body, compilation);
  body.seek(program);
  return { version, dwarf64, instructionLength, defaultIsStatement, lineBase, lineRange, opcodeBase, operands, files, program: body };
}

function readOldTables(c: Cursor, compilation: string): (LineFile | undefined)[] {
  const folders = [compilation];
  for (let name = c.text(); name !== ""; name = c.text()) folders.push(name);
  const files: (LineFile | undefined)[] = [undefined];
  for (let name = c.text(); name !== ""; name = c.text()) {
    const folder = folders[c.uleb()] ?? "";
    c.uleb();
    c.uleb();
    files.push({ path: join(below(compilation, folder), name) });
  }
  return files;
}

type Row = { path: string; directory: number };

function readTables(c: Cursor, sections: LineSections, dwarf64: boolean, compilation: string): LineFile[] {
  const folders = readTable(c, sections, dwarf64).map((row) => row.path);
  // The first folder is that of compilation; the others are relative to it.
  const home = folders[0] ?? compilation;
  return readTable(c, sections, dwarf64).map((row) => ({ path: join(below(home, folders[row.directory] ?? ""), row.path) }));
}

function readTable(c: Cursor, sections: LineSections, dwarf64: boolean): Row[] {
  const formats = Array.from({ length: c.u8() }, () => [c.uleb(), c.uleb()] as const);
  const count = c.uleb();
  // Every entry takes a byte at least: a larger count is wrong, and would never end.
  if (count > 0 && (formats.length === 0 || count > c.end - c.at)) throw c.malformed("a list of files is too long");
  return Array.from({ length: count }, () => {
    const row: Row = { path: "", directory: 0 };
    for (const [content, form] of formats) {
      const value = readEntryForm(c, form, sections, dwarf64);
      if (content === LNCT.path && typeof value === "string") row.path = value;
      else if (content === LNCT.directoryIndex && typeof value === "number") row.directory = value;
    }
    return row;
  });
}

/** The forms that 6.2.4.1 permits. */
function readEntryForm(c: Cursor, form: number, sections: LineSections, dwarf64: boolean): string | number | undefined {
  switch (form) {
    case FORM.string:
      return c.text();
    case FORM.lineStrp:
      return textAt(sections.lineStr, c.offset(dwarf64), c.what);
    case FORM.strp:
      return textAt(sections.str, c.offset(dwarf64), c.what);
    case FORM.udata:
      return c.uleb();
    case FORM.data1:
      return c.u8();
    case FORM.data2:
      return c.u16();
    case FORM.data4:
      return c.u32();
    case FORM.data8:
      return c.size64();
    case FORM.data16:
      c.skip(16);
      return undefined;
    case FORM.block:
      c.skip(c.uleb());
      return undefined;
    default:
      throw c.malformed(`form 0x${form.toString(16)} in a list of files`);
  }
}

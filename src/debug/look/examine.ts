// gdb's x/FMT: memory in units, as numbers, characters, strings, addresses or instructions.

import { UserError } from "../../errors.js";
import type { Machine } from "../../machine/index.js";
import type { SymbolTable } from "../symbols/types.js";
import { disassemble, nameOf } from "./disassemble.js";
import { type MemoryView, readUnsigned, virtualMemory } from "./memory.js";
import type { ExamineFormat, ExamineRow, Syntax } from "./types.js";

const SIZES: Readonly<Record<string, ExamineFormat["size"]>> = { b: 1, h: 2, w: 4, g: 8 };
const MOST_UNITS = 65536;
const MOST_TEXT = 4096;
/** Bytes in a row, as gdb has them; letters and octal numbers are wide. */
const ROW_BYTES: Readonly<Record<string, number>> = { x: 16, d: 16, u: 16, o: 16, t: 8, a: 16, c: 8 };

/** What the last command said is the default of the next, as in gdb. */
export const DEFAULT_FORMAT: ExamineFormat = { count: 1, format: "x", size: 8 };

/** Parses what is behind the slash of x/FMT: a count, then letters in any order. */
export function parseFormat(text: string, last: ExamineFormat = DEFAULT_FORMAT): ExamineFormat {
  const match = /^(\d*)([a-z]*)$/.exec(text);
  if (!match) throw new UserError(`"${text}" is not a format: write a count, a letter of xduotacsi and a size of bhwg, such as 8xg`);
  const count = match[1] === "" ? 1 : Number(match[1]);
  if (count < 1 || count > MOST_UNITS) throw new UserError(`a count must be from 1 to ${MOST_UNITS}, not ${match[1]}`);
  let { format, size } = last;
  let sizeSaid = false;
  for (const letter of match[2]!) {
    if (letter in SIZES) {
      size = SIZES[letter]!;
      sizeSaid = true;
    } else if ("xduotacsi".includes(letter)) {
      format = letter as ExamineFormat["format"];
    } else if (letter === "f") {
      throw new UserError("floating-point numbers (f) are not shown: the machine's guests have none in memory that is watched; use x");
    } else {
      throw new UserError(`there is no format letter "${letter}": there are x d u o t a c s i, and sizes b h w g`);
    }
  }
  if (format === "a" ) size = 8;
  if (format === "c" && !sizeSaid) size = 1;
  return { count, format, size };
}

/** One character as gdb writes it. */
function character(code: number): string {
  const named: Readonly<Record<number, string>> = { 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 27: "\\033", 39: "\\'", 92: "\\\\" };
  if (named[code] !== undefined) return named[code];
  return code >= 32 && code < 127 ? String.fromCharCode(code) : `\\${code.toString(8).padStart(3, "0")}`;
}

/** A unit as text; numbers in x, o and t are as wide as the unit. */
export function formatUnit(value: bigint, format: ExamineFormat["format"], size: number, symbols?: SymbolTable): string {
  const bits = size * 8;
  switch (format) {
    case "d":
      return BigInt.asIntN(bits, value).toString();
    case "u":
      return value.toString();
    case "o":
      return value === 0n ? "0" : `0${value.toString(8)}`;
    case "t":
      return value.toString(2).padStart(bits, "0");
    case "c": {
      const signed = BigInt.asIntN(bits, value);
      return `${signed} '${character(Number(value & 0xffn))}'`;
    }
    case "a": {
      const symbol = symbols?.at(value);
      return `0x${value.toString(16)}${symbol ? ` <${nameOf(symbol)}>` : ""}`;
    }
    default:
      return `0x${value.toString(16).padStart(size * 2, "0")}`;
  }
}

/** The string at `address`: up to its zero byte, or as far as can be read. */
function stringAt(memory: MemoryView, address: bigint): { text: string; length: number } | undefined {
  let text = "";
  for (let i = 0; i < MOST_TEXT; i++) {
    const byte = memory.read(address + BigInt(i), 1)?.[0];
    if (byte === undefined) return i === 0 ? undefined : { text: `"${text}"`, length: i };
    if (byte === 0) return { text: `"${text}"`, length: i + 1 };
    text += byte === 34 ? '\\"' : byte === 39 ? "'" : character(byte);
  }
  return { text: `"${text}"...`, length: MOST_TEXT };
}

export interface ExamineOptions {
  readonly symbols?: SymbolTable | undefined;
  readonly syntax?: Syntax;
  /** By default what `cpu` sees through its page tables. */
  readonly memory?: MemoryView;
}

/** The rows that x/FMT shows, and the address behind them, where an x without an address goes on. */
export function examine(
  machine: Machine, cpu: number, address: bigint, format: ExamineFormat, options: ExamineOptions = {},
): { rows: ExamineRow[]; next: bigint } {
  const { symbols, syntax = "intel", memory = virtualMemory(machine, cpu) } = options;
  if (format.format === "i") return examineCode(machine, cpu, address, format.count, { symbols, syntax, memory });
  const rows: ExamineRow[] = [];
  const perRow = format.format === "s" ? 1 : Math.max(1, ROW_BYTES[format.format]! / format.size);
  let at = BigInt.asUintN(64, address);
  for (let left = format.count; left > 0; ) {
    const start = at;
    const values: { value?: bigint; text: string }[] = [];
    let error: string | undefined;
    for (let i = 0; i < perRow && left > 0 && error === undefined; i++) {
      const unit = readUnit(memory, at, format, symbols);
      if (unit === undefined) {
        error = `cannot read memory at 0x${at.toString(16)}`;
        break;
      }
      values.push(unit.shown);
      at = BigInt.asUintN(64, at + BigInt(unit.length));
      left--;
    }
    const symbol = symbols?.at(start);
    rows.push({ address: start, values, ...(symbol ? { symbol } : {}), ...(error === undefined ? {} : { error }) });
    if (error !== undefined) break;
  }
  return { rows, next: at };
}

function readUnit(memory: MemoryView, at: bigint, { format, size }: ExamineFormat, symbols: SymbolTable | undefined) {
  if (format === "s") {
    const string = stringAt(memory, at);
    return string && { shown: { text: string.text }, length: string.length };
  }
  const value = readUnsigned(memory, at, size);
  return value === undefined ? undefined : { shown: { value, text: formatUnit(value, format, size, symbols) }, length: size };
}

function examineCode(
  machine: Machine, cpu: number, address: bigint, count: number, options: Required<Pick<ExamineOptions, "syntax" | "memory">> & ExamineOptions,
): { rows: ExamineRow[]; next: bigint } {
  const list = disassemble(machine, cpu, address, { ...options, count });
  const rows: ExamineRow[] = list.map(({ address: at, symbol, text }) => ({
    address: at, values: [{ text }], ...(symbol ? { symbol } : {}),
  }));
  const last = list.at(-1);
  const next = last ? BigInt.asUintN(64, last.address + BigInt(last.bytes.length)) : address;
  if (list.length < count) rows.push({ address: next, values: [], error: `cannot read memory at 0x${next.toString(16)}` });
  return { rows, next };
}

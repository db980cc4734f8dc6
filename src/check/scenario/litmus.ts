// Litmus tests in herd's form for X86_64:
//
//   X86_64 SB
//   { x=0; 0:rax=0; }
//    P0          | P1          ;
//    movq $1,(x) | movq $1,(y) ;
//    movq (y),%rax | movq (x),%rax ;
//   exists (0:rax=0 /\ 1:rax=0)

import { comparisons, type Condition, observedName, parseCondition, parseNumber, type Observed } from "./condition.js";
import { type Instruction, parseInstruction, type RegisterName, registerNamed } from "./instruction.js";
import { Scanner, Source } from "./source.js";

export type InitialValue = bigint | { readonly addressOf: string };

export interface Litmus {
  readonly name: string;
  /** Locations, in the order in which the text has them. */
  readonly locations: readonly string[];
  readonly initial: ReadonlyMap<string, bigint>;
  /** For each column, the registers that do not start with 0. */
  readonly registers: readonly ReadonlyMap<RegisterName, InitialValue>[];
  readonly columns: readonly (readonly Instruction[])[];
  readonly condition: Condition;
  /** What an outcome lists: everything the condition names, registers first. */
  readonly observed: readonly Observed[];
}

export const MOST_COLUMNS = 8;

/** Comments, `(* ... *)`, become blanks, so that places stay right. */
function withoutComments(text: string): string {
  return text.replaceAll(/\(\*[\s\S]*?\*\)/g, (comment) => comment.replaceAll(/[^\n]/g, " "));
}

interface Initial {
  readonly locations: Map<string, bigint>;
  readonly registers: Map<string, { value: InitialValue; offset: number }>[];
}

function parseInitial(source: Source): Initial {
  const initial: Initial = { locations: new Map(), registers: [] };
  const scanner = new Scanner(source);
  while (!scanner.atEnd) {
    if (scanner.take(";")) continue;
    scanner.match(/(u?int(8|16|32|64)?_t|int|long|u?long)\s*\*?\s+(?=[\w[])/y);
    const column = scanner.match(/\d+(?=\s*:)/y);
    if (column !== undefined) parseInitialRegister(scanner, Number(column), initial);
    else parseInitialLocation(scanner, initial);
    if (!scanner.atEnd) scanner.expect(";");
  }
  return initial;
}

function parseInitialRegister(scanner: Scanner, column: number, initial: Initial): void {
  scanner.expect(":");
  scanner.take("%");
  const offset = scanner.offset;
  const name = scanner.expectMatch(/[a-z]\w*/iy, "a register");
  const register = registerNamed(name) ?? scanner.source.fail(offset, `there is no register "${name}"`);
  let value: InitialValue = 0n;
  if (scanner.take("=")) {
    const location = scanner.match(/&?[A-Za-z_]\w*/y);
    if (location !== undefined) {
      const addressOf = location.replace("&", "");
      value = { addressOf };
      if (!initial.locations.has(addressOf)) initial.locations.set(addressOf, 0n);
    } else {
      value = parseNumber(scanner.expectMatch(/-?(0x[\da-f]+|\d+)/iy, "a number or a location"));
    }
  }
  (initial.registers[column] ??= new Map()).set(register, { value, offset });
}

function parseInitialLocation(scanner: Scanner, initial: Initial): void {
  const bracket = scanner.take("[");
  const name = scanner.expectMatch(/[A-Za-z_]\w*/y, "a location, or COLUMN:REGISTER");
  if (bracket) scanner.expect("]");
  const value = scanner.take("=") ? parseNumber(scanner.expectMatch(/-?(0x[\da-f]+|\d+)/iy, "a number")) : 0n;
  initial.locations.set(name, value);
}

/** The rows of the table, each with its cells. */
function parseRows(source: Source): Source[][] {
  const rows: Source[][] = [];
  let start = 0;
  const { text } = source;
  while (start < text.length) {
    const end = text.indexOf(";", start);
    if (end < 0) {
      if (text.slice(start).trim()) source.fail(start + text.slice(start).search(/\S/), 'expected ";" at the end of the row');
      break;
    }
    const cells: Source[] = [];
    for (let at = start; at <= end; ) {
      const bar = text.indexOf("|", at);
      const stop = bar < 0 || bar > end ? end : bar;
      cells.push(source.part(at, stop));
      at = stop + 1;
    }
    rows.push(cells);
    start = end + 1;
  }
  return rows;
}

function checkHeader(source: Source, header: readonly Source[] | undefined): number {
  if (!header) source.fail(0, "expected the columns: P0 | P1 ... ;");
  header.forEach((cell, i) => {
    if (!/^P\d+$/.test(cell.text)) cell.fail(0, `expected the name of a column, P${i}`);
    if (cell.text !== `P${i}`) cell.fail(0, `expected P${i}: columns are numbered from 0 on`);
  });
  if (header.length > MOST_COLUMNS) header[MOST_COLUMNS]!.fail(0, `a test has at most ${MOST_COLUMNS} columns, not ${header.length}`);
  return header.length;
}

function namesIn(instructions: Iterable<Instruction>): string[] {
  return [...instructions].flatMap((i) => i.operands.flatMap((o) => (o.kind === "location" ? [o.name] : [])));
}

/** What a column can have changed in its registers. */
function writtenBy(column: readonly Instruction[]): Set<string> {
  const names = column.flatMap(({ operation, operands }) => {
    const written = operation === "xchg" || operation === "xadd" ? operands : operands.slice(-1);
    const registers = operation === "cmp" ? [] : written.flatMap((o) => (o.kind === "register" ? [o.name as string] : []));
    return operation === "cmpxchg" ? [...registers, "rax"] : registers;
  });
  return new Set(names);
}

function checkCondition(condition: Condition, columns: readonly (readonly Instruction[])[], initial: Initial, locations: Set<string>): void {
  for (const { left, offset } of comparisons(condition.proposition)) {
    if (left.kind === "location") {
      if (!locations.has(left.name)) condition.source.fail(offset, `nothing else names location "${left.name}"`);
      continue;
    }
    const column = columns[left.column];
    if (!column) condition.source.fail(offset, `there is no column P${left.column}`);
    const register = registerNamed(left.name);
    if (!register) condition.source.fail(offset, `there is no register "${left.name}"`);
    if (!writtenBy(column).has(register) && !initial.registers[left.column]?.has(register)) {
      condition.source.fail(offset, `nobody writes register ${left.name} of P${left.column}`);
    }
  }
}

function observedIn(condition: Condition): Observed[] {
  const byName = new Map(comparisons(condition.proposition).map(({ left }) => [observedName(left), left]));
  const order = (observed: Observed) => (observed.kind === "register" ? `0${observed.column}:${observed.name}` : `1${observed.name}`);
  return [...byName.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** Parses a litmus test; `file` is for messages. */
export function parseLitmus(file: string, text: string): Litmus {
  const source: Source = new Source(file, withoutComments(text));
  const whole = source.text;
  const head = /^\s*(\S+)[ \t]+(\S.*)?\n/.exec(whole);
  if (!head || head[1] !== "X86_64") source.fail(Math.max(0, whole.search(/\S/)), "expected X86_64 and the name of the test");
  const open = whole.indexOf("{");
  if (open < 0) source.fail(whole.length, 'expected "{" and the initial state');
  const close = whole.indexOf("}", open);
  if (close < 0) source.fail(open, 'expected "}" at the end of the initial state');
  const final = /(^|\n)\s*(?=(locations|filter|~\s*exists|exists|forall)\b)/.exec(whole.slice(close));
  if (!final) source.fail(whole.length, "expected a condition: exists, ~exists or forall");
  const table = source.part(close + 1, close + final.index);
  const conditionAt = close + final.index + final[0].length;
  if (/^(locations|filter)\b/.test(whole.slice(conditionAt))) source.fail(conditionAt, "expected exists, ~exists or forall");
  const initial = parseInitial(source.part(open + 1, close));
  const rows = parseRows(table);
  const width = checkHeader(table, rows[0]);
  const columns: Instruction[][] = Array.from({ length: width }, () => []);
  for (const row of rows.slice(1)) {
    if (row.length > width) row[width]!.fail(0, `the table has ${width} columns, not ${row.length}`);
    row.forEach((cell, i) => {
      if (cell.text) columns[i]!.push(parseInstruction(cell));
    });
  }
  initial.registers.forEach((registers, column) => {
    const first = [...registers.values()][0];
    if (column >= width && first) source.part(open + 1, close).fail(first.offset, `there is no column P${column}`);
  });
  const condition = parseCondition(source.part(conditionAt, whole.length));
  const locations = new Set([...initial.locations.keys(), ...columns.flatMap(namesIn)]);
  checkCondition(condition, columns, initial, locations);
  return {
    name: head[2]?.trim() ?? file,
    locations: [...locations],
    initial: initial.locations,
    registers: columns.map((_, i) => new Map([...(initial.registers[i] ?? [])].map(([name, { value }]) => [name as RegisterName, value]))),
    columns,
    condition,
    observed: observedIn(condition),
  };
}

// Litmus tests in herd's form for X86_64:
//
//   X86_64 SB
//   { x=0; 0:rax=0; }
//    P0          | P1          ;
//    movq $1,(x) | movq $1,(y) ;
//    movq (y),%rax | movq (x),%rax ;
//   exists (0:rax=0 /\ 1:rax=0)

import { comparisons, type Condition, observedIn, observedName, parseCondition, parseNumber, type Observed } from "./condition.js";
import type { Frame } from "./frame.js";
import { type Instruction, parseInstruction, type RegisterName, registerNamed } from "./instruction.js";
import { Scanner, type Source } from "./source.js";

export type InitialValue = bigint | { readonly addressOf: string };

export interface Litmus {
  readonly kind: "litmus";
  readonly name: string;
  /** What it was read from. */
  readonly source: string;
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
    if (left.kind === "pte" || left.kind === "fault") {
      condition.source.fail(offset, `${observedName(left)} goes with Translation scenarios; expected a location, or COLUMN:REGISTER`);
    }
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

/** A litmus test in the frame that `readFrame` gives; `text` is where it is from. */
export function litmusOf(frame: Frame, text: string): Litmus {
  const initial = parseInitial(frame.initial);
  const columns = frame.columns.map((cells) => cells.map(parseInstruction));
  initial.registers.forEach((registers, column) => {
    const first = [...registers.values()][0];
    if (column >= columns.length && first) frame.initial.fail(first.offset, `there is no column P${column}`);
  });
  const condition = parseCondition(frame.condition);
  const locations = new Set([...initial.locations.keys(), ...columns.flatMap(namesIn)]);
  checkCondition(condition, columns, initial, locations);
  return {
    kind: "litmus",
    name: frame.name,
    source: text,
    locations: [...locations],
    initial: initial.locations,
    registers: columns.map((_, i) => new Map([...(initial.registers[i] ?? [])].map(([name, { value }]) => [name as RegisterName, value]))),
    columns,
    condition,
    observed: observedIn(condition),
  };
}

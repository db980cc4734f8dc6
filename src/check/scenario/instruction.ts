// Instructions of a litmus test in AT&T syntax, as herd's X86_64 front end reads them.

import { parseNumber } from "./condition.js";
import { Scanner, type Source } from "./source.js";

export const REGISTERS = [
  "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
] as const;
export type RegisterName = (typeof REGISTERS)[number];

export type Operand =
  | { readonly kind: "immediate"; readonly value: bigint }
  | { readonly kind: "register"; readonly name: RegisterName }
  /** A location by name, `(x)`, or through a register that holds an address, `(%rax)`. */
  | { readonly kind: "location"; readonly name: string }
  | { readonly kind: "indirect"; readonly name: RegisterName; readonly displacement: bigint };

export const OPERATIONS = ["mov", "xchg", "add", "sub", "and", "or", "xor", "cmp", "inc", "dec", "cmpxchg", "xadd", "mfence", "nop"] as const;
export type Operation = (typeof OPERATIONS)[number];

/** How many operands each takes. */
const OPERANDS: Readonly<Record<Operation, number>> = {
  mov: 2, xchg: 2, add: 2, sub: 2, and: 2, or: 2, xor: 2, cmp: 2, inc: 1, dec: 1, cmpxchg: 2, xadd: 2, mfence: 0, nop: 0,
};
/** Those that LOCK may precede where the destination is memory (SDM 2A LOCK). */
const LOCKABLE: ReadonlySet<Operation> = new Set(["xchg", "add", "sub", "and", "or", "xor", "inc", "dec", "cmpxchg", "xadd"]);

export interface Instruction {
  readonly operation: Operation;
  readonly lock: boolean;
  /** Bytes: `q` is 8, `l` is 4. */
  readonly size: 4 | 8;
  /** Source first, as AT&T has it. */
  readonly operands: readonly Operand[];
  readonly source: Source;
}

const REGISTER32: Readonly<Record<string, RegisterName>> = {
  eax: "rax", ecx: "rcx", edx: "rdx", ebx: "rbx", esp: "rsp", ebp: "rbp", esi: "rsi", edi: "rdi",
};

/** The 64-bit register that `name` is, or is the low half of. */
export function registerNamed(name: string): RegisterName | undefined {
  const lower = name.toLowerCase();
  const wide = REGISTER32[lower] ?? lower.replace(/^(r\d+)d$/, "$1");
  return REGISTERS.find((register) => register === wide);
}

function parseRegister(scanner: Scanner): RegisterName {
  const offset = scanner.offset;
  const name = scanner.expectMatch(/[a-z]\w*/iy, "a register");
  return registerNamed(name) ?? scanner.source.fail(offset, `there is no register "%${name}"`);
}

function parseOperand(scanner: Scanner): Operand {
  if (scanner.take("$")) return { kind: "immediate", value: parseNumber(scanner.expectMatch(/-?(0x[\da-f]+|\d+)/iy, "a number")) };
  if (scanner.take("%")) return { kind: "register", name: parseRegister(scanner) };
  const displacement = scanner.match(/-?(0x[\da-f]+|\d+)(?=\s*\()/iy);
  if (scanner.take("(")) {
    const operand: Operand = scanner.take("%")
      ? { kind: "indirect", name: parseRegister(scanner), displacement: parseNumber(displacement ?? "0") }
      : { kind: "location", name: scanner.expectMatch(/[A-Za-z_]\w*/y, "a location or a register") };
    scanner.expect(")");
    return operand;
  }
  const name = scanner.expectMatch(/\[?[A-Za-z_]\w*\]?/y, "an operand: $number, %register or (location)");
  return { kind: "location", name: name.replaceAll(/[[\]]/g, "") };
}

const isMemory = (operand: Operand | undefined) => operand?.kind === "location" || operand?.kind === "indirect";

/** Parses one instruction. */
export function parseInstruction(source: Source): Instruction {
  const scanner = new Scanner(source);
  const lock = scanner.match(/lock\b;?/iy) !== undefined;
  const offset = scanner.offset;
  const word = scanner.expectMatch(/[a-z]\w*/iy, "an instruction").toLowerCase();
  const operation = OPERATIONS.find((name) => name === word || `${name}q` === word || `${name}l` === word);
  if (!operation) source.fail(offset, `unknown operation "${word}": expected ${OPERATIONS.join(", ")}, with q or l`);
  const operands: Operand[] = [];
  if (!scanner.atEnd) {
    do operands.push(parseOperand(scanner));
    while (scanner.take(","));
  }
  if (!scanner.atEnd) scanner.fail(`expected the end of the instruction${scanner.found()}`);
  const instruction: Instruction = { operation, lock, size: word === `${operation}l` ? 4 : 8, operands, source };
  check(instruction, offset);
  return instruction;
}

function check({ operation, lock, operands, source }: Instruction, offset: number): void {
  const wanted = OPERANDS[operation];
  if (operands.length !== wanted) {
    source.fail(offset, `${operation} takes ${wanted === 1 ? "one operand" : `${wanted === 0 ? "no" : "two"} operands`}, not ${operands.length}`);
  }
  const destination = operands.at(-1);
  if (operands.filter(isMemory).length > 1) source.fail(offset, `${operation} has one operand in memory at the most`);
  if (destination?.kind === "immediate") source.fail(offset, `the destination of ${operation} is a number`);
  if (lock && !(LOCKABLE.has(operation) && (isMemory(destination) || (operation === "xchg" && isMemory(operands[0]))))) {
    source.fail(offset, `lock does not go with this ${operation}: it must change memory`);
  }
}

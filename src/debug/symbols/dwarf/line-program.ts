// A line number program, run to its rows (DWARF 5, 6.2.2 and 6.2.5). For this folder only.

import type { LineHeader } from "./line-header.js";

export interface LineRow {
  readonly address: bigint;
  readonly file: number;
  readonly line: number;
  readonly column: number;
  readonly isStatement: boolean;
}

/** Rows of one run of addresses, ascending; they hold up to `end`. */
export interface Sequence {
  readonly start: bigint;
  readonly end: bigint;
  readonly rows: readonly LineRow[];
}

const STANDARD = {
  copy: 1, advancePc: 2, advanceLine: 3, setFile: 4, setColumn: 5, negateStatement: 6, basicBlock: 7, constAddPc: 8,
  fixedAdvancePc: 9, prologueEnd: 10, epilogueBegin: 11, setIsa: 12,
} as const;
const EXTENDED = { endSequence: 1, setAddress: 2 } as const;

class Registers {
  address = 0n;
  file = 1;
  line = 1;
  column = 0;
  isStatement: boolean;

  constructor(isStatement: boolean) {
    this.isStatement = isStatement;
  }

  row(): LineRow {
    const { address, file, line, column, isStatement } = this;
    return { address, file, line, column, isStatement };
  }
}

/** Runs the program of `header`. Each opcode takes a byte, so it ends. */
export function runLineProgram(header: LineHeader): Sequence[] {
  const { program: c, lineBase, lineRange, opcodeBase, operands, defaultIsStatement } = header;
  const sequences: Sequence[] = [];
  const unit = BigInt(header.instructionLength);
  let registers = new Registers(defaultIsStatement);
  let rows: LineRow[] = [];
  const advance = (operations: bigint) => {
    registers.address = BigInt.asUintN(64, registers.address + operations * unit);
  };
  const special = (opcode: number): number => {
    if (lineRange === 0) throw c.malformed("a line table without a range");
    return Math.floor((opcode - opcodeBase) / lineRange);
  };
  const endSequence = () => {
    const start = rows[0]?.address;
    if (start !== undefined && registers.address > start) sequences.push({ start, end: registers.address, rows });
    rows = [];
    registers = new Registers(defaultIsStatement);
  };
  const extended = () => {
    const part = c.part(c.uleb());
    const opcode = part.done ? 0 : part.u8();
    if (opcode === EXTENDED.endSequence) endSequence();
    else if (opcode === EXTENDED.setAddress) registers.address = part.unsigned(part.end - part.at);
  };
  while (!c.done) {
    const opcode = c.u8();
    if (opcode >= opcodeBase) {
      advance(BigInt(special(opcode)));
      registers.line += lineBase + ((opcode - opcodeBase) % lineRange);
      rows.push(registers.row());
      continue;
    }
    switch (opcode) {
      case 0:
        extended();
        break;
      case STANDARD.copy:
        rows.push(registers.row());
        break;
      case STANDARD.advancePc:
        advance(c.ulebBig());
        break;
      case STANDARD.advanceLine:
        registers.line += Number(c.sleb());
        break;
      case STANDARD.setFile:
        registers.file = c.uleb();
        break;
      case STANDARD.setColumn:
        registers.column = c.uleb();
        break;
      case STANDARD.negateStatement:
        registers.isStatement = !registers.isStatement;
        break;
      case STANDARD.constAddPc:
        advance(BigInt(special(255)));
        break;
      case STANDARD.fixedAdvancePc:
        registers.address = BigInt.asUintN(64, registers.address + BigInt(c.u16()));
        break;
      default:
        for (let i = operands[opcode - 1] ?? 0; i > 0; i--) c.uleb();
    }
  }
  return sequences;
}

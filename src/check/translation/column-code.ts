// The code of a translation scenario's columns: a block for each event, so that #PF can skip one.
//
//   RBX RSI RDI RBP R8 to R11   r0 to r7       R13  its count of acknowledged flushes
//   RAX RCX RDX                 scratch        R12  flushes that it has asked for

import { FAULT_VALUE, type TranslationScenario } from "../scenario/translation.js";
import { mappingWord, type Mapping, type TranslationOp } from "../scenario/translation-op.js";
import { SCENARIO_REGISTERS, type ScenarioRegister } from "../scenario/words.js";
import { assemble, awaitAcks, copy, exchange, invlpg, loadFrom, type Make, memory, type Piece, plain, RAX, sendFlush, set, storeNumber, wide } from "./code.js";
import { RESULTS } from "./layout.js";
import * as at from "./scenario-layout.js";

const FAULT = Number(BigInt.asIntN(32, FAULT_VALUE));
/** Fixed delivery, edge, by the target's number (SDM 3A 11.6.1). */
const ICR_FIXED = 0x4000;

/** Encoding number of the register that a scenario's register is. */
export const encodingOf = (register: ScenarioRegister): number => RESULTS[SCENARIO_REGISTERS.indexOf(register as "r0")]!;

/** Places of what a scenario names. */
export class Places {
  readonly #linear = new Map<string, number>();

  constructor(readonly scenario: TranslationScenario) {
    scenario.frames.forEach(({ name }, i) => this.#linear.set(name, at.frameAt(i)));
    scenario.pages.forEach(({ name }, i) => this.#linear.set(name, at.pageAt(i)));
    scenario.variables.forEach(({ name }, i) => this.#linear.set(name, at.variableAt(i)));
  }

  /** Linear address of a page, a frame or a variable; of the latter two it is the physical one, too. */
  linear(name: string): number {
    return this.#linear.get(name)!;
  }

  pageNumber(name: string): number {
    return this.scenario.pages.findIndex((page) => page.name === name);
  }

  /** Physical address of the word that maps page `name`. */
  word(name: string): number {
    return at.wordAt(this.pageNumber(name));
  }

  /** The page-table word for `mapping`. Frames are counted as declared, and so are those of memory from FRAMES on. */
  wordFor(mapping: Mapping): number {
    return mapping ? Number(mappingWord(mapping, this.scenario.frames)) + at.FRAMES : 0;
  }

  isPage(name: string): boolean {
    return this.pageNumber(name) >= 0;
  }
}

export const reloadCr3: readonly Make[] = [
  (i) => i.Instruction.createRegReg(i.Code.Mov_r64_cr, wide(i, RAX), i.Register.CR3),
  (i) => i.Instruction.createRegReg(i.Code.Mov_cr_r64, i.Register.CR3, wide(i, RAX)),
];

/** What handles the flush of `what`: a page by number, or everything. */
export const invalidation = (what: number): readonly Make[] => (what === at.EVERYTHING ? reloadCr3 : [invlpg(at.pageAt(what))]);

/** Notes in #PF that this column had one on the page of CR2. */
export const noteFault: readonly Make[] = [
  (i) => i.Instruction.createRegReg(i.Code.Mov_r64_cr, wide(i, RAX), i.Register.CR2),
  (i) => i.Instruction.createRegI32(i.Code.Shr_rm64_imm8, wide(i, RAX), 9),
  (i) => i.Instruction.createRegI32(i.Code.And_rm64_imm8, wide(i, RAX), 0x38),
  (i) => i.Instruction.createMemI32(i.Code.Mov_rm64_imm32, new i.MemoryOperand(i.Register.R13, i.Register.RAX, 1, 8n, 1, false, i.Register.None), 1),
];

function flushPieces(op: Extract<TranslationOp, { kind: "flush" }>, column: number, places: Places): Piece[] {
  const what = op.page === undefined ? at.EVERYTHING : places.pageNumber(op.page);
  const icr = set(RAX, ICR_FIXED | at.flushVector(column, what));
  const send = [...(op.fenced ? [plain("Mfence")] : []), ...op.cpus.flatMap((cpu) => sendFlush(cpu, icr))];
  return [...send, awaitAcks, { unlessEqual: send.length }];
}

/** Exchanges, and keeps what was there if somebody asked for it. */
function exchangePieces(place: number, value: number, register: ScenarioRegister | undefined): Make[] {
  const keep = register === undefined ? [] : [copy(encodingOf(register), RAX)];
  return [set(RAX, value), exchange(place, RAX), ...keep];
}

function piecesOf(op: TranslationOp, column: number, places: Places): Piece[] {
  // What an access through a page leaves if it faults, and so never comes to its end.
  const fault = "name" in op && "register" in op && op.register !== undefined && places.isPage(op.name) ? [set(encodingOf(op.register), FAULT)] : [];
  switch (op.kind) {
    case "load":
      return [...fault, loadFrom(encodingOf(op.register), places.linear(op.name))];
    case "store":
      return [storeNumber(places.linear(op.name), op.value)];
    case "xchg":
      return [...fault, ...exchangePieces(places.linear(op.name), op.value, op.register)];
    case "load-pte":
      return [loadFrom(encodingOf(op.register), places.word(op.page))];
    case "store-pte":
      return [storeNumber(places.word(op.page), places.wordFor(op.mapping))];
    case "xchg-pte":
      return exchangePieces(places.word(op.page), places.wordFor(op.mapping), op.register);
    case "invlpg":
      return [invlpg(places.linear(op.page))];
    case "reload-cr3":
      return [...reloadCr3];
    case "mfence":
      return [plain("Mfence")];
    case "flush":
      return flushPieces(op, column, places);
    case "await":
      return [(i) => i.Instruction.createMemI32(i.Code.Cmp_rm64_imm32, memory(i, places.linear(op.name)), op.value), { unlessEqual: 0 }];
  }
}

const NOP = 0x90;
const HALT = [0xf4, 0xeb, 0xfd]; // hlt; jmp to it

/** A jump of five bytes to `to`, from byte `from` of the same block. */
function jump(from: number, to: number): Uint8Array {
  const bytes = Uint8Array.of(0xe9, 0, 0, 0, 0);
  new DataView(bytes.buffer).setInt32(1, to - from - bytes.length, true);
  return bytes;
}

/** The code of `column`, to lie at `at.blockAt(index, 0)`; then the CPU halts, and takes interrupts. */
export function columnCode(column: readonly TranslationOp[], index: number, places: Places): Uint8Array {
  const bytes = new Uint8Array(column.length * at.BLOCK_BYTES + HALT.length).fill(NOP);
  column.forEach((op, i) => {
    const code = assemble(piecesOf(op, index, places));
    bytes.set(code, i * at.BLOCK_BYTES);
    bytes.set(jump(code.length, at.BLOCK_BYTES), i * at.BLOCK_BYTES + code.length);
  });
  bytes.set(HALT, column.length * at.BLOCK_BYTES);
  return bytes;
}

/** The flushes that a scenario has: who asks, and for what. */
export function flushesOf({ columns, pages }: TranslationScenario): { readonly sender: number; readonly what: number }[] {
  return columns.flatMap((column, sender) => column.flatMap((op) => {
    if (op.kind !== "flush") return [];
    return [{ sender, what: op.page === undefined ? at.EVERYTHING : pages.findIndex(({ name }) => name === op.page) }];
  }));
}

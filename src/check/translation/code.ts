// Pieces of machine code, by the encoder of the disassembler's library: what blocks.ts, column-code.ts and handlers.ts use.
// Registers are encoding numbers (SDM 2A table 3-1); addresses are those of layout.ts, below 2 GiB.

import type * as Iced from "iced-x86";
import { loadIced } from "../../machine/index.js";

export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const R12 = 12;
export const R14 = 14;

/** Makes an instruction. */
export type Make = (iced: typeof Iced) => Iced.Instruction;
/** A jump back to the piece of that index if ZF is clear. */
export interface BackUnlessEqual {
  readonly unlessEqual: number;
}
export type Piece = Make | BackUnlessEqual;

/** Address of a location by number, or through a register by name. */
export function memory(iced: typeof Iced, place: number | "R13" | "R15" | "RSP", displacement = 0): Iced.MemoryOperand {
  const { MemoryOperand, Register } = iced;
  if (typeof place === "number") return new MemoryOperand(Register.None, Register.None, 1, BigInt(place), 8, false, Register.None);
  return new MemoryOperand(Register[place], Register.None, 1, BigInt(displacement), displacement === 0 ? 0 : 1, false, Register.None);
}

/** 64-bit register with encoding number `n`. */
export const wide = (iced: typeof Iced, n: number): Iced.Register => iced.Register.RAX + n;

export const loadFrom = (register: number, place: number | "R13" | "RSP", displacement = 0): Make => (i) =>
  i.Instruction.createRegMem(i.Code.Mov_r64_rm64, wide(i, register), memory(i, place, displacement));
export const storeTo = (place: number | "RSP", register: number, displacement = 0): Make => (i) =>
  i.Instruction.createMemReg(i.Code.Mov_rm64_r64, memory(i, place, displacement), wide(i, register));
export const storeNumber = (place: number, value: number): Make => (i) =>
  i.Instruction.createMemI32(i.Code.Mov_rm64_imm32, memory(i, place), value);
export const set = (register: number, value: number): Make => (i) => i.Instruction.createRegI32(i.Code.Mov_rm64_imm32, wide(i, register), value);
export const copy = (to: number, from: number): Make => (i) => i.Instruction.createRegReg(i.Code.Mov_rm64_r64, wide(i, to), wide(i, from));
export const exchange = (place: number, register: number): Make => (i) =>
  i.Instruction.createMemReg(i.Code.Xchg_rm64_r64, memory(i, place), wide(i, register));
export const plain = (code: keyof typeof Iced.Code): Make => (i) => i.Instruction.create(i.Code[code] as Iced.Code);

export const invlpg = (place: number): Make => (i) => i.Instruction.createMem(i.Code.Invlpg_m, memory(i, place));

/** Asks CPU `cpu` for a flush, by the x2APIC; `icr` brings the low half of the command to RAX. R12 counts what was asked for. */
export const sendFlush = (cpu: number, icr: Make): Make[] => [
  (i) => i.Instruction.createReg(i.Code.Inc_rm64, wide(i, R12)), set(RCX, 0x830), set(RDX, cpu), icr, plain("Wrmsr"),
];
/** Whether all of them were acknowledged: R13 has the address of the count. */
export const awaitAcks: Make = (i) => i.Instruction.createMemReg(i.Code.Cmp_rm64_r64, memory(i, "R13"), wide(i, R12));

/** Assembles pieces of code that may lie anywhere. */
export function assemble(pieces: readonly Piece[]): Uint8Array {
  const iced = loadIced();
  const encoder = new iced.Encoder(64);
  const starts: number[] = [];
  let length = 0;
  for (const piece of pieces) {
    starts.push(length);
    const instruction = typeof piece === "function" ? piece(iced)
      : iced.Instruction.createBranch(iced.Code.Jne_rel8_64, BigInt(starts[piece.unlessEqual]!));
    length += encoder.encode(instruction, BigInt(length));
    instruction.free();
  }
  const bytes = encoder.takeBuffer();
  encoder.free();
  return bytes;
}

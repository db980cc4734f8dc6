// Instructions of a litmus test as machine code, by the encoder of the disassembler's library.

import type * as Iced from "iced-x86";
import { loadIced } from "../../machine/index.js";
import type { Instruction, Operand, RegisterName } from "../scenario/instruction.js";

/** Where locations are: linear addresses below 2 GiB. */
export type AddressOf = (location: string) => number;

type Form = "rm,r" | "r,rm" | "rm,imm" | "rm";

/** Names in the library: Mov_rm64_r64, and so on. */
function codeName({ operation, size }: Instruction, form: Form): string {
  const bits = size * 8;
  const name = operation[0]!.toUpperCase() + operation.slice(1);
  const operands = { "rm,r": `rm${bits}_r${bits}`, "r,rm": `r${bits}_rm${bits}`, "rm,imm": `rm${bits}_imm32`, rm: `rm${bits}` };
  return `${name}_${operands[form]}`;
}

/** Assembles one instruction; `bytes` of the result are as long as they need be. */
export class Assembler {
  readonly #iced: typeof Iced = loadIced();

  constructor(readonly addressOf: AddressOf) {}

  assemble(instruction: Instruction): Uint8Array {
    const made = this.#make(instruction);
    const encoder = new this.#iced.Encoder(64);
    try {
      made.hasLockPrefix = instruction.lock;
      encoder.encode(made, 0n);
      return encoder.takeBuffer();
    } catch (error) {
      return instruction.source.fail(0, `this instruction cannot be encoded: ${String(error)}`);
    } finally {
      made.free();
      encoder.free();
    }
  }

  #make(instruction: Instruction): Iced.Instruction {
    const { Instruction: Made } = this.#iced;
    const { operation, operands } = instruction;
    if (operation === "mfence") return Made.create(this.#iced.Code.Mfence);
    if (operation === "nop") return Made.create(this.#iced.Code.Nopd);
    const [first, second] = operands;
    if (!second) return this.#single(instruction, first!);
    if (first!.kind === "immediate") return this.#immediate(instruction, first!, second);
    return this.#pair(instruction, first!, second);
  }

  #single(instruction: Instruction, operand: Operand): Iced.Instruction {
    const { Instruction: Made } = this.#iced;
    const code = this.#code(instruction, "rm");
    return operand.kind === "register" ? Made.createReg(code, this.#register(operand.name, instruction.size)) : Made.createMem(code, this.#memory(operand));
  }

  #immediate(instruction: Instruction, immediate: Extract<Operand, { kind: "immediate" }>, to: Operand): Iced.Instruction {
    const { Instruction: Made } = this.#iced;
    const value = Number(BigInt.asIntN(64, immediate.value));
    if (value !== (value | 0)) {
      if (instruction.operation !== "mov" || to.kind !== "register" || instruction.size !== 8) {
        return instruction.source.fail(0, `the number ${immediate.value} does not fit in 32 bits`);
      }
      return Made.createRegU64(this.#iced.Code.Mov_r64_imm64, this.#register(to.name, 8), immediate.value);
    }
    if (instruction.operation === "xchg" || instruction.operation === "cmpxchg" || instruction.operation === "xadd") {
      return instruction.source.fail(0, `${instruction.operation} has no form with a number`);
    }
    const code = this.#code(instruction, "rm,imm");
    return to.kind === "register" ? Made.createRegI32(code, this.#register(to.name, instruction.size), value) : Made.createMemI32(code, this.#memory(to), value);
  }

  #pair(instruction: Instruction, from: Operand, to: Operand): Iced.Instruction {
    const { Instruction: Made } = this.#iced;
    const { size, operation } = instruction;
    if (from.kind === "register" && to.kind === "register") {
      return Made.createRegReg(this.#code(instruction, "rm,r"), this.#register(to.name, size), this.#register(from.name, size));
    }
    if (from.kind === "register") return Made.createMemReg(this.#code(instruction, "rm,r"), this.#memory(to), this.#register(from.name, size));
    if (to.kind !== "register") return instruction.source.fail(0, `${operation} has one operand in memory at the most`);
    // XCHG has one form, with memory on either side; CMPXCHG and XADD change memory only as the destination.
    if (operation === "xchg") return Made.createMemReg(this.#code(instruction, "rm,r"), this.#memory(from), this.#register(to.name, size));
    if (operation === "cmpxchg" || operation === "xadd") return instruction.source.fail(0, `the destination of ${operation} comes second`);
    return Made.createRegMem(this.#code(instruction, "r,rm"), this.#register(to.name, size), this.#memory(from));
  }

  #code(instruction: Instruction, form: Form): number {
    const code = (this.#iced.Code as unknown as Record<string, number>)[codeName(instruction, form)];
    return code ?? instruction.source.fail(0, `${instruction.operation} has no such form`);
  }

  #register(name: RegisterName, size: 4 | 8): number {
    const narrow = /^r\d/.test(name) ? `${name}d` : `e${name.slice(1)}`;
    const wanted = (size === 8 ? name : narrow).toUpperCase();
    return (this.#iced.Register as unknown as Record<string, number>)[wanted.replace(/^(R\d+|[RE][A-Z]{2}|R\d+D)$/, "$1")]!;
  }

  #memory(operand: Operand): Iced.MemoryOperand {
    const { MemoryOperand, Register } = this.#iced;
    if (operand.kind === "indirect") {
      return new MemoryOperand(this.#register(operand.name, 8), Register.None, 1, operand.displacement, operand.displacement === 0n ? 0 : 8, false, Register.None);
    }
    const address = operand.kind === "location" ? this.addressOf(operand.name) : 0;
    return new MemoryOperand(Register.None, Register.None, 1, BigInt(address), 8, false, Register.None);
  }
}

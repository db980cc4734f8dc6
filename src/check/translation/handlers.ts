// Code that every CPU has besides its column: how it begins, what a page fault does, and the other end of a flush.

import { assemble, loadFrom, type Make, memory, plain, RAX, RCX, RDX, set, storeTo, wide } from "./code.js";
import * as at from "./layout.js";

/**
 * #PF: goes on behind the instruction, `exit` bytes into its block of `blockBytes` (a power of two, at such an address).
 * `before` runs first, and may change RAX and RCX.
 */
export function faultHandler(blockBytes: number, exit: number, before: readonly Make[] = []): Uint8Array {
  return assemble([
    ...before,
    loadFrom(RCX, "RSP", 8),
    (i) => i.Instruction.createRegI32(i.Code.Or_rm64_imm32, wide(i, RCX), blockBytes - 1),
    (i) => i.Instruction.createRegI32(i.Code.Sub_rm64_imm8, wide(i, RCX), blockBytes - 1 - exit),
    storeTo("RSP", RCX, 8),
    (i) => i.Instruction.createRegI32(i.Code.Add_rm64_imm8, i.Register.RSP, 8),
    plain("Iretq"),
  ]);
}

/** A flush that somebody asks for: `invalidate` (which may change RAX), one more acknowledged in the word at `acks`, EOI. */
export function flushHandler(invalidate: readonly Make[], acks: number): Uint8Array {
  const saved = [RAX, RCX, RDX];
  return assemble([
    ...saved.map((r): Make => (i) => i.Instruction.createReg(i.Code.Push_r64, wide(i, r))),
    ...invalidate,
    (i) => {
      const increment = i.Instruction.createMem(i.Code.Inc_rm64, memory(i, acks));
      increment.hasLockPrefix = true;
      return increment;
    },
    set(RCX, 0x80b), set(RAX, 0), set(RDX, 0), plain("Wrmsr"),
    ...saved.toReversed().map((r): Make => (i) => i.Instruction.createReg(i.Code.Pop_r64, wide(i, r))),
    plain("Iretq"),
  ]);
}

/** What each CPU does once: descriptor tables, x2APIC mode, interrupts on; then it waits at the gate and begins its list. */
export function setupCode(): Uint8Array {
  return assemble([
    (i) => i.Instruction.createMem(i.Code.Lgdt_m1664, memory(i, at.TABLE_POINTERS)),
    (i) => i.Instruction.createMem(i.Code.Lidt_m1664, memory(i, at.TABLE_POINTERS + 16)),
    set(RCX, 0x1b), plain("Rdmsr"), (i) => i.Instruction.createRegI32(i.Code.Or_rm64_imm32, wide(i, RAX), 0xc00), plain("Wrmsr"),
    set(RCX, 0x80f), set(RAX, 0x1ff), set(RDX, 0), plain("Wrmsr"),
    plain("Sti"),
    loadFrom(RAX, at.GATE),
    (i) => i.Instruction.createMem(i.Code.Jmp_rm64, memory(i, "R15")),
  ]);
}

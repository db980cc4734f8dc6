// INT n, INT3, INTO and INT1: vectors that the program asks for. Opcode-table handlers.

import { Cpu } from "../state";
import { JUMP, NEXT, REC_IMM } from "../record";
import { BP, DB, OF } from "../fault";
import { arithmeticFlags, getRflags, OF as OVERFLOW } from "../flags";
import { nextRip } from "../operand";
import { FROM_HARDWARE, FROM_SOFTWARE, NO_CODE } from "./source";
import { takeVector } from "./deliver";

/** Takes `vector` as a trap: the frame points behind the instruction, a fault on the way at it. */
function trap(cpu: Cpu, rec: usize, vector: u32, source: u32): i32 {
  takeVector(cpu, vector, source, nextRip(cpu, rec), getRflags(cpu), NO_CODE);
  return JUMP;
}

export function intN(cpu: Cpu, rec: usize): i32 {
  return trap(cpu, rec, load<u8>(rec, REC_IMM), FROM_SOFTWARE);
}

export function int3(cpu: Cpu, rec: usize): i32 {
  return trap(cpu, rec, BP, FROM_SOFTWARE);
}

/** INTO, which is #UD in 64-bit mode (the opcode table says so). */
export function into(cpu: Cpu, rec: usize): i32 {
  return arithmeticFlags(cpu) & OVERFLOW ? trap(cpu, rec, OF, FROM_SOFTWARE) : NEXT;
}

/** INT1: #DB without the DPL check of INT n (SDM 2A). */
export function int1(cpu: Cpu, rec: usize): i32 {
  return trap(cpu, rec, DB, FROM_HARDWARE);
}

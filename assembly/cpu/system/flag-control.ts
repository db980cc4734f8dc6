// Instructions about RFLAGS outside the arithmetic flags: CLI, STI, PUSHF, POPF, STAC, CLAC. Opcode-table handlers.

import { Cpu, AC, DF, ID, IF, IOPL, NT, RF, TF, VM } from "../state";
import { JUMP, NEXT, REC_SIZE } from "../record";
import { raise, raiseCode, GP, UD } from "../fault";
import { ARITHMETIC, getRflags, setArithmeticFlags } from "../flags";
import { nextRip, pop, push } from "../operand";
import { setSystemFlags } from "./mode";

/** IF may be changed here: CPL <= IOPL (real-address mode runs at CPL 0). */
@inline
function mayChangeIf(cpu: Cpu): bool {
  return cpu.cpl <= (cpu.system & IOPL) >> 12;
}

export function cli(cpu: Cpu, rec: usize): i32 {
  if (!mayChangeIf(cpu)) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  cpu.system &= ~IF;
  cpu.rip = nextRip(cpu, rec);
  return JUMP;
}

/** STI that sets IF holds interrupts off for one more instruction, so that STI; HLT loses none (SDM 2B STI). */
export function sti(cpu: Cpu, rec: usize): i32 {
  if (!mayChangeIf(cpu)) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  if (!(cpu.system & IF)) {
    cpu.shadow = 1;
    setSystemFlags(cpu, cpu.system | IF);
  }
  cpu.rip = nextRip(cpu, rec);
  return JUMP;
}

/** PUSHF: VM and RF are pushed as 0. */
export function pushf(cpu: Cpu, rec: usize): i32 {
  push(cpu, getRflags(cpu) & ~(<u64>(VM | RF)), load<u8>(rec, REC_SIZE));
  return NEXT;
}

/** POPF: which bits change depends on CPL, IOPL and size; the others are left alone without a fault (SDM 2B POPF). */
export function popf(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const flags = <u32>pop(cpu, size);
  if (cpu.fault) return NEXT;
  let mask = TF | DF | NT;
  if (size != 2) mask |= AC | ID;
  if (mayChangeIf(cpu)) mask |= IF;
  if (cpu.cpl == 0) mask |= IOPL;
  setArithmeticFlags(cpu, flags & ARITHMETIC);
  setSystemFlags(cpu, (cpu.system & ~mask) | (flags & mask));
  cpu.rip = nextRip(cpu, rec);
  return JUMP;
}

function setAc(cpu: Cpu, rec: usize, value: u32): i32 {
  // CR4.SMAP need not be set; the feature is there (SDM 2B STAC).
  if (cpu.cpl != 0) {
    raise(cpu, UD);
    return NEXT;
  }
  setSystemFlags(cpu, (cpu.system & ~AC) | value);
  cpu.rip = nextRip(cpu, rec);
  return JUMP;
}

export function stac(cpu: Cpu, rec: usize): i32 {
  return setAc(cpu, rec, AC);
}

export function clac(cpu: Cpu, rec: usize): i32 {
  return setAc(cpu, rec, 0);
}

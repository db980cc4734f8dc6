// Instructions that set one flag, and the two legacy range and privilege checks.

import { Cpu, DF } from "../state";
import { NEXT, REC_DST, REC_SRC, REC_SIZE } from "../record";
import { CF, ZF, arithmeticFlags, setArithmeticFlags } from "../flags";
import { raise, BR, UD } from "../fault";
import { readReg, prepareDst, writeDst, addressFor, signExtend } from "../operand";
import { loadData } from "../../mmu/access";

const VM: u32 = 0x20000;

export function clc(cpu: Cpu, _rec: usize): i32 {
  setArithmeticFlags(cpu, arithmeticFlags(cpu) & ~CF);
  return NEXT;
}

export function stc(cpu: Cpu, _rec: usize): i32 {
  setArithmeticFlags(cpu, arithmeticFlags(cpu) | CF);
  return NEXT;
}

export function cmc(cpu: Cpu, _rec: usize): i32 {
  setArithmeticFlags(cpu, arithmeticFlags(cpu) ^ CF);
  return NEXT;
}

export function cld(cpu: Cpu, _rec: usize): i32 {
  cpu.system &= ~DF;
  return NEXT;
}

export function std(cpu: Cpu, _rec: usize): i32 {
  cpu.system |= DF;
  return NEXT;
}

/** BOUND: #BR if the signed index is outside the pair of bounds in memory (SDM vol. 2). */
export function bound(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const va = addressFor(cpu, rec, size * 2);
  if (cpu.fault) return NEXT;
  const low = signExtend(<i64>loadData(cpu, va, size), size);
  if (cpu.fault) return NEXT;
  const high = signExtend(<i64>loadData(cpu, va + size, size), size);
  if (cpu.fault) return NEXT;
  const index = readReg(cpu, load<u8>(rec, REC_DST), size);
  if (index < low || index > high) raise(cpu, BR);
  return NEXT;
}

/** ARPL: raises the RPL of a selector to that of another (protected mode only). */
export function arpl(cpu: Cpu, rec: usize): i32 {
  if (!(cpu.cr0 & 1) || cpu.system & VM) {
    raise(cpu, UD);
    return NEXT;
  }
  const a = prepareDst(cpu, rec);
  if (cpu.fault) return NEXT;
  const rpl = readReg(cpu, load<u8>(rec, REC_SRC), 2) & 3;
  const raised = (a & 3) < rpl;
  writeDst(cpu, rec, raised ? (a & ~3) | rpl : a);
  setArithmeticFlags(cpu, (arithmeticFlags(cpu) & ~ZF) | (raised ? ZF : 0));
  return NEXT;
}

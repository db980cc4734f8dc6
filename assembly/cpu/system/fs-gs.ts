// FS and GS bases: SWAPGS, RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE (SDM 2B). Opcode-table handlers, 64-bit mode only
// by the table.

import { Cpu, systemOf, CR4_FSGSBASE, FS, GS, MODE_64 } from "../state";
import { NEXT, REC_DST, REC_SIZE } from "../record";
import { raise, raiseCode, GP, UD } from "../fault";
import { readReg, writeReg } from "../operand";
import { setSegmentBase } from "./descriptor";
import { canonical } from "./mode";

/** SWAPGS: GS.base and IA32_KERNEL_GS_BASE change places. */
export function swapgs(cpu: Cpu, rec: usize): i32 {
  if (cpu.mode != MODE_64) {
    raise(cpu, UD);
  } else if (cpu.cpl != 0) {
    raiseCode(cpu, GP, 0);
  } else {
    const other = systemOf(cpu).kernelGsBase;
    systemOf(cpu).kernelGsBase = cpu.gsBase;
    setSegmentBase(cpu, GS, other);
  }
  return NEXT;
}

function allowed(cpu: Cpu): bool {
  if (cpu.mode == MODE_64 && (cpu.cr4 & CR4_FSGSBASE)) return true;
  raise(cpu, UD);
  return false;
}

function read(cpu: Cpu, rec: usize, base: u64): i32 {
  if (allowed(cpu)) writeReg(cpu, load<u8>(rec, REC_DST), load<u8>(rec, REC_SIZE), <i64>base);
  return NEXT;
}

function write(cpu: Cpu, rec: usize, s: u32): i32 {
  if (!allowed(cpu)) return NEXT;
  const size: u32 = load<u8>(rec, REC_SIZE);
  const value = <u64>readReg(cpu, load<u8>(rec, REC_DST), size);
  const base = size == 8 ? value : <u64><u32>value;
  if (canonical(base)) setSegmentBase(cpu, s, base);
  else raiseCode(cpu, GP, 0);
  return NEXT;
}

export function rdfsbase(cpu: Cpu, rec: usize): i32 {
  return read(cpu, rec, cpu.fsBase);
}

export function rdgsbase(cpu: Cpu, rec: usize): i32 {
  return read(cpu, rec, cpu.gsBase);
}

export function wrfsbase(cpu: Cpu, rec: usize): i32 {
  return write(cpu, rec, FS);
}

export function wrgsbase(cpu: Cpu, rec: usize): i32 {
  return write(cpu, rec, GS);
}

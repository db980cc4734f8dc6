// Decimal adjustment, outside 64-bit mode only (SDM vol. 2 AAA, AAD, AAM, AAS, DAA, DAS).

import { Cpu, FLAGS_SUB } from "../state";
import { NEXT, REC_IMM } from "../record";
import { CF, AF, arithmeticFlags, packFlags, setArithmeticFlags } from "../flags";

import { raise, DE } from "../fault";
import { writeReg } from "../operand";

const RAX: u32 = 0;

/** Leaves ZF SF PF of `al` with CF and AF given. */
function adjusted(cpu: Cpu, al: u32, cf: bool, af: bool): void {
  const r = <i64><i8>al;
  setArithmeticFlags(cpu, (packFlags(FLAGS_SUB, r, 0, r) & ~(CF | AF)) | (cf ? CF : 0) | (af ? AF : 0));
}

function decimalAdjust(cpu: Cpu, subtract: bool): i32 {
  const flags = arithmeticFlags(cpu);
  const old = <u32>cpu.rax & 0xff;
  let al = old;
  let cf = false;
  const af = (old & 15) > 9 || (flags & AF) != 0;
  if (af) {
    al = subtract ? al - 6 : al + 6;
    cf = (flags & CF) != 0 || al > 0xff;
  }
  if (old > 0x99 || flags & CF) {
    al = subtract ? al - 0x60 : al + 0x60;
    cf = true;
  }
  writeReg(cpu, RAX, 1, al);
  adjusted(cpu, al, cf, af);
  return NEXT;
}

export function daa(cpu: Cpu, _rec: usize): i32 {
  return decimalAdjust(cpu, false);
}

export function das(cpu: Cpu, _rec: usize): i32 {
  return decimalAdjust(cpu, true);
}

function asciiAdjust(cpu: Cpu, step: u32): i32 {
  const flags = arithmeticFlags(cpu);
  let ax = <u32>cpu.rax & 0xffff;
  const adjust = (ax & 15) > 9 || (flags & AF) != 0;
  if (adjust) ax += step;
  writeReg(cpu, RAX, 2, ax & 0xff0f);
  setArithmeticFlags(cpu, (flags & ~(CF | AF)) | (adjust ? CF | AF : 0));
  return NEXT;
}

export function aaa(cpu: Cpu, _rec: usize): i32 {
  return asciiAdjust(cpu, 0x106);
}

export function aas(cpu: Cpu, _rec: usize): i32 {
  return asciiAdjust(cpu, 0xfffffefa);
}

export function aam(cpu: Cpu, rec: usize): i32 {
  const base: u32 = load<u8>(rec, REC_IMM);
  if (!base) {
    raise(cpu, DE);
    return NEXT;
  }
  const al = <u32>cpu.rax & 0xff;
  writeReg(cpu, RAX, 2, ((al / base) << 8) | (al % base));
  adjusted(cpu, al % base, false, false);
  return NEXT;
}

export function aad(cpu: Cpu, rec: usize): i32 {
  const ax = <u32>cpu.rax & 0xffff;
  const al = ((ax & 0xff) + (ax >> 8) * load<u8>(rec, REC_IMM)) & 0xff;
  writeReg(cpu, RAX, 2, al);
  adjusted(cpu, al, false, false);
  return NEXT;
}

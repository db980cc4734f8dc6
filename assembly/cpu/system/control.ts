// Control registers: MOV CRn, LMSW, SMSW, CLTS (SDM 2B MOV; SDM 3A 2.5, 4.1, 9.8.5). Opcode-table handlers.
// CR3 and the effect of every change on cached translations are the MMU's.

import {
  Cpu, segment, CS, TR, MODE_64, CR0_PE, CR0_PG, CR0_WP, CR4_FSGSBASE, CR4_PAE, CR4_PCIDE, CR4_PGE, CR4_PSE, CR4_SMAP,
  CR4_SMEP, CR4_UMIP, EFER_LMA, EFER_LME,
} from "../state";
import { JUMP, NEXT, REC_INFO, REC_SIZE, F_MEM, F_REG_SHIFT, F_RM_SHIFT } from "../record";
import { notImplemented, raise, raiseCode, GP, UD } from "../fault";
import { nextRip, readDstSized, writeDstSized, writeReg } from "../operand";
import { NI_LEGACY_PAGING } from "../../global";
import { controlsChanged, writeCr3 } from "../../mmu/invalidate";
import { readCr8, writeCr8 } from "../../apic/lapic";
import { A_L } from "./descriptor";
import { hiddenByUmip } from "./tables";
import { longMode, updateMode } from "./mode";

const CR0_MP: u64 = 2;
const CR0_EM: u64 = 4;
const CR0_TS: u64 = 8;
const CR0_ET: u64 = 0x10;
const CR0_NE: u64 = 0x20;
const CR0_AM: u64 = 0x40000;
const CR0_NW: u64 = 0x20000000;
const CR0_CD: u64 = 0x40000000;
const CR0_KNOWN: u64 = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG;

export const CR4_TSD: u64 = 4;
export const CR4_DE: u64 = 8;
const CR4_MCE: u64 = 0x40;
const CR4_PCE: u64 = 0x100;
/** OSFXSR and OSXMMEXCPT only matter to SSE instructions, which stop the run by name: they may be set. */
const CR4_SSE: u64 = 0x600;
const CR4_KNOWN: u64 = CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_MCE | CR4_PGE | CR4_PCE | CR4_SSE | CR4_UMIP
  | CR4_FSGSBASE | CR4_PCIDE | CR4_SMEP | CR4_SMAP;

/** Physical addresses have 40 bits (CPUID 80000008H): CR3 bits above are reserved. */
const CR3_RESERVED: u64 = 0x7fffff0000000000;

function writeCr0(cpu: Cpu, value: u64): void {
  const old = cpu.cr0;
  const set = value & ~old;
  const cleared = old & ~value;
  if (value >> 32 || ((value & CR0_PG) && !(value & CR0_PE)) || ((value & CR0_NW) && !(value & CR0_CD))) {
    return raiseCode(cpu, GP, 0);
  }
  const efer = cpu.efer;
  if (set & CR0_PG) {
    if (!(efer & EFER_LME)) return notImplemented(cpu, NI_LEGACY_PAGING);
    const tss16 = (segment(cpu, TR).attributes & 0x1d) == 1;
    if (!(cpu.cr4 & CR4_PAE) || (segment(cpu, CS).attributes & A_L) || tss16) return raiseCode(cpu, GP, 0);
    cpu.efer = efer | EFER_LMA;
  } else if (cleared & CR0_PG) {
    if (cpu.mode == MODE_64 || (cpu.cr4 & CR4_PCIDE)) return raiseCode(cpu, GP, 0);
    cpu.efer = efer & ~EFER_LMA;
  }
  cpu.cr0 = (value & CR0_KNOWN) | CR0_ET;
  controlsChanged(cpu, old, cpu.cr4, efer);
  updateMode(cpu);
}

function writeCr3Checked(cpu: Cpu, value: u64): void {
  const noFlush = (value >> 63) != 0 && !(cpu.cr4 & CR4_PCIDE);
  if ((value & CR3_RESERVED) || noFlush) return raiseCode(cpu, GP, 0);
  writeCr3(cpu, value);
}

function writeCr4(cpu: Cpu, value: u64): void {
  const old = cpu.cr4;
  const set = value & ~old;
  const cleared = old & ~value;
  const longNeedsPae = longMode(cpu) && (cleared & CR4_PAE) != 0;
  const pcide = (set & CR4_PCIDE) != 0 && (!longMode(cpu) || (cpu.cr3 & 0xfff) != 0);
  if ((value & ~CR4_KNOWN) || longNeedsPae || pcide) return raiseCode(cpu, GP, 0);
  cpu.cr4 = value;
  controlsChanged(cpu, cpu.cr0, old, cpu.efer);
}

@inline
function controlNumber(rec: usize): u32 {
  return (load<u32>(rec, REC_INFO) >> F_REG_SHIFT) & 15;
}

@inline
function generalSlot(rec: usize): u32 {
  return ((load<u32>(rec, REC_INFO) >> F_RM_SHIFT) & 15) << 3;
}

/** CR0, CR2, CR3, CR4 and CR8 exist; the others are #UD before privilege is looked at. */
function refused(cpu: Cpu, number: u32): bool {
  const exists = number == 0 || (number >= 2 && number <= 4) || number == 8;
  if (!exists) raise(cpu, UD);
  else if (cpu.cpl != 0) raiseCode(cpu, GP, 0);
  return cpu.fault != 0;
}

export function movFromCr(cpu: Cpu, rec: usize): i32 {
  const number = controlNumber(rec);
  if (refused(cpu, number)) return NEXT;
  let value: u64;
  switch (number) {
    case 0: value = cpu.cr0; break;
    case 2: value = cpu.cr2; break;
    case 3: value = cpu.cr3; break;
    case 4: value = cpu.cr4; break;
    default: value = readCr8(cpu);
  }
  writeReg(cpu, generalSlot(rec), cpu.mode == MODE_64 ? 8 : 4, <i64>value);
  return NEXT;
}

export function movToCr(cpu: Cpu, rec: usize): i32 {
  const number = controlNumber(rec);
  if (refused(cpu, number)) return NEXT;
  let value = load<u64>(changetype<usize>(cpu) + generalSlot(rec));
  if (cpu.mode != MODE_64) value = <u32>value;
  // The new mode is that of the next instruction, whose address is worked out in the old one.
  const next = nextRip(cpu, rec);
  switch (number) {
    case 0: writeCr0(cpu, value); break;
    case 2: cpu.cr2 = value; break;
    case 3: writeCr3Checked(cpu, value); break;
    case 4: writeCr4(cpu, value); break;
    default:
      if (value >> 4) raiseCode(cpu, GP, 0);
      else writeCr8(cpu, value);
  }
  if (!cpu.fault) cpu.rip = next;
  return JUMP;
}

/** LMSW: bits 3..0 of CR0; it can set PE but not clear it. */
export function lmsw(cpu: Cpu, rec: usize): i32 {
  if (cpu.cpl != 0) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  const value = <u64>readDstSized(cpu, rec, 2);
  if (cpu.fault) return NEXT;
  const next = nextRip(cpu, rec);
  const low = CR0_MP | CR0_EM | CR0_TS;
  writeCr0(cpu, (cpu.cr0 & ~low) | (value & (low | CR0_PE)));
  if (!cpu.fault) cpu.rip = next;
  return JUMP;
}

/** SMSW: 16 bits to memory, as much of CR0 as fits to a register. */
export function smsw(cpu: Cpu, rec: usize): i32 {
  if (hiddenByUmip(cpu)) return NEXT;
  const size: u32 = load<u32>(rec, REC_INFO) & F_MEM ? 2 : load<u8>(rec, REC_SIZE);
  writeDstSized(cpu, rec, size, <i64>cpu.cr0);
  return NEXT;
}

export function clts(cpu: Cpu, rec: usize): i32 {
  if (cpu.cpl != 0) raiseCode(cpu, GP, 0);
  else cpu.cr0 &= ~CR0_TS;
  return NEXT;
}

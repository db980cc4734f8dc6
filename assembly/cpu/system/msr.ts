// Model-specific registers: RDMSR and WRMSR (SDM 4). Opcode-table handlers. A register that is not listed does not
// exist and is #GP(0); one that exists but whose effect is not modelled stops the run by name.

import { Cpu, systemOf, CR0_PG, EFER_LMA, EFER_LME, EFER_NXE, EFER_SCE, FS, GS } from "../state";
import { JUMP, NEXT } from "../record";
import { notImplemented, raiseCode, GP } from "../fault";
import { nextRip } from "../operand";
import { NI_MSR } from "../../global";
import { controlsChanged } from "../../mmu/invalidate";
import { tsc } from "../../smp/clock";
import { setApicBase } from "../../apic/base";
import { getTscDeadline, setTsc, setTscDeadline } from "../../apic/timer";
import { readX2apic, writeX2apic, X2APIC_FIRST, X2APIC_LAST } from "../../apic/x2apic";
import { setSegmentBase } from "./descriptor";
import { canonical } from "./mode";

const TSC: u32 = 0x10;
const PLATFORM_ID: u32 = 0x17;
const APIC_BASE: u32 = 0x1b;
const BIOS_SIGN_ID: u32 = 0x8b;
const MTRRCAP: u32 = 0xfe;
const SYSENTER_CS: u32 = 0x174;
const SYSENTER_ESP: u32 = 0x175;
const SYSENTER_EIP: u32 = 0x176;
const MCG_CAP: u32 = 0x179;
const MCG_STATUS: u32 = 0x17a;
const MISC_ENABLE: u32 = 0x1a0;
const PAT: u32 = 0x277;
const MTRR_DEF_TYPE: u32 = 0x2ff;
const TSC_DEADLINE: u32 = 0x6e0;
const EFER: u32 = 0xc0000080;
const STAR: u32 = 0xc0000081;
const LSTAR: u32 = 0xc0000082;
const CSTAR: u32 = 0xc0000083;
const SFMASK: u32 = 0xc0000084;
const FS_BASE: u32 = 0xc0000100;
const GS_BASE: u32 = 0xc0000101;
const KERNEL_GS_BASE: u32 = 0xc0000102;
const TSC_AUX: u32 = 0xc0000103;

/** IA32_MISC_ENABLE: fast strings may be told either way; limiting CPUID or disabling XD is not modelled. */
const MISC_FAST_STRINGS: u64 = 1;
const MISC_LIMIT_CPUID: u64 = 0x400000;
const MISC_DISABLE_XD: u64 = 0x400000000;
/** BTS and PEBS unavailable: read-only ones. */
const MISC_READ_ONLY: u64 = 0x1800;

/** MTRRs: no fixed ranges, no variable ones; only the default type can be set. */
const MTRR_DEF_KNOWN: u64 = 0xcff;

function readMsr(cpu: Cpu, msr: u32): u64 {
  if (msr >= X2APIC_FIRST && msr <= X2APIC_LAST) return readX2apic(cpu, msr);
  switch (msr) {
    case TSC: return tsc(cpu);
    case APIC_BASE: return systemOf(cpu).apicBase;
    case SYSENTER_CS: return systemOf(cpu).sysenterCs;
    case SYSENTER_ESP: return systemOf(cpu).sysenterEsp;
    case SYSENTER_EIP: return systemOf(cpu).sysenterEip;
    case MISC_ENABLE: return systemOf(cpu).miscEnable | MISC_READ_ONLY;
    case PAT: return systemOf(cpu).pat;
    case MTRR_DEF_TYPE: return systemOf(cpu).mtrrDefType;
    case TSC_DEADLINE: return getTscDeadline(cpu);
    case EFER: return cpu.efer;
    case STAR: return systemOf(cpu).star;
    case LSTAR: return systemOf(cpu).lstar;
    case CSTAR: return systemOf(cpu).cstar;
    case SFMASK: return systemOf(cpu).sfmask;
    case FS_BASE: return cpu.fsBase;
    case GS_BASE: return cpu.gsBase;
    case KERNEL_GS_BASE: return systemOf(cpu).kernelGsBase;
    case TSC_AUX: return systemOf(cpu).tscAux;
    case PLATFORM_ID:
    case BIOS_SIGN_ID:
    case MTRRCAP:
    case MCG_CAP:
    case MCG_STATUS: return 0;
    default:
      raiseCode(cpu, GP, 0);
      return 0;
  }
}

function writeEfer(cpu: Cpu, value: u64): void {
  const old = cpu.efer;
  const known = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
  const lmeUnderPaging = ((old ^ value) & EFER_LME) != 0 && (cpu.cr0 & CR0_PG) != 0;
  if ((value & ~known) || lmeUnderPaging) return raiseCode(cpu, GP, 0);
  cpu.efer = (value & ~EFER_LMA) | (old & EFER_LMA);
  controlsChanged(cpu, cpu.cr0, cpu.cr4, old);
}

/** Every byte of IA32_PAT is UC, WC, WT, WP, WB or UC- (SDM 3A table 12-10). */
function validPat(value: u64): bool {
  for (let i = 0; i < 8; i++) {
    const type = <u32>(value >> (i << 3)) & 0xff;
    if (type > 7 || type == 2 || type == 3) return false;
  }
  return true;
}

function validMtrrDefType(value: u64): bool {
  const type = <u32>value & 0xff;
  return !(value & ~MTRR_DEF_KNOWN) && type <= 6 && type != 2 && type != 3;
}

function writeMiscEnable(cpu: Cpu, value: u64): void {
  if (value & (MISC_LIMIT_CPUID | MISC_DISABLE_XD)) return notImplemented(cpu, NI_MSR);
  systemOf(cpu).miscEnable = value & MISC_FAST_STRINGS;
}

/** Registers that hold a linear address or a selector, with the check that each has. */
function writeEntryPoint(cpu: Cpu, msr: u32, value: u64): void {
  if (!canonical(value)) return raiseCode(cpu, GP, 0);
  switch (msr) {
    case SYSENTER_ESP: systemOf(cpu).sysenterEsp = value; break;
    case SYSENTER_EIP: systemOf(cpu).sysenterEip = value; break;
    case LSTAR: systemOf(cpu).lstar = value; break;
    case CSTAR: systemOf(cpu).cstar = value; break;
    case FS_BASE: setSegmentBase(cpu, FS, value); break;
    case GS_BASE: setSegmentBase(cpu, GS, value); break;
    default: systemOf(cpu).kernelGsBase = value;
  }
}

function writeMsr(cpu: Cpu, msr: u32, value: u64): void {
  if (msr >= X2APIC_FIRST && msr <= X2APIC_LAST) return writeX2apic(cpu, msr, value);
  let valid = true;
  switch (msr) {
    case TSC: setTsc(cpu, value); break;
    case APIC_BASE: setApicBase(cpu, value); break;
    case SYSENTER_CS: systemOf(cpu).sysenterCs = value & 0xffffffff; break;
    case SYSENTER_ESP:
    case SYSENTER_EIP:
    case LSTAR:
    case CSTAR:
    case FS_BASE:
    case GS_BASE:
    case KERNEL_GS_BASE: writeEntryPoint(cpu, msr, value); break;
    case MISC_ENABLE: writeMiscEnable(cpu, value); break;
    case PAT:
      valid = validPat(value);
      if (valid) systemOf(cpu).pat = value;
      break;
    case MTRR_DEF_TYPE:
      valid = validMtrrDefType(value);
      if (valid) systemOf(cpu).mtrrDefType = value;
      break;
    case TSC_DEADLINE: setTscDeadline(cpu, value); break;
    case EFER: writeEfer(cpu, value); break;
    case STAR: systemOf(cpu).star = value; break;
    case SFMASK:
      valid = value >> 32 == 0;
      if (valid) systemOf(cpu).sfmask = value;
      break;
    case TSC_AUX:
      valid = value >> 32 == 0;
      if (valid) systemOf(cpu).tscAux = value;
      break;
    case BIOS_SIGN_ID: break; // written with 0 before CPUID asks for the microcode revision, which is 0
    case MCG_STATUS: valid = value == 0; break;
    default: valid = false;
  }
  if (!valid) raiseCode(cpu, GP, 0);
}

/** RDMSR: ECX names the register; EDX:EAX. */
export function rdmsr(cpu: Cpu, rec: usize): i32 {
  if (cpu.cpl != 0) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  const value = readMsr(cpu, <u32>cpu.rcx);
  if (cpu.fault) return NEXT;
  cpu.rax = <u32>value;
  cpu.rdx = value >> 32;
  return NEXT;
}

/** WRMSR. */
export function wrmsr(cpu: Cpu, rec: usize): i32 {
  if (cpu.cpl != 0) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  writeMsr(cpu, <u32>cpu.rcx, (cpu.rdx << 32) | <u32>cpu.rax);
  if (cpu.fault) return NEXT;
  cpu.rip = nextRip(cpu, rec);
  return JUMP;
}

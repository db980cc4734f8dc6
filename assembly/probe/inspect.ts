// A CPU's registers by number (registers.ts), for the host: consoles, debuggers, reports, boot protocols.

import { Cpu, segment, cpuAt, systemOf, SystemRegisters, gpr, setGpr, ES, FS, GS } from "../cpu/state";
import { getRflags, setRflags } from "../cpu/flags";
import { setSegmentBase } from "../cpu/system/descriptor";
import { updateMode } from "../cpu/system/mode";
import { controlsChanged, flushAll } from "../mmu/invalidate";
import { readCr8, writeCr8 } from "../apic/lapic";
import { tsc } from "../smp/clock";
import {
  REGISTER_R15, REGISTER_RIP, REGISTER_RFLAGS, REGISTER_ES, REGISTER_TR, REGISTER_ES_BASE, REGISTER_TR_BASE,
  REGISTER_CR0, REGISTER_CR2, REGISTER_CR3, REGISTER_CR4, REGISTER_CR8, REGISTER_EFER, REGISTER_DR0, REGISTER_DR7,
  REGISTER_GDT_BASE, REGISTER_GDT_LIMIT, REGISTER_IDT_BASE, REGISTER_IDT_LIMIT, REGISTER_KERNEL_GS_BASE, REGISTER_STAR,
  REGISTER_LSTAR, REGISTER_SFMASK, REGISTER_TSC, REGISTER_APIC_BASE, REGISTER_ACTIVITY, REGISTER_MODE, REGISTER_CPL,
  REGISTER_CYCLES,
} from "./registers";

/** RFLAGS bits that exist: arithmetic ones, TF to NT, RF, AC, ID. */
const ALL_FLAGS: u64 = 0x257fd5;

@inline
function debugRegister(cpu: Cpu, id: u32): usize {
  return changetype<usize>(systemOf(cpu)) + offsetof<SystemRegisters>("dr0") + ((id - REGISTER_DR0) << 3);
}

function segmentBase(cpu: Cpu, s: u32): u64 {
  if (s == FS) return cpu.fsBase;
  return s == GS ? cpu.gsBase : segment(cpu, s).base;
}

/** Register `id` of CPU `index`; 0 for a number that names none. */
export function getRegister(index: u32, id: u32): u64 {
  const cpu = cpuAt(index);
  if (id <= REGISTER_R15) return gpr(cpu, id);
  if (id >= REGISTER_ES && id <= REGISTER_TR) return segment(cpu, ES + id - REGISTER_ES).selector;
  if (id >= REGISTER_ES_BASE && id <= REGISTER_TR_BASE) return segmentBase(cpu, ES + id - REGISTER_ES_BASE);
  if (id >= REGISTER_DR0 && id <= REGISTER_DR7) return load<u64>(debugRegister(cpu, id));
  switch (id) {
    case REGISTER_RIP: return cpu.rip;
    case REGISTER_RFLAGS: return getRflags(cpu);
    case REGISTER_CR0: return cpu.cr0;
    case REGISTER_CR2: return cpu.cr2;
    case REGISTER_CR3: return cpu.cr3;
    case REGISTER_CR4: return cpu.cr4;
    case REGISTER_CR8: return readCr8(cpu);
    case REGISTER_EFER: return cpu.efer;
    case REGISTER_GDT_BASE: return cpu.gdtBase;
    case REGISTER_GDT_LIMIT: return cpu.gdtLimit;
    case REGISTER_IDT_BASE: return cpu.idtBase;
    case REGISTER_IDT_LIMIT: return cpu.idtLimit;
    case REGISTER_KERNEL_GS_BASE: return systemOf(cpu).kernelGsBase;
    case REGISTER_STAR: return systemOf(cpu).star;
    case REGISTER_LSTAR: return systemOf(cpu).lstar;
    case REGISTER_SFMASK: return systemOf(cpu).sfmask;
    case REGISTER_TSC: return tsc(cpu);
    case REGISTER_APIC_BASE: return systemOf(cpu).apicBase;
    case REGISTER_ACTIVITY: return cpu.activity;
    case REGISTER_MODE: return cpu.mode;
    case REGISTER_CPL: return cpu.cpl;
    case REGISTER_CYCLES: return cpu.cycles;
  }
  return 0;
}

/** CR0, CR3, CR4 and EFER as a debugger writes them: unchecked, with everything derived from them brought up to date. */
function setControl(cpu: Cpu, id: u32, value: u64): void {
  const cr0 = cpu.cr0;
  const cr4 = cpu.cr4;
  const efer = cpu.efer;
  switch (id) {
    case REGISTER_CR0: cpu.cr0 = value; break;
    case REGISTER_CR3: cpu.cr3 = value; break;
    case REGISTER_CR4: cpu.cr4 = value; break;
    default: cpu.efer = value;
  }
  controlsChanged(cpu, cr0, cr4, efer);
  flushAll(cpu);
  updateMode(cpu);
}

/** Sets register `id` of CPU `index`; false for one that cannot be set so. */
export function setRegister(index: u32, id: u32, value: u64): bool {
  const cpu = cpuAt(index);
  if (id <= REGISTER_R15) {
    setGpr(cpu, id, value);
  } else if (id >= REGISTER_ES_BASE && id <= REGISTER_TR_BASE) {
    setSegmentBase(cpu, ES + id - REGISTER_ES_BASE, value);
  } else if (id >= REGISTER_DR0 && id <= REGISTER_DR7) {
    store<u64>(debugRegister(cpu, id), value);
  } else {
    switch (id) {
      case REGISTER_RIP: cpu.rip = value; break;
      case REGISTER_RFLAGS: setRflags(cpu, value, ALL_FLAGS); break;
      case REGISTER_CR2: cpu.cr2 = value; break;
      case REGISTER_CR8: writeCr8(cpu, value & 15); break;
      case REGISTER_CR0:
      case REGISTER_CR3:
      case REGISTER_CR4:
      case REGISTER_EFER: setControl(cpu, id, value); break;
      case REGISTER_KERNEL_GS_BASE: systemOf(cpu).kernelGsBase = value; break;
      default: return false;
    }
  }
  return true;
}

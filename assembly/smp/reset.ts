// CPUs at their beginnings: power-on, INIT, the start-up IPI, and the state in which a boot protocol hands over.
// The scheduler's boundary and index.ts call it.

import {
  Cpu, Segment, segment, cpuAt, CS, SS, ES, DS, FS, GS, LDTR, TR, RUNNING, WAIT_SIPI, CR0_PE, CR0_PG, CR0_WP, CR4_PAE, EFER_LMA,
  EFER_LME, FLAGS_PACKED,
} from "../cpu/state";
import { notImplemented } from "../cpu/fault";
import { machine, NI_APIC } from "../global";
import { FLAT_CODE64, setSegmentBase } from "../cpu/system/descriptor";
import { SIGNATURE } from "../cpu/system/cpuid";
import { updateMode } from "../cpu/system/mode";
import { controlsChanged } from "../mmu/invalidate";
import { resetLapic, lapicOf, APIC_BASE_BSP, APIC_BASE_ENABLE } from "../apic/lapic";
import { LAPIC_ADDRESS } from "../apic/base";
import { MODE_EXTINT } from "../apic/lvt";
import { everyone } from "../apic/destination";
import { scheduler } from "./state";
import { wake, NEVER } from "./clock";

// Descriptor attributes, bits 40 to 55: present, accessed, and by use.
const REAL_CODE: u32 = 0x009b;
const REAL_DATA: u32 = 0x0093;
const FLAT_CODE: u32 = 0xc09b;
const FLAT_DATA: u32 = 0xc093;
const LDT: u32 = 0x0082;
const BUSY_TSS: u32 = 0x008b;

const CR0_ET: u64 = 0x10;
/** CD, NW, ET: caches off, as after reset. */
const CR0_RESET: u64 = 0x60000010;
const DR6_RESET: u64 = 0xffff0ff0;
const DR7_RESET: u64 = 0x400;
const PAT_RESET: u64 = 0x0007040600070406;
/** IA32_MISC_ENABLE: fast strings. */
const MISC_ENABLE_RESET: u64 = 1;

function setSegment(cpu: Cpu, s: u32, selector: u32, base: u64, limit: u32, attributes: u32): void {
  const seg: Segment = segment(cpu, s);
  seg.selector = selector;
  seg.limit = limit;
  seg.attributes = attributes;
  setSegmentBase(cpu, s, base);
}

function setDataSegments(cpu: Cpu, selector: u32, limit: u32, attributes: u32): void {
  setSegment(cpu, ES, selector, 0, limit, attributes);
  setSegment(cpu, SS, selector, 0, limit, attributes);
  setSegment(cpu, DS, selector, 0, limit, attributes);
  setSegment(cpu, FS, selector, 0, limit, attributes);
  setSegment(cpu, GS, selector, 0, limit, attributes);
}

/** What reset and INIT have in common (SDM 3A table 10-1). MSRs other than EFER keep their values at INIT. */
function resetCore(cpu: Cpu): void {
  const cr0 = cpu.cr0;
  const cr4 = cpu.cr4;
  const efer = cpu.efer;
  memory.fill(changetype<usize>(cpu), 0, offsetof<Cpu>("rip"));
  cpu.rdx = SIGNATURE;
  cpu.rip = 0xfff0;
  cpu.flagsOp = FLAGS_PACKED;
  cpu.flagsR = 0;
  cpu.system = 0;
  cpu.fault = 0;
  cpu.shadow = 0;
  cpu.entered = 0;
  cpu.nmiBlocked = 0;
  cpu.yielded = 0;
  cpu.cpl = 0;
  cpu.cr0 = CR0_RESET;
  cpu.cr2 = 0;
  cpu.cr3 = 0;
  cpu.cr4 = 0;
  cpu.efer = 0;
  cpu.dr0 = 0;
  cpu.dr1 = 0;
  cpu.dr2 = 0;
  cpu.dr3 = 0;
  cpu.dr6 = DR6_RESET;
  cpu.dr7 = DR7_RESET;
  cpu.gdtBase = 0;
  cpu.gdtLimit = 0xffff;
  cpu.idtBase = 0;
  cpu.idtLimit = 0xffff;
  setSegment(cpu, CS, 0xf000, 0xffff0000, 0xffff, REAL_CODE);
  setDataSegments(cpu, 0, 0xffff, REAL_DATA);
  setSegment(cpu, LDTR, 0, 0, 0xffff, LDT);
  setSegment(cpu, TR, 0, 0, 0xffff, BUSY_TSS);
  controlsChanged(cpu, cr0, cr4, efer);
  updateMode(cpu);
}

/** INIT: the CPU waits for a start-up IPI. The boot CPU would go to the reset vector, where no firmware is. */
export function initCpu(cpu: Cpu): void {
  if (cpu.apicBase & APIC_BASE_BSP) return notImplemented(cpu, NI_APIC);
  resetCore(cpu);
  resetLapic(cpu);
  cpu.activity = WAIT_SIPI;
}

/** A start-up IPI with `vector`: real mode at vector << 12 (SDM 3A 9.4.4). */
export function startUp(cpu: Cpu, vector: u32): void {
  setSegment(cpu, CS, vector << 8, <u64>vector << 12, 0xffff, REAL_CODE);
  cpu.rip = 0;
  cpu.activity = RUNNING;
}

function powerOnCpu(index: u32): void {
  const cpu = cpuAt(index);
  cpu.index = index;
  resetCore(cpu);
  resetLapic(cpu);
  cpu.pat = PAT_RESET;
  cpu.miscEnable = MISC_ENABLE_RESET;
  cpu.apicBase = LAPIC_ADDRESS | APIC_BASE_ENABLE;
  cpu.activity = WAIT_SIPI;
}

/** Power-on: CPU 0 at the reset vector, the others waiting for a start-up IPI. Regions are zero before. */
export function powerOnCpus(): void {
  for (let i: u32 = 0; i < machine().cpus; i++) powerOnCpu(i);
  const boot = cpuAt(0);
  boot.apicBase |= APIC_BASE_BSP;
  boot.activity = RUNNING;
  // Firmware leaves the boot CPU in virtual-wire mode: the PIC comes through LINT0 (MultiProcessor Specification 3.6.2.1).
  lapicOf(boot).lvtLint0 = MODE_EXTINT << 8;
  machine().nextTimer = NEVER;
  scheduler().awake = everyone();
  wake(boot);
}

/** The hand-over of multiboot and PVH: flat 32-bit protected mode, paging off, interrupts off, at `eip`. */
export function enterProtected(eip: u32, eax: u32, ebx: u32): void {
  const cpu = cpuAt(0);
  const cr0 = cpu.cr0;
  cpu.rax = eax;
  cpu.rbx = ebx;
  cpu.rip = eip;
  cpu.cr0 = CR0_PE | CR0_ET;
  setSegment(cpu, CS, 0x08, 0, 0xffffffff, FLAT_CODE);
  setDataSegments(cpu, 0x10, 0xffffffff, FLAT_DATA);
  setSegment(cpu, TR, 0, 0, 0x67, BUSY_TSS);
  controlsChanged(cpu, cr0, cpu.cr4, cpu.efer);
  updateMode(cpu);
}

/**
 * Puts CPU `index` into flat 64-bit mode at CPL 0 with the page tables at `cr3`, interrupts off: how a bare program of an
 * exploration begins, which no firmware or loader prepares.
 */
export function enterLong(index: u32, rip: u64, rsp: u64, cr3: u64): void {
  const cpu = cpuAt(index);
  resetCore(cpu);
  const cr0 = cpu.cr0;
  cpu.rdx = 0;
  cpu.rip = rip;
  cpu.rsp = rsp;
  cpu.cr0 = CR0_PE | CR0_ET | CR0_WP | CR0_PG;
  cpu.cr3 = cr3;
  cpu.cr4 = CR4_PAE;
  cpu.efer = EFER_LME | EFER_LMA;
  setSegment(cpu, CS, 0x08, 0, 0xffffffff, FLAT_CODE64);
  setDataSegments(cpu, 0x10, 0xffffffff, FLAT_DATA);
  setSegment(cpu, TR, 0, 0, 0x67, BUSY_TSS);
  controlsChanged(cpu, cr0, 0, 0);
  updateMode(cpu);
  cpu.activity = RUNNING;
  wake(cpu);
}

// What the specs of apic/ and smp/ share: a machine at power-on without its execution engine, CPUs in real mode at
// work, and short names for the APIC's registers.

import {
  GLOBAL_BASE, GLOBAL_SIZE, COUNTER_BASE, COUNTER_STRIDE, CPU_BASE, CPU_STRIDE, TLB_BASE, TLB_STRIDE, PCID_BASE, PCID_STRIDE,
  FRAME_BASE, FRAME_STRIDE, FRONT_BASE, FRONT_STRIDE, REVERSE_BASE, REVERSE_SIZE, RAM_BASE,
} from "../../../assembly/memory-map";
import { machine } from "../../../assembly/global";
import { Cpu, cpuAt, systemOf } from "../../../assembly/cpu/state";
import { resetTlbs } from "../../../assembly/mmu/invalidate";
import { resetIoapic, IOAPIC_ADDRESS } from "../../../assembly/apic/ioapic";
import { resetPics } from "../../../assembly/apic/pic";
import { resetPit } from "../../../assembly/apic/pit";
import { land } from "../../../assembly/apic/flight";
import { LAPIC_ADDRESS, setApicBase } from "../../../assembly/apic/base";
import { mmioRead, mmioWrite } from "../../../assembly/apic/mmio";
import { IPI_DELAY } from "../../../assembly/probe/cost";
import { powerOnCpus, startUp } from "../../../assembly/smp/reset";

export const RAM: u32 = 1 << 20;

export const TPR: u32 = 0x80;
export const PPR: u32 = 0xa0;
export const EOI: u32 = 0xb0;
export const LDR: u32 = 0xd0;
export const DFR: u32 = 0xe0;
export const SVR: u32 = 0xf0;
export const ISR: u32 = 0x100;
export const IRR: u32 = 0x200;
export const ESR: u32 = 0x280;
export const ICR: u32 = 0x300;
export const ICR_HIGH: u32 = 0x310;
export const LVT_TIMER: u32 = 0x320;
export const LVT_LINT0: u32 = 0x350;
export const LVT_LINT1: u32 = 0x360;
export const LVT_ERROR: u32 = 0x370;
export const INITIAL_COUNT: u32 = 0x380;
export const CURRENT_COUNT: u32 = 0x390;
export const DIVIDE: u32 = 0x3e0;

export const TO_SELF: u32 = 1 << 18;
export const TO_ALL: u32 = 2 << 18;
export const TO_OTHERS: u32 = 3 << 18;
export const LOGICAL: u32 = 0x800;
export const LOWEST: u32 = 0x100;
export const NMI: u32 = 0x400;
export const INIT: u32 = 0x4500;
export const STARTUP: u32 = 0x600;

/** Zeroes what a spec before this one may have left. */
function clear(cpus: u32): void {
  memory.fill(GLOBAL_BASE, 0, GLOBAL_SIZE);
  memory.fill(COUNTER_BASE, 0, cpus * COUNTER_STRIDE);
  memory.fill(CPU_BASE, 0, cpus * CPU_STRIDE);
  memory.fill(TLB_BASE, 0, cpus * TLB_STRIDE);
  memory.fill(PCID_BASE, 0, cpus * PCID_STRIDE);
  memory.fill(FRAME_BASE, 0, (RAM >> 12) * FRAME_STRIDE);
  memory.fill(REVERSE_BASE, 0, REVERSE_SIZE);
  memory.fill(FRONT_BASE, 0, cpus * FRONT_STRIDE);
  memory.fill(RAM_BASE, 0, RAM);
}

/** A machine of `cpus` CPUs and 1 MiB at power-on. */
export function powerOn(cpus: u32): void {
  clear(cpus);
  const g = machine();
  g.cpus = cpus;
  g.ramSize = RAM;
  g.random = 1;
  resetTlbs();
  resetIoapic();
  resetPics();
  resetPit();
  powerOnCpus();
}

/** All CPUs run in real mode at 0x1000 with a stack below 0x800 and their APICs enabled. */
export function powerOnRunning(cpus: u32): void {
  powerOn(cpus);
  for (let i: u32 = 0; i < cpus; i++) {
    const cpu = cpuAt(i);
    startUp(cpu, 1);
    cpu.rsp = 0x800;
    write(cpu, SVR, 0x1ff);
    cpu.attention = 0;
  }
}

/** xAPIC register access. */
export function read(cpu: Cpu, register: u32): u32 {
  return <u32>mmioRead(cpu, LAPIC_ADDRESS + register, 4);
}

export function write(cpu: Cpu, register: u32, value: u32): void {
  mmioWrite(cpu, LAPIC_ADDRESS + register, 4, value);
}

/** Sends an IPI to the 8-bit destination `dest`. */
export function ipi(cpu: Cpu, low: u32, dest: u32 = 0): void {
  write(cpu, ICR_HIGH, dest << 24);
  write(cpu, ICR, low);
}

/** Time passes without steps. */
export function pass(ticks: u64): void {
  machine().clock += ticks;
}

/** Every message under way arrives. */
export function arrive(): void {
  pass(IPI_DELAY);
  const g = machine();
  for (let i: u32 = 0; i < g.cpus; i++) land(cpuAt(i), g.clock);
}

/** Whether `vector` waits in the CPU's IRR. */
export function requested(index: u32, vector: u32): bool {
  return (read(cpuAt(index), IRR + (vector >> 5 << 4)) >> (vector & 31) & 1) != 0;
}

/** The CPUs in whose IRR `vector` waits, as a bit mask. */
export function requestedOn(vector: u32): u32 {
  let set: u32 = 0;
  for (let i: u32 = 0; i < machine().cpus; i++) if (requested(i, vector)) set |= 1 << i;
  return set;
}

export function enterX2apic(cpu: Cpu): void {
  setApicBase(cpu, systemOf(cpu).apicBase | 0x400);
}

/** I/O APIC registers through their window. */
export function writeIo(register: u32, value: u32): void {
  mmioWrite(cpuAt(0), IOAPIC_ADDRESS, 4, register);
  mmioWrite(cpuAt(0), IOAPIC_ADDRESS + 0x10, 4, value);
}

export function readIo(register: u32): u32 {
  mmioWrite(cpuAt(0), IOAPIC_ADDRESS, 4, register);
  return <u32>mmioRead(cpuAt(0), IOAPIC_ADDRESS + 0x10, 4);
}

/** Points pin `pin` at CPU `dest`. */
export function redirect(pin: u32, low: u32, dest: u32): void {
  writeIo(0x11 + pin * 2, dest << 24);
  writeIo(0x10 + pin * 2, low);
}


// A CPU on bare memory for the specs of system/: paging off, so linear is physical; descriptor tables, a TSS and
// stacks at fixed places. Handlers are called directly, with a record made by `record`.

import {
  COUNTER_BASE, COUNTER_SIZE, CPU_BASE, CPU_SIZE, GLOBAL_BASE, GLOBAL_SIZE, RAM_BASE, RECORD_BASE,
  TLB_BASE, TLB_STRIDE,
} from "../../../assembly/memory-map";
import { machine } from "../../../assembly/global";
import {
  Cpu, cpuAt, segment, CS, DS, ES, FS, GS, SS, TR, CR0_PE, EFER_LMA, EFER_LME, EFER_NXE, EFER_SCE, FLAGS_PACKED, RUNNING, SLOT_ZERO,
} from "../../../assembly/cpu/state";
import {
  REC_BASE, REC_BYTES, REC_DISP, REC_DST, REC_IMM, REC_INDEX, REC_INFO, REC_LENGTH, REC_SIZE, REC_SRC, REC_START,
  F_MEM_DST, F_MEM_SRC, F_REG_SHIFT, F_RM_SHIFT,
} from "../../../assembly/cpu/record";
import { cacheSegment } from "../../../assembly/cpu/system/descriptor";
import { updateMode } from "../../../assembly/cpu/system/mode";
import { dropDerived, resetTlbs } from "../../../assembly/mmu/invalidate";

export const GDT: u64 = 0x1000;
export const IDT: u64 = 0x2000;
export const TSS: u64 = 0x3000;
export const DATA: u64 = 0x4000;
export const KERNEL_STACK: u64 = 0x8ff0;
export const IST1: u64 = 0xa000;
export const RSP0: u64 = 0xb000;
export const USER_STACK: u64 = 0xc000;
export const HERE: u64 = 0x10000;
/** The record is for a two-byte instruction at HERE. */
export const BEHIND: u64 = HERE + 2;
export const HANDLER: u64 = 0x20000;

// Selectors in the GDT.
export const KERNEL64: u32 = 0x08;
export const KERNEL_DATA: u32 = 0x10;
export const USER32: u32 = 0x1b;
export const USER_DATA: u32 = 0x23;
export const USER64: u32 = 0x2b;
export const TSS_SELECTOR: u32 = 0x30; // 16 bytes
export const KERNEL32: u32 = 0x40;
export const SPARE: u32 = 0x48; // for the test at hand; 0x50 too
export const GDT_LIMIT: u32 = 0x57;

// Descriptors with base 0 and limit 4 GiB.
export const CODE64: u64 = 0x00af9b000000ffff;
export const CODE32: u64 = 0x00cf9b000000ffff;
export const DATA32: u64 = 0x00cf93000000ffff;
export const DPL3: u64 = 0x0000600000000000;
export const PRESENT: u64 = 0x0000800000000000;

const REC: usize = RECORD_BASE;

export function cpu(): Cpu {
  return cpuAt(0);
}

export function peek64(pa: u64): u64 {
  return load<u64>(RAM_BASE + <usize>pa);
}

export function peek32(pa: u64): u32 {
  return load<u32>(RAM_BASE + <usize>pa);
}

export function peek16(pa: u64): u32 {
  return load<u16>(RAM_BASE + <usize>pa);
}

export function poke64(pa: u64, value: u64): void {
  store<u64>(RAM_BASE + <usize>pa, value);
}

export function poke32(pa: u64, value: u32): void {
  store<u32>(RAM_BASE + <usize>pa, value);
}

export function poke16(pa: u64, value: u32): void {
  store<u16>(RAM_BASE + <usize>pa, <u16>value);
}

export function describeSegment(selector: u32, descriptor: u64): void {
  poke64(GDT + (selector & 0xfff8), descriptor);
}

/** A 64-bit gate: type 0xe (interrupt) or 0xf (trap). */
export function gate(vector: u32, target: u64, selector: u32, type: u32, dpl: u32, ist: u32): void {
  const low = (target & 0xffff) | (<u64>selector << 16) | (<u64>ist << 32) | (<u64>type << 40) | (<u64>dpl << 45) | PRESENT;
  poke64(IDT + (vector << 4), low | ((target & 0xffff0000) << 32));
  poke64(IDT + (vector << 4) + 8, target >> 32);
}

/** A 32-bit or 16-bit gate of protected mode. */
export function gate32(vector: u32, target: u32, selector: u32, type: u32, dpl: u32): void {
  const low = <u64>(target & 0xffff) | (<u64>selector << 16) | (<u64>type << 40) | (<u64>dpl << 45) | PRESENT;
  poke64(IDT + (vector << 3), low | (<u64>(target & 0xffff0000) << 32));
}

/** Loads CS and SS from the GDT without checks and enters the privilege that CS says. */
export function enter(cs: u32, ss: u32): void {
  const c = cpu();
  cacheSegment(c, CS, cs, peek64(GDT + (cs & 0xfff8)));
  cacheSegment(c, SS, ss, peek64(GDT + (ss & 0xfff8)));
  c.cpl = cs & 3;
  updateMode(c);
}

/** Power-on, then 64-bit mode at CPL 0 with tables filled in. */
export function start64(): void {
  memory.fill(GLOBAL_BASE, 0, GLOBAL_SIZE);
  memory.fill(COUNTER_BASE, 0, COUNTER_SIZE);
  memory.fill(CPU_BASE, 0, CPU_SIZE);
  memory.fill(TLB_BASE, 0, TLB_STRIDE);
  memory.fill(RAM_BASE, 0, 0x40000);
  const g = machine();
  g.cpus = 1;
  g.ramSize = 32 << 20;
  g.random = 1;
  resetTlbs();
  dropDerived();
  describeSegment(KERNEL64, CODE64);
  describeSegment(KERNEL_DATA, DATA32);
  describeSegment(USER32, CODE32 | DPL3);
  describeSegment(USER_DATA, DATA32 | DPL3);
  describeSegment(USER64, CODE64 | DPL3);
  describeSegment(TSS_SELECTOR, 0x0000890000000067 | (TSS << 16));
  describeSegment(KERNEL32, CODE32);
  poke64(TSS + 4, RSP0);
  poke64(TSS + 36, IST1);
  const c = cpu();
  c.activity = RUNNING;
  c.flagsOp = FLAGS_PACKED;
  c.cr0 = CR0_PE | 0x10;
  c.efer = EFER_LMA | EFER_LME | EFER_SCE | EFER_NXE;
  c.gdtBase = GDT;
  c.gdtLimit = GDT_LIMIT;
  c.idtBase = IDT;
  c.idtLimit = 0xfff;
  const tr = segment(c, TR);
  tr.selector = TSS_SELECTOR;
  tr.attributes = 0x8b;
  tr.base = TSS;
  tr.limit = 0x67;
  const data = peek64(GDT + KERNEL_DATA);
  cacheSegment(c, DS, KERNEL_DATA, data);
  cacheSegment(c, ES, KERNEL_DATA, data);
  cacheSegment(c, FS, 0, data);
  cacheSegment(c, GS, 0, data);
  enter(KERNEL64, KERNEL_DATA);
  c.rsp = KERNEL_STACK;
  here();
}

/** 32-bit protected mode at CPL 0, paging off. */
export function start32(): void {
  start64();
  const c = cpu();
  c.efer = 0;
  enter(KERNEL32, KERNEL_DATA);
}

/** Real-address mode. */
export function startReal(): void {
  start64();
  const c = cpu();
  c.efer = 0;
  c.cr0 = 0x10;
  c.idtBase = 0;
  c.idtLimit = 0x3ff;
  for (let s: u32 = 0; s < 6; s++) {
    const g = segment(c, s);
    g.selector = 0;
    g.base = 0;
    g.limit = 0xffff;
    g.attributes = s == CS ? 0x9b : 0x93;
  }
  c.cpl = 0;
  updateMode(c);
  c.rsp = 0x8000;
  c.rip = 0x7000;
  c.page = 0x7000;
}

/** The CPU is about to run the record, at HERE. */
export function here(): void {
  const c = cpu();
  c.rip = HERE;
  c.page = HERE & ~0xfff;
}

/** A record for a two-byte instruction at HERE: operand size, info bits. */
export function record(size: u32 = 8, info: u32 = 0): usize {
  memory.fill(REC, 0, REC_BYTES);
  store<u8>(REC, <u8>size, REC_SIZE);
  store<u8>(REC, <u8>SLOT_ZERO, REC_BASE);
  store<u8>(REC, <u8>SLOT_ZERO, REC_INDEX);
  store<u16>(REC, <u16>(HERE & 0xfff), REC_START);
  store<u8>(REC, 2, REC_LENGTH);
  store<u32>(REC, info, REC_INFO);
  return REC;
}

/** The same with its memory operand at `at` (as destination, and as source). */
export function memoryRecord(size: u32, at: u64, info: u32 = 0): usize {
  const rec = record(size, info | F_MEM_DST | F_MEM_SRC);
  store<i32>(rec, <i32>at, REC_DISP);
  return rec;
}

/** With modrm.reg and modrm.rm numbers; both registers are operands too: reg the source, rm the destination. */
export function registerRecord(size: u32, reg: u32, rm: u32): usize {
  const rec = record(size, (reg << F_REG_SHIFT) | (rm << F_RM_SHIFT));
  store<u8>(rec, <u8>(rm << 3), REC_DST);
  store<u8>(rec, <u8>(reg << 3), REC_SRC);
  return rec;
}

export function immediateRecord(size: u32, immediate: i64): usize {
  const rec = record(size);
  store<i64>(rec, immediate, REC_IMM);
  return rec;
}

/** The fault raised: vector, or -1 for none. */
export function faultVector(): i32 {
  const f = cpu().fault;
  return f ? <i32>(f & 0xff) : -1;
}

/** Error code of the fault raised; -1 if it has none. */
export function faultCode(): i32 {
  return cpu().faultHasCode ? <i32>cpu().faultCode : -1;
}

/** Expects fault `vector` with error code `code`. */
export function expectFault(vector: u32, code: i32): void {
  expect<i32>(faultVector()).toBe(<i32>vector, "vector");
  expect<i32>(faultCode()).toBe(code, "error code");
}

export function expectNoFault(): void {
  expect<i32>(faultVector()).toBe(-1, "no fault");
}

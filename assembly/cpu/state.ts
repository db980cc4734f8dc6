// The registers of one CPU as they lie in linear memory, and nothing else. Every room of the core
// may read and write them. A `Cpu` is an address (`@unmanaged`); `cpuAt(i)` makes one.
//
//   0x000  16 general registers            a record names a register by its byte offset here,
//   0x080  pseudo registers (slots)        so AH is 0x001 and a 32-bit write stores 64 bits
//   0x0a8  rip, lazy flags, run state, control registers
//   0x400  segment caches, debug registers, MSRs
//   0x800  local APIC (apic/lapic.ts)
//
// What lies below 0x400 moves into the running window when the CPU runs, so nothing is there that few instructions need.

import { CPU_BASE, CPU_STRIDE, RUNNING_BASE, COUNTER_BASE, COUNTER_STRIDE } from "../memory-map";

/** Offsets of the pseudo registers that address forms may name as base or index. */
export const SLOT_ZERO: u32 = 0x80; // always 0: "no base", "no index"
export const SLOT_PAGE: u32 = 0x88; // linear address of the code page being executed: base of RIP-relative forms
export const SLOT_FS: u32 = 0x90; // FS.base
export const SLOT_GS: u32 = 0x98; // GS.base
export const SLOT_NONE: u32 = 0xa0; // results that nobody wants may be written here

/** Segment register numbers as the instruction encoding has them. */
export const ES: u32 = 0;
export const CS: u32 = 1;
export const SS: u32 = 2;
export const DS: u32 = 3;
export const FS: u32 = 4;
export const GS: u32 = 5;
export const LDTR: u32 = 6;
export const TR: u32 = 7;

/** Hidden part of a segment register (SDM 3A 3.4.3). 24 bytes. */
@unmanaged
export class Segment {
  selector: u32;
  /** Descriptor bits 40..55 as in the second dword >> 8: type, S, DPL, P, then AVL, L, D/B, G. */
  attributes: u32;
  base: u64;
  /** Last valid offset, granularity already applied. */
  limit: u32;
  reserved: u32;
}

/** How the lazy flags are to be read (cpu/flags.ts). */
export const FLAGS_SUB: i32 = 0; // r = a - b, or a logic result as (r, 0, r)
export const FLAGS_ADD: i32 = 1; // r = a + b
export const FLAGS_RESULT: i32 = 2; // ZF SF PF from r; b holds CF (bit 0), OF (bit 1), AF (bit 2)
export const FLAGS_PACKED: i32 = 3; // r holds CF PF AF ZF SF OF as in RFLAGS
export const FLAGS_SHL: i32 = 4; // r = a << n; b = bit of a that became CF
export const FLAGS_SHR: i32 = 5; // r = a >> n, unsigned; b = bit of a that became CF
export const FLAGS_SAR: i32 = 6; // r = a >> n, signed; b = bit of a that became CF
export const FLAGS_MUL: i32 = 7; // r = a * b, signed, cut to operand size

/** Run state. */
export const RUNNING: u32 = 0;
export const HALTED: u32 = 1; // HLT: waits for an interrupt
export const WAIT_SIPI: u32 = 2; // after INIT: waits for a start-up IPI
export const SHUTDOWN: u32 = 3; // triple fault

/** Bits of `attention`: something to look at between two instructions (smp/boundary.ts); or only that the run is to end. */
export const ATTENTION_BOUNDARY: u32 = 1;
export const ATTENTION_STOP: u32 = 2;

/** Execution mode, part of the key of decoded code. */
export const MODE_16: u32 = 0;
export const MODE_32: u32 = 1;
export const MODE_64: u32 = 2;

/** No frame of physical memory. */
export const NO_FRAME: u32 = u32.MAX_VALUE;

@unmanaged
export class Cpu {
  // 0x000: general registers, in encoding order.
  rax: u64; rcx: u64; rdx: u64; rbx: u64; rsp: u64; rbp: u64; rsi: u64; rdi: u64;
  r8: u64; r9: u64; r10: u64; r11: u64; r12: u64; r13: u64; r14: u64; r15: u64;
  // 0x080: pseudo registers.
  zero: u64; page: u64; fsBase: u64; gsBase: u64; none: u64;
  // Position.
  /** Offset in CS of the next instruction; valid between calls of the hot loop and in cold handlers that set it. */
  rip: u64;
  /** Lazy arithmetic flags, operands sign-extended from operand size (cpu/flags.ts). */
  flagsA: i64; flagsB: i64; flagsR: i64; flagsOp: i32;
  /** RFLAGS without the six arithmetic flags: TF, IF, DF, IOPL, NT, RF, VM, AC, ID. Bit 1 is not kept here. */
  system: u32;
  /** Steps left in the slice. Exact whenever a cold handler runs; to make a CPU leave early set `attention`, never this. */
  left: i32;
  /** Exception raised by the instruction under way: 0, or 0x100 | vector (cpu/fault.ts). */
  fault: u32;
  faultCode: u32;
  /** Nonzero if the exception pushes faultCode. */
  faultHasCode: u32;
  /** RUNNING, HALTED, WAIT_SIPI, SHUTDOWN. */
  activity: u32;
  /** Nonzero: no interrupt before the next instruction (after STI, MOV SS, POP SS). */
  shadow: u32;
  /** Nonzero: leave the hot loop after this instruction. ATTENTION_* says what for (apic/, smp/, debug/). */
  attention: u32;
  index: u32;
  /** MODE_16, MODE_32 or MODE_64: kept in step with CR0, EFER and CS by `updateMode`. */
  mode: u32;
  /** Current privilege level, 0 or 3 (1, 2 in legacy use). */
  cpl: u32;
  /** Linear-memory offset of the front-cache table for loads and stores in the current context (mmu/front.ts). */
  front: u32;
  /** Linear-memory offset of the fetch-slot table in the current context (mmu/front.ts). */
  fetch: u32;
  /** 8 in 64-bit mode, else 4 or 2 by SS.B: width of the stack pointer. */
  stackSize: u32;
  /** Set by a store that hit decoded code: the running block may be out of date. */
  codeChanged: u32;
  /** 1 if the instruction under way took a vector (INT n) or is SYSCALL, which clear TF: no single-step trap follows it. */
  entered: u32;
  /** NMI is blocked until IRET. */
  nmiBlocked: u32;
  /** 1 if the CPU paused (PAUSE, HLT) in this slice. */
  yielded: u32;
  /** Step number (global) at the start of the slice, and the slice's budget. */
  sliceStart: u64;
  sliceBudget: i32;
  /** Frame that the code page at `page` was found in when control came to it; NO_FRAME if its next fetch translates anew (mmu/fetch.ts). */
  codeFrame: u32;
  cr0: u64; cr2: u64; cr3: u64; cr4: u64; cr8: u64; efer: u64;
  gdtBase: u64; gdtLimit: u32; idtLimit: u32; idtBase: u64;
  /** Modelled cycles beyond one per instruction, by cause (probe/cost.ts). */
  cycles: u64;
}

/** Registers that few instructions need, which stay in the CPU's own place: `systemOf`. */
@unmanaged
export class SystemRegisters {
  dr0: u64; dr1: u64; dr2: u64; dr3: u64; dr6: u64; dr7: u64;
  // Segment caches ES CS SS DS FS GS LDTR TR, 24 bytes each. FS and GS bases live in the slots; here too for legacy loads.
  segments0: u64; segments1: u64; segments2: u64; segments3: u64; segments4: u64; segments5: u64; segments6: u64; segments7: u64;
  segments8: u64; segments9: u64; segments10: u64; segments11: u64; segments12: u64; segments13: u64; segments14: u64; segments15: u64;
  segments16: u64; segments17: u64; segments18: u64; segments19: u64; segments20: u64; segments21: u64; segments22: u64; segments23: u64;
  // MSRs.
  star: u64; lstar: u64; cstar: u64; sfmask: u64; kernelGsBase: u64; tscAux: u64; tscOffset: u64; pat: u64;
  sysenterCs: u64; sysenterEsp: u64; sysenterEip: u64; apicBase: u64; tscDeadline: u64; miscEnable: u64; mtrrDefType: u64;
}

const SYSTEM_OFFSET: usize = 0x400;

@inline
export function systemOf(cpu: Cpu): SystemRegisters {
  return changetype<SystemRegisters>(CPU_BASE + cpu.index * CPU_STRIDE + SYSTEM_OFFSET);
}

/** Behind the running window: 1 + the index of the CPU in it, 0 if none is. */
const OCCUPANT: usize = RUNNING_BASE + 4096;

/** The CPU with index `i`: in the running window from its last turn on until another one runs, else in its own place. */
@inline
export function cpuAt(i: u32): Cpu {
  return changetype<Cpu>(load<u32>(OCCUPANT) == i + 1 ? RUNNING_BASE : CPU_BASE + i * CPU_STRIDE);
}

/**
 * Moves CPU `i` into the running window, if it is not there, and returns it there. A `Cpu` got before, of it or of the CPU
 * that was there, is no longer valid then.
 */
@inline
export function takeWindow(i: u32): Cpu {
  if (load<u32>(OCCUPANT) != i + 1) changeOccupant(i);
  return changetype<Cpu>(RUNNING_BASE);
}

/** In line, because a call of the host's memcpy takes longer than the copy, and without a loop, so that one side has constant addresses. */
@inline
function copyState(to: usize, from: usize): void {
  if (offsetof<Cpu>() > 384) ERROR("a CPU has outgrown its copy");
  copy128(to, from);
  copy128(to + 128, from + 128);
  copy128(to + 256, from + 256);
}

@inline
function copy128(to: usize, from: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
  v128.store(to, v128.load(from, 32), 32);
  v128.store(to, v128.load(from, 48), 48);
  v128.store(to, v128.load(from, 64), 64);
  v128.store(to, v128.load(from, 80), 80);
  v128.store(to, v128.load(from, 96), 96);
  v128.store(to, v128.load(from, 112), 112);
}

function changeOccupant(i: u32): void {
  leaveWindow();
  copyState(RUNNING_BASE, CPU_BASE + i * CPU_STRIDE);
  store<u32>(OCCUPANT, i + 1);
}

/** Moves the CPU in the running window, if one is, back to its own place, where every CPU lies between runs. */
export function leaveWindow(): void {
  const occupant = load<u32>(OCCUPANT);
  if (!occupant) return;
  copyState(CPU_BASE + (occupant - 1) * CPU_STRIDE, RUNNING_BASE);
  store<u32>(OCCUPANT, 0);
}

/** Hidden part of segment register `s` (ES..TR) of `cpu`. */
@inline
export function segment(cpu: Cpu, s: u32): Segment {
  return changetype<Segment>(changetype<usize>(systemOf(cpu)) + offsetof<SystemRegisters>("segments0") + s * 24);
}

/** The general register with encoding `r`, all 64 bits. */
@inline
export function gpr(cpu: Cpu, r: u32): u64 {
  return load<u64>(changetype<usize>(cpu) + (r << 3));
}

@inline
export function setGpr(cpu: Cpu, r: u32, value: u64): void {
  store<u64>(changetype<usize>(cpu) + (r << 3), value);
}

/** The counters of `cpu`. */
@inline
export function countersOf(cpu: Cpu): usize {
  return COUNTER_BASE + cpu.index * COUNTER_STRIDE;
}

/** Adds `n` to counter `id` (probe/counters.ts) of those at `counters`. */
@inline
export function add(counters: usize, id: u32, n: u64): void {
  const at = counters + (id << 3);
  store<u64>(at, load<u64>(at) + n);
}

/** Adds `n` to counter `id` of `cpu`. */
@inline
export function count(cpu: Cpu, id: u32, n: u64 = 1): void {
  add(countersOf(cpu), id, n);
}

/** RFLAGS bits outside the arithmetic ones. */
export const TF: u32 = 0x100;
export const IF: u32 = 0x200;
export const DF: u32 = 0x400;
export const IOPL: u32 = 0x3000;
export const NT: u32 = 0x4000;
export const RF: u32 = 0x10000;
export const VM: u32 = 0x20000;
export const AC: u32 = 0x40000;
export const ID: u32 = 0x200000;

export const CR0_PE: u64 = 1;
export const CR0_WP: u64 = 0x10000;
export const CR0_AM: u64 = 0x40000;
export const CR0_PG: u64 = 0x80000000;
export const CR4_PSE: u64 = 0x10;
export const CR4_PAE: u64 = 0x20;
export const CR4_PGE: u64 = 0x80;
export const CR4_UMIP: u64 = 0x800;
export const CR4_FSGSBASE: u64 = 0x10000;
export const CR4_PCIDE: u64 = 0x20000;
export const CR4_SMEP: u64 = 0x100000;
export const CR4_SMAP: u64 = 0x200000;
export const EFER_SCE: u64 = 1;
export const EFER_LME: u64 = 0x100;
export const EFER_LMA: u64 = 0x400;
export const EFER_NXE: u64 = 0x800;

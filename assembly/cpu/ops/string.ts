// MOVS, STOS, LODS, CMPS, SCAS, alone and repeated. A repeated one runs in chunks: each chunk is a step of the machine,
// after which RCX, RSI and RDI are current, RIP still names the instruction, and an interrupt may come (SDM vol. 2 REP).
// A chunk is CHUNK elements; of MOVS and STOS upwards in 64-bit mode, those up to the next end of a page, which mostly go
// straight through the front cache. How many they are must not depend on that: what it holds is no part of the state.

import { Cpu, DF, ES, FS, FLAGS_SUB } from "../state";
import { NEXT, JUMP, REC_SIZE, REC_INFO, F_REP, F_REPNE, F_A16, F_A32 } from "../record";
import { readReg, writeReg, linear, segmentOf, signExtend } from "../operand";

import { loadData, storeData } from "../../mmu/access";
import { FRONT_MASK } from "../../mmu/front";
import { elementDone } from "../../explore/state";

const CHUNK: u32 = 64;
const RAX: u32 = 0;
const RCX: u32 = 8;
const RSI: u32 = 48;
const RDI: u32 = 56;

/** Width of RCX, RSI, RDI here: the address size in bytes. */
@inline
function addressSize(rec: usize): u32 {
  const info = load<u32>(rec, REC_INFO);
  return info & F_A16 ? 2 : info & F_A32 ? 4 : 8;
}

@inline
function register(cpu: Cpu, slot: u32, width: u32): u64 {
  const v = load<u64>(changetype<usize>(cpu) + slot);
  return width == 8 ? v : width == 4 ? <u64><u32>v : v & 0xffff;
}

/** Moves an index register by one element, or `n`, in the direction of DF. */
@inline
function advance(cpu: Cpu, slot: u32, width: u32, bytes: i64): void {
  writeReg(cpu, slot, width, <i64>register(cpu, slot, width) + (cpu.system & DF ? -bytes : bytes));
}

@inline
function sourceAddress(cpu: Cpu, rec: usize, width: u32, size: u32): u64 {
  return linear(cpu, segmentOf(rec), register(cpu, RSI, width), size);
}

@inline
function targetAddress(cpu: Cpu, width: u32, size: u32): u64 {
  return linear(cpu, ES, register(cpu, RDI, width), size);
}

/** Front-cache slot of `va` in the current context. */
@inline
function slotOf(cpu: Cpu, va: u64): usize {
  return <usize>cpu.front + ((<usize><u32>va >>> 7) & FRONT_MASK);
}

/** Elements from `va` to the end of its page, at most `n`. */
@inline
function onPage(va: u64, size: u32, n: u64): u64 {
  return min<u64>(n, <u64>((4096 - (<u32>va & 0xfff)) / size));
}

/** MOVS of `n` elements, which end on the pages where they begin, straight through the front cache; how many were done. */
function copyRun(cpu: Cpu, from: u64, to: u64, size: u32, n: u64): u64 {
  if (n < 4) return 0;
  const source = slotOf(cpu, from);
  const target = slotOf(cpu, to);
  if (load<u64>(source) != (from & ~0xfff) || load<u64>(target, 8) != (to & ~0xfff)) return 0;
  const bytes = <usize>n * size;
  const a = <usize><u32>from + <usize>load<u32>(source, 16);
  const b = <usize><u32>to + <usize>load<u32>(target, 16);
  if (b > a && b < a + bytes) return 0; // overlapping upwards repeats a pattern: element by element
  memory.copy(b, a, bytes);
  return n;
}

/** STOS of `n` elements, which end on the page where they begin, straight through the front cache; how many were done. */
function fillRun(cpu: Cpu, to: u64, size: u32, n: u64): u64 {
  if (n < 4) return 0;
  const target = slotOf(cpu, to);
  if (load<u64>(target, 8) != (to & ~0xfff)) return 0;
  const at = <usize><u32>to + <usize>load<u32>(target, 16);
  const value = cpu.rax;
  if (size == 1) {
    memory.fill(at, <u8>value, <usize>n);
  } else if (size == 8) {
    for (let i: usize = 0; i < <usize>n; i++) store<u64>(at + (i << 3), value);
  } else if (size == 4) {
    for (let i: usize = 0; i < <usize>n; i++) store<u32>(at + (i << 2), <u32>value);
  } else {
    for (let i: usize = 0; i < <usize>n; i++) store<u16>(at + (i << 1), <u16>value);
  }
  return n;
}

/** What a chunk of a repeated instruction ends with: on to the next instruction, or the same once more. */
@inline
function again(cpu: Cpu, width: u32): i32 {
  return register(cpu, RCX, width) ? JUMP : NEXT;
}

function repeated(rec: usize): bool {
  return (load<u32>(rec, REC_INFO) & (F_REP | F_REPNE)) != 0;
}

function moveOne(cpu: Cpu, rec: usize, width: u32, size: u32): void {
  const from = sourceAddress(cpu, rec, width, size);
  if (cpu.fault) return;
  const v = loadData(cpu, from, size);
  if (cpu.fault) return;
  const to = targetAddress(cpu, width, size);
  if (cpu.fault) return;
  storeData(cpu, to, size, v);
  if (cpu.fault) return;
  advance(cpu, RSI, width, size);
  advance(cpu, RDI, width, size);
}

export function movs(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const width = addressSize(rec);
  const flat = width == 8 && segmentOf(rec) < FS;
  if (!repeated(rec)) {
    moveOne(cpu, rec, width, size);
    return NEXT;
  }
  let n = register(cpu, RCX, width);
  const upwards = flat && !(cpu.system & DF);
  let left = min<u64>(n, upwards ? max<u64>(1, onPage(cpu.rdi, size, onPage(cpu.rsi, size, n))) : CHUNK);
  while (left) {
    let done: u64 = upwards ? copyRun(cpu, cpu.rsi, cpu.rdi, size, left) : 0;
    if (done) {
      cpu.rsi += done * size;
      cpu.rdi += done * size;
    } else {
      moveOne(cpu, rec, width, size);
      if (cpu.fault) return NEXT;
      elementDone();
      done = 1;
    }
    n -= done;
    left -= done;
    writeReg(cpu, RCX, width, <i64>n);
  }
  return again(cpu, width);
}

function storeOne(cpu: Cpu, width: u32, size: u32): void {
  const to = targetAddress(cpu, width, size);
  if (cpu.fault) return;
  storeData(cpu, to, size, cpu.rax);
  if (!cpu.fault) advance(cpu, RDI, width, size);
}

export function stos(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const width = addressSize(rec);
  if (!repeated(rec)) {
    storeOne(cpu, width, size);
    return NEXT;
  }
  let n = register(cpu, RCX, width);
  const upwards = width == 8 && !(cpu.system & DF);
  let left = min<u64>(n, upwards ? max<u64>(1, onPage(cpu.rdi, size, n)) : CHUNK);
  while (left) {
    let done: u64 = upwards ? fillRun(cpu, cpu.rdi, size, left) : 0;
    if (done) {
      cpu.rdi += done * size;
    } else {
      storeOne(cpu, width, size);
      if (cpu.fault) return NEXT;
      elementDone();
      done = 1;
    }
    n -= done;
    left -= done;
    writeReg(cpu, RCX, width, <i64>n);
  }
  return again(cpu, width);
}

export function lods(cpu: Cpu, rec: usize): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const width = addressSize(rec);
  const rep = repeated(rec);
  for (let i: u32 = 0; i < CHUNK; i++) {
    if (rep && !register(cpu, RCX, width)) return NEXT;
    const from = sourceAddress(cpu, rec, width, size);
    if (cpu.fault) return NEXT;
    const v = loadData(cpu, from, size);
    if (cpu.fault) return NEXT;
    writeReg(cpu, RAX, size, <i64>v);
    advance(cpu, RSI, width, size);
    if (!rep) return NEXT;
    writeReg(cpu, RCX, width, <i64>register(cpu, RCX, width) - 1);
    elementDone();
  }
  return again(cpu, width);
}

/** Compares a with b as CMP does. */
function compare(cpu: Cpu, a: i64, b: i64, size: u32): void {
  cpu.flagsOp = FLAGS_SUB;
  cpu.flagsA = a;
  cpu.flagsB = b;
  cpu.flagsR = signExtend(a - b, size);
}

/** CMPS if `two`, else SCAS: repeated while equal (F3) or while different (F2). */
function comparing(cpu: Cpu, rec: usize, two: bool): i32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  const width = addressSize(rec);
  const rep = repeated(rec);
  const whileEqual = (load<u32>(rec, REC_INFO) & F_REP) != 0;
  for (let i: u32 = 0; i < CHUNK; i++) {
    if (rep && !register(cpu, RCX, width)) return NEXT;
    let a = readReg(cpu, RAX, size);
    if (two) {
      const from = sourceAddress(cpu, rec, width, size);
      if (cpu.fault) return NEXT;
      a = signExtend(<i64>loadData(cpu, from, size), size);
      if (cpu.fault) return NEXT;
    }
    const to = targetAddress(cpu, width, size);
    if (cpu.fault) return NEXT;
    const b = signExtend(<i64>loadData(cpu, to, size), size);
    if (cpu.fault) return NEXT;
    compare(cpu, a, b, size);
    if (two) advance(cpu, RSI, width, size);
    advance(cpu, RDI, width, size);
    if (!rep) return NEXT;
    writeReg(cpu, RCX, width, <i64>register(cpu, RCX, width) - 1);
    if ((a == b) != whileEqual) return NEXT;
    elementDone();
  }
  return again(cpu, width);
}

export function cmps(cpu: Cpu, rec: usize): i32 {
  return comparing(cpu, rec, true);
}

export function scas(cpu: Cpu, rec: usize): i32 {
  return comparing(cpu, rec, false);
}

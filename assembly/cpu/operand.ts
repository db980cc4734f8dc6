// Operands of a decoded record, for cold handlers: registers by slot, memory through the address form,
// immediates. The hot loop has its own, specialised copies of the two plain address forms.

import { Cpu, Segment, segment, CS, FS, GS, SS, MODE_64, MODE_32, SLOT_NONE } from "./state";
import {
  REC_DST, REC_SRC, REC_BASE, REC_INDEX, REC_SCALE, REC_SIZE, REC_DISP, REC_INFO, REC_IMM, REC_START, REC_LENGTH,
  F_MEM_DST, F_MEM_SRC, F_IMM, F_A32, F_A16, F_SEG, F_RIP_RAW, F_SEG_SHIFT,
} from "./record";
import { raiseCode, GP, SSF } from "./fault";
import { loadData, storeData, loadForWrite, loadStack, storeStack, loadStackForWrite } from "../mmu/access";

/** Sign-extends the low `size` bytes of `v`. */
@inline
export function signExtend(v: i64, size: u32): i64 {
  const shift = <i64>(64 - (size << 3));
  return (v << shift) >> shift;
}

/** Keeps the low `size` bytes of `v`. */
@inline
export function zeroExtend(v: i64, size: u32): u64 {
  const shift = <i64>(64 - (size << 3));
  return <u64>(v << shift) >> shift;
}

/** Register at byte offset `slot`, sign-extended from `size` bytes. */
export function readReg(cpu: Cpu, slot: u32, size: u32): i64 {
  const at = changetype<usize>(cpu) + slot;
  if (size == 8) return load<i64>(at);
  if (size == 4) return load<i32>(at);
  return size == 2 ? <i64>load<i16>(at) : <i64>load<i8>(at);
}

/** Writes the low `size` bytes of `v`: a 32-bit write clears the upper half, narrower ones keep the rest (SDM vol. 1 3.4.1.1). */
export function writeReg(cpu: Cpu, slot: u32, size: u32, v: i64): void {
  const at = changetype<usize>(cpu) + slot;
  if (size == 8) store<i64>(at, v);
  else if (size == 4) store<u64>(at, <u64><u32>v);
  else if (size == 2) store<u16>(at, <u16>v);
  else store<u8>(at, <u8>v);
}

/** Address that base, index and displacement of the record make: in a hot record, that of its memory operand. */
@inline
export function plainAddress(cpu: Cpu, rec: usize): u64 {
  const at = changetype<usize>(cpu);
  return load<u64>(at + load<u8>(rec, REC_BASE)) + (load<u64>(at + load<u8>(rec, REC_INDEX)) << load<u8>(rec, REC_SCALE)) + <u64>load<i32>(rec, REC_DISP);
}

/** Effective address of the record's memory operand: no segment base, wrapped to the address size. */
export function effectiveAddress(cpu: Cpu, rec: usize): u64 {
  const info = load<u32>(rec, REC_INFO);
  if (load<u8>(rec, REC_BASE) == SLOT_NONE) return load<u64>(rec, REC_IMM); // moffs of 64 bits
  let ea = plainAddress(cpu, rec);
  if (info & F_RIP_RAW) ea += <u64>load<u16>(rec, REC_START) + <u64>load<u8>(rec, REC_LENGTH);
  if (info & F_A32) ea = <u64><u32>ea;
  else if (info & F_A16) ea &= 0xffff;
  return ea;
}

/** Whether an access of `size` bytes at `offset` lies within segment `s` outside 64-bit mode; raises #GP(0) or #SS(0) if not (SDM 3A 5.3). */
function withinLimit(cpu: Cpu, s: u32, offset: u32, size: u32): bool {
  const seg: Segment = segment(cpu, s);
  const last = offset + size - 1;
  let inside: bool;
  if ((seg.attributes & 0x1c) == 0x14) {
    // Expand-down data: valid offsets lie above the limit.
    const top: u32 = seg.attributes & 0x4000 ? 0xffffffff : 0xffff;
    inside = offset > seg.limit && last <= top && last >= offset;
  } else {
    inside = last <= seg.limit && last >= offset;
  }
  if (!inside) raiseCode(cpu, s == SS ? SSF : GP, 0);
  return inside;
}

/** Linear address of `offset` in segment `s` for an access of `size` bytes; outside 64-bit mode the limit is checked. */
export function linear(cpu: Cpu, s: u32, offset: u64, size: u32): u64 {
  if (cpu.mode == MODE_64) {
    if (s == FS) return offset + cpu.fsBase;
    return s == GS ? offset + cpu.gsBase : offset;
  }
  const seg = segment(cpu, s);
  if (cpu.cr0 & 1 && (seg.attributes & 0x80) == 0) {
    raiseCode(cpu, s == SS ? SSF : GP, 0); // a null or not-present segment was loaded
    return 0;
  }
  if (!withinLimit(cpu, s, <u32>offset, size)) return 0;
  const base: u64 = s == FS ? cpu.fsBase : s == GS ? cpu.gsBase : seg.base;
  return <u64><u32>(base + offset);
}

/** Segment number of the record's memory operand. */
@inline
export function segmentOf(rec: usize): u32 {
  return (load<u32>(rec, REC_INFO) >> F_SEG_SHIFT) & 7;
}

/** Linear address of the record's memory operand for an access of `size` bytes. Check `cpu.fault` after. */
export function addressFor(cpu: Cpu, rec: usize, size: u32): u64 {
  const ea = effectiveAddress(cpu, rec);
  if (load<u32>(rec, REC_INFO) & F_SEG) return linear(cpu, segmentOf(rec), ea, size);
  return ea;
}

/** Linear address of the record's memory operand at its own size. */
export function address(cpu: Cpu, rec: usize): u64 {
  return addressFor(cpu, rec, load<u8>(rec, REC_SIZE));
}

/** Loads the memory operand, `size` bytes, sign-extended. */
export function loadOperand(cpu: Cpu, rec: usize, size: u32): i64 {
  const va = addressFor(cpu, rec, size);
  if (cpu.fault) return 0;
  return signExtend(<i64>(segmentOf(rec) == SS ? loadStack(cpu, va, size) : loadData(cpu, va, size)), size);
}

/** The source operand at `size` bytes: immediate, memory or register. */
export function readSrcSized(cpu: Cpu, rec: usize, size: u32): i64 {
  const info = load<u32>(rec, REC_INFO);
  if (info & F_MEM_SRC) return loadOperand(cpu, rec, size);
  if (info & F_IMM) return load<i64>(rec, REC_IMM);
  return readReg(cpu, load<u8>(rec, REC_SRC), size);
}

/** The source operand: immediate, memory or register, sign-extended. Check `cpu.fault` after. */
export function readSrc(cpu: Cpu, rec: usize): i64 {
  return readSrcSized(cpu, rec, load<u8>(rec, REC_SIZE));
}

/** The destination operand at `size` bytes, for reading only. Check `cpu.fault` after. */
export function readDstSized(cpu: Cpu, rec: usize, size: u32): i64 {
  if (load<u32>(rec, REC_INFO) & F_MEM_DST) return loadOperand(cpu, rec, size);
  return readReg(cpu, load<u8>(rec, REC_DST), size);
}

/** The destination operand, for reading only. */
export function readDst(cpu: Cpu, rec: usize): i64 {
  return readDstSized(cpu, rec, load<u8>(rec, REC_SIZE));
}

/** Linear address that prepareDst found. */
let prepared: u64 = 0;

/** The destination operand, to be written next: memory faults as for a store, before anything changes. */
export function prepareDst(cpu: Cpu, rec: usize): i64 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  if (load<u32>(rec, REC_INFO) & F_MEM_DST) {
    const va = addressFor(cpu, rec, size);
    if (cpu.fault) return 0;
    prepared = va;
    return signExtend(<i64>(segmentOf(rec) == SS ? loadStackForWrite(cpu, va, size) : loadForWrite(cpu, va, size)), size);
  }
  return readReg(cpu, load<u8>(rec, REC_DST), size);
}

/** Writes `size` bytes of `v` to the destination operand. */
export function writeDstSized(cpu: Cpu, rec: usize, size: u32, v: i64): void {
  if (load<u32>(rec, REC_INFO) & F_MEM_DST) {
    const va = addressFor(cpu, rec, size);
    if (cpu.fault) return;
    if (segmentOf(rec) == SS) storeStack(cpu, va, size, <u64>v);
    else storeData(cpu, va, size, <u64>v);
  } else {
    writeReg(cpu, load<u8>(rec, REC_DST), size, v);
  }
}

/** Writes `v` to the destination operand that prepareDst has read: this cannot fault. */
export function writePrepared(cpu: Cpu, rec: usize, v: i64): void {
  const size: u32 = load<u8>(rec, REC_SIZE);
  if (load<u32>(rec, REC_INFO) & F_MEM_DST) storeData(cpu, prepared, size, <u64>v);
  else writeReg(cpu, load<u8>(rec, REC_DST), size, v);
}

/** Writes `v` to the destination operand. Check `cpu.fault` after, unless `prepareDst` went before. */
export function writeDst(cpu: Cpu, rec: usize, v: i64): void {
  writeDstSized(cpu, rec, load<u8>(rec, REC_SIZE), v);
}

/** Linear base of CS: 0 in 64-bit mode. */
@inline
export function csBase(cpu: Cpu): u64 {
  return cpu.mode == MODE_64 ? 0 : segment(cpu, CS).base;
}

/** Wraps an instruction pointer to the mode's width. */
@inline
export function wrapIp(cpu: Cpu, rip: u64): u64 {
  return cpu.mode == MODE_64 ? rip : cpu.mode == MODE_32 ? <u64><u32>rip : rip & 0xffff;
}

/** Instruction pointer of code at linear address `va`. */
@inline
export function ipOf(cpu: Cpu, va: u64): u64 {
  return cpu.mode == MODE_64 ? va : wrapIp(cpu, va - csBase(cpu));
}

/** Instruction pointer after `rec`. */
export function nextRip(cpu: Cpu, rec: usize): u64 {
  return ipOf(cpu, cpu.page + load<u16>(rec, REC_START) + load<u8>(rec, REC_LENGTH));
}

/** RSP wrapped to the stack's width. */
@inline
function stackOffset(cpu: Cpu, v: u64): u64 {
  return cpu.stackSize == 8 ? v : cpu.stackSize == 4 ? <u64><u32>v : v & 0xffff;
}

/** Sets the stack pointer at the stack's width. */
export function setStackPointer(cpu: Cpu, v: u64): void {
  if (cpu.stackSize == 2) store<u16>(changetype<usize>(cpu) + offsetof<Cpu>("rsp"), <u16>v);
  else cpu.rsp = stackOffset(cpu, v);
}

/** Pushes the low `size` bytes of `v`. RSP moves only if the store does not fault. */
export function push(cpu: Cpu, v: u64, size: u32): void {
  const to = stackOffset(cpu, cpu.rsp - size);
  const va = linear(cpu, SS, to, size);
  if (cpu.fault) return;
  storeStack(cpu, va, size, v);
  if (!cpu.fault) setStackPointer(cpu, to);
}

/** Reads `size` bytes at `distance` bytes above the stack pointer without moving it. */
export function peek(cpu: Cpu, distance: u32, size: u32): u64 {
  const va = linear(cpu, SS, stackOffset(cpu, cpu.rsp + distance), size);
  if (cpu.fault) return 0;
  return loadStack(cpu, va, size);
}

/** Pops `size` bytes. RSP moves only if the load does not fault. */
export function pop(cpu: Cpu, size: u32): u64 {
  const v = peek(cpu, 0, size);
  if (!cpu.fault) setStackPointer(cpu, stackOffset(cpu, cpu.rsp + size));
  return v;
}

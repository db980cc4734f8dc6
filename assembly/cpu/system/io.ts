// Port I/O: IN, OUT, INS, OUTS and the permission check (SDM 1 19.5). Opcode-table handlers. Ports of the core's own
// devices are asked first (apic/ports.ts), then the host.

import { Cpu, segment, TR, CR0_PE, DF, ES, IOPL } from "../state";
import { JUMP, NEXT, REC_IMM, REC_INFO, REC_SIZE, F_A16, F_A32, F_REP, F_REPNE } from "../record";
import { raiseCode, FAULT_STOP, GP } from "../fault";
import { linear, nextRip, segmentOf, writeReg } from "../operand";
import { hostPortIn, hostPortOut } from "../../host";
import { REFUSED_PORT } from "../../explore/codes";
import { exploration } from "../../explore/state";
import { portIn, portOut } from "../../apic/ports";
import { loadData, loadSystem, probeWrite, storeData } from "../../mmu/access";
import { A_P } from "./descriptor";

const RAX: u32 = 0;
/** Iterations of INS or OUTS that count as one step: a repeat of any length stays interruptible. */
const BURST: u32 = 1024;
/** Offset of the I/O permission bit map's own offset in a 32-bit or 64-bit TSS. */
const IO_MAP_BASE: u32 = 102;

/** Raises #GP(0) unless this program may use `size` ports from `port` on: CPL <= IOPL, or clear bits in the TSS. */
function permitted(cpu: Cpu, port: u32, size: u32): bool {
  if (!(cpu.cr0 & CR0_PE) || cpu.cpl <= (cpu.system & IOPL) >> 12) return true;
  const tss = segment(cpu, TR);
  const wide = (tss.attributes & (A_P | 8)) == (A_P | 8);
  if (wide && tss.limit >= IO_MAP_BASE + 1) {
    const at = <u32>loadSystem(cpu, tss.base + IO_MAP_BASE, 2) + (port >> 3);
    if (cpu.fault) return false;
    // Two bytes are read, so that an access which straddles bytes of the map needs no second look.
    if (at + 1 <= tss.limit) {
      const bits = <u32>loadSystem(cpu, tss.base + at, 2);
      if (cpu.fault) return false;
      if (!((bits >> (port & 7)) & ((1 << size) - 1))) return true;
    }
  }
  raiseCode(cpu, GP, 0);
  return false;
}

/** While exploring: what a device does has no way back. */
function refused(cpu: Cpu): bool {
  const x = exploration();
  if (!x.on) return false;
  x.refused = REFUSED_PORT;
  cpu.fault = FAULT_STOP;
  return true;
}

function read(cpu: Cpu, port: u32, size: u32): u32 {
  if (refused(cpu)) return 0;
  const claimed = portIn(cpu, port, size);
  return claimed < 0 ? hostPortIn(port, size) : <u32>claimed;
}

function write(cpu: Cpu, port: u32, size: u32, value: u32): void {
  if (refused(cpu)) return;
  value &= 0xffffffff >> (32 - (size << 3));
  if (!portOut(cpu, port, size, value)) hostPortOut(port, size, value);
}

/** There are no 64-bit ports: REX.W changes nothing. */
@inline
function width(rec: usize): u32 {
  const size: u32 = load<u8>(rec, REC_SIZE);
  return size == 8 ? 4 : size;
}

/** A device may raise an interrupt, stop the run or move memory: the block ends behind it. */
function done(cpu: Cpu, rec: usize): i32 {
  cpu.rip = nextRip(cpu, rec);
  return JUMP;
}

function input(cpu: Cpu, rec: usize, port: u32): i32 {
  const size = width(rec);
  if (!permitted(cpu, port, size)) return NEXT;
  writeReg(cpu, RAX, size, read(cpu, port, size));
  return done(cpu, rec);
}

function output(cpu: Cpu, rec: usize, port: u32): i32 {
  const size = width(rec);
  if (!permitted(cpu, port, size)) return NEXT;
  write(cpu, port, size, <u32>cpu.rax);
  return done(cpu, rec);
}

/** IN AL/AX/EAX, imm8. */
export function inImm(cpu: Cpu, rec: usize): i32 {
  return input(cpu, rec, load<u8>(rec, REC_IMM));
}

/** IN AL/AX/EAX, DX. */
export function inDx(cpu: Cpu, rec: usize): i32 {
  return input(cpu, rec, <u32>cpu.rdx & 0xffff);
}

/** OUT imm8, AL/AX/EAX. */
export function outImm(cpu: Cpu, rec: usize): i32 {
  return output(cpu, rec, load<u8>(rec, REC_IMM));
}

/** OUT DX, AL/AX/EAX. */
export function outDx(cpu: Cpu, rec: usize): i32 {
  return output(cpu, rec, <u32>cpu.rdx & 0xffff);
}

/** Bits of RCX, RSI and RDI that this address size uses. */
function addressMask(info: u32): u64 {
  if (info & F_A16) return 0xffff;
  return info & F_A32 ? 0xffffffff : u64.MAX_VALUE;
}

/** Writes an index or count register at its address size. */
@inline
function merge(old: u64, value: u64, mask: u64): u64 {
  return mask == 0xffff ? (old & ~mask) | (value & mask) : value & mask;
}

/** One element of INS: the destination is checked before the port is read, for a read may have effects. */
function insOne(cpu: Cpu, size: u32, mask: u64, step: u64): void {
  const at = linear(cpu, ES, cpu.rdi & mask, size);
  if (cpu.fault) return;
  probeWrite(cpu, at, size);
  if (cpu.fault) return;
  storeData(cpu, at, size, read(cpu, <u32>cpu.rdx & 0xffff, size));
  cpu.rdi = merge(cpu.rdi, cpu.rdi + step, mask);
}

function outsOne(cpu: Cpu, rec: usize, size: u32, mask: u64, step: u64): void {
  const at = linear(cpu, segmentOf(rec), cpu.rsi & mask, size);
  if (cpu.fault) return;
  const value = <u32>loadData(cpu, at, size);
  if (cpu.fault) return;
  write(cpu, <u32>cpu.rdx & 0xffff, size, value);
  cpu.rsi = merge(cpu.rsi, cpu.rsi + step, mask);
}

function transfer(cpu: Cpu, rec: usize, out: bool): i32 {
  const info = load<u32>(rec, REC_INFO);
  const size = width(rec);
  if (!permitted(cpu, <u32>cpu.rdx & 0xffff, size)) return NEXT;
  const mask = addressMask(info);
  const step: u64 = cpu.system & DF ? -<u64>size : size;
  const repeated = (info & (F_REP | F_REPNE)) != 0;
  for (let n: u32 = 0; n < BURST; n++) {
    if (repeated && !(cpu.rcx & mask)) return done(cpu, rec);
    if (out) outsOne(cpu, rec, size, mask, step);
    else insOne(cpu, size, mask, step);
    if (cpu.fault) return NEXT;
    if (!repeated) return done(cpu, rec);
    cpu.rcx = merge(cpu.rcx, cpu.rcx - 1, mask);
  }
  // The rest is done by the same instruction again, after a look for interrupts.
  return JUMP;
}

/** INSB, INSW, INSD, alone or repeated. */
export function ins(cpu: Cpu, rec: usize): i32 {
  return transfer(cpu, rec, false);
}

/** OUTSB, OUTSW, OUTSD, alone or repeated. */
export function outs(cpu: Cpu, rec: usize): i32 {
  return transfer(cpu, rec, true);
}

// Fast system calls: SYSCALL, SYSRET, SYSENTER, SYSEXIT (SDM 2B). Opcode-table handlers. They read no table: the
// segments they load are flat by definition. Hot: a SYSCALL and SYSRET pair is the price of a system call.

import { Cpu, systemOf, count, segment, CS, SS, EFER_SCE, IF, MODE_64, RF, VM } from "../state";
import { JUMP, NEXT, REC_SIZE } from "../record";
import { raise, raiseCode, GP, UD } from "../fault";
import { ARITHMETIC, getRflags, setArithmeticFlags } from "../flags";
import { nextRip } from "../operand";
import { C_SYSCALLS } from "../../probe/counters";
import { emit, wanted, EVENT_SYSCALL } from "../../probe/events";
import { cacheFlat, isNull, FLAT_CODE32, FLAT_CODE64, FLAT_DATA } from "./descriptor";
import { canonical, longMode, protectedMode, setSystemFlags, updateMode } from "./mode";

/** DPL 3 in Segment.attributes. */
const DPL3: u32 = 0x60;
/** What SYSRET takes from R11: not RF, VM or a reserved bit. */
const SYSRET_FLAGS: u32 = 0x3c7fd7;

/** Loads flat CS and SS and enters privilege level `level`. */
function enterFlat(cpu: Cpu, cs: u32, codeAttributes: u32, ss: u32, level: u32): void {
  const dpl = level == 3 ? DPL3 : 0;
  cacheFlat(segment(cpu, CS), (cs & 0xfffc) | level, codeAttributes | dpl);
  cacheFlat(segment(cpu, SS), (ss & 0xfffc) | level, FLAT_DATA | dpl);
  cpu.cpl = level;
  updateMode(cpu);
}

/** SYSCALL, in 64-bit mode only (Intel). */
export function syscall(cpu: Cpu, rec: usize): i32 {
  if (!(cpu.efer & EFER_SCE) || cpu.mode != MODE_64) {
    raise(cpu, UD);
    return NEXT;
  }
  count(cpu, C_SYSCALLS);
  if (wanted(EVENT_SYSCALL)) emit(EVENT_SYSCALL, cpu, cpu.rax, cpu.rip, cpu.rdi);
  const flags = <u32>getRflags(cpu);
  cpu.rcx = nextRip(cpu, rec);
  cpu.r11 = flags & ~RF;
  cpu.rip = systemOf(cpu).lstar;
  const kept = ~<u32>systemOf(cpu).sfmask;
  if (<u32>systemOf(cpu).sfmask & ARITHMETIC) setArithmeticFlags(cpu, flags & kept);
  setSystemFlags(cpu, cpu.system & kept);
  const selector = <u32>(systemOf(cpu).star >> 32) & 0xffff;
  enterFlat(cpu, selector, FLAT_CODE64, selector + 8, 0);
  cpu.entered = 1;
  return JUMP;
}

/** SYSRET: to 64-bit code with REX.W, else to compatibility mode. A non-canonical RCX is #GP(0) at CPL 0 (Intel). */
export function sysret(cpu: Cpu, rec: usize): i32 {
  if (!(cpu.efer & EFER_SCE) || cpu.mode != MODE_64) {
    raise(cpu, UD);
    return NEXT;
  }
  const wide = load<u8>(rec, REC_SIZE) == 8;
  if (cpu.cpl != 0 || (wide && !canonical(cpu.rcx))) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  cpu.rip = wide ? cpu.rcx : <u64><u32>cpu.rcx;
  const flags = <u32>cpu.r11 & SYSRET_FLAGS;
  setArithmeticFlags(cpu, flags);
  setSystemFlags(cpu, flags & ~(ARITHMETIC | 2));
  const selector = <u32>(systemOf(cpu).star >> 48);
  enterFlat(cpu, wide ? selector + 16 : selector, wide ? FLAT_CODE64 : FLAT_CODE32, selector + 8, 3);
  return JUMP;
}

/** SYSENTER and SYSEXIT need protected mode and a code selector in IA32_SYSENTER_CS. */
function sysenterAbsent(cpu: Cpu): bool {
  if (protectedMode(cpu) && !isNull(<u32>systemOf(cpu).sysenterCs)) return false;
  raiseCode(cpu, GP, 0);
  return true;
}

export function sysenter(cpu: Cpu, rec: usize): i32 {
  if (sysenterAbsent(cpu)) return NEXT;
  count(cpu, C_SYSCALLS);
  const long = longMode(cpu);
  cpu.system &= ~(IF | VM);
  cpu.rsp = long ? systemOf(cpu).sysenterEsp : <u64><u32>systemOf(cpu).sysenterEsp;
  cpu.rip = long ? systemOf(cpu).sysenterEip : <u64><u32>systemOf(cpu).sysenterEip;
  const selector = <u32>systemOf(cpu).sysenterCs & 0xffff;
  enterFlat(cpu, selector, long ? FLAT_CODE64 : FLAT_CODE32, selector + 8, 0);
  return JUMP;
}

/** SYSEXIT: RIP from RDX, RSP from RCX; to 64-bit code with REX.W. */
export function sysexit(cpu: Cpu, rec: usize): i32 {
  if (sysenterAbsent(cpu)) return NEXT;
  const wide = load<u8>(rec, REC_SIZE) == 8;
  if (cpu.cpl != 0 || (wide && (!canonical(cpu.rdx) || !canonical(cpu.rcx)))) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  cpu.rip = wide ? cpu.rdx : <u64><u32>cpu.rdx;
  cpu.rsp = wide ? cpu.rcx : <u64><u32>cpu.rcx;
  const selector = (<u32>systemOf(cpu).sysenterCs & 0xffff) + (wide ? 32 : 16);
  enterFlat(cpu, selector, wide ? FLAT_CODE64 : FLAT_CODE32, selector + 8, 3);
  return JUMP;
}

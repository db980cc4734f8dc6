// What is not an instruction here: #UD for what the manual leaves undefined or CPUID does not advertise, a named stop for
// families that exist on other processors and are not built (x87, MMX, SSE, AVX), #GP for what is too long.

import { Cpu } from "../state";
import { NEXT } from "../record";
import { raise, raiseCode, notImplemented, UD, GP, NM } from "../fault";
import { NI_INSTRUCTION } from "../../global";

const CR0_EM_TS: u64 = 0xc;
const CR0_TS_MP: u64 = 0xa;

/** #UD (SDM 3A 6.15, interrupt 6). */
export function undefined(cpu: Cpu, _rec: usize): i32 {
  raise(cpu, UD);
  return NEXT;
}

/** #GP(0): more than 15 bytes (SDM vol. 2 2.3.11). */
export function tooLong(cpu: Cpu, _rec: usize): i32 {
  raiseCode(cpu, GP, 0);
  return NEXT;
}

/** x87: #NM while CR0.EM or CR0.TS is set, as the manual says; otherwise there is no FPU to run it. */
export function fpu(cpu: Cpu, _rec: usize): i32 {
  if (cpu.cr0 & CR0_EM_TS) raise(cpu, NM);
  else notImplemented(cpu, NI_INSTRUCTION);
  return NEXT;
}

/** FWAIT: #NM if CR0.TS and CR0.MP; with no FPU there is nothing to wait for. */
export function fwait(cpu: Cpu, _rec: usize): i32 {
  if ((cpu.cr0 & CR0_TS_MP) == CR0_TS_MP) raise(cpu, NM);
  return NEXT;
}

/** MMX, SSE, AVX and later vector extensions. */
export function simd(cpu: Cpu, _rec: usize): i32 {
  notImplemented(cpu, NI_INSTRUCTION);
  return NEXT;
}

// How an instruction says that it cannot go on. A handler raises and returns at once; whoever called it
// (the hot loop's tail) sees `cpu.fault` and delivers. Nothing here delivers anything.

import { Cpu } from "./state";
import { machine, STOP_NOT_IMPLEMENTED } from "../global";

export const DE: u32 = 0;
export const DB: u32 = 1;
export const NMI: u32 = 2;
export const BP: u32 = 3;
export const OF: u32 = 4;
export const BR: u32 = 5;
export const UD: u32 = 6;
export const NM: u32 = 7;
export const DFAULT: u32 = 8;
export const TS: u32 = 10;
export const NP: u32 = 11;
export const SSF: u32 = 12;
export const GP: u32 = 13;
export const PF: u32 = 14;
export const MF: u32 = 16;

/** Raises exception `vector` without an error code. */
export function raise(cpu: Cpu, vector: u32): void {
  cpu.fault = 0x100 | vector;
  cpu.faultHasCode = 0;
  cpu.faultCode = 0;
}

/** Raises exception `vector` with error code `code`. */
export function raiseCode(cpu: Cpu, vector: u32, code: u32): void {
  cpu.fault = 0x100 | vector;
  cpu.faultHasCode = 1;
  cpu.faultCode = code;
}

/** Raises #PF for linear address `va` with error code `code` (SDM 3A 4.7). CR2 is set now. */
export function raisePageFault(cpu: Cpu, va: u64, code: u32): void {
  cpu.cr2 = va;
  raiseCode(cpu, PF, code);
}

/** Stops the run: `detail` (NI_*) is not implemented. The hot loop's tail adds RIP and bytes. */
export function notImplemented(cpu: Cpu, detail: u32): void {
  stop(cpu, STOP_NOT_IMPLEMENTED, detail);
}

/** Stops the run for `reason` at the current instruction, which is not retired. */
export function stop(cpu: Cpu, reason: u32, detail: u32): void {
  const g = machine();
  if (g.stopRequested && g.stopReason >= STOP_NOT_IMPLEMENTED) return;
  g.stopRequested = 1;
  g.stopReason = reason;
  g.stopDetail = detail;
  g.stopCpu = cpu.index;
  cpu.fault = FAULT_STOP;
}

/** Value of `cpu.fault` that means: leave, the run is stopped; deliver nothing. */
export const FAULT_STOP: u32 = 0x200;

/** Value of `cpu.fault` while exploring: the instruction waits for its turn to access shared memory, and has done nothing. */
export const FAULT_PARK: u32 = 0x400;

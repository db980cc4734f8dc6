// What exploration must know of an instruction before it runs, by its handler: a table of bits, so that asking is one load.

import { EXPLORE_BASE } from "../memory-map";
import { call, jcc, jcxz, jmp, loop, loope, loopne } from "../cpu/ops/branch";
import { mfence, xchg } from "../cpu/ops/transfer";
import { cpuid } from "../cpu/system/cpuid";
import { cli, popf } from "../cpu/system/flag-control";
import { iret } from "../cpu/system/iret";
import { movToCr } from "../cpu/system/control";
import { wrmsr } from "../cpu/system/msr";
import { invlpg, invpcid } from "../cpu/system/processor";
import { syscall } from "../cpu/system/syscall";

/** It waits until all stores before it can be seen: fences, and what the manual calls serializing (SDM 3A 9.2.5, 9.3). */
export const SORT_DRAINS: u32 = 1;
/** WRMSR, which drains too, but for one register. */
export const SORT_WRMSR: u32 = 2;
/** It may clear IF: whether an interrupt comes before is a choice. */
export const SORT_CLOSES: u32 = 4;
/** It may change the local APIC. */
export const SORT_APIC: u32 = 8;
/** A jump to a target that the instruction holds, where others have flags. */
export const SORT_JUMP: u32 = 16;
/** XCHG, which is locked with a memory operand. */
export const SORT_XCHG: u32 = 32;

/** IRET. */
export const SORT_RETURN: u32 = 64;
/** After any of these it may make a difference whether an interrupt came before. */
export const SORT_SYSTEM: u32 = SORT_DRAINS | SORT_WRMSR | SORT_CLOSES | SORT_APIC;

const TABLE: usize = EXPLORE_BASE + 4096;
const HANDLERS: u32 = 4096;

@inline
export function sortOf(handler: u32): u32 {
  return handler < HANDLERS ? load<u8>(TABLE + handler) : 0;
}

function put(handler: u32, bits: u32): void {
  store<u8>(TABLE + handler, <u8>bits);
}

/** Fills the table in, which is zero. */
export function initSorts(): void {
  put(mfence.index, SORT_DRAINS);
  put(cpuid.index, SORT_DRAINS);
  put(iret.index, SORT_DRAINS | SORT_RETURN);
  put(movToCr.index, SORT_DRAINS | SORT_APIC);
  put(invlpg.index, SORT_DRAINS);
  put(invpcid.index, SORT_DRAINS);
  put(wrmsr.index, SORT_WRMSR | SORT_APIC);
  put(cli.index, SORT_CLOSES);
  put(popf.index, SORT_CLOSES);
  put(syscall.index, SORT_CLOSES);
  put(jcc.index, SORT_JUMP);
  put(jmp.index, SORT_JUMP);
  put(call.index, SORT_JUMP);
  put(jcxz.index, SORT_JUMP);
  put(loop.index, SORT_JUMP);
  put(loope.index, SORT_JUMP);
  put(loopne.index, SORT_JUMP);
  put(xchg.index, SORT_XCHG);
}

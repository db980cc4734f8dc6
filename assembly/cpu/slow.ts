// What the hot loop does not do itself: follow a link for the first time, run a cold handler, find out that the slice is over.
// Called by the generated hot loop (slowStep) and cpu/execute.ts.

import { CODE_PAGE_BASE } from "../memory-map";
import { machine } from "../global";
import { KIND_CROSS_TAKEN, KIND_CROSS_FALL, KIND_COLD } from "../../build/generated/decode-table";
import { Cpu } from "./state";
import { csBase, nextRip, wrapIp } from "./operand";
import { lookup } from "./code";
import {
  NEXT, REC_KIND, REC_COLD, REC_BEFORE, REC_START, REC_LENGTH, REC_BLOCK, REC_TARGET, REC_TAKEN, REC_FALL, REC_BYTES,
} from "./record";

/** Stubs: records that links point to until they are known, in code page 0, which is nobody's. */
export const STUB_TAKEN: usize = CODE_PAGE_BASE + 64; // resolve REC_TAKEN of the record before
export const STUB_FALL: usize = STUB_TAKEN + REC_BYTES; // resolve REC_FALL
export const STUB_LOOKUP: usize = STUB_FALL + REC_BYTES; // go on at cpu.rip
export const STUB_CROSS_TAKEN: usize = STUB_LOOKUP + REC_BYTES; // the target is on another page: by fetch slot each time
export const STUB_CROSS_FALL: usize = STUB_CROSS_TAKEN + REC_BYTES;
const STUB_END: usize = STUB_CROSS_FALL + REC_BYTES;

/** Writes the stub records. */
export function initStubs(): void {
  memory.fill(CODE_PAGE_BASE, 0, 1024);
  store<u16>(STUB_TAKEN, <u16>KIND_COLD);
  store<u16>(STUB_FALL, <u16>KIND_COLD);
  store<u16>(STUB_LOOKUP, <u16>KIND_COLD);
  store<u16>(STUB_CROSS_TAKEN, <u16>KIND_CROSS_TAKEN);
  store<u16>(STUB_CROSS_FALL, <u16>KIND_CROSS_FALL);
}

/** Sets `cpu.rip` to where `rec` starts. */
@inline
export function ripAt(cpu: Cpu, rec: usize): void {
  cpu.rip = wrapIp(cpu, cpu.page + load<u16>(rec, REC_START) - csBase(cpu));
}

/** Runs the cold handler of `rec`. `cpu.rip` must be its address. */
@inline
export function callHandler(cpu: Cpu, rec: usize): i32 {
  return call_indirect<i32>(load<u16>(rec, REC_COLD), cpu, rec);
}

/** The record to go on with after jump `from` was taken (or fell through), and a link to it for the next time if it is on the same page. */
function resolve(cpu: Cpu, from: usize, taken: bool): usize {
  const link: usize = taken ? REC_TAKEN : REC_FALL;
  const offset: u32 = taken ? load<u32>(from, REC_TARGET) : <u32>load<u16>(from, REC_START) + load<u8>(from, REC_LENGTH);
  cpu.rip = wrapIp(cpu, cpu.page + <u64><i64><i32>offset - csBase(cpu));
  if (offset >= 4096) {
    store<u32>(from + link, <u32>(taken ? STUB_CROSS_TAKEN : STUB_CROSS_FALL));
    return lookup(cpu);
  }
  const slot = <usize>cpu.fetch + (<usize>(<u32>cpu.page >>> 8) & 0x7f0);
  const tag = cpu.page;
  const codePage: u32 = load<u64>(slot) == tag ? load<u32>(slot, 8) : 0;
  const arena = machine().recordNext;
  const rec = lookup(cpu);
  // Link only within one code page that stayed current, to a record that is kept.
  if (rec && codePage && load<u64>(slot) == tag && load<u32>(slot, 8) == codePage && machine().recordNext >= arena && rec > CODE_PAGE_BASE + 1024) {
    store<u32>(from + link, <u32>rec);
  }
  return rec;
}

/** `rec` if the slice can pay for its block, else 0 with `cpu.rip` set (as `lookup` left it). */
@inline
function enter(cpu: Cpu, rec: usize): usize {
  return rec != 0 && cpu.left >= <i32>load<u8>(rec, REC_BLOCK) ? rec : 0;
}

/**
 * Does what made the hot loop stop at `rec`, having come from `prev`. Returns the record to go on with, or 0 to leave: then
 * `cpu.rip` and `cpu.left` are exact and `cpu.fault` tells of an exception. Lazy flags are in `cpu`.
 */
export function slowStep(at: usize, rec: usize, prev: usize): usize {
  const cpu = changetype<Cpu>(at);
  if (rec < STUB_END) {
    if (rec == STUB_TAKEN) return enter(cpu, resolve(cpu, prev, true));
    if (rec == STUB_FALL) return enter(cpu, resolve(cpu, prev, false));
    return enter(cpu, lookup(cpu));
  }
  ripAt(cpu, rec);
  const left = cpu.left;
  if (left < <i32>load<u8>(rec, REC_BLOCK)) return 0;
  cpu.left = left - <i32>load<u8>(rec, REC_BEFORE);
  const result = callHandler(cpu, rec);
  if (cpu.fault) return 0;
  if (result == NEXT) {
    if (!(cpu.attention | cpu.codeChanged)) {
      cpu.left = left;
      return rec + REC_BYTES;
    }
    cpu.rip = nextRip(cpu, rec);
    cpu.codeChanged = 0;
  }
  cpu.left -= 1;
  if (cpu.left <= 0 || cpu.attention | cpu.shadow) return 0;
  return enter(cpu, lookup(cpu));
}

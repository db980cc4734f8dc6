// What the hot loop does not do itself: follow a link for the first time, run a cold handler, find out that the slice is over.
// Called by the generated hot loop (slowStep) and cpu/execute.ts.

import { CODE_PAGE_BASE, RECORD_BASE, STUB_LOOKUP } from "../memory-map";
import { machine } from "../global";
import { KIND_CROSS_TAKEN, KIND_CROSS_FALL, KIND_STUB, KIND_LOOKUP, KIND_COMPILED, FIRST_ACCESS } from "../../build/generated/decode-table";
import { Cpu, MODE_64 } from "./state";
import { ipOf, nextRip, plainAddress } from "./operand";
import { sample, functionOf, entryOf, hasLeft } from "./compiled";
import { cut } from "./cut";
import { THEN_HOT, THEN_CALL, THEN_NEXT } from "./header";
import { refill } from "../mmu/access";
import { ACCESS_READ, ACCESS_WRITE } from "../mmu/rights";
import { lookup } from "./lookup";
import {
  CHECKED, NEXT, REC_KIND, REC_COLD, REC_BEFORE, REC_START, REC_LENGTH, REC_BLOCK, REC_TARGET, REC_TAKEN, REC_BYTES, STUB_ORIGIN, STUB_LINK,
} from "./record";

/** Writes the records that are there for good. */
export function initStubs(): void {
  memory.fill(CODE_PAGE_BASE, 0, 1024);
  store<u16>(STUB_LOOKUP, <u16>KIND_LOOKUP);
}

/** Sets `cpu.rip` to where `rec` starts. */
@inline
export function ripAt(cpu: Cpu, rec: usize): void {
  cpu.rip = ipOf(cpu, cpu.page + load<u16>(rec, REC_START));
}

/** Runs the cold handler of `rec`. `cpu.rip` must be its address. */
@inline
export function callHandler(cpu: Cpu, rec: usize): i32 {
  return call_indirect<i32>(load<u16>(rec, REC_COLD), cpu, rec);
}

/** The record that `stub` stands for; its origin is linked to it if that is on the same page, else the stub learns to cross. */
function resolve(cpu: Cpu, stub: usize): usize {
  const from: usize = load<u32>(stub, STUB_ORIGIN);
  const link: usize = load<u32>(stub, STUB_LINK);
  const offset: u32 = link == REC_TAKEN ? load<u32>(from, REC_TARGET) : <u32>load<u16>(from, REC_START) + load<u8>(from, REC_LENGTH);
  cpu.rip = ipOf(cpu, cpu.page + <u64><i64><i32>offset);
  if (cpu.left <= 0) return 0; // the fetch, which may fault, belongs to the next step
  if (offset >= 4096) {
    // Legacy modes wrap at 16 or 32 bits: there the way on is looked up each time.
    if (cpu.mode == MODE_64) store<u16>(stub, <u16>(link == REC_TAKEN ? KIND_CROSS_TAKEN : KIND_CROSS_FALL), REC_KIND);
    return lookup(cpu);
  }
  const slot = <usize>cpu.fetch + (<usize>(<u32>cpu.page >>> 8) & 0x7f0);
  const tag = cpu.page;
  const codePage: u32 = load<u64>(slot) == tag ? load<u32>(slot, 8) : 0;
  const arena = machine().recordNext;
  const rec = lookup(cpu);
  // Link only within one code page that stayed current, between records that are kept.
  if (rec && codePage && load<u64>(slot) == tag && load<u32>(slot, 8) == codePage && machine().recordNext >= arena && rec >= RECORD_BASE) {
    store<u32>(from + link, <u32>rec);
  }
  return rec;
}

/**
 * `rec`, or as much of its block as the slice can pay for, which is something. 0 if that is one instruction: it is left to
 * cpu/execute.ts, with `cpu.rip` as `lookup` left it. The look-up itself may have met a stop point, in a walk or a fill:
 * then the instruction that it was for is made, and no more.
 */
@inline
export function enter(cpu: Cpu, rec: usize): usize {
  return rec == 0 || (!cpu.attention && cpu.left >= <i32>load<u8>(rec, REC_BLOCK)) ? rec : enterPart(cpu, rec);
}

function enterPart(cpu: Cpu, rec: usize): usize {
  if (!cpu.attention) return beginning(cpu, rec, cpu.left);
  runOne(cpu, rec);
  return 0;
}

/** As much of the block at `rec`, in which the slice ends, as `left` pays for; 0 if that is less than two instructions. */
function beginning(cpu: Cpu, rec: usize, left: i32): usize {
  sample(cpu, rec);
  return left > 1 ? cut(rec, left) : 0;
}

/** Runs the instruction at `rec` by its cold handler, after the check of a stop point if one is in front; of a joined pair the first half. */
export function runOne(cpu: Cpu, rec: usize): void {
  ripAt(cpu, rec);
  let result = callHandler(cpu, rec);
  if (result == CHECKED && !cpu.fault) {
    rec += REC_BYTES;
    result = callHandler(cpu, rec);
  }
  if (cpu.fault) return;
  cpu.left -= 1;
  if (result == NEXT) cpu.rip = nextRip(cpu, rec);
}

/** Whether the front cache now answers for what `rec` accesses, or the access faulted, if it was that which stopped the loop. */
@inline
function refilled(cpu: Cpu, rec: usize, kind: u32): bool {
  const first: u32 = load<u8>(FIRST_ACCESS + kind);
  return first != 0 && refill(cpu, plainAddress(cpu, rec), first & 0x7f, first >> 7 ? ACCESS_WRITE : ACCESS_READ);
}

/** What `doSlowly` returns if nothing happened but the instruction, or there was none: the record behind it follows. */
const GO_ON: usize = 1;

/** Does what the hot loop does not do at `rec`; returns as `slowStep`, or GO_ON. If `again`, the record may be asked for once more. */
@inline
function doSlowly(cpu: Cpu, rec: usize, again: bool): usize {
  const kind: u32 = load<u16>(rec, REC_KIND);
  if (kind == KIND_STUB) return enter(cpu, resolve(cpu, rec));
  if (kind == KIND_LOOKUP) return cpu.left > 0 ? enter(cpu, lookup(cpu)) : 0;
  ripAt(cpu, rec);
  const left = cpu.left;
  if (left < <i32>load<u8>(rec, REC_BLOCK)) return beginning(cpu, rec, left);
  cpu.left = left - <i32>load<u8>(rec, REC_BEFORE);
  // With attention the refill has met a stop point: the instruction is made by its handler, and the loop left behind it.
  if (again && refilled(cpu, rec, kind) && !cpu.attention) {
    if (cpu.fault) return 0;
    cpu.left = left;
    return rec;
  }
  if (cpu.fault) return 0;
  const result = callHandler(cpu, rec);
  if (cpu.fault) return 0;
  if (result == NEXT) {
    if (!(cpu.attention | cpu.codeChanged)) {
      cpu.left = left;
      return GO_ON;
    }
    cpu.rip = nextRip(cpu, rec);
    cpu.codeChanged = 0;
  } else if (result == CHECKED) {
    cpu.left = left;
    return GO_ON;
  }
  cpu.left -= 1;
  if (cpu.left <= 0 || cpu.attention | cpu.shadow) return 0;
  return enter(cpu, lookup(cpu));
}

/** Runs the compiled block at `rec`, which the slice can pay for, and those that follow as long as they are compiled. */
function runCompiled(cpu: Cpu, rec: usize): usize {
  let block = rec;
  let at = functionOf(rec);
  let entry = entryOf(rec);
  do {
    const left = cpu.left;
    const result = call_indirect<u64>(at, entry);
    const then = <u32>(result >> 32);
    rec = <usize>result;
    if (then != THEN_NEXT) {
      hasLeft(block, left - cpu.left);
      const next = doSlowly(cpu, rec, false);
      if (next != GO_ON) rec = next;
      else if (then == THEN_HOT) return rec + REC_BYTES;
      else {
        entry = then - THEN_CALL;
        continue;
      }
    }
    if (rec == 0 || load<u16>(rec, REC_KIND) != KIND_COMPILED) return rec;
    block = rec;
    at = functionOf(rec);
    entry = entryOf(rec);
  } while (true);
}

/**
 * Does what made the hot loop stop at `rec`. Returns the record to go on with, or 0 to leave: then
 * `cpu.rip` and `cpu.left` are exact and `cpu.fault` tells of an exception. Lazy flags are in `cpu`.
 */
export function slowStep(at: usize, rec: usize): usize {
  const cpu = changetype<Cpu>(at);
  if (load<u16>(rec, REC_KIND) == KIND_COMPILED && cpu.left >= <i32>load<u8>(rec, REC_BLOCK)) return runCompiled(cpu, rec);
  const next = doSlowly(cpu, rec, true);
  return next == GO_ON ? rec + REC_BYTES : next;
}

// Points before instructions. A block that is decoded while some are set ends before an address that may be one, by its
// offset in the page, and a block that begins there begins with a check: a record of no length and no step, whose cold
// handler compares the whole address. Called by cpu/block.ts; changing the points drops decoded code (points.ts).

import { Cpu } from "../cpu/state";
import { CHECKED, REC_BYTES, REC_COLD, REC_START } from "../cpu/record";
import { DEBUG_BASE } from "../memory-map";
import { ANY_CPU, HIT_INSTRUCTION, INSTRUCTION_BYTES, MAPS, MODE_OFF, INSTRUCTIONS } from "./layout";
import { noteHit, stopBefore } from "./hits";
import { debug, hasPassed, passPoints } from "./state";

/** One bit for each offset in a page. */
export const OFFSETS: usize = DEBUG_BASE + MAPS;

/** Whether a point may be set at `offset` of a page. */
@inline
export function mayBreakAt(offset: u32): bool {
  return debug().instructions != 0 && (load<u8>(OFFSETS + (offset >> 3)) >> (offset & 7) & 1) != 0;
}

/** Makes the record at `rec` a check of `offset` of its page; what follows it is returned. */
export function putCheck(rec: usize, offset: u32): usize {
  memory.fill(rec, 0, REC_BYTES);
  store<u16>(rec, <u16>check.index, REC_COLD);
  store<u16>(rec, <u16>offset, REC_START);
  return rec + REC_BYTES;
}

/** First point at `address` or above. */
function lowerBound(address: u64): usize {
  let low: u32 = 0;
  let high = debug().instructions;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u64>(DEBUG_BASE + INSTRUCTIONS + middle * INSTRUCTION_BYTES) < address) low = middle + 1;
    else high = middle;
  }
  return DEBUG_BASE + INSTRUCTIONS + low * INSTRUCTION_BYTES;
}

/** Cold handler of a check. */
function check(cpu: Cpu, rec: usize): i32 {
  const d = debug();
  if (d.mode == MODE_OFF || hasPassed(cpu)) return CHECKED;
  const address = cpu.page + load<u16>(rec, REC_START);
  const end = DEBUG_BASE + INSTRUCTIONS + d.instructions * INSTRUCTION_BYTES;
  let hit = false;
  for (let at = lowerBound(address); at < end && load<u64>(at) == address; at += INSTRUCTION_BYTES) {
    const only = load<u32>(at, 12);
    if (only != ANY_CPU && only != cpu.index) continue;
    noteHit(load<u32>(at, 8), HIT_INSTRUCTION, cpu.index, 0, 0, 0, 0);
    hit = true;
  }
  if (hit) {
    passPoints(cpu);
    stopBefore(cpu);
  }
  return CHECKED;
}

// What a CPU's TLBs hold, one entry at a time, for the host (through index.ts). Looking changes nothing.
//
// An answer, at ANSWER_BASE:
//    0 linear u64   8 physical u64   16 bytes covered u64   24 flags u32 (RIGHT_*, ENTRY_* of mmu/entry.ts)   28 pcid u32
//   32 source u64 (physical address of the page-table word)   40 filledAt u64   48 filledBy u64 (RIP)
//   56 markedAt u64   64 changedBy u32   68 kind u32 (KIND_* of mmu/presets.ts)

import { Cpu } from "../cpu/state";
import { machine } from "../global";
import { ANSWER_BASE } from "../memory-map";
import { coverShift, Entry, entryAt, ENTRY_BYTES, kindOf, linearOf } from "./entry";
import { entryAlive } from "./generation";
import { poolBase, poolUsed } from "./pool";
import {
  KIND_PDE, PRESET_STICKY, ROLE_L1I, ROLE_L2I, ROLE_PSC, rowFirst, rowOf, rowSetMask, rowWays, splitSecondLevel,
} from "./presets";
import { slotEntry } from "./layout";

/** Whether structure `role` is kept in the shared hash table of the sticky preset. */
function hashed(role: u32): bool {
  return machine().preset == PRESET_STICKY && role > ROLE_L1I;
}

/** First slot of structure `role`, and the slot behind its last: its rows lie next to each other. */
function firstSlot(role: u32): u32 {
  return rowFirst(rowOf(role, role == ROLE_PSC ? KIND_PDE : 0));
}

function endSlot(role: u32): u32 {
  let end: u32 = 0;
  for (let column: u32 = 0; column < 3; column++) {
    const row = rowOf(role, role == ROLE_PSC ? KIND_PDE + column : column);
    const rowEnd = rowFirst(row) + (rowSetMask(row) + 1) * rowWays(row);
    if (rowWays(row) && rowEnd > end) end = rowEnd;
  }
  return end;
}

/** How many places structure `role` (ROLE_*) of `cpu` has to look at; 0 if the preset does not have it. */
export function tlbPlaces(cpu: Cpu, role: u32): u32 {
  if (role == ROLE_L2I && !splitSecondLevel()) return 0;
  if (hashed(role)) return poolUsed(cpu.index);
  const end = endSlot(role);
  return end ? end - firstSlot(role) : 0;
}

/** Leaves the entry at `place` of structure `role` of `cpu` at ANSWER_BASE; false if no live entry is there. */
export function tlbEntry(cpu: Cpu, role: u32, place: u32): bool {
  if (place >= tlbPlaces(cpu, role)) return false;
  let at: usize;
  if (hashed(role)) {
    at = poolBase(cpu.index) + place * ENTRY_BYTES;
    const e = entryAt(at);
    if (e.tag == u64.MAX_VALUE || e.cpu != <u8>cpu.index || (kindOf(e) >= KIND_PDE) != (role == ROLE_PSC)) return false;
  } else {
    at = slotEntry(cpu.index, firstSlot(role) + place);
    if (!at) return false;
  }
  const e = entryAt(at);
  if (!entryAlive(e)) return false;
  answer(e);
  return true;
}

function answer(e: Entry): void {
  store<u64>(ANSWER_BASE, linearOf(e));
  store<u64>(ANSWER_BASE, <u64>e.frame << 12, 8);
  store<u64>(ANSWER_BASE, (<u64>1) << coverShift(kindOf(e)), 16);
  store<u32>(ANSWER_BASE, e.flags, 24);
  store<u32>(ANSWER_BASE, e.pcid, 28);
  store<u64>(ANSWER_BASE, e.source, 32);
  store<u64>(ANSWER_BASE, e.filledAt, 40);
  store<u64>(ANSWER_BASE, e.filledBy, 48);
  store<u64>(ANSWER_BASE, e.markedAt, 56);
  store<u32>(ANSWER_BASE, e.changedBy, 64);
  store<u32>(ANSWER_BASE, kindOf(e), 68);
}

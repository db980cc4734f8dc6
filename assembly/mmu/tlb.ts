// The TLBs and paging-structure caches of a CPU as arrays of slots. A slot holds the tag and the generation that a
// look-up compares, and a reference to the entry. All structures of all presets run through this file; the
// unbounded ones of the sticky preset are in mmu/sticky.ts. Used inside mmu/ only.
//
//   slot:  0 tag u64 (entry.ts; PCID and G above TAG_MASK)   8 generation u32, 0 if empty   12 entry u32
//   region of a CPU:  TlbState (generation.ts) | set counters u16 | slots | entries (pool.ts)

import { Cpu, count } from "../cpu/state";
import { C_TLB_EVICTIONS } from "../probe/counters";
import { machine } from "../global";
import { TLB_BASE, TLB_STRIDE } from "../memory-map";
import {
  rowOf, rowFirst, rowSetMask, rowWays, rowCounter, splitSecondLevel, MAX_SETS, PRESET_STICKY,
  ROLE_L1D, ROLE_L1I, ROLE_L2D, ROLE_L2I, ROLE_PSC,
} from "./presets";
import {
  Entry, entryAt, tagOf, kindOf, linearOf, coverShift, TAG_MASK, TAG_GLOBAL, TAG_PCID_SHIFT, ENTRY_GLOBAL,
  ENTRY_STALE, NO_SLOT, IN_HASH,
} from "./entry";
import { tlbOf, generationAlive, kindsAround } from "./generation";
import { giveBack } from "./pool";
import { insertSticky, removeSticky, findSticky } from "./sticky";
import { dropList, dropFetchRange } from "./front";

const COUNTERS_OFFSET: usize = 128;
export const SLOT_BYTES: u32 = 16;
export const SLOTS_OFFSET: usize = COUNTERS_OFFSET + <usize>MAX_SETS * 2;

const SLOT_GENERATION: usize = 8;
const SLOT_ENTRY: usize = 12;

@inline
function regionOf(cpuIndex: u32): usize {
  return TLB_BASE + cpuIndex * TLB_STRIDE;
}

/** Slot number `n` of CPU `cpuIndex`. */
@inline
function slotAt(cpuIndex: u32, n: u32): usize {
  return regionOf(cpuIndex) + SLOTS_OFFSET + n * SLOT_BYTES;
}

/** The entry in slot `n`, 0 if it is empty. */
export function slotEntry(cpuIndex: u32, n: u32): usize {
  return load<u32>(slotAt(cpuIndex, n), SLOT_ENTRY);
}

/** Number of the set that `tag` of `kind` falls into. */
@inline
function setOf(row: usize, tag: u64, kind: u32): u32 {
  return <u32>((tag & 0xfffffffff) >> (coverShift(kind) - 12)) & rowSetMask(row);
}

/** First slot of set `set` of `row`. */
@inline
function setAt(cpuIndex: u32, row: usize, set: u32): usize {
  return slotAt(cpuIndex, rowFirst(row) + set * rowWays(row));
}

/** Slot in `row` that holds `tag` with generation `g1` or `g2`; 0 if none. */
function probe(cpuIndex: u32, row: usize, tag: u64, kind: u32, g1: u32, g2: u32): usize {
  let at = setAt(cpuIndex, row, setOf(row, tag, kind));
  const end = at + rowWays(row) * SLOT_BYTES;
  while (at < end) {
    if ((load<u64>(at) & TAG_MASK) == tag) {
      const generation = load<u32>(at, SLOT_GENERATION);
      if (generation == g1 || generation == g2) return at;
    }
    at += SLOT_BYTES;
  }
  return 0;
}

/** Entry of `va` in the first level `role`, alive in the current context; 0 if it misses. */
export function findFirst(cpu: Cpu, role: u32, va: u64): usize {
  const t = tlbOf(cpu);
  let kinds = kindsAround(t, va);
  while (kinds) {
    const kind = <u32>ctz(kinds);
    kinds &= kinds - 1;
    const slot = probe(cpu.index, rowOf(role, kind), tagOf(va, kind), kind, t.current, t.global);
    if (slot) return load<u32>(slot, SLOT_ENTRY);
  }
  return 0;
}

/** The same in the second level `role`, noting the use for replacement. */
export function findSecond(cpu: Cpu, role: u32, va: u64): usize {
  const t = tlbOf(cpu);
  const sticky = machine().preset == PRESET_STICKY;
  let kinds = kindsAround(t, va);
  while (kinds) {
    const kind = <u32>ctz(kinds);
    kinds &= kinds - 1;
    const tag = tagOf(va, kind);
    if (sticky) {
      const e = findSticky(cpu.index, tag, t.current, t.global);
      if (e) return e;
    } else {
      const row = rowOf(role, kind);
      const slot = probe(cpu.index, row, tag, kind, t.current, t.global);
      if (slot) {
        touch(cpu.index, row, setOf(row, tag, kind), slot);
        return load<u32>(slot, SLOT_ENTRY);
      }
    }
  }
  return 0;
}

/** Paging-structure entry of `kind` for `va` under the PCID in use; 0 if there is none. */
export function findStructure(cpu: Cpu, kind: u32, va: u64): usize {
  const t = tlbOf(cpu);
  return findStructureOf(cpu.index, kind, va, t.structure);
}

/** The same under generation `generation`. */
export function findStructureOf(cpuIndex: u32, kind: u32, va: u64, generation: u32): usize {
  const tag = tagOf(va, kind);
  if (machine().preset == PRESET_STICKY) return findSticky(cpuIndex, tag, generation, generation);
  const slot = probe(cpuIndex, rowOf(ROLE_PSC, kind), tag, kind, generation, generation);
  return slot ? <usize>load<u32>(slot, SLOT_ENTRY) : 0;
}

/**
 * Uses again the entry that the caches have for the table of `kind` around `va` but that an invalidation has ended, if
 * it was read from `source` and has no mark: most walks after INVLPG find again what they had. 0 if there is none.
 */
export function reviveStructure(cpu: Cpu, kind: u32, va: u64, source: u32): usize {
  if (machine().preset == PRESET_STICKY) return 0;
  const t = tlbOf(cpu);
  const tag = tagOf(va, kind);
  const full = tag | (<u64>t.pcid << TAG_PCID_SHIFT);
  const row = rowOf(ROLE_PSC, kind);
  let at = setAt(cpu.index, row, setOf(row, tag, kind));
  const end = at + rowWays(row) * SLOT_BYTES;
  while (at < end) {
    // A walk would have begun from one that is alive.
    if (load<u64>(at) == full) {
      const e = entryAt(load<u32>(at, SLOT_ENTRY));
      if (e.source == source && !(e.flags & ENTRY_STALE)) {
        store<u32>(at, t.structure, SLOT_GENERATION);
        return load<u32>(at, SLOT_ENTRY);
      }
    }
    at += SLOT_BYTES;
  }
  return 0;
}

/** An entry of `va` of a page of `kind` in structure `role` with generation `g1` or `g2`; 0 if none. */
export function findPage(cpuIndex: u32, role: u32, kind: u32, va: u64, g1: u32, g2: u32): usize {
  const tag = tagOf(va, kind);
  if (role == ROLE_L2D && machine().preset == PRESET_STICKY) return findSticky(cpuIndex, tag, g1, g2);
  const slot = probe(cpuIndex, rowOf(role, kind), tag, kind, g1, g2);
  return slot ? <usize>load<u32>(slot, SLOT_ENTRY) : 0;
}

/** Where the replacement state of set `set` of `row` is. */
@inline
function counterAt(cpuIndex: u32, row: usize, set: u32): usize {
  return regionOf(cpuIndex) + COUNTERS_OFFSET + ((rowCounter(row) + set) << 1);
}

/** Bit-PLRU: the way of `slot` is used; when all are, only this one is. */
function touch(cpuIndex: u32, row: usize, set: u32, slot: usize): void {
  const counter = counterAt(cpuIndex, row, set);
  const bit: u32 = 1 << (<u32>(slot - setAt(cpuIndex, row, set)) / SLOT_BYTES);
  const used = <u32>load<u16>(counter) | bit;
  store<u16>(counter, <u16>(used == (1 << rowWays(row)) - 1 ? bit : used));
}

/** Slot of the set at `first` to use for a new entry: an empty or dead one, else the one that the policy says. */
function victim(cpu: Cpu, role: u32, row: usize, set: u32, first: usize): usize {
  const t = tlbOf(cpu);
  const ways = rowWays(row);
  const end = first + ways * SLOT_BYTES;
  for (let slot = first; slot < end; slot += SLOT_BYTES) {
    const generation = load<u32>(slot, SLOT_GENERATION);
    if (generation == t.current || generation == t.global || generation == t.structure) continue;
    const tag = load<u64>(slot);
    const pcid = <u32>(tag >> TAG_PCID_SHIFT) & 0xfff;
    if (!generationAlive(cpu.index, generation, pcid, (tag & TAG_GLOBAL) != 0, role == ROLE_PSC)) return slot;
  }
  const counter = counterAt(cpu.index, row, set);
  const value = <u32>load<u16>(counter);
  if (role == ROLE_L2D || role == ROLE_L2I) {
    count(cpu, C_TLB_EVICTIONS);
    return first + <u32>ctz(~value) * SLOT_BYTES;
  }
  store<u16>(counter, <u16>(value + 1 == ways ? 0 : value + 1));
  return first + value * SLOT_BYTES;
}

/** Puts `e` into the structure `role`; nothing happens if the preset does not hold its kind there. */
export function install(cpu: Cpu, role: u32, e: Entry): void {
  const kind = kindOf(e);
  const row = rowOf(role, kind);
  if (!rowWays(row)) return;
  const index = cpu.index;
  const set = setOf(row, e.tag, kind);
  const slot = victim(cpu, role, row, set, setAt(index, row, set));
  vacate(index, slot);
  const upper = (<u64>e.pcid << TAG_PCID_SHIFT) | (e.flags & ENTRY_GLOBAL ? TAG_GLOBAL : 0);
  store<u64>(slot, e.tag | upper);
  store<u32>(slot, e.generation, SLOT_GENERATION);
  store<u32>(slot, <u32>changetype<usize>(e), SLOT_ENTRY);
  const n = <u16>(<u32>(slot - slotAt(index, 0)) / SLOT_BYTES);
  if (role == ROLE_L1D) e.l1d = n;
  else if (role == ROLE_L1I) e.l1i = n;
  else e.l2 = n;
  if (role == ROLE_L2D || role == ROLE_L2I) touch(index, row, set, slot);
}

/** Puts `e` where it outlives the first level: the second level for `role`, or the paging-structure caches. */
export function installBelow(cpu: Cpu, role: u32, e: Entry): void {
  if (machine().preset == PRESET_STICKY) insertSticky(e);
  else install(cpu, role, e);
}

/** The second level behind the first level `role`. */
@inline
export function secondOf(role: u32): u32 {
  return role == ROLE_L1I && splitSecondLevel() ? ROLE_L2I : ROLE_L2D;
}

/** Empties `slot`. An entry that no slot refers to any more is given back. */
function vacate(cpuIndex: u32, slot: usize): void {
  const at = load<u32>(slot, SLOT_ENTRY);
  if (!at) return;
  store<u64>(slot, u64.MAX_VALUE);
  store<u64>(slot, 0, SLOT_GENERATION);
  const e = entryAt(at);
  const n = <u16>(<u32>(slot - slotAt(cpuIndex, 0)) / SLOT_BYTES);
  if (e.l1d == n) {
    dropList(cpuIndex, n);
    e.l1d = NO_SLOT;
  } else if (e.l1i == n) {
    dropFetchOf(e);
    e.l1i = NO_SLOT;
  } else {
    e.l2 = NO_SLOT;
  }
  if ((e.l1d & e.l1i & e.l2) == NO_SLOT) giveBack(e);
}

/** Clears the fetch slots that were filled from `e`. */
function dropFetchOf(e: Entry): void {
  dropFetchRange(e.cpu, linearOf(e), coverShift(kindOf(e)));
}

/** Takes `e` out of the front caches of its CPU, so that every use of it comes to the slow path. */
export function hideEntry(e: Entry): void {
  if (e.l1d != NO_SLOT) dropList(e.cpu, e.l1d);
  if (e.l1i != NO_SLOT) dropFetchOf(e);
}

/** Drops `e` from every structure and gives it back. */
export function dropEntry(e: Entry): void {
  const cpu = <u32>e.cpu;
  if (e.l2 == IN_HASH) {
    removeSticky(e);
    if ((e.l1d & e.l1i) == NO_SLOT) return giveBack(e);
  } else if (e.l2 != NO_SLOT) {
    const last = (e.l1d & e.l1i) == NO_SLOT;
    vacate(cpu, slotAt(cpu, e.l2));
    if (last) return;
  }
  if (e.l1d != NO_SLOT) {
    const last = e.l1i == NO_SLOT;
    vacate(cpu, slotAt(cpu, e.l1d));
    if (last) return;
  }
  vacate(cpu, slotAt(cpu, e.l1i));
}

// The TLBs and paging-structure caches of a CPU as arrays of slots. A slot holds the tag and the generation that a
// look-up compares, and a reference to the entry (mmu/layout.ts). All structures of all presets run through this file; the
// unbounded ones of the sticky preset are in mmu/sticky.ts. Used inside mmu/ only.

import { Cpu, count } from "../cpu/state";
import { C_TLB_EVICTIONS } from "../probe/counters";
import { machine } from "../global";
import {
  counterAt, regionOf, rowIn, setAt, setOf, slotAt, COUNTER_FULL, ROW_MASK, ROW_STRIDE, SLOT_BYTES, SLOT_ENTRY,
  SLOT_GENERATION,
} from "./layout";
import {
  rowOf, rowFirst, splitSecondLevel, PRESET_STICKY, KIND_4K, KIND_PDE, ROLE_L1D, ROLE_L1I, ROLE_L2D, ROLE_L2I, ROLE_PSC,
} from "./presets";
import {
  Entry, entryAt, tagOf, kindOf, linearOf, coverShift, PAGE_MASK, TAG_MASK, TAG_GLOBAL, TAG_PCID_SHIFT, ENTRY_GLOBAL,
  ENTRY_STALE, NO_SLOT, IN_HASH,
} from "./entry";
import { TlbState, tlbOf, generationAlive, mayHold } from "./generation";
import { leavingWanted, tellEvicted } from "./lifetime";
import { giveBack } from "./pool";
import { insertSticky, removeSticky, findSticky } from "./sticky";
import { dropList, dropFetchRange } from "./front";

/** Whether the slot at `at`, which has the tag looked for, is of generation `g1` or `g2`. */
@inline
function isOf(at: usize, g1: u32, g2: u32): bool {
  const generation = load<u32>(at, SLOT_GENERATION);
  return (<i32>(generation == g1) | <i32>(generation == g2)) != 0;
}

@inline
function tagIn(at: usize): u64 {
  return load<u64>(at) & TAG_MASK;
}

/** The one of the slots in the `bytes` from `at` on that holds `tag` with generation `g1` or `g2`; 0 if none. Sets have 4 ways or a multiple. */
function search(at: usize, bytes: u32, tag: u64, g1: u32, g2: u32): usize {
  for (const end = at + bytes; at < end; at += 4 * SLOT_BYTES) {
    if (tagIn(at) == tag && isOf(at, g1, g2)) return at;
    if (tagIn(at + SLOT_BYTES) == tag && isOf(at + SLOT_BYTES, g1, g2)) return at + SLOT_BYTES;
    if (tagIn(at + 2 * SLOT_BYTES) == tag && isOf(at + 2 * SLOT_BYTES, g1, g2)) return at + 2 * SLOT_BYTES;
    if (tagIn(at + 3 * SLOT_BYTES) == tag && isOf(at + 3 * SLOT_BYTES, g1, g2)) return at + 3 * SLOT_BYTES;
  }
  return 0;
}

/** Slot in `row` that holds `tag` with generation `g1` or `g2`; 0 if none. */
@inline
function probe(row: usize, tag: u64, g1: u32, g2: u32): usize {
  return search(setAt(row, setOf(row, tag & PAGE_MASK)), load<u32>(row, ROW_STRIDE), tag, g1, g2);
}

/** The same in a row of 4 KiB pages: no shifts. */
@inline
function probeSmall(row: usize, page: u64, g1: u32, g2: u32): usize {
  return search(setAt(row, <u32>page & load<u16>(row, ROW_MASK)), load<u32>(row, ROW_STRIDE), page, g1, g2);
}

/** Entry of `va` in the first level `role`, alive in the current context, of one of `kinds` (a bit for each); 0 if it misses. */
@inline
export function findFirst(t: TlbState, role: u32, va: u64, kinds: u32): usize {
  if (kinds & (1 << KIND_4K)) {
    const slot = probeSmall(rowIn(changetype<usize>(t), role, KIND_4K), tagOf(va, KIND_4K), t.current, t.global);
    if (slot) return load<u32>(slot, SLOT_ENTRY);
  }
  kinds &= ~(1 << KIND_4K);
  return kinds ? findFirstLarge(t, role, va, kinds) : 0;
}

function findFirstLarge(t: TlbState, role: u32, va: u64, kinds: u32): usize {
  for (; kinds; kinds &= kinds - 1) {
    const kind = <u32>ctz(kinds);
    const slot = probe(rowIn(changetype<usize>(t), role, kind), tagOf(va, kind), t.current, t.global);
    if (slot) return load<u32>(slot, SLOT_ENTRY);
  }
  return 0;
}

/** The same in the second level `role` of CPU `cpuIndex`, noting the use for replacement. */
@inline
export function findSecond(cpuIndex: u32, t: TlbState, role: u32, va: u64, kinds: u32): usize {
  if (machine().preset == PRESET_STICKY) return findSecondSticky(cpuIndex, t, va, kinds);
  if (kinds & (1 << KIND_4K)) {
    const row = rowIn(changetype<usize>(t), role, KIND_4K);
    const slot = probeSmall(row, tagOf(va, KIND_4K), t.current, t.global);
    if (slot) return used(row, tagOf(va, KIND_4K), slot);
  }
  kinds &= ~(1 << KIND_4K);
  return kinds ? findSecondLarge(t, role, va, kinds) : 0;
}

function findSecondLarge(t: TlbState, role: u32, va: u64, kinds: u32): usize {
  for (; kinds; kinds &= kinds - 1) {
    const kind = <u32>ctz(kinds);
    const row = rowIn(changetype<usize>(t), role, kind);
    const slot = probe(row, tagOf(va, kind), t.current, t.global);
    if (slot) return used(row, tagOf(va, kind), slot);
  }
  return 0;
}

function findSecondSticky(cpuIndex: u32, t: TlbState, va: u64, kinds: u32): usize {
  for (; kinds; kinds &= kinds - 1) {
    const e = findSticky(cpuIndex, tagOf(va, <u32>ctz(kinds)), t.current, t.global);
    if (e) return e;
  }
  return 0;
}

/** The entry in `slot` of a second-level row is used. */
function used(row: usize, tag: u64, slot: usize): usize {
  const set = setOf(row, tag & PAGE_MASK);
  touch(row, set, <u32>(slot - setAt(row, set)) / SLOT_BYTES);
  return load<u32>(slot, SLOT_ENTRY);
}

/** Paging-structure entry of `kind` for `va` under the PCID in use; 0 if there is none. */
export function findStructure(cpu: Cpu, kind: u32, va: u64): usize {
  const t = tlbOf(cpu);
  if (!mayHold(t, kind)) return 0;
  return findStructureOf(cpu.index, kind, va, t.structure);
}

/** The same under generation `generation`. */
export function findStructureOf(cpuIndex: u32, kind: u32, va: u64, generation: u32): usize {
  const tag = tagOf(va, kind);
  if (machine().preset == PRESET_STICKY) return findSticky(cpuIndex, tag, generation, generation);
  const slot = probe(rowIn(regionOf(cpuIndex), ROLE_PSC, kind), tag, generation, generation);
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
  const row = rowIn(changetype<usize>(t), ROLE_PSC, kind);
  let at = setAt(row, setOf(row, tag & PAGE_MASK));
  const end = at + load<u32>(row, ROW_STRIDE);
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
  const slot = probe(rowIn(regionOf(cpuIndex), role, kind), tag, g1, g2);
  return slot ? <usize>load<u32>(slot, SLOT_ENTRY) : 0;
}

/** Bit-PLRU: way `way` is used; when all are, only this one is. */
@inline
function touch(row: usize, set: u32, way: u32): void {
  const counter = counterAt(row, set);
  const bit: u32 = 1 << way;
  const used = load<u32>(counter) | bit;
  store<u32>(counter, used == (1 << (load<u32>(row, ROW_STRIDE) / SLOT_BYTES)) - 1 ? bit : used);
}

/** Slot of the set at `first` to use for a new entry: an empty or dead one, else the one that the policy says. */
@inline
function victim(cpu: Cpu, t: TlbState, role: u32, row: usize, set: u32, first: usize, bytes: u32): usize {
  const g1 = role == ROLE_PSC ? t.structure : t.current;
  const g2 = t.global;
  const ends = role == ROLE_PSC ? t.structureEnds : t.translationEnds;
  const counter = counterAt(row, set);
  // A set that was full still is, unless something has died: vacate() sees to single entries.
  const end = load<u32>(counter, COUNTER_FULL) == ends ? first : first + bytes;
  for (let slot = first; slot < end; slot += SLOT_BYTES) {
    const generation = load<u32>(slot, SLOT_GENERATION);
    if (generation == g1 || generation == g2) continue;
    if (!generation) return slot;
    const tag = load<u64>(slot);
    const pcid = <u32>(tag >> TAG_PCID_SHIFT) & 0xfff;
    if (!generationAlive(cpu.index, generation, pcid, (tag & TAG_GLOBAL) != 0, role == ROLE_PSC)) return slot;
  }
  store<u32>(counter, ends, COUNTER_FULL);
  const value = load<u32>(counter);
  if (role == ROLE_L2D || role == ROLE_L2I) {
    count(cpu, C_TLB_EVICTIONS);
    return first + <u32>ctz(~value) * SLOT_BYTES;
  }
  store<u32>(counter, (value + 1) * SLOT_BYTES == bytes ? 0 : value + 1);
  return first + value * SLOT_BYTES;
}

/** Puts `e` into the structure `role`; nothing happens if the preset does not hold its kind there. */
export function install(cpu: Cpu, role: u32, e: Entry): void {
  const kind = kindOf(e);
  const t = tlbOf(cpu);
  const row = rowIn(changetype<usize>(t), role, kind);
  const bytes = load<u32>(row, ROW_STRIDE);
  if (!bytes) return;
  const index = cpu.index;
  const set = setOf(row, e.tag & PAGE_MASK);
  const first = setAt(row, set);
  const slot = victim(cpu, t, role, row, set, first, bytes);
  const n = <u16>(<u32>(slot - slotAt(index, 0)) / SLOT_BYTES);
  const before = load<u32>(slot, SLOT_ENTRY);
  if (before) {
    if (leavingWanted()) tellEvicted(entryAt(before));
    leave(index, entryAt(before), n);
  }
  const upper = (<u64>e.pcid << TAG_PCID_SHIFT) | (e.flags & ENTRY_GLOBAL ? TAG_GLOBAL : 0);
  store<u64>(slot, e.tag | upper);
  store<u32>(slot, e.generation, SLOT_GENERATION);
  store<u32>(slot, <u32>changetype<usize>(e), SLOT_ENTRY);
  if (role == ROLE_L1D) e.l1d = n;
  else if (role == ROLE_L1I) e.l1i = n;
  else e.l2 = n;
  if (role == ROLE_L2D || role == ROLE_L2I) touch(row, set, <u32>(slot - first) / SLOT_BYTES);
}

/** Puts `e` where it outlives the first level: the second level for `role`, or the paging-structure caches. */
@inline
export function installBelow(cpu: Cpu, role: u32, e: Entry): void {
  if (machine().preset == PRESET_STICKY) insertSticky(e);
  else install(cpu, role, e);
}

/** The second level behind the first level `role`. */
@inline
export function secondOf(role: u32): u32 {
  return role == ROLE_L1I && splitSecondLevel() ? ROLE_L2I : ROLE_L2D;
}

/** Empties slot `n`, in which structure `role` of CPU `cpuIndex` has `e`. */
function vacate(cpuIndex: u32, role: u32, n: u16, e: Entry): void {
  const slot = slotAt(cpuIndex, n);
  store<u64>(slot, u64.MAX_VALUE);
  store<u64>(slot, 0, SLOT_GENERATION);
  const row = rowIn(regionOf(cpuIndex), role, kindOf(e));
  store<u32>(counterAt(row, setOf(row, e.tag & PAGE_MASK)), 0, COUNTER_FULL);
  leave(cpuIndex, e, n);
}

/** Slot `n` refers to `e` no more. An entry that no slot refers to is given back. */
@inline
function leave(cpuIndex: u32, e: Entry, n: u16): void {
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

/** Drops `e` from every structure; with the last it is given back. */
export function dropEntry(e: Entry): void {
  const cpu = <u32>e.cpu;
  const l1d = e.l1d;
  const l1i = e.l1i;
  if (e.l2 == IN_HASH) {
    removeSticky(e);
    if ((l1d & l1i) == NO_SLOT) return giveBack(e);
  } else if (e.l2 != NO_SLOT) {
    vacate(cpu, roleBelow(e), e.l2, e);
  }
  if (l1d != NO_SLOT) vacate(cpu, ROLE_L1D, l1d, e);
  if (l1i != NO_SLOT) vacate(cpu, ROLE_L1I, l1i, e);
}

/**
 * Ends paging-structure entry `e` but leaves it where it is: the walk after a #PF mostly finds again what it had, and
 * reviveStructure then saves making it anew. The sticky preset gives it back.
 */
export function endStructure(e: Entry): void {
  if (e.l2 == IN_HASH) return dropEntry(e);
  store<u32>(slotAt(e.cpu, e.l2), 0, SLOT_GENERATION);
  e.generation = 0;
  const row = rowIn(regionOf(e.cpu), ROLE_PSC, kindOf(e));
  store<u32>(counterAt(row, setOf(row, e.tag & PAGE_MASK)), 0, COUNTER_FULL);
}

/** The structure that slot `e.l2` belongs to. */
@inline
function roleBelow(e: Entry): u32 {
  if (kindOf(e) >= KIND_PDE) return ROLE_PSC;
  const fetched = splitSecondLevel() && e.l2 >= rowFirst(rowOf(ROLE_L2I, KIND_4K));
  return fetched ? ROLE_L2I : ROLE_L2D;
}

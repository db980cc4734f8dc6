// The TLBs and paging-structure caches of a CPU as arrays of slots: finding what they hold. A slot holds the tag and the
// generation that a look-up compares, and a reference to the entry (mmu/layout.ts). All structures of all presets run through
// this file and mmu/replace.ts, which fills and empties them; the unbounded ones of the sticky preset are in mmu/sticky.ts.
// Used inside mmu/ only.

import { machine } from "../global";
import { counterAt, regionOf, rowIn, setAt, setIn, setOf, ROW_MASK, ROW_STRIDE, SLOT_BYTES, SLOT_ENTRY, SLOT_GENERATION } from "./layout";
import { splitSecondLevel, PRESET_STICKY, KIND_4K, ROLE_L1I, ROLE_L2D, ROLE_L2I, ROLE_PSC } from "./presets";
import { entryAt, tagOf, PAGE_MASK, TAG_MASK, TAG_PCID_SHIFT, ENTRY_STALE } from "./entry";
import { TlbState, mayHold } from "./generation";
import { findSticky } from "./sticky";
import { touch } from "./replace";

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

/** The one of the four slots from `at` on that holds `tag` with generation `g1` or `g2`; 0 if none. */
@inline
function searchFour(at: usize, tag: u64, g1: u32, g2: u32): usize {
  if (tagIn(at) == tag && isOf(at, g1, g2)) return at;
  if (tagIn(at + SLOT_BYTES) == tag && isOf(at + SLOT_BYTES, g1, g2)) return at + SLOT_BYTES;
  if (tagIn(at + 2 * SLOT_BYTES) == tag && isOf(at + 2 * SLOT_BYTES, g1, g2)) return at + 2 * SLOT_BYTES;
  if (tagIn(at + 3 * SLOT_BYTES) == tag && isOf(at + 3 * SLOT_BYTES, g1, g2)) return at + 3 * SLOT_BYTES;
  return 0;
}

function searchOn(at: usize, end: usize, tag: u64, g1: u32, g2: u32): usize {
  for (; at < end; at += 4 * SLOT_BYTES) {
    const slot = searchFour(at, tag, g1, g2);
    if (slot) return slot;
  }
  return 0;
}

/** The same for a set of `bytes`: 4 ways or a multiple, of which a first level mostly has no more. */
@inline
function search(at: usize, bytes: u32, tag: u64, g1: u32, g2: u32): usize {
  const slot = searchFour(at, tag, g1, g2);
  return slot || bytes == 4 * SLOT_BYTES ? slot : searchOn(at + 4 * SLOT_BYTES, at + bytes, tag, g1, g2);
}

/** Slot in `row` that holds `tag` with generation `g1` or `g2`; 0 if none, or if the kind is not held there. */
@inline
function probe(row: usize, tag: u64, g1: u32, g2: u32): usize {
  const bytes = load<u32>(row, ROW_STRIDE);
  return bytes ? search(setAt(row, setOf(row, tag & PAGE_MASK)), bytes, tag, g1, g2) : 0;
}

/** The same in a row of 4 KiB pages: no shifts, and every first and second level holds them. */
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
  touch(row, counterAt(row, set), <u32>(slot - setAt(row, set)) / SLOT_BYTES);
  return load<u32>(slot, SLOT_ENTRY);
}

/** Paging-structure entry of `kind` for `va` under the PCID in use; 0 if there is none. */
@inline
export function findStructure(cpuIndex: u32, t: TlbState, kind: u32, va: u64): usize {
  return mayHold(t, kind) ? findStructureOf(cpuIndex, kind, va, t.structure) : 0;
}

/** The same under generation `generation`. */
@inline
export function findStructureOf(cpuIndex: u32, kind: u32, va: u64, generation: u32): usize {
  const tag = tagOf(va, kind);
  if (machine().preset == PRESET_STICKY) return findSticky(cpuIndex, tag, generation, generation);
  const row = rowIn(regionOf(cpuIndex), ROLE_PSC, kind);
  const slot = search(setAt(row, setIn(row, kind, tag)), load<u32>(row, ROW_STRIDE), tag, generation, generation);
  return slot ? <usize>load<u32>(slot, SLOT_ENTRY) : 0;
}

/**
 * Uses again the entry that the caches have for the table of `kind` around `va` but that an invalidation has ended, if
 * it was read from `source` and has no mark: most walks after INVLPG find again what they had. 0 if there is none.
 */
@inline
export function reviveStructure(t: TlbState, kind: u32, va: u64, source: u32): usize {
  if (machine().preset == PRESET_STICKY) return 0;
  const tag = tagOf(va, kind);
  const full = tag | (<u64>t.pcid << TAG_PCID_SHIFT);
  const row = rowIn(changetype<usize>(t), ROLE_PSC, kind);
  let at = setAt(row, setIn(row, kind, tag));
  for (const end = at + load<u32>(row, ROW_STRIDE); at < end; at += SLOT_BYTES) {
    // A walk would have begun from one that is alive.
    if (load<u64>(at) != full) continue;
    const e = entryAt(load<u32>(at, SLOT_ENTRY));
    if (e.source != source || e.flags & ENTRY_STALE) continue;
    store<u32>(at, t.structure, SLOT_GENERATION);
    return changetype<usize>(e);
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

/** The second level behind the first level `role`. */
@inline
export function secondOf(role: u32): u32 {
  return role == ROLE_L1I && splitSecondLevel() ? ROLE_L2I : ROLE_L2D;
}

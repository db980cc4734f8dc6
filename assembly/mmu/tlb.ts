// The TLBs and paging-structure caches of a CPU as arrays of slots: finding what they hold. A slot holds the tag and the
// generation that a look-up compares, and a reference to the entry (mmu/layout.ts). All structures of all presets run through
// this file and mmu/replace.ts, which fills and empties them; the unbounded ones of the sticky preset are in mmu/sticky.ts.
// Used inside mmu/ only.

import { machine } from "../global";
import {
  counterAt, named, regionOf, rowIn, setAt, setIn, setOf, COUNTER_FULL, ROW_STRIDE, SLOT_BYTES, SLOT_ENTRY, SLOT_GENERATION,
} from "./layout";
import {
  splitSecondLevel, PRESET_STICKY, KIND_4K, KIND_PDE, KIND_PDPTE, KIND_PML4E, ROLE_L1D, ROLE_L1I, ROLE_L2D, ROLE_L2I, ROLE_PSC,
} from "./presets";
import { entryAt, tagOf, PAGE_MASK, TAG_ABOVE, TAG_PCID_SHIFT, ENTRY_STALE } from "./entry";
import { TlbState } from "./generation";
import { leavingWanted, tellLeft } from "./lifetime";
import { findSticky } from "./sticky";
import { dropEntry, touch } from "./replace";

// Written for what the compilers make of it: a condition nested in another is two jumps, one joined by && a value that is
// made and tested; and a match that returns ends the function, where an inlined one would leave a value to test again.

/** Whether the slot at `at` holds `tag`: what is above the tag does not take part. */
@inline
function holds(at: usize, tag: u64): bool {
  return (load<u64>(at) ^ tag) << TAG_ABOVE == 0;
}

/** The first of the slots that `which` has bits for, counted from `first`, that holds `tag` with generation `g1` or `g2`; 0 if none. */
@inline
function pick(first: usize, which: i32, tag: u64, g1: u32, g2: u32): usize {
  for (; which; which &= which - 1) {
    const slot = first + <u32>ctz(which) * SLOT_BYTES;
    if (holds(slot, tag)) {
      const generation = load<u32>(slot, SLOT_GENERATION);
      if (generation == g1) return slot;
      if (generation == g2) return slot;
    }
  }
  return 0;
}

/** `search` in a set of more than twelve ways. */
function searchMany(first: usize, bytes: u32, tag: u64, g1: u32, g2: u32): usize {
  const name = i32x4.splat(<i32>tag);
  for (const end = first + bytes; first < end; first += 4 * SLOT_BYTES) {
    const slot = pick(first, named(first, 0, name), tag, g1, g2);
    if (slot) return slot;
  }
  return 0;
}

/**
 * The slot among the `bytes` from `first` on, a set of 4 ways or a multiple, that holds `tag` with generation `g1` or `g2`; 0 if
 * none. Most often no slot has even the name, which three comparisons say of twelve: slot by slot, a miss of both levels took 200
 * host instructions more.
 */
@inline
function search(first: usize, bytes: u32, tag: u64, g1: u32, g2: u32): usize {
  const name = i32x4.splat(<i32>tag);
  let which = named(first, 0, name);
  if (bytes > 4 * SLOT_BYTES) {
    which |= named(first, 4, name) << 4;
    if (bytes > 8 * SLOT_BYTES) {
      which |= named(first, 8, name) << 8;
      if (bytes > 12 * SLOT_BYTES) return searchMany(first, bytes, tag, g1, g2);
    }
  }
  return pick(first, which, tag, g1, g2);
}

/** Slot in `row` of structure `role`, which is not empty, that holds `tag`, of `kind`, with generation `g1` or `g2`; 0 if none. */
@inline
function probe(row: usize, role: u32, kind: u32, tag: u64, g1: u32, g2: u32): usize {
  return search(setAt(row, setIn(row, role, kind, tag)), load<u32>(row, ROW_STRIDE), tag, g1, g2);
}

/** The same in a row of pages of any size, which may be empty. */
function probePages(row: usize, kind: u32, va: u64, g1: u32, g2: u32): usize {
  return load<u32>(row, ROW_STRIDE) ? probe(row, ROLE_L1D, kind, tagOf(va, kind), g1, g2) : 0;
}

/** The same in a row of 4 KiB pages: every first and second level has one. */
@inline
function probeSmall(row: usize, va: u64, g1: u32, g2: u32): usize {
  return probe(row, ROLE_L1D, KIND_4K, tagOf(va, KIND_4K), g1, g2);
}

/** Entry of `va` in the first level `role`, alive in the current context, of one of `kinds` (a bit for each); 0 if it misses. */
@inline
export function findFirst(t: TlbState, role: u32, va: u64, kinds: u32): usize {
  if (kinds & (1 << KIND_4K)) {
    const slot = probeSmall(rowIn(changetype<usize>(t), role, KIND_4K), va, t.current, t.global);
    if (slot) return load<u32>(slot, SLOT_ENTRY);
  }
  const large = kinds & ~(1 << KIND_4K);
  return large ? findFirstLarge(t, role, va, large) : 0;
}

function findFirstLarge(t: TlbState, role: u32, va: u64, kinds: u32): usize {
  for (; kinds; kinds &= kinds - 1) {
    const kind = <u32>ctz(kinds);
    const slot = probePages(rowIn(changetype<usize>(t), role, kind), kind, va, t.current, t.global);
    if (slot) return load<u32>(slot, SLOT_ENTRY);
  }
  return 0;
}

/** The same in the second level behind first level `role` of CPU `cpuIndex`, noting the use for replacement. */
@inline
export function findSecond(cpuIndex: u32, t: TlbState, role: u32, va: u64, kinds: u32): usize {
  if (machine().preset == PRESET_STICKY) return findSecondSticky(cpuIndex, t, va, kinds);
  const second = secondOf(role);
  if (kinds & (1 << KIND_4K)) {
    const row = rowIn(changetype<usize>(t), second, KIND_4K);
    const slot = probeSmall(row, va, t.current, t.global);
    if (slot) return used(row, tagOf(va, KIND_4K), slot);
  }
  const large = kinds & ~(1 << KIND_4K);
  return large ? findSecondLarge(t, second, va, large) : 0;
}

function findSecondLarge(t: TlbState, role: u32, va: u64, kinds: u32): usize {
  for (; kinds; kinds &= kinds - 1) {
    const kind = <u32>ctz(kinds);
    const row = rowIn(changetype<usize>(t), role, kind);
    const slot = probePages(row, kind, va, t.current, t.global);
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
  touch(counterAt(row, set), load<u32>(row, ROW_STRIDE), <u32>(slot - setAt(row, set)) / SLOT_BYTES);
  return load<u32>(slot, SLOT_ENTRY);
}

/** The paging-structure entry that saves a walk for `va` the most words; 0 if there is none. */
@inline
export function findDeepest(cpuIndex: u32, t: TlbState, va: u64): usize {
  const kinds = t.structures;
  if (kinds & 1) {
    const at = findStructure(cpuIndex, KIND_PDE, va, t.structure);
    if (at) return at;
  }
  if (kinds & 2) {
    const at = findStructure(cpuIndex, KIND_PDPTE, va, t.structure);
    if (at) return at;
  }
  return kinds & 4 ? findStructure(cpuIndex, KIND_PML4E, va, t.structure) : 0;
}

/** Paging-structure entry of `kind` for `va` under generation `generation`; 0 if there is none. */
@inline
function findStructure(cpuIndex: u32, kind: u32, va: u64, generation: u32): usize {
  if (machine().preset == PRESET_STICKY) return findSticky(cpuIndex, tagOf(va, kind), generation, generation);
  const slot = slotOfStructure(cpuIndex, kind, va, generation);
  return slot ? <usize>load<u32>(slot, SLOT_ENTRY) : 0;
}

/** Slot of that entry, in the presets whose entries have slots. */
@inline
function slotOfStructure(cpuIndex: u32, kind: u32, va: u64, generation: u32): usize {
  const row = rowIn(regionOf(cpuIndex), ROLE_PSC, kind);
  const tag = tagOf(va, kind);
  const first = setAt(row, setIn(row, ROLE_PSC, kind, tag));
  return pick(first, named(first, 0, i32x4.splat(<i32>tag)), tag, generation, generation);
}

/** Ends the paging-structure entry of `kind` for `va` of generation `generation`, for LEFT_* `why`. The sticky preset gives it back. */
@inline
function endStructure(cpuIndex: u32, kind: u32, va: u64, generation: u32, why: u64): void {
  if (machine().preset == PRESET_STICKY) {
    const at = findSticky(cpuIndex, tagOf(va, kind), generation, generation);
    if (!at) return;
    if (leavingWanted()) tellLeft(entryAt(at), why);
    dropEntry(entryAt(at));
    return;
  }
  const slot = slotOfStructure(cpuIndex, kind, va, generation);
  if (!slot) return;
  if (leavingWanted()) tellLeft(entryAt(load<u32>(slot, SLOT_ENTRY)), why);
  // It stays where it is: the walk after a #PF mostly finds again what it had, and reviveStructure saves making it anew.
  store<u32>(slot, 0, SLOT_GENERATION);
  entryAt(load<u32>(slot, SLOT_ENTRY)).generation = 0;
  const row = rowIn(regionOf(cpuIndex), ROLE_PSC, kind);
  store<u32>(counterAt(row, setIn(row, ROLE_PSC, kind, tagOf(va, kind))), 0, COUNTER_FULL);
}

/** Ends the paging-structure entries for `va` of generation `generation`, of those of `kinds` (1 << (kind - KIND_PDE)), for LEFT_* `why`. */
export function endStructuresOf(cpuIndex: u32, va: u64, generation: u32, kinds: u32, why: u64): void {
  if (kinds & 1) endStructure(cpuIndex, KIND_PDE, va, generation, why);
  if (kinds & 2) endStructure(cpuIndex, KIND_PDPTE, va, generation, why);
  if (kinds & 4) endStructure(cpuIndex, KIND_PML4E, va, generation, why);
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
  // Paging-structure caches have sets of four ways in every preset.
  const first = setAt(row, setIn(row, ROLE_PSC, kind, tag));
  for (let which = named(first, 0, i32x4.splat(<i32>tag)); which; which &= which - 1) {
    const slot = first + <u32>ctz(which) * SLOT_BYTES;
    // A walk would have begun from one that is alive.
    if (load<u64>(slot) == full) {
      const e = entryAt(load<u32>(slot, SLOT_ENTRY));
      if (e.source == source) {
        if (!(e.flags & ENTRY_STALE)) {
          store<u32>(slot, t.structure, SLOT_GENERATION);
          return changetype<usize>(e);
        }
      }
    }
  }
  return 0;
}

/** An entry of `va` of a page of `kind` in structure `role`, one of slots, with generation `g1` or `g2`; 0 if none. */
@inline
export function findPage(t: TlbState, role: u32, kind: u32, va: u64, g1: u32, g2: u32): usize {
  const row = rowIn(changetype<usize>(t), role, kind);
  const slot = kind == KIND_4K ? probeSmall(row, va, g1, g2) : probePages(row, kind, va, g1, g2);
  return slot ? <usize>load<u32>(slot, SLOT_ENTRY) : 0;
}

/** The second level behind the first level `role`. */
@inline
export function secondOf(role: u32): u32 {
  return role == ROLE_L1I && splitSecondLevel() ? ROLE_L2I : ROLE_L2D;
}

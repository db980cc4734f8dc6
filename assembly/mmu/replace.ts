// The TLBs and paging-structure caches of a CPU as arrays of slots: which slot an entry goes into, and how it leaves.
// Used inside mmu/ only.

import { Cpu, count } from "../cpu/state";
import { C_TLB_EVICTIONS } from "../probe/counters";
import { machine } from "../global";
import {
  counterAt, regionOf, rowIn, setAt, setIn, setOf, setTag, slotAt, slotNumber, COUNTER_FULL, ROW_STRIDE, SLOT_BYTES, SLOT_ENTRY, SLOT_GENERATION,
} from "./layout";
import {
  rowOf, rowFirst, splitSecondLevel, PRESET_STICKY, KIND_4K, KIND_PDE, ROLE_L1D, ROLE_L1I, ROLE_L2D, ROLE_L2I, ROLE_PSC,
} from "./presets";
import {
  Entry, entryAt, kindOf, linearOf, coverShift, PAGE_MASK, TAG_GLOBAL, TAG_PCID_SHIFT, ENTRY_GLOBAL, NO_SLOT, IN_HASH,
} from "./entry";
import { TlbState, generationAlive } from "./generation";
import { leavingWanted, tellEvicted } from "./lifetime";
import { giveBack } from "./pool";
import { insertSticky, removeSticky } from "./sticky";
import { dropList, dropFetchRange } from "./front";

/** Bit-PLRU, in the set counter at `counter` of a set of `bytes`: way `way` is used; when all are, only this one is. */
@inline
export function touch(counter: usize, bytes: u32, way: u32): void {
  const bit: u32 = 1 << way;
  const used = load<u32>(counter) | bit;
  store<u32>(counter, (used + 1) >> (bytes / SLOT_BYTES) ? bit : used);
}

@inline
function isSecond(role: u32): bool {
  return role == ROLE_L2D || role == ROLE_L2I;
}

/** An empty or dead slot among the `bytes` from `first` on; 0 if all of them are alive. */
function freeSlot(cpuIndex: u32, t: TlbState, role: u32, first: usize, bytes: u32): usize {
  const g1 = role == ROLE_PSC ? t.structure : t.current;
  const g2 = t.global;
  const end = first + bytes;
  for (let slot = first; slot < end; slot += SLOT_BYTES) {
    const generation = load<u32>(slot, SLOT_GENERATION);
    if (!generation) return slot;
    if (generation == g1 || generation == g2) continue;
    const tag = load<u64>(slot);
    const pcid = <u32>(tag >> TAG_PCID_SHIFT) & 0xfff;
    if (!generationAlive(cpuIndex, generation, pcid, (tag & TAG_GLOBAL) != 0, role == ROLE_PSC)) return slot;
  }
  return 0;
}

/** Slot of the set at `first` to use for a new entry: an empty or dead one, else the one that the policy says. */
@inline
function victim(cpu: Cpu, t: TlbState, role: u32, counter: usize, first: usize, bytes: u32): usize {
  const ends = role == ROLE_PSC ? t.structureEnds : t.translationEnds;
  // A set that was full still is, unless something has died: vacate() sees to single entries.
  if (load<u32>(counter, COUNTER_FULL) != ends) {
    const slot = freeSlot(cpu.index, t, role, first, bytes);
    if (slot) return slot;
    store<u32>(counter, ends, COUNTER_FULL);
  }
  const value = load<u32>(counter);
  if (isSecond(role)) {
    count(cpu, C_TLB_EVICTIONS);
    return first + <u32>ctz(~value) * SLOT_BYTES;
  }
  store<u32>(counter, (value + 1) * SLOT_BYTES == bytes ? 0 : value + 1);
  return first + value * SLOT_BYTES;
}

/** Puts `e`, of `kind`, into structure `role`; nothing happens if the preset does not hold its kind there. */
@inline
function place(cpu: Cpu, t: TlbState, role: u32, kind: u32, e: Entry): void {
  const row = rowIn(changetype<usize>(t), role, kind);
  const bytes = load<u32>(row, ROW_STRIDE);
  if (!bytes) return;
  const set = setIn(row, role, kind, e.tag);
  const first = setAt(row, set);
  const counter = counterAt(row, set);
  const slot = victim(cpu, t, role, counter, first, bytes);
  const before = load<u32>(slot, SLOT_ENTRY);
  setTag(slot, e.tag | (<u64>e.pcid << TAG_PCID_SHIFT) | (<u64>(e.flags & ENTRY_GLOBAL) * (TAG_GLOBAL / ENTRY_GLOBAL)));
  store<u32>(slot, e.generation, SLOT_GENERATION);
  store<u32>(slot, <u32>changetype<usize>(e), SLOT_ENTRY);
  const n = slotNumber(changetype<usize>(t), slot);
  if (role == ROLE_L1D) e.l1d = n;
  else if (role == ROLE_L1I) e.l1i = n;
  else e.l2 = n;
  if (isSecond(role)) touch(counter, bytes, <u32>(slot - first) / SLOT_BYTES);
  if (!before) return;
  if (leavingWanted()) tellEvicted(entryAt(before));
  leave(cpu.index, role, entryAt(before));
}

function installL1d(cpu: Cpu, t: TlbState, kind: u32, e: Entry): void {
  place(cpu, t, ROLE_L1D, kind, e);
}

function installL1i(cpu: Cpu, t: TlbState, kind: u32, e: Entry): void {
  place(cpu, t, ROLE_L1I, kind, e);
}

function installL2d(cpu: Cpu, t: TlbState, kind: u32, e: Entry): void {
  place(cpu, t, ROLE_L2D, kind, e);
}

function installL2i(cpu: Cpu, t: TlbState, kind: u32, e: Entry): void {
  place(cpu, t, ROLE_L2I, kind, e);
}

/** Puts `e`, of `kind`, into first level `role`. */
@inline
export function installFirst(cpu: Cpu, t: TlbState, role: u32, kind: u32, e: Entry): void {
  if (role == ROLE_L1D) installL1d(cpu, t, kind, e);
  else installL1i(cpu, t, kind, e);
}

/** Puts `e`, of `kind`, into the second level behind first level `role`. */
@inline
export function installSecond(cpu: Cpu, t: TlbState, role: u32, kind: u32, e: Entry): void {
  if (machine().preset == PRESET_STICKY) insertSticky(e);
  else if (role == ROLE_L1I && splitSecondLevel()) installL2i(cpu, t, kind, e);
  else installL2d(cpu, t, kind, e);
}

/** Puts `e`, of `kind`, into the paging-structure caches. */
export function installStructure(cpu: Cpu, t: TlbState, kind: u32, e: Entry): void {
  if (machine().preset == PRESET_STICKY) insertSticky(e);
  else place(cpu, t, ROLE_PSC, kind, e);
}

/** Empties slot `n`, in which structure `role` of CPU `cpuIndex` has `e`. */
function vacate(cpuIndex: u32, role: u32, n: u16, e: Entry): void {
  const slot = slotAt(cpuIndex, n);
  setTag(slot, u64.MAX_VALUE);
  store<u64>(slot, 0, SLOT_GENERATION);
  const row = rowIn(regionOf(cpuIndex), role, kindOf(e));
  store<u32>(counterAt(row, setOf(row, e.tag & PAGE_MASK)), 0, COUNTER_FULL);
  leave(cpuIndex, role, e);
}

/** Structure `role` of CPU `cpuIndex` has `e` no more. An entry that no slot refers to is given back. */
@inline
function leave(cpuIndex: u32, role: u32, e: Entry): void {
  if (role == ROLE_L1D) {
    dropList(cpuIndex, e.l1d);
    e.l1d = NO_SLOT;
  } else if (role == ROLE_L1I) {
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

/** The structure that slot `e.l2` belongs to. */
@inline
function roleBelow(e: Entry): u32 {
  if (kindOf(e) >= KIND_PDE) return ROLE_PSC;
  const fetched = splitSecondLevel() && e.l2 >= rowFirst(rowOf(ROLE_L2I, KIND_4K));
  return fetched ? ROLE_L2I : ROLE_L2D;
}

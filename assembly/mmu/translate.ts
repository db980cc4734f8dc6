// Linear to physical through the TLBs: what happens when a front cache does not answer. Used by mmu/access.ts and
// mmu/fetch.ts.
//
// An entry without the rights (or without D, for a store) that an access needs is never the last word: the page is
// walked again, so rights that were raised in memory are seen at once. What the walk finds takes the place of the
// entry; if it faults, the entries of the address are dropped (SDM 3A 4.10.4.1), so that a #PF that only a stale
// paging-structure entry called for does not come again.

import { Cpu, count } from "../cpu/state";
import { raisePageFault } from "../cpu/fault";
import { C_DIRTY_WALKS, C_DTLB_MISSES, C_ITLB_MISSES, C_STLB_HITS, C_TLB_FILLS, C_CYCLES_MEMORY, C_CYCLES_WALK } from "../probe/counters";
import { charge, COST_STLB_HIT, COST_SLOW_TIER } from "../probe/cost";
import { emit, wanted, EVENT_FILL, LEFT_REPLACED } from "../probe/events";
import { machine } from "../global";
import { useMarked } from "./classify";
import { Entry, entryAt, kindOf, physicalIn, ENTRY_DIRTY, ENTRY_GLOBAL, ENTRY_STALE, RIGHTS } from "./entry";
import { kindsAround, noteFetch, noteKind, tlbOf } from "./generation";
import { ALL_ROLES, dropPage, rolesOf } from "./invalidate";
import { leavingWanted, tellLeft } from "./lifetime";
import { takeEntry } from "./pool";
import { KIND_PML4E, PRESET_NONE, ROLE_L1D, ROLE_L1I } from "./presets";
import { describe, inheritMark } from "./psc";
import { linkSource } from "./reverse";
import { allowed, ACCESS_PROBE, ACCESS_WRITE } from "./rights";
import { dropEntry, findFirst, findSecond, install, installBelow, secondOf } from "./tlb";
import { walk, pageFrame, pageGlobal, pagePhysical, pageRights, leafLevel, leafWord, startedFrom, WALKED } from "./walk";
import { WORD_D } from "./word";

/** The entry that the last translation used; 0 if none is kept (preset none). */
export let usedEntry: usize = 0;

/** Whether the last translation missed the first level. */
let missed: bool = false;

/** Whether the last translation walked: what it found has not been in reach for a while. */
export let walked: bool = false;

/**
 * The slow tier costs more where data caches miss, and those are not modelled: a page that comes (back) into the reach of
 * the first-level data TLB is charged one access to its tier.
 */
function chargeTier(cpu: Cpu, pa: u64): void {
  const slow = machine().slowFrom;
  if (slow && pa >= slow && pa < machine().ramSize) charge(cpu, C_CYCLES_MEMORY, COST_SLOW_TIER);
}

/** Puts `e` into first level `role`. */
@inline
function installFirst(cpu: Cpu, role: u32, va: u64, e: Entry): void {
  if (role == ROLE_L1I) noteFetch(tlbOf(cpu), va);
  install(cpu, role, e);
}

/** A look-up that needed no search used the entry at `at` of the first level. */
@inline
export function noteUse(at: usize): void {
  usedEntry = at;
  missed = walked = false;
}

/** Makes an entry of what the last walk found and puts it into first level `role` and what is below. */
function fill(cpu: Cpu, role: u32, va: u64): usize {
  const at = takeEntry(cpu);
  if (!at) return 0;
  const e = entryAt(at);
  const t = tlbOf(cpu);
  const kind = leafLevel - 1;
  describe(cpu, e, va, kind, leafLevel);
  const isGlobal = pageGlobal(cpu);
  e.frame = pageFrame;
  e.flags = pageRights | (leafWord & WORD_D ? ENTRY_DIRTY : 0) | (isGlobal ? ENTRY_GLOBAL : 0);
  e.generation = isGlobal ? t.global : t.current;
  inheritMark(e);
  linkSource(e);
  noteKind(t, va, kind);
  installBelow(cpu, secondOf(role), e);
  installFirst(cpu, role, va, e);
  count(cpu, C_TLB_FILLS);
  if (wanted(EVENT_FILL)) emit(EVENT_FILL, cpu, va & ~0xfff, physicalIn(e, va & ~0xfff), (<u64>e.flags << 32) | e.source);
  return at;
}

/** Finds the entry of `va` in first level `role` or the second, counting what misses. */
@inline
function find(cpu: Cpu, role: u32, va: u64): usize {
  const t = tlbOf(cpu);
  const kinds = kindsAround(t, va);
  let at = findFirst(t, role, va, kinds);
  missed = !at;
  if (at) return at;
  count(cpu, role == ROLE_L1I ? C_ITLB_MISSES : C_DTLB_MISSES);
  at = findSecond(cpu.index, t, secondOf(role), va, kinds);
  if (at) {
    count(cpu, C_STLB_HITS);
    charge(cpu, C_CYCLES_WALK, COST_STLB_HIT);
    installFirst(cpu, role, va, entryAt(at));
  }
  return at;
}

/**
 * Physical address of `size` bytes at `va`, within one page, for `access` through first level `role`.
 * Check `cpu.fault`: it is #PF if the access is refused, or the stop of a sticky TLB that is full.
 */
export function translate(cpu: Cpu, role: u32, va: u64, size: u32, access: u32): u64 {
  usedEntry = 0;
  walked = false;
  if (machine().preset == PRESET_NONE) {
    count(cpu, role == ROLE_L1I ? C_ITLB_MISSES : C_DTLB_MISSES);
    if (!walkOrFault(cpu, va, access, ALL_ROLES)) return 0;
    if (role == ROLE_L1D) chargeTier(cpu, pagePhysical(va));
    return pagePhysical(va);
  }
  let at = find(cpu, role, va);
  if (at) {
    const flags = entryAt(at).flags;
    const clean = (access & ACCESS_WRITE) != 0 && !(flags & ENTRY_DIRTY);
    const refused = !allowed(cpu, flags & RIGHTS, access);
    if (clean || refused) {
      if (!refused) count(cpu, C_DIRTY_WALKS);
      if (!walkOrFault(cpu, va, access, ALL_ROLES)) return 0;
      if (leavingWanted()) tellLeft(entryAt(at), LEFT_REPLACED);
      dropEntry(entryAt(at));
      at = 0;
    }
  } else if (!walkOrFault(cpu, va, access, ALL_ROLES & ~rolesOf(role))) {
    return 0;
  }
  if (!at) at = fill(cpu, role, va);
  if (!at) return 0;
  usedEntry = at;
  if (missed && role == ROLE_L1D) chargeTier(cpu, physicalIn(entryAt(at), va));
  if (!(access & ACCESS_PROBE)) useEntry(cpu, at, va, size, access);
  return physicalIn(entryAt(at), va);
}

/** The entry at `at` (0 for none) serves `access` to `size` bytes at `va`: if it is marked, that is classified. */
@inline
export function useEntry(cpu: Cpu, at: usize, va: u64, size: u32, access: u32): void {
  if (at && entryAt(at).flags & ENTRY_STALE) useMarked(cpu, entryAt(at), va, size, access);
}

/** Walks; if that faults, drops what there is for `va`, which may be in the structures `roles`, and raises #PF. */
@inline
function walkOrFault(cpu: Cpu, va: u64, access: u32, roles: u32): bool {
  const result = walk(cpu, va, access);
  walked = true;
  if (result == WALKED) return true;
  dropPage(cpu, va, startedFrom ? kindOf(entryAt(startedFrom)) : KIND_PML4E + 1, roles);
  raisePageFault(cpu, va, result);
  return false;
}

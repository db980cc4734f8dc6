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
import { scriptForgets } from "../smp/state";
import { useMarked } from "./classify";
import { Entry, entryAt, kindOf, physicalIn, ENTRY_DIRTY, ENTRY_GLOBAL, ENTRY_STALE, RIGHTS } from "./entry";
import { TlbState, kindsAround, noteFetch, noteKind, tlbOf } from "./generation";
import { ALL_ROLES, dropPage, evictPage, rolesOf } from "./invalidate";
import { leavingWanted, tellLeft } from "./lifetime";
import { takeEntry } from "./pool";
import { KIND_4K, KIND_PML4E, PRESET_NONE, ROLE_L1D, ROLE_L1I } from "./presets";
import { describe, inheritMark } from "./psc";
import { linkSource } from "./reverse";
import { allowed, ACCESS_FETCH, ACCESS_READ, ACCESS_WRITE } from "./rights";
import { dropEntry, installFirst, installSecond } from "./replace";
import { findFirst, findSecond } from "./tlb";
import { pageFrame, pagePhysical, pageRights, leafLevel, leafWord, startedFrom, WALKED } from "./descend";
import { pageGlobal, walk } from "./walk";
import { WORD_D, WORD_G } from "./word";

/** Physical address that the last translation gave. */
export let physical: u64 = 0;

/** Whether it walked: what it found has not been in reach for a while. */
export let walked: bool = false;

/**
 * The slow tier costs more where data caches miss, and those are not modelled: a page that comes (back) into the reach of
 * the first-level data TLB is charged one access to its tier.
 */
@inline
function chargeTier(cpu: Cpu, pa: u64): void {
  const slow = machine().slowFrom;
  if (slow) {
    if (pa >= slow) {
      if (pa < machine().ramSize) charge(cpu, C_CYCLES_MEMORY, COST_SLOW_TIER);
    }
  }
}

@inline
function describePage(cpu: Cpu, t: TlbState, e: Entry, va: u64, kind: u32): void {
  describe(cpu, t, e, va, kind, kind + 1);
  noteKind(t, va, kind);
}

/** Apart, so that what is constant for a 4 KiB page stays so. */
function describeLarge(cpu: Cpu, t: TlbState, e: Entry, va: u64): void {
  describePage(cpu, t, e, va, leafLevel - 1);
}

/** Makes an entry of what the last walk found, which no structure has yet; 0 if there is no room. */
function makeEntry(cpu: Cpu, t: TlbState, va: u64): usize {
  const at = takeEntry(cpu);
  if (!at) return 0;
  const e = entryAt(at);
  if (leafLevel == 1) describePage(cpu, t, e, va, KIND_4K);
  else describeLarge(cpu, t, e, va);
  e.frame = pageFrame;
  e.flags = pageRights | (<u32>leafWord & <u32>WORD_D) / (<u32>WORD_D / ENTRY_DIRTY);
  e.generation = t.current;
  if (leafWord & WORD_G) {
    if (pageGlobal(cpu)) {
      e.flags |= ENTRY_GLOBAL;
      e.generation = t.global;
    }
  }
  inheritMark(e);
  linkSource(e);
  count(cpu, C_TLB_FILLS);
  if (wanted(EVENT_FILL)) emit(EVENT_FILL, cpu, va & ~0xfff, physicalIn(e, va & ~0xfff), (<u64>e.flags << 32) | e.source);
  return at;
}

/** Puts `e` into first level `role`. */
@inline
function bringUp(cpu: Cpu, t: TlbState, role: u32, va: u64, e: Entry): void {
  if (role == ROLE_L1I) noteFetch(t, va);
  installFirst(cpu, t, role, kindOf(e), e);
}

/** Makes an entry of what the last walk found and puts it into first level `role` and what is below; 0 if there is no room. */
@inline
function fill(cpu: Cpu, t: TlbState, role: u32, va: u64): usize {
  const at = makeEntry(cpu, t, va);
  if (at) {
    installSecond(cpu, t, role, leafLevel - 1, entryAt(at));
    bringUp(cpu, t, role, va, entryAt(at));
    physical = pagePhysical(va);
  }
  return at;
}

/** Whether an entry with `flags` is good for `access`: one that lacks D is not, for a store. */
@inline
function serves(cpu: Cpu, flags: u32, access: u32): bool {
  if (access & ACCESS_WRITE) {
    if (!(flags & ENTRY_DIRTY)) return false;
  }
  return allowed(cpu, flags & RIGHTS, access);
}

/** Uses the entry at `at`; if it does not serve `access`, walks again, for one that takes its place. */
@inline
function settle(cpu: Cpu, t: TlbState, role: u32, va: u64, access: u32, at: usize): usize {
  const e = entryAt(at);
  if (!serves(cpu, e.flags, access)) return replaceEntry(cpu, t, role, va, access, e);
  if (e.flags & ENTRY_STALE) {
    if (scriptForgets(va)) return replaceEntry(cpu, t, role, va, access, e);
  }
  physical = physicalIn(e, va);
  return at;
}

function replaceEntry(cpu: Cpu, t: TlbState, role: u32, va: u64, access: u32, e: Entry): usize {
  if (allowed(cpu, e.flags & RIGHTS, access)) count(cpu, C_DIRTY_WALKS);
  if (!walkOrFault(cpu, va, access, ALL_ROLES)) return 0;
  if (leavingWanted()) tellLeft(e, LEFT_REPLACED);
  dropEntry(e);
  return fill(cpu, t, role, va);
}

/** Without TLBs: every translation is a walk, whose result is what there is. */
function translateUncached(cpu: Cpu, role: u32, va: u64, access: u32): void {
  count(cpu, role == ROLE_L1I ? C_ITLB_MISSES : C_DTLB_MISSES);
  if (!walkOrFault(cpu, va, access, ALL_ROLES)) return;
  physical = pagePhysical(va);
  if (role == ROLE_L1D) chargeTier(cpu, physical);
}

/** What translateData and translateFetch do, for first level `role`. */
@inline
function translate(cpu: Cpu, role: u32, va: u64, access: u32): usize {
  walked = false;
  if (machine().preset == PRESET_NONE) {
    translateUncached(cpu, role, va, access);
    return 0;
  }
  const t = tlbOf(cpu);
  const kinds = kindsAround(t, va);
  const first = findFirst(t, role, va, kinds);
  if (first) return settle(cpu, t, role, va, access, first);

  count(cpu, role == ROLE_L1I ? C_ITLB_MISSES : C_DTLB_MISSES);
  let at = findSecond(cpu.index, t, role, va, kinds);
  if (at) {
    count(cpu, C_STLB_HITS);
    charge(cpu, C_CYCLES_WALK, COST_STLB_HIT);
    bringUp(cpu, t, role, va, entryAt(at));
    at = settle(cpu, t, role, va, access, at);
  } else {
    if (!walkOrFault(cpu, va, access, ALL_ROLES & ~rolesOf(role))) return 0;
    at = fill(cpu, t, role, va);
  }
  if (role == ROLE_L1D) {
    if (at) chargeTier(cpu, physical);
  }
  return at;
}

/**
 * Entry that gives `access` to the page of `va`, with `physical` set; useEntry is the caller's to call. 0 if none is kept
 * (preset none), and if `cpu.fault` is set: to #PF if the access is refused, or to the stop of a sticky TLB that is full.
 */
export function translateData(cpu: Cpu, va: u64, access: u32): usize {
  return translate(cpu, ROLE_L1D, va, access);
}

/** The same for an instruction fetch. */
export function translateFetch(cpu: Cpu, va: u64): usize {
  return translate(cpu, ROLE_L1I, va, ACCESS_FETCH);
}

/** Makes the TLB hold what the tables say now of the page of `va`, as a speculative access may at any time. Leaves `cpu.fault` set if they say nothing. */
export function fillPage(cpu: Cpu, va: u64): void {
  const t = tlbOf(cpu);
  const kinds = kindsAround(t, va);
  let at = findFirst(t, ROLE_L1D, va, kinds);
  if (!at) at = findSecond(cpu.index, t, ROLE_L1D, va, kinds);
  if (at && !(entryAt(at).flags & ENTRY_STALE)) return;
  evictPage(cpu, va);
  translateData(cpu, va, ACCESS_READ);
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
  refuse(cpu, va, result, roles);
  return false;
}

function refuse(cpu: Cpu, va: u64, code: u32, roles: u32): void {
  dropPage(cpu, va, startedFrom ? kindOf(entryAt(startedFrom)) : KIND_PML4E + 1, roles);
  raisePageFault(cpu, va, code);
}

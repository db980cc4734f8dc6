// The processor's page walk (SDM 3A 4.5, 4.6, 4.8): four levels, 4 KiB, 2 MiB and 1 GiB pages, with paging-structure caches, counters
// and A and D bits. A walk is one step of the machine: what it read is what memory holds. One that faults sets no bit and fills
// nothing (the manual permits A bits above the fault; this machine does not set them).
// Used inside mmu/; physicalOf also by the debugging side of index.ts.

import { Cpu, add, count, countersOf, CR0_PG, CR4_PGE } from "../cpu/state";
import {
  C_WALKS_DATA, C_WALKS_INSTRUCTION, C_WALK_REFERENCES, C_WALKS_FAULTED, C_CYCLES_WALK, C_CYCLES_MEMORY,
} from "../probe/counters";
import { charge, COST_WALK_REFERENCE, COST_WALK_UPDATE, COST_SLOW_TIER } from "../probe/cost";
import { emit, wanted, EVENT_WALK } from "../probe/events";
import { machine } from "../global";
import {
  descend, leafLevel, leafWord, noteBits, pagePhysical, pageRights, peek, reachOfWords, setAbove, topLevel, trailValue, trailWord, WALKED,
} from "./descend";
import { tlbOf } from "./generation";
import { PRESET_NONE } from "./presets";
import { insertStructures } from "./psc";
import { setWordBits } from "./physical";
import { allowed, errorCode, ACCESS_FETCH, ACCESS_WRITE, ACCESS_INTENT, ERROR_P } from "./rights";
import { findDeepest } from "./tlb";
import { WORD_A, WORD_D, WORD_G } from "./word";

@inline
function countReferences(cpu: Cpu, access: u32): void {
  const references = topLevel - leafLevel + 1;
  const counters = countersOf(cpu);
  add(counters, access & ACCESS_FETCH ? C_WALKS_INSTRUCTION : C_WALKS_DATA, 1);
  add(counters, C_WALK_REFERENCES, references);
  charge(cpu, C_CYCLES_WALK, references * COST_WALK_REFERENCE);
  // No word lies above all bits of the words' addresses together.
  const slow = machine().slowFrom;
  if (slow) {
    if (reachOfWords >= slow) chargeTier(cpu, slow);
  }
}

function chargeTier(cpu: Cpu, slow: u64): void {
  for (let level = topLevel; level >= leafLevel; level--) {
    if (trailWord(level) >= slow) charge(cpu, C_CYCLES_MEMORY, COST_SLOW_TIER);
  }
}

/** Sets A in the words that the walk read, and D in the last if it is for a store. */
@inline
function setAccessed(cpu: Cpu, access: u32): void {
  const bits = access & ACCESS_WRITE ? WORD_A | WORD_D : WORD_A;
  if (setAbove & WORD_A) {
    if (!(bits & ~leafWord)) return;
    setWordBits(cpu, trailWord(leafLevel), bits);
    charge(cpu, C_CYCLES_WALK, COST_WALK_UPDATE);
    noteBits(bits);
  } else {
    setAccessedAll(cpu, access);
  }
}

function setAccessedAll(cpu: Cpu, access: u32): void {
  for (let level = topLevel; level >= leafLevel; level--) {
    let bits = WORD_A;
    if (level == leafLevel && access & ACCESS_WRITE) bits |= WORD_D;
    if ((trailValue(level) & bits) == bits) continue;
    setWordBits(cpu, trailWord(level), bits);
    charge(cpu, C_CYCLES_WALK, COST_WALK_UPDATE);
  }
  noteBits(access & ACCESS_WRITE ? WORD_A | WORD_D : WORD_A);
}

/**
 * Walks for `access` to `va`: WALKED with the result in the variables above, A and D set and paging structures cached;
 * or the error code of the #PF that it calls for.
 */
export function walk(cpu: Cpu, va: u64, access: u32): u32 {
  const caching = machine().preset != PRESET_NONE;
  let reason = descend(cpu, va, caching ? findDeepest(cpu.index, tlbOf(cpu), va) : 0);
  countReferences(cpu, access);
  if (reason == WALKED) {
    if (!allowed(cpu, pageRights, access)) reason = ERROR_P;
  }
  if (reason != WALKED) return refuse(cpu, va, access, reason);
  setAccessed(cpu, access);
  if (caching) {
    if (topLevel != leafLevel) insertStructures(cpu, va);
  }
  if (wanted(EVENT_WALK)) emitWalk(cpu, va, access, pagePhysical(va));
  return WALKED;
}

/** The walk ends in a #PF for `reason`: its error code. */
function refuse(cpu: Cpu, va: u64, access: u32, reason: u32): u32 {
  count(cpu, C_WALKS_FAULTED);
  if (wanted(EVENT_WALK)) emitWalk(cpu, va, access, u64.MAX_VALUE);
  return errorCode(cpu, reason, access);
}

function emitWalk(cpu: Cpu, va: u64, access: u32, pa: u64): void {
  emit(EVENT_WALK, cpu, va, pa, (access & ~ACCESS_INTENT) | ((topLevel - leafLevel + 1) << 8));
}

/** Whether the page of the last descent is global: G counts only with CR4.PGE (SDM 3A 4.10.2.4). */
@inline
export function pageGlobal(cpu: Cpu): bool {
  return (leafWord & WORD_G) != 0 && (cpu.cr4 & CR4_PGE) != 0;
}

/** Physical address that the page tables give `va` now, whatever the rights; -1 if none. Leaves no trace. */
export function physicalOf(cpu: Cpu, va: u64): i64 {
  if (!(cpu.cr0 & CR0_PG)) return <i64>va;
  return peek(cpu, va) == WALKED ? <i64>pagePhysical(va) : -1;
}

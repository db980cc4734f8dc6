// The page walk (SDM 3A 4.5, 4.6, 4.8): four levels, 4 KiB, 2 MiB and 1 GiB pages. `walk` is the processor's, with
// paging-structure caches, counters and A and D bits; `peek` reads the same words and leaves no trace.
// A walk is one step of the machine: what it read is what memory holds. One that faults sets no bit and fills nothing
// (the manual permits A bits above the fault; this machine does not set them).
// Used inside mmu/; physicalOf and peek also by the debugging side of index.ts.

import { Cpu, count, CR0_PG, CR4_PGE } from "../cpu/state";
import {
  C_WALKS_DATA, C_WALKS_INSTRUCTION, C_WALK_REFERENCES, C_WALKS_FAULTED, C_CYCLES_WALK, C_CYCLES_MEMORY,
} from "../probe/counters";
import { charge, COST_WALK_REFERENCE, COST_WALK_UPDATE, COST_SLOW_TIER } from "../probe/cost";
import { emit, wanted, EVENT_WALK } from "../probe/events";
import { machine, ramAt } from "../global";
import { RIGHT_W, RIGHT_U, RIGHT_NX, RIGHTS, entryAt, kindOf } from "./entry";
import { KIND_PDE, PRESET_NONE } from "./presets";
import { noteTable } from "./owner";
import { findDeepest, insertStructures } from "./psc";
import { allowed, errorCode, ACCESS_FETCH, ACCESS_WRITE, ACCESS_INTENT, ACCESS_PROBE, ERROR_P, ERROR_RESERVED } from "./rights";
import { setWordBits } from "./physical";
import {
  isLeaf, leafFrame, reservedBits, WORD_P, WORD_A, WORD_D, WORD_G, WORD_PS, WORD_XD, WORD_ABOVE, WORD_ADDRESS,
} from "./word";

/** How the last descent ended: WALKED, or the reason bits of an error code. */
export const WALKED: u32 = u32.MAX_VALUE;
const NOT_PRESENT: u32 = 0;

// What the last descent found. These live from a walk to the use of its result, never from one step to the next.

/** Level of the word that maps the page: 1, 2 or 3. */
export let leafLevel: u32 = 0;
/** That word as it was read. */
export let leafWord: u64 = 0;
export let pageFrame: u32 = 0;
export let pageRights: u32 = 0;
/** Paging-structure entry that the walk began from, 0 if from CR3. */
export let startedFrom: usize = 0;
/** First level that was read. */
export let topLevel: u32 = 0;
/** Bits that are set in every word that was read above the last, and the highest address of a word. */
let setAbove: u64 = 0;
let highest: u64 = 0;

/** Address and value of the word read at each level, and rights accumulated down to it: three u64 for each level. */
const TRAIL = memory.data(5 * 24, 8);

/** Physical address of the word used at `level`, read now or known from a paging-structure cache. */
@inline
export function trailWord(level: u32): u32 {
  return load<u32>(TRAIL + level * 24);
}

@inline
export function trailValue(level: u32): u64 {
  return load<u64>(TRAIL + level * 24, 8);
}

@inline
export function trailRights(level: u32): u32 {
  return load<u32>(TRAIL + level * 24, 16);
}

/** Reads the tables for `va` from the table at `table` for `level`; rights so far are `rights`. */
function descend(cpu: Cpu, va: u64, level: u32, table: u64, rights: u32): u32 {
  topLevel = level;
  const ramSize = <u64>machine().ramSize;
  let trail = TRAIL + level * 24;
  let shift = <u64>(9 * level) + 3;
  let above = u64.MAX_VALUE;
  let top: u64 = 0;
  while (true) {
    const at = table + (((va >> shift) & 0x1ff) << 3);
    // Tables beyond RAM read as all ones, which sets reserved bits.
    const word = at < ramSize ? load<u64>(ramAt(at)) : u64.MAX_VALUE;
    store<u64>(trail, at);
    store<u64>(trail, word, 8);
    top = max(top, at);
    if (!(word & WORD_P)) {
      leafLevel = level;
      leafWord = word;
      highest = top;
      return NOT_PRESENT;
    }
    // Without these bits no other can be a reserved one.
    if (word & (WORD_ABOVE | WORD_XD | WORD_PS) && word & reservedBits(cpu, word, level)) {
      leafLevel = level;
      leafWord = word;
      highest = top;
      return ERROR_P | ERROR_RESERVED;
    }
    rights = narrowed(rights, word);
    store<u32>(trail, rights, 16);
    if (isLeaf(word, level)) {
      leafLevel = level;
      leafWord = word;
      pageFrame = leafFrame(word, level);
      pageRights = rights;
      setAbove = above;
      highest = top;
      return WALKED;
    }
    above &= word;
    table = word & WORD_ADDRESS;
    level--;
    trail -= 24;
    shift -= 9;
  }
}

/** `rights` AND those of `word`; RIGHT_W and RIGHT_U are one place below WORD_W and WORD_U. */
@inline
function narrowed(rights: u32, word: u64): u32 {
  return (rights & (<u32>(word >> 1) | RIGHT_NX)) | (<u32>(word >> 63) * RIGHT_NX);
}

/** Reads what the page tables say of `va` now, from CR3, with no effect on the machine. */
export function peek(cpu: Cpu, va: u64): u32 {
  startedFrom = 0;
  return descend(cpu, va, 4, cpu.cr3 & WORD_ADDRESS, RIGHT_W | RIGHT_U);
}

/** Flags the tables of the last descent as such, so that stores into them are seen. */
@inline
export function noteTrail(): void {
  for (let level = topLevel; level >= leafLevel; level--) noteTable(trailWord(level) >> 12, level);
}

/** The last descent's page: physical address of `va`. */
@inline
export function pagePhysical(va: u64): u64 {
  return (<u64>pageFrame << 12) + (va & (((<u64>1) << (3 + 9 * leafLevel)) - 1));
}

@inline
function countReferences(cpu: Cpu, access: u32): void {
  count(cpu, access & ACCESS_FETCH ? C_WALKS_INSTRUCTION : C_WALKS_DATA);
  const references = topLevel - leafLevel + 1;
  count(cpu, C_WALK_REFERENCES, references);
  charge(cpu, C_CYCLES_WALK, references * COST_WALK_REFERENCE);
  // No word is above the highest.
  const slow = machine().slowFrom;
  if (slow && highest >= slow) chargeTier(cpu, slow);
}

function chargeTier(cpu: Cpu, slow: u64): void {
  for (let level = topLevel; level >= leafLevel; level--) {
    if (trailWord(level) >= slow) charge(cpu, C_CYCLES_MEMORY, COST_SLOW_TIER);
  }
}

/** Sets A in the words that the walk read, and D in the last if it is for a store. */
@inline
function setAccessed(cpu: Cpu, access: u32): void {
  if (!(setAbove & WORD_A)) return setAccessedAll(cpu, access);
  const bits = access & ACCESS_WRITE ? WORD_A | WORD_D : WORD_A;
  if ((leafWord & bits) == bits) return;
  setWordBits(cpu, trailWord(leafLevel), bits);
  charge(cpu, C_CYCLES_WALK, COST_WALK_UPDATE);
  leafWord |= bits;
}

function setAccessedAll(cpu: Cpu, access: u32): void {
  for (let level = topLevel; level >= leafLevel; level--) {
    let bits = WORD_A;
    if (level == leafLevel && access & ACCESS_WRITE) bits |= WORD_D;
    if ((trailValue(level) & bits) == bits) continue;
    setWordBits(cpu, trailWord(level), bits);
    charge(cpu, C_CYCLES_WALK, COST_WALK_UPDATE);
  }
  leafWord |= access & ACCESS_WRITE ? WORD_A | WORD_D : WORD_A;
}

/** Uses what the paging-structure entry `start` for `level + 1` says, instead of reading the levels above. */
@inline
function descendFrom(cpu: Cpu, va: u64, start: usize, level: u32): u32 {
  const e = entryAt(start);
  store<u32>(TRAIL + 4 * 24, level == 3 ? e.source : e.pml4e);
  store<u32>(TRAIL + 3 * 24, level == 2 ? e.source : e.pdpte);
  store<u32>(TRAIL + 2 * 24, e.source);
  return descend(cpu, va, level, <u64>e.frame << 12, e.flags & RIGHTS);
}

/**
 * Walks for `access` to `va`: WALKED with the result in the variables above, A and D set and paging structures cached;
 * or the error code of the #PF that it calls for.
 */
export function walk(cpu: Cpu, va: u64, access: u32): u32 {
  const caching = machine().preset != PRESET_NONE;
  startedFrom = caching ? findDeepest(cpu, va) : 0;
  let reason = startedFrom ? descendFrom(cpu, va, startedFrom, levelBelow(startedFrom)) : peek(cpu, va);
  countReferences(cpu, access);
  noteTrail();
  if (reason == WALKED && !allowed(cpu, pageRights, access)) reason = ERROR_P;
  if (reason != WALKED) {
    count(cpu, C_WALKS_FAULTED);
    if (wanted(EVENT_WALK)) emitWalk(cpu, va, access, u64.MAX_VALUE);
    return errorCode(cpu, reason, access);
  }
  setAccessed(cpu, access);
  if (caching) insertStructures(cpu, va);
  if (wanted(EVENT_WALK)) emitWalk(cpu, va, access, pagePhysical(va));
  return WALKED;
}

/** Level of the table that the paging-structure entry at `start` points to. */
@inline
function levelBelow(start: usize): u32 {
  return kindOf(entryAt(start)) - KIND_PDE + 1;
}

function emitWalk(cpu: Cpu, va: u64, access: u32, pa: u64): void {
  emit(EVENT_WALK, cpu, va, pa, (access & ~(ACCESS_INTENT | ACCESS_PROBE)) | ((topLevel - leafLevel + 1) << 8));
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

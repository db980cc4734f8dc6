// Paging-structure caches (SDM 3A 4.10.3): what a walk read of PML4Es, PDPTEs and PDEs that point to tables, tagged by
// PCID. A walk begins from the deepest one that it finds. They may outlive what they were read from: one whose words
// have changed is marked like any entry, and whatever is filled through it is stale from the start. Used by mmu/walk.ts.

import { Cpu } from "../cpu/state";
import { stepOf } from "../probe/events";
import { Entry, entryAt, setUpperWords, tagOf, ENTRY_STALE, NO_SLOT, NO_WORD } from "./entry";
import { tlbOf } from "./generation";
import { staleWanted, tellMarked } from "./lifetime";
import { takeEntry } from "./pool";
import { KIND_PDE, KIND_PML4E, ROLE_PSC } from "./presets";
import { linkSource } from "./reverse";
import { findStructure, installBelow, reviveStructure } from "./tlb";
import { leafLevel, startedFrom, topLevel, trailRights, trailValue, trailWord } from "./walk";
import { WORD_ADDRESS } from "./word";

/** The paging-structure entry that saves a walk for `va` the most words; 0 if there is none. */
export function findDeepest(cpu: Cpu, va: u64): usize {
  if (!tlbOf(cpu).structures) return 0;
  for (let kind = KIND_PDE; kind <= KIND_PML4E; kind++) {
    const e = findStructure(cpu, kind, va);
    if (e) return e;
  }
  return 0;
}

/** Caches the words of the last walk that point to tables. */
export function insertStructures(cpu: Cpu, va: u64): void {
  const t = tlbOf(cpu);
  for (let level = topLevel; level > leafLevel; level--) {
    const kind = KIND_PDE + level - 2;
    const source = trailWord(level);
    const again = reviveStructure(cpu, kind, va, source);
    const at = again ? again : takeEntry(cpu);
    if (!at) return;
    const e = entryAt(at);
    if (!again) describe(cpu, e, va, kind, level);
    else setUpperWords(e, kind, trailWord(4), trailWord(3), NO_WORD);
    e.frame = <u32>((trailValue(level) & WORD_ADDRESS) >> 12);
    e.flags = trailRights(level);
    e.generation = t.structure;
    t.structures |= 1 << (level - 2);
    e.filledAt = stepOf(cpu);
    e.filledBy = cpu.rip;
    inheritMark(e);
    if (again) continue;
    linkSource(e);
    installBelow(cpu, ROLE_PSC, e);
  }
}

/** What every new entry gets from the last walk: `level` is that of its own word. */
@inline
export function describe(cpu: Cpu, e: Entry, va: u64, kind: u32, level: u32): void {
  e.tag = tagOf(va, kind);
  e.filledAt = stepOf(cpu);
  e.filledBy = cpu.rip;
  e.source = trailWord(level);
  setUpperWords(e, kind, trailWord(4), trailWord(3), trailWord(2));
  e.pcid = <u16>tlbOf(cpu).pcid;
  e.l1d = e.l1i = e.l2 = NO_SLOT;
  e.cpu = <u8>cpu.index;
}

/** An entry read through a paging-structure entry that is marked is marked too. */
@inline
export function inheritMark(e: Entry): void {
  if (!startedFrom) return;
  const above = entryAt(startedFrom);
  if (!(above.flags & ENTRY_STALE)) return;
  e.flags |= ENTRY_STALE;
  e.markedAt = above.markedAt;
  e.markedNumber = above.markedNumber;
  e.changedBy = above.changedBy;
  if (staleWanted()) tellMarked(e);
}

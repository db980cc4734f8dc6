// Paging-structure caches (SDM 3A 4.10.3): what a walk read of PML4Es, PDPTEs and PDEs that point to tables, tagged by
// PCID. A walk begins from the deepest one that it finds. They may outlive what they were read from: one whose words
// have changed is marked like any entry, and whatever is filled through it is stale from the start. Used by mmu/walk.ts.

import { Cpu } from "../cpu/state";
import { stepOf } from "../probe/events";
import { Entry, entryAt, setUnplaced, setUpperWords, tagOf, ENTRY_STALE, NO_WORD } from "./entry";
import { TlbState, tlbOf } from "./generation";
import { staleWanted, tellMarked } from "./lifetime";
import { takeEntry } from "./pool";
import { KIND_PDE, KIND_PDPTE, KIND_PML4E } from "./presets";
import { linkSource } from "./reverse";
import { installStructure } from "./replace";
import { reviveStructure } from "./tlb";
import { leafLevel, startedFrom, topLevel, trailRights, trailValue, trailWord } from "./descend";
import { WORD_ADDRESS } from "./word";

/** Caches the words of the last walk that point to tables, from the top. */
export function insertStructures(cpu: Cpu, va: u64): void {
  const t = tlbOf(cpu);
  if (topLevel == 4) {
    if (!cacheWord(cpu, t, KIND_PML4E, va, 4)) return;
  }
  if (topLevel >= 3) {
    if (leafLevel == 3) return;
    if (!cacheWord(cpu, t, KIND_PDPTE, va, 3)) return;
  }
  if (leafLevel == 1) cacheWord(cpu, t, KIND_PDE, va, 2);
}

/** Caches the word at `level`, in the entry that was made from it before if there is one. False if there is no room. */
@inline
function cacheWord(cpu: Cpu, t: TlbState, kind: u32, va: u64, level: u32): bool {
  t.structures |= 1 << (level - 2);
  const again = reviveStructure(t, kind, va, trailWord(level));
  if (!again) return insertStructure(cpu, t, kind, va, level);
  const e = entryAt(again);
  setUpperWords(e, kind, trailWord(4), trailWord(3), NO_WORD);
  e.filledAt = stepOf(cpu);
  e.filledBy = cpu.rip;
  setContents(t, e, level);
  return true;
}

/** What the word at `level` says goes into `e`. */
@inline
function setContents(t: TlbState, e: Entry, level: u32): void {
  e.frame = <u32>((trailValue(level) & WORD_ADDRESS) >> 12);
  e.flags = trailRights(level);
  e.generation = t.structure;
  inheritMark(e);
}

/** Caches the word at `level` as a new entry. False if there is no room: the run is stopped. */
function insertStructure(cpu: Cpu, t: TlbState, kind: u32, va: u64, level: u32): bool {
  const at = takeEntry(cpu);
  if (!at) return false;
  const e = entryAt(at);
  describe(cpu, t, e, va, kind, level);
  setContents(t, e, level);
  linkSource(e);
  installStructure(cpu, t, kind, e);
  return true;
}

/** What every new entry gets from the last walk: `level` is that of its own word. */
@inline
export function describe(cpu: Cpu, t: TlbState, e: Entry, va: u64, kind: u32, level: u32): void {
  e.tag = tagOf(va, kind);
  e.filledAt = stepOf(cpu);
  e.filledBy = cpu.rip;
  e.source = trailWord(level);
  setUpperWords(e, kind, trailWord(4), trailWord(3), trailWord(2));
  setUnplaced(e, t.pcid);
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

// Marks TLB entries when a page-table word that they were made from changes. Called for every store that changes a word
// of a known table (mmu/physical.ts); what a use of a marked entry amounts to is decided by mmu/classify.ts.
//
// A change is one that differs in more than A: walks set A at will, and it says nothing about a translation. A word
// that was not present was in no entry (SDM 3A 4.10.2.3), so only changes of present words are looked at. An entry
// keeps the first mark that it gets.

import { Cpu, count } from "../cpu/state";
import { C_PT_WRITES } from "../probe/counters";
import { emit, stepOf, EVENT_TABLE_WRITE } from "../probe/events";
import { machine, frameAt } from "../global";
import { Entry, entryAt, ENTRY_BYTES, ENTRY_STALE } from "./entry";
import { FRAME_IDLE, FRAME_LEVELS, FRAME_OWNER, FRAME_PT, frameRecord, unflagFrame } from "./frames";
import { OWNER_TABLE, wordWritten } from "./owner";
import { staleWanted, tellMarked } from "./lifetime";
import { poolBase, poolUsed, pools } from "./pool";
import { entryAlive } from "./generation";
import { firstInChain } from "./reverse";
import { hideEntry } from "./tlb";
import { WORD_A, WORD_P, WORD_PS, WORD_ADDRESS } from "./word";

/** A table frame that took this many stores in a row with nothing cached from it is looked at again. */
const IDLE_STORES: u16 = 512;

function mark(e: Entry, cpu: Cpu): void {
  if (e.flags & ENTRY_STALE) return;
  e.flags |= ENTRY_STALE;
  e.markedAt = stepOf(cpu);
  e.markedNumber = machine().tableChanges;
  e.changedBy = <u8>cpu.index;
  if (staleWanted()) tellMarked(e);
  hideEntry(e);
}

/** Marks the entries, of pages and of tables, whose own word is `word`. */
function markSource(word: u32, cpu: Cpu): void {
  let at = firstInChain(word);
  while (at) {
    const e = entryAt(at);
    if (e.source == word) mark(e, cpu);
    at = e.chainNext;
  }
}

/** Marks the entries of pages that a walk reached through PDE `pde`, which led to the page table at `table`. */
function markThrough(pde: u32, table: u64, cpu: Cpu): void {
  if (table >= machine().ramSize) return;
  for (let i: u32 = 0; i < 512; i++) {
    const word = <u32>table + (i << 3);
    let at = firstInChain(word);
    while (at) {
      const e = entryAt(at);
      if (e.source == word && e.pde == pde) mark(e, cpu);
      at = e.chainNext;
    }
  }
}

/** Marks the entries that a walk reached through PML4E or PDPTE `word`: rare enough to look at every entry. */
function markBelow(word: u32, cpu: Cpu): void {
  for (let p: u32 = 0; p < pools(); p++) {
    const base = poolBase(p);
    const end = base + poolUsed(p) * ENTRY_BYTES;
    for (let at = base; at < end; at += ENTRY_BYTES) {
      const e = entryAt(at);
      if (e.pml4e == word || e.pdpte == word) mark(e, cpu);
    }
  }
}

/** `cpu` changed the page-table word at `word` from `before` to `after`. */
export function tableWordChanged(cpu: Cpu, word: u32, before: u64, after: u64): void {
  if (!((before ^ after) & ~WORD_A)) return;
  count(cpu, C_PT_WRITES);
  emit(EVENT_TABLE_WRITE, cpu, word, before, after);
  machine().tableChanges++;
  const levels = load<u8>(frameAt(word), FRAME_LEVELS);
  if (before & WORD_P) {
    markSource(word, cpu);
    if (levels & 2 && !(before & WORD_PS)) markThrough(word, before & WORD_ADDRESS, cpu);
    if (levels & 12) markBelow(word, cpu);
  }
  wordWritten(word, after, levels);
}

/** Whether an unmarked entry that is alive was made from a word of `frame`. */
function cachedFrom(frame: u32): bool {
  const base = frame << 12;
  for (let word = base; word < base + 4096; word += 8) {
    let at = firstInChain(word);
    while (at) {
      const e = entryAt(at);
      if (e.source == word && !(e.flags & ENTRY_STALE) && entryAlive(e)) return true;
      at = e.chainNext;
    }
  }
  if (!(load<u8>(frameRecord(frame), FRAME_LEVELS) & ~1)) return false;
  for (let p: u32 = 0; p < pools(); p++) {
    const first = poolBase(p);
    const end = first + poolUsed(p) * ENTRY_BYTES;
    for (let at = first; at < end; at += ENTRY_BYTES) {
      const e = entryAt(at);
      const through = e.pml4e >> 12 == frame || e.pdpte >> 12 == frame || e.pde >> 12 == frame;
      if (through && !(e.flags & ENTRY_STALE) && entryAlive(e)) return true;
    }
  }
  return false;
}

/**
 * A store changed table frame `frame`. A frame that is only written, never walked, has become something else: its flag
 * goes, and with it the slow stores. Nothing is lost, because no entry depends on it; a walk would flag it again.
 */
export function storedIntoTable(frame: u32): void {
  const record = frameRecord(frame);
  const idle = load<u16>(record, FRAME_IDLE) + 1;
  store<u16>(record, idle, FRAME_IDLE);
  if (idle < IDLE_STORES) return;
  store<u16>(record, 0, FRAME_IDLE);
  if (cachedFrom(frame)) return;
  store<u8>(record, 0, FRAME_LEVELS);
  if (load<u32>(record, FRAME_OWNER) == OWNER_TABLE) store<u32>(record, 0, FRAME_OWNER);
  unflagFrame(frame, FRAME_PT);
}

// Walks that need not be made again. While exploring no TLB answers, so every fetch and every access would walk; but a walk
// reads a few words, and as long as these hold what they held it comes to the same. So its words are kept with its result,
// and compared. Nothing of this is state: what it says is what a walk would say.
//
// Tracked pages are not looked up here (explore/translations.ts).

import { AC, Cpu, CR0_PG } from "../cpu/state";
import { codePageFor } from "../cpu/code";
import { lookup } from "../cpu/lookup";
import { csBase } from "../cpu/operand";
import { CP_ENTRIES } from "../cpu/record";
import { ramAt } from "../global";
import { WALKS, WALKS_BASE } from "../memory-map";
import { leafLevel, topLevel, trailValue, trailWord } from "../mmu/descend";
import { fetchTranslate } from "../mmu/fetch";
import { inRam } from "../mmu/physical";
import { ACCESS_FETCH } from "../mmu/rights";
import { physical, translateData } from "../mmu/translate";
import { EVENT_WALK, wanted } from "../probe/events";

@unmanaged
class Walk {
  /** Linear address of the page; in the bits below 12 what decides about rights besides the registers below. */
  page: u64;
  cr3: u64;
  /** CR0, and CR4 in the high half. */
  controls: u64;
  efer: u64;
  /** Physical address of the page. */
  physical: u64;
  /** Where its words are in linear memory, and what they held. A walk of fewer levels has its last word more than once. */
  at1: u32; at2: u32; at3: u32; at4: u32;
  word1: u64; word2: u64; word3: u64; word4: u64;
}

/** Of `foundWalk`: there is none. */
const NONE: u64 = u64.MAX_VALUE;

@inline
function keyOf(cpu: Cpu, va: u64, access: u32): u64 {
  return (va & ~0xfff) | access | cpu.cpl << 5 | (cpu.system & AC) >> 11;
}

@inline
function controlsOf(cpu: Cpu): u64 {
  return cpu.cr0 ^ cpu.cr4 << 32;
}

@inline
function walkAt(key: u64): Walk {
  const slot = <u32>(key * 0x9e3779b97f4a7c15 >> 40) & (WALKS - 1);
  return changetype<Walk>(WALKS_BASE + slot * offsetof<Walk>());
}

/** Physical address of the page of `va`, or NONE. */
@inline
function foundWalk(cpu: Cpu, key: u64): u64 {
  const w = walkAt(key);
  if (w.page != key || w.cr3 != cpu.cr3 || w.controls != controlsOf(cpu) || w.efer != cpu.efer) return NONE;
  const changed = (load<u64>(w.at1) ^ w.word1) | (load<u64>(w.at2) ^ w.word2) | (load<u64>(w.at3) ^ w.word3) | (load<u64>(w.at4) ^ w.word4);
  return changed ? NONE : w.physical;
}

/** The walk that was made just now gave `pa`. */
function keepWalk(cpu: Cpu, key: u64, pa: u64): void {
  if (!(cpu.cr0 & CR0_PG) || topLevel != 4) return;
  const w = walkAt(key);
  w.page = key;
  w.cr3 = cpu.cr3;
  w.controls = controlsOf(cpu);
  w.efer = cpu.efer;
  w.physical = pa & ~0xfff;
  const second = max(leafLevel, 2);
  w.at1 = <u32>ramAt(trailWord(leafLevel));
  w.at2 = <u32>ramAt(trailWord(second));
  w.at3 = <u32>ramAt(trailWord(3));
  w.at4 = <u32>ramAt(trailWord(4));
  // As they were read: if this walk has set A or D, the next one is made, and kept.
  w.word1 = trailValue(leafLevel);
  w.word2 = trailValue(second);
  w.word3 = trailValue(3);
  w.word4 = trailValue(4);
}

/** Physical address of `va` for `access`, by a walk; look at `cpu.fault`. Instead of translateData while exploring. */
export function walkedData(cpu: Cpu, va: u64, access: u32): u64 {
  const key = keyOf(cpu, va, access);
  const page = wanted(EVENT_WALK) ? NONE : foundWalk(cpu, key);
  if (page != NONE) return page | (va & 0xfff);
  translateData(cpu, va, access);
  if (!cpu.fault) keepWalk(cpu, key, physical);
  return physical;
}

/** Record of the instruction at `cpu.rip`, `cpu.page` and `cpu.codeFrame`; as `lookup`, which is called if it is not decoded. */
export function walkedLookup(cpu: Cpu): usize {
  const va = cpu.rip + csBase(cpu);
  const key = keyOf(cpu, va, ACCESS_FETCH);
  let page = wanted(EVENT_WALK) ? NONE : foundWalk(cpu, key);
  if (page == NONE) {
    page = fetchTranslate(cpu, va) & ~0xfff;
    if (cpu.fault) return 0;
    keepWalk(cpu, key, page);
  }
  cpu.page = va & ~0xfff;
  cpu.codeFrame = <u32>(page >> 12);
  if (!inRam(page, 1)) return lookup(cpu);
  const rec: usize = load<u32>(codePageFor(<u32>(page >> 12), cpu.mode) + CP_ENTRIES + (<usize>(<u32>va & 0xfff) << 2));
  return rec ? rec : lookup(cpu);
}

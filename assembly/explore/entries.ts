// The eager form of what TLBs may hold: a CPU has at most one entry for each tracked page, and fills and evictions are
// steps of their own, possible at any moment. It takes many more states than the lazy form (translations.ts) to say the same
// of a program; it is there so that this can be shown of every small one.
//
// An entry is what a walk read, and lies where the lazy form keeps its oldest old value: what drops those drops it.
// For bare programs only: their pages are in one address space for good.

import { Cpu, cpuAt } from "../cpu/state";
import { ACCESS_READ } from "../mmu/rights";
import { translateData } from "../mmu/translate";
import { EVICT, FILL, FINISHED } from "./codes";
import { readsWord } from "./footprint";
import { valueNow } from "./resolve";
import { exploration, exploredOf, oldCount, oldValueAt, trackedAt } from "./state";
import { note, noteHashed } from "./trail";

/** Tracked pages that transitions have numbers for. */
export const EAGER_PAGES: u32 = EVICT - FILL;

function setEntry(index: u32, t: u32, value: u64): void {
  const at = oldValueAt(index, t, 0);
  noteHashed(index);
  note(at - 8, 16);
  store<u32>(at - 8, value ? 1 : 0);
  store<u64>(at, value);
}

/** Whether a fill would change what CPU `index` holds of page `t`. On one that has finished nobody could tell. */
export function mayFill(index: u32, t: u32): bool {
  if (exploredOf(index).status == FINISHED) return false;
  const now = valueNow(trackedAt(t));
  return now != 0 && !(oldCount(index, t) && load<u64>(oldValueAt(index, t, 0)) == now);
}

export function mayEvict(index: u32, t: u32): bool {
  return exploredOf(index).status != FINISHED && oldCount(index, t) != 0;
}

/** The page's word, as a walk has read it just now, is the CPU's entry. */
export function keepEntry(cpu: Cpu, t: u32): void {
  setEntry(cpu.index, t, valueNow(trackedAt(t)));
}

/** A walk for a load, for no reason; `mayFill` says that it cannot fault. */
function fill(index: u32, t: u32): void {
  const cpu = cpuAt(index);
  readsWord(exploration(), trackedAt(t).word);
  translateData(cpu, trackedAt(t).page, ACCESS_READ);
  keepEntry(cpu, t);
}

/** Makes `what` happen, which is FILL or EVICT and a page. */
export function changeEntry(index: u32, what: u32): void {
  exploration().running = index + 1;
  if (what >= EVICT) setEntry(index, what - EVICT, 0);
  else fill(index, what - FILL);
}

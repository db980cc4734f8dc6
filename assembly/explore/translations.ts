// Which translations a CPU may use while exploring: instead of a TLB that happens to hold some, every one that the
// architecture permits. This is the lazy form: fills and evictions are no steps of their own. In the eager form
// (entries.ts), which shares the choosing, a set has one value at most: the CPU's entry.
//
// Per CPU and tracked page there is a set of old values: what the page-table word held since the CPU's last invalidation
// of the page, and holds no more. An access may use any of them that permits it, or walk and use what memory holds now.
// Using a value leaves nothing older than it: the set becomes that value alone, or nothing after a walk. INVLPG, a
// reload of CR3 and #PF leave nothing. A does not count as a difference; D does.
//
// Tracked is the page of a bare program that one word maps for good, or pages of every address space of a kernel run
// (spaces.ts), whose words are found by walking (resolve.ts).

import { Cpu, cpuAt } from "../cpu/state";
import { FAULT_PARK, raisePageFault } from "../cpu/fault";
import { machine } from "../global";
import { RAM_BASE } from "../memory-map";
import { trailWord, topLevel, leafLevel } from "../mmu/descend";
import { FRAME_FOLLOWED, flagFrame } from "../mmu/frames";
import { ACCESS_WRITE, ACCESS_INTENT, ERROR_P, errorCode } from "../mmu/rights";
import { WORD_ADDRESS, WORD_D, WORD_G, WORD_U, WORD_W, WORD_P } from "../mmu/word";
import { CHOICE_SPURIOUS, CHOICE_WALK, REFUSED_GLOBAL } from "./codes";
import { keepEntry } from "./entries";
import { leadsThrough, resolve, throughValue, valueNow, valueOf } from "./resolve";
import { Exploration, exploration, exploredOf, OLD_VALUES, oldCount, oldValueAt, TrackedPage, trackedAt } from "./state";
import { readsWord } from "./footprint";
import { note, noteHashed } from "./trail";
import { noteUse } from "./uses";
import { noteAccess } from "./words";

/** Number of the tracked page around `va` in the space that `cpu` has loaded, or -1. */
@inline
export function trackedPage(x: Exploration, cpu: Cpu, va: u64): i32 {
  if (va < x.low || va >= x.high) return -1;
  const page = va & ~0xfff;
  for (let t: u32 = 0; t < x.tracked; t++) {
    const tracked = trackedAt(t);
    if (tracked.page == page && isLoaded(tracked, cpu)) return t;
  }
  return -1;
}

/** Whether the translations of `tracked` are those that `cpu` uses and fills now. */
@inline
function isLoaded(tracked: TrackedPage, cpu: Cpu): bool {
  return !tracked.root || tracked.root == <u32>(cpu.cr3 & WORD_ADDRESS);
}

/** Tracks the page at linear address `page`, which the page-table word at physical address `word` maps for good. */
export function track(page: u64, word: u32): u32 {
  const x = exploration();
  const tracked = trackedAt(x.tracked);
  tracked.page = page;
  tracked.word = word;
  tracked.level = 1;
  tracked.rights = <u32>(WORD_W | WORD_U);
  flagFrame(word >> 12, FRAME_FOLLOWED);
  if (page < x.low) x.low = page;
  if (page + 4096 > x.high) x.high = page + 4096;
  for (let cpu: u32 = 0; cpu < machine().cpus; cpu++) store<u32>(countAt(cpu, x.tracked), 1, 4);
  return x.tracked++;
}

@inline
function countAt(cpu: u32, t: u32): usize {
  return oldValueAt(cpu, t, 0) - 8;
}

/** Makes `value` the only old value, or none if it is what memory holds. */
function keepOnly(cpu: u32, t: u32, value: u64): void {
  const at = countAt(cpu, t);
  note(at, 16);
  store<u32>(at, value != valueNow(trackedAt(t)) ? 1 : 0);
  store<u64>(at, value, 8);
}

/** Nothing older than what memory holds is left. */
function forgetOld(cpu: u32, t: u32): void {
  const at = countAt(cpu, t);
  if (!load<u32>(at)) return;
  note(at, 8);
  store<u32>(at, 0);
}

/** What counts of tracked page `t` was `before`, and is `after` now: it becomes an old value on every CPU that may have cached it. */
function valueChanged(t: u32, before: u64, after: u64): void {
  if (before == after) return;
  const tracked = trackedAt(t);
  if (after & WORD_G) exploration().refused = REFUSED_GLOBAL;
  if (exploration().eager) return;
  for (let cpu: u32 = 0; cpu < machine().cpus; cpu++) {
    noteHashed(cpu);
    replaceInSet(cpu, t, before, after);
    store<u32>(countAt(cpu, t), isLoaded(tracked, cpuAt(cpu)) ? 1 : 0, 4);
  }
}

/** A word above the last one changed: the page may be mapped by another one now, or by none. */
function resolveAgain(t: u32, before: u64): void {
  const tracked = trackedAt(t);
  note(changetype<usize>(tracked), <u32>offsetof<TrackedPage>());
  resolve(tracked);
  valueChanged(t, before, valueNow(tracked));
}

/** The page-table word at linear-memory offset `at` changed. */
export function wordChanged(at: usize, before: u64, after: u64): void {
  const x = exploration();
  const word = <u32>(at - RAM_BASE);
  for (let t: u32 = 0; t < x.tracked; t++) {
    const tracked = trackedAt(t);
    if (tracked.word == word) {
      const was = valueOf(tracked, before);
      if (tracked.level == 2 || (tracked.upper2 == word)) resolveAgain(t, was);
      else valueChanged(t, was, valueNow(tracked));
    } else if (leadsThrough(tracked, word)) {
      resolveAgain(t, valueNow(tracked));
    }
  }
}

/** Puts `before` into the ordered set, if it may have been cached, and takes `after`, which is no longer old, out. */
function replaceInSet(cpu: u32, t: u32, before: u64, after: u64): void {
  const base = countAt(cpu, t);
  const n = load<u32>(base);
  note(base, 8 + 8 * min(n + 1, OLD_VALUES));
  let kept: u32 = 0;
  // Not present is of no use to anybody.
  let insert = before != 0 && load<u32>(base, 4) != 0;
  let carried: u64 = 0;
  // One pass over an ordered list: `carried` is what the insertion has pushed out of its place.
  for (let i: u32 = 0; i < n; i++) {
    let value = load<u64>(oldValueAt(cpu, t, i));
    if (carried) {
      const next = value;
      value = carried;
      carried = next;
    } else if (insert && value >= before) {
      if (value != before) carried = value;
      value = before;
      insert = false;
    }
    if (value == after) continue;
    store<u64>(oldValueAt(cpu, t, kept++), value);
  }
  if (carried && carried != after) kept = append(cpu, t, kept, carried);
  if (insert) kept = append(cpu, t, kept, before);
  store<u32>(base, kept);
}

function append(cpu: u32, t: u32, n: u32, value: u64): u32 {
  if (n == OLD_VALUES) {
    exploration().overflow = 1;
    return n;
  }
  store<u64>(oldValueAt(cpu, t, n), value);
  return n + 1;
}

/** What CPU `cpu`, which is parked before an access to a tracked page, may do, as a set of CHOICE_* bits. */
export function choices(cpu: Cpu, t: u32, writes: bool): u32 {
  const x = exploration();
  let set: u32 = 1 << CHOICE_WALK;
  const n = oldCount(cpu.index, t);
  let readOnly = false;
  for (let i: u32 = 0; i < n; i++) {
    const value = load<u64>(oldValueAt(cpu.index, t, i));
    if (cpu.cpl == 3 && !(value & WORD_U)) continue;
    if (!writes || (value & (WORD_W | WORD_D)) == (WORD_W | WORD_D)) set |= 1 << (i + 1);
    if (!(value & WORD_W)) readOnly = true;
  }
  // A store that finds an entry without W may fault at once. Where the walk faults as well that is nothing new.
  const now = valueNow(trackedAt(t));
  if (writes && readOnly && x.spurious && (now & (WORD_P | WORD_W)) == (WORD_P | WORD_W)) set |= 1 << CHOICE_SPURIOUS;
  return set;
}

/** Notes, as the CPU's turn begins, which translation its access is to use. */
export function choose(cpu: Cpu, choice: u32): void {
  const x = exploration();
  x.choice = choice;
  if (choice == CHOICE_WALK || choice == CHOICE_SPURIOUS) return;
  x.chosen = load<u64>(oldValueAt(cpu.index, exploredOf(cpu.index).parkedPage, choice - 1));
}

/**
 * Whether `access` to `size` bytes at `va`, in tracked page `t`, is done: by an old value, or by a fault. Else the caller
 * walks, and calls `usedWalk`.
 */
export function usedChoice(cpu: Cpu, t: u32, va: u64, size: u32, access: u32): bool {
  const x = exploration();
  const explored = exploredOf(cpu.index);
  x.dependent = 1;
  if (x.granted != cpu.index + 1) {
    explored.parkedPage = t;
    explored.onPage = 1;
    explored.parkedWrites = access & ACCESS_WRITE;
    cpu.fault = FAULT_PARK;
    return true;
  }
  readsWord(x, trackedAt(t).word);
  // A second page that one instruction accesses is walked for: its turn chose for the first.
  if (x.choice == CHOICE_WALK || t != explored.parkedPage) return false;
  if (x.choice == CHOICE_SPURIOUS) {
    raisePageFault(cpu, va, errorCode(cpu, ERROR_P, access & ~ACCESS_INTENT));
    return true;
  }
  if (!x.eager) keepOnly(cpu.index, t, x.chosen);
  if (x.kernel) noteUse(x.chosen, valueNow(trackedAt(t)), va, size, access);
  return true;
}

/** Physical address of `va` through the old value that was chosen. */
export function chosenPhysical(va: u64): u64 {
  return throughValue(exploration().chosen, va);
}

/** A walk of tracked page `t` came to its end: it may have left less than a use does, never more. */
export function usedWalk(cpu: Cpu, t: u32, access: u32): void {
  if (exploration().kernel) {
    for (let level = topLevel; level > leafLevel; level--) noteAccess(cpu, trailWord(level), 8, false);
    noteAccess(cpu, trailWord(leafLevel), 8, false);
    if (access & ACCESS_WRITE) noteAccess(cpu, trailWord(leafLevel), 8, true);
  }
  if (cpu.fault) return;
  if (exploration().eager) keepEntry(cpu, t);
  else forgetOld(cpu.index, t);
}

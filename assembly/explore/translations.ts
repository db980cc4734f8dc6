// Which translations a CPU may use while exploring: instead of a TLB that happens to hold some, every one that the
// architecture permits. This is the lazy form: fills and evictions are no steps of their own.
//
// Per CPU and tracked page there is a set of old values: what the page-table word held since the CPU's last invalidation
// of the page, and holds no more. An access may use any of them that permits it, or walk and use what memory holds now.
// Using a value leaves nothing older than it: the set becomes that value alone, or nothing after a walk. INVLPG, a
// reload of CR3 and #PF leave nothing. A does not count as a difference; D does.
//
// Tracked are 4 KiB pages whose upper-level entries stay as they are.

import { Cpu } from "../cpu/state";
import { FAULT_PARK, raisePageFault } from "../cpu/fault";
import { machine, ramAt } from "../global";
import { ACCESS_WRITE, ACCESS_INTENT, ERROR_P, errorCode } from "../mmu/rights";
import { WORD_A, WORD_ADDRESS, WORD_D, WORD_P, WORD_W } from "../mmu/word";
import { CHOICE_SPURIOUS, CHOICE_WALK } from "./codes";
import { Exploration, exploration, exploredOf, OLD_VALUES, oldCount, oldValueAt, TrackedPage, trackedAt } from "./state";
import { note } from "./trail";

/** Number of the tracked page around `va`, or -1. */
@inline
export function trackedPage(x: Exploration, va: u64): i32 {
  const page = va & ~0xfff;
  for (let t: u32 = 0; t < x.tracked; t++) {
    if (trackedAt(t).page == page) return t;
  }
  return -1;
}

/** Tracks the page at linear address `page`, which the page-table word at physical address `word` maps. */
export function track(page: u64, word: u32): u32 {
  const x = exploration();
  const tracked = trackedAt(x.tracked);
  tracked.page = page;
  tracked.word = word;
  return x.tracked++;
}

@inline
function wordNow(tracked: TrackedPage): u64 {
  return load<u64>(ramAt(tracked.word));
}

@inline
function countAt(cpu: u32, t: u32): usize {
  return oldValueAt(cpu, t, 0) - 8;
}

/** Makes `value` the only old value, or none if it is what memory holds. */
function keepOnly(cpu: u32, t: u32, value: u64): void {
  const at = countAt(cpu, t);
  note(at, 16);
  const current = (value ^ wordNow(trackedAt(t))) & ~WORD_A;
  store<u32>(at, current ? 1 : 0);
  store<u64>(at, value & ~WORD_A, 8);
}

/** Nothing older than what memory holds is left: #PF, INVLPG, the reload of CR3. */
export function forgetOld(cpu: u32, t: u32): void {
  const at = countAt(cpu, t);
  if (!load<u32>(at)) return;
  note(at, 8);
  store<u32>(at, 0);
}

export function forgetPage(cpu: u32, va: u64): void {
  const x = exploration();
  const t = trackedPage(x, va);
  if (t >= 0) forgetOld(cpu, t);
}

export function forgetAllPages(cpu: u32): void {
  const x = exploration();
  for (let t: u32 = 0; t < x.tracked; t++) forgetOld(cpu, t);
}

/** The page-table word at linear-memory offset `at` changed: what it held becomes an old value on every CPU. */
export function wordChanged(at: usize, before: u64, after: u64): void {
  if (!((before ^ after) & ~WORD_A)) return;
  const x = exploration();
  for (let t: u32 = 0; t < x.tracked; t++) {
    if (ramAt(trackedAt(t).word) != at) continue;
    for (let cpu: u32 = 0; cpu < machine().cpus; cpu++) replaceInSet(cpu, t, before & ~WORD_A, after & ~WORD_A);
  }
}

/** Puts `before` into the ordered set and takes `after`, which is no longer old, out. Not present is of no use to anybody. */
function replaceInSet(cpu: u32, t: u32, before: u64, after: u64): void {
  const base = countAt(cpu, t);
  const n = load<u32>(base);
  note(base, 8 + 8 * min(n + 1, OLD_VALUES));
  let kept: u32 = 0;
  let insert = (before & WORD_P) != 0;
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
  if (insert && before != after) kept = append(cpu, t, kept, before);
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
    if (!writes || (value & (WORD_W | WORD_D)) == (WORD_W | WORD_D)) set |= 1 << (i + 1);
    if (!(value & WORD_W)) readOnly = true;
  }
  // A store that finds an entry without W may fault at once. Where the walk faults as well that is nothing new.
  const now = wordNow(trackedAt(t));
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

/** Whether `access` to tracked page `t` is done: by an old value, or by a fault. Else the caller walks, and calls `usedWalk`. */
export function usedChoice(cpu: Cpu, t: u32, va: u64, access: u32): bool {
  const x = exploration();
  if (x.granted != cpu.index + 1) {
    const explored = exploredOf(cpu.index);
    explored.parkedPage = t;
    explored.onPage = 1;
    explored.parkedWrites = access & ACCESS_WRITE;
    cpu.fault = FAULT_PARK;
    return true;
  }
  if (x.choice == CHOICE_WALK) return false;
  if (x.choice == CHOICE_SPURIOUS) {
    raisePageFault(cpu, va, errorCode(cpu, ERROR_P, access & ~ACCESS_INTENT));
    return true;
  }
  keepOnly(cpu.index, t, x.chosen);
  return true;
}

/** Physical address of `va` through the old value that was chosen. */
export function chosenPhysical(va: u64): u64 {
  return (exploration().chosen & WORD_ADDRESS) | (va & 0xfff);
}

/** A walk of tracked page `t` came to its end: it may have left less than a use does, never more. */
export function usedWalk(cpu: Cpu, t: u32): void {
  if (!cpu.fault) forgetOld(cpu.index, t);
}

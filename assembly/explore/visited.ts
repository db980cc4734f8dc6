// The states that a search has been in, as 128-bit hashes, in an open table in linear memory: so asking costs no more than
// looking. Two states with one hash would be taken for one; of n states that happens with a chance of about n^2 / 2^128 (one bit is
// always set, so that no entry is 0).
//
// A search of a few dozen states should not pay for room for millions: the table begins small and moves to the next of
// a row of ever larger places when it is three quarters full.
//
// Beside its hash a state has its sleep set (src/check/explore/sleep.ts), a bit for each transition.

import { VISITED_BASE, VISITED_BITS } from "../memory-map";
import { VISITED_KNOWN, VISITED_NEW, VISITED_WOKEN } from "./codes";
import { forgetHashes, hashHalf, hashState } from "./hash";

const ENTRY: usize = 24;
const FIRST_BITS: u32 = 10;
const STEP_BITS: u32 = 4;

let bits: u32 = FIRST_BITS;
let used: u32 = 0;

/** Where the table of 2^n entries lies: smaller ones come before it. */
function tableOf(n: u32): usize {
  let at: usize = VISITED_BASE;
  for (let smaller = FIRST_BITS; smaller < n; smaller += STEP_BITS) at += ENTRY << smaller;
  return at;
}

/** Forgets all states. */
export function forgetVisited(): void {
  forgetHashes();
  if (used) memory.fill(tableOf(bits), 0, ENTRY << bits);
  bits = FIRST_BITS;
  used = 0;
}

/** How many states are known. */
export function visitedCount(): u32 {
  return used;
}

/** Whether there is room for more. */
export function visitedHasRoom(): bool {
  return bits < VISITED_BITS || used < (<u32>1 << VISITED_BITS) / 4 * 3;
}

/** The entry of a hash, of which `low` is not 0, in the table at `table`, or the free one where it belongs. */
function placeOf(table: usize, mask: u32, low: u64, high: u64): usize {
  let at = table + <usize>(<u32>high & mask) * ENTRY;
  for (let probe = <u32>high + 1; ; probe++) {
    const held = load<u64>(at);
    if (!held || held == low && load<u64>(at, 8) == high) break;
    at = table + <usize>(probe & mask) * ENTRY;
  }
  return at;
}

function put(at: usize, low: u64, high: u64, asleep: u64): void {
  store<u64>(at, low);
  store<u64>(at, high, 8);
  store<u64>(at, asleep, 16);
}

function grow(): void {
  const from = tableOf(bits);
  const bytes = ENTRY << bits;
  bits += STEP_BITS;
  const to = tableOf(bits);
  const mask: u32 = (<u32>1 << bits) - 1;
  for (let at = from; at < from + bytes; at += ENTRY) {
    const low = load<u64>(at);
    const high = load<u64>(at, 8);
    if (low) put(placeOf(to, mask, low, high), low, high, load<u64>(at, 16));
  }
  memory.fill(from, 0, bytes);
}

/** Where the table lies now, and how long it is: entries of 24 bytes, of which those that begin with 0 are free. */
export function visitedTable(): usize {
  return tableOf(bits);
}

export function visitedBytes(): usize {
  return ENTRY << bits;
}

/** Where the entry of a hash is, or belongs. */
@inline
function entryOf(low: u64, high: u64): usize {
  return placeOf(tableOf(bits), (<u32>1 << bits) - 1, low, high);
}

function enter(at: usize, low: u64, high: u64, asleep: u64): void {
  put(at, low, high, asleep);
  used++;
  if (bits < VISITED_BITS && used >= (<u32>1 << bits) / 4 * 3) grow();
}

/** Puts in the hash of a state that an earlier search has been in, as `visitedTable` has it. */
export function remember(low: u64, high: u64, asleep: u64): void {
  const at = entryOf(low, high);
  if (!load<u64>(at)) enter(at, low, high, asleep);
}

/** Of the last visit to a known state: transitions that slept there and no longer do, and those that still do. */
let woken: u64 = 0;
let kept: u64 = 0;

/**
 * Comes to the state as it is now, with `context`, which tells apart what a search must not take for the same, and with
 * a sleep set, of which there are two halves. What `visit` returns is in explore/codes.ts: VISITED_*.
 */
export function visit(context: u32, asleepLow: u32, asleepHigh: u32): u32 {
  const asleep = <u64>asleepHigh << 32 | asleepLow;
  hashState(context);
  const low = hashHalf(0) | 1;
  const high = hashHalf(1);
  const at = entryOf(low, high);
  if (!load<u64>(at)) {
    enter(at, low, high, asleep);
    return VISITED_NEW;
  }
  const slept = load<u64>(at, 16);
  kept = slept & asleep;
  woken = slept & ~asleep;
  if (!woken) return VISITED_KNOWN;
  store<u64>(at, kept, 16);
  return VISITED_WOKEN;
}

export function wokenTransitions(): u64 {
  return woken;
}

export function keptAsleep(): u64 {
  return kept;
}

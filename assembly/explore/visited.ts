// The states that a search has been in, as 128-bit hashes, in an open table in linear memory: so asking costs no more than
// looking. Two states with one hash would be taken for one; of n states that happens with a chance of about n^2 / 2^129.
//
// A search of a few dozen states should not pay for room for millions: the table begins small and moves to the next of
// a row of ever larger places when it is three quarters full.

import { VISITED_BASE, VISITED_BITS } from "../memory-map";
import { forgetHashes, hashHalf, hashState } from "./hash";

const ENTRY: usize = 16;
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

/** Puts a hash, of which `low` is not 0, into the table at `table`; false if it is there. */
function put(table: usize, mask: u32, low: u64, high: u64): bool {
  for (let probe = <u32>high; ; probe++) {
    const at = table + <usize>(probe & mask) * ENTRY;
    const held = load<u64>(at);
    if (held == low && load<u64>(at, 8) == high) return false;
    if (held) continue;
    store<u64>(at, low);
    store<u64>(at, high, 8);
    return true;
  }
}

function grow(): void {
  const from = tableOf(bits);
  const bytes = ENTRY << bits;
  bits += STEP_BITS;
  const to = tableOf(bits);
  const mask: u32 = (<u32>1 << bits) - 1;
  for (let at = from; at < from + bytes; at += ENTRY) {
    if (load<u64>(at)) put(to, mask, load<u64>(at), load<u64>(at, 8));
  }
  memory.fill(from, 0, bytes);
}

/** Where the table lies now, and how long it is: entries of 16 bytes, of which those that begin with 0 are free. */
export function visitedTable(): usize {
  return tableOf(bits);
}

export function visitedBytes(): usize {
  return ENTRY << bits;
}

/** Puts in the hash of a state that an earlier search has been in, as `visitedTable` has it. */
export function remember(low: u64, high: u64): bool {
  if (!put(tableOf(bits), (<u32>1 << bits) - 1, low, high)) return false;
  used++;
  if (bits < VISITED_BITS && used >= (<u32>1 << bits) / 4 * 3) grow();
  return true;
}

/**
 * Notes the state as it is now, with `context`, which tells apart what a search must not take for the same; true if it
 * was not known.
 */
export function visit(context: u32): bool {
  hashState(context);
  return remember(hashHalf(0) | 1, hashHalf(1));
}

// The states that a search has been in, as 128-bit hashes, in an open table in linear memory: so asking costs no more than
// looking. Two states with one hash would be taken for one; of n states that happens with a chance of n^2 / 2^129.

import { VISITED_BASE, VISITED_ENTRIES } from "../memory-map";
import { hashHalf, hashState } from "./hash";

/** Entries of 16 bytes; all zero is free. */
let used: u32 = 0;

/** Forgets all states. */
export function forgetVisited(): void {
  if (used) memory.fill(VISITED_BASE, 0, VISITED_ENTRIES * 16);
  used = 0;
}

/** How many states are known. */
export function visitedCount(): u32 {
  return used;
}

/** Whether there is room for more: looking gets slow in a table that is nearly full. */
export function visitedHasRoom(): bool {
  return used < VISITED_ENTRIES / 8 * 7;
}

/** Notes the state as it is now; true if it was not known. */
export function visit(): bool {
  hashState();
  const low = hashHalf(0) | 1;
  const high = hashHalf(1);
  for (let probe: u32 = <u32>high; ; probe++) {
    const at: usize = VISITED_BASE + (probe & (VISITED_ENTRIES - 1)) * 16;
    const held = load<u64>(at);
    if (held == low && load<u64>(at, 8) == high) return false;
    if (held) continue;
    store<u64>(at, low);
    store<u64>(at, high, 8);
    used++;
    return true;
  }
}

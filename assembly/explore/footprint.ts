// What a transition touches of what CPUs share: words of memory, and queues of messages. Two transitions of different CPUs
// that touch nothing in common, or only read it, may be made in either order (src/check/explore/sleep.ts).
//
// Thirty-two bits stand for all words, so that some pairs look as if they conflicted: that costs time, and nothing else.
// Of a kernel run this is not all: there words are shared that nobody has named.

import { Exploration } from "./state";

/** The bit of the word at physical address `pa`. */
@inline
function bitOf(pa: u64): u32 {
  return <u32>1 << (<u32>(pa >> 3) * 0x9e3779b1 >> 27);
}

@inline
export function readsWord(x: Exploration, pa: u64): void {
  x.reads |= bitOf(pa);
}

@inline
export function writesWord(x: Exploration, pa: u64): void {
  x.writes |= bitOf(pa);
}

/** The queue of messages to CPU `index`. */
@inline
export function writesQueue(x: Exploration, index: u32): void {
  x.writes |= 0x80000000 >> (index & 31);
}

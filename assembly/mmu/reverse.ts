// From a page-table word to the entries that were made from it, on every CPU: hash heads in the REVERSE region,
// chains through the entries. Every entry in use is in exactly one chain, that of its `source`.
// Used inside mmu/ only.

import { machine } from "../global";
import { REVERSE_BASE, REVERSE_SIZE } from "../memory-map";
import { Entry, entryAt } from "./entry";
import { PRESET_STICKY } from "./presets";

const HEADS: u32 = REVERSE_SIZE / 4;
/** Heads for each CPU: about as many as it has entries. More would cost a host cache miss for each link. */
const HEADS_PER_CPU: u32 = 2048;

/** Says how many heads are in use. The sticky preset, whose entries have no such bound, uses them all. */
export function sizeChains(): void {
  const g = machine();
  g.chainMask = g.preset == PRESET_STICKY ? HEADS - 1 : u32.MAX_VALUE >> clz(g.cpus * HEADS_PER_CPU - 1);
}

/** Where the chain of the word at physical address `word` begins: the words of a table never share one. */
@inline
function chainHead(word: u32): usize {
  const n = word >> 3;
  return REVERSE_BASE + (((n ^ (n >> 11) ^ (n >> 17)) & machine().chainMask) << 2);
}

/** First entry of the chain of `word`, 0 if there is none. */
@inline
export function firstInChain(word: u32): usize {
  return load<u32>(chainHead(word));
}

/** Puts `e` into the chain of its source. */
@inline
export function linkSource(e: Entry): void {
  const head = chainHead(e.source);
  const first = load<u32>(head);
  e.chainNext = first;
  e.chainPrev = 0;
  if (first) entryAt(first).chainPrev = <u32>changetype<usize>(e);
  store<u32>(head, <u32>changetype<usize>(e));
}

/** Takes `e` out of the chain of its source. */
@inline
export function unlinkSource(e: Entry): void {
  const next = e.chainNext;
  const prev = e.chainPrev;
  if (next) entryAt(next).chainPrev = prev;
  if (prev) entryAt(prev).chainNext = next;
  else store<u32>(chainHead(e.source), next);
}

// Where the word is that maps a tracked page: found by reading the tables from the top as they are now, again whenever a
// word on the way changes. Until the tables lead to one the page is unresolved and its word counts as 0.

import { machine, ramAt } from "../global";
import { FRAME_FOLLOWED, flagFrame } from "../mmu/frames";
import { WORD_A, WORD_ADDRESS, WORD_P, WORD_PS, WORD_U, WORD_W } from "../mmu/word";
import { REFUSED_HUGE } from "./codes";
import { exploration, TrackedPage } from "./state";

const WORD_RIGHTS: u64 = WORD_W | WORD_U;
/** In values kept of words: it maps 2 MiB. The bit is reserved in page-table words, so no present one has it. */
export const VALUE_LARGE: u64 = 0x0008000000000000;
const LARGE_OFFSET: u64 = 0x1fffff;

/** `word`, of tracked page `tracked`, as it counts: without A, with no more rights than the words above leave. */
@inline
function counted(tracked: TrackedPage, word: u64): u64 {
  if (!(word & WORD_P)) return 0;
  const value = word & ~WORD_A & (<u64>tracked.rights | ~WORD_RIGHTS);
  return tracked.level == 2 ? value | VALUE_LARGE : value;
}

/** The same of what memory holds now; 0 if not present. */
export function valueNow(tracked: TrackedPage): u64 {
  return tracked.word ? counted(tracked, load<u64>(ramAt(tracked.word))) : 0;
}

/** ... and of what the word held when it was `word`. */
export function valueOf(tracked: TrackedPage, word: u64): u64 {
  return counted(tracked, word);
}

/** Physical address of `va` through `value`. */
export function throughValue(value: u64, va: u64): u64 {
  const offset: u64 = value & VALUE_LARGE ? LARGE_OFFSET : 0xfff;
  return (value & WORD_ADDRESS & ~offset) | (va & offset);
}

/** Physical address of the word for `va` at `level` in `table`, which is followed from now on; 0 beyond RAM. */
function wordIn(table: u64, va: u64, level: u32): u32 {
  if (table >= machine().ramSize) return 0;
  flagFrame(<u32>(table >> 12), FRAME_FOLLOWED);
  return <u32>(table + ((va >> (9 * level + 3) & 0x1ff) << 3));
}

/** Finds the word of `tracked`, whose `page` and `root` are set. */
export function resolve(tracked: TrackedPage): void {
  tracked.word = tracked.level = tracked.upper4 = tracked.upper3 = tracked.upper2 = 0;
  let rights = WORD_RIGHTS;
  let table: u64 = tracked.root;
  for (let level: u32 = 4; level; level--) {
    const at = wordIn(table, tracked.page, level);
    if (!at) return;
    const word = load<u64>(ramAt(at));
    const leads = (word & WORD_P) != 0 && !(word & WORD_PS);
    if (level == 1 || level == 2 && (word & (WORD_P | WORD_PS)) == (WORD_P | WORD_PS)) {
      tracked.word = at;
      tracked.level = level;
      tracked.rights = <u32>rights;
      return;
    }
    if (level == 4) tracked.upper4 = at;
    else if (level == 3) tracked.upper3 = at;
    else tracked.upper2 = at;
    if (!leads) {
      if (level == 3 && word & WORD_P) exploration().refused = REFUSED_HUGE;
      return;
    }
    rights &= word;
    table = word & WORD_ADDRESS;
  }
}

/** Whether `tracked` is reached through the word at physical address `at`. */
export function leadsThrough(tracked: TrackedPage, at: u32): bool {
  return tracked.upper2 == at || tracked.upper3 == at || tracked.upper4 == at;
}

// Who holds a frame: the last user page-table word that was given it while nobody else had it, or "it is a page table".
// Classification needs that to tell a stale use of memory that now belongs to something else (mmu/classify.ts).
//
// The owner of a frame changes only when the old owner no longer maps it, so a frame that two words map has the first
// for an owner. Words are seen when a store changes them in a known table, and all at once when a table becomes known.

import { machine, ramAt, frameAt } from "../global";
import { WORD_P, WORD_U, WORD_PS, isLeaf, leafFrame, WORD_ADDRESS } from "./word";
import { FRAME_PT, FRAME_LEVELS, FRAME_IDLE, FRAME_OWNER, FRAME_SINCE, flagFrame, frameFlags, frameRecord } from "./frames";

/** Owner: 0 unknown, OWNER_TABLE, or the physical address of the word | OWNER_WORD. */
const OWNER_WORD: u32 = 1;
export const OWNER_TABLE: u32 = 2;

/** Whether user leaf word `word`, in a frame known as a table, maps `frame`. */
function wordMaps(word: u32, frame: u32): bool {
  if (!(frameFlags(word >> 12) & FRAME_PT)) return false;
  const value = load<u64>(ramAt(word));
  if ((value & (WORD_P | WORD_U)) != (WORD_P | WORD_U)) return false;
  const levels = load<u8>(frameAt(word), FRAME_LEVELS);
  if (levels & 1 && leafFrame(value, 1) == frame) return true;
  return (levels & 2) != 0 && (value & WORD_PS) != 0 && leafFrame(value, 2) == (frame & ~511);
}

/** Whether somebody other than the word `source` took `frame` after change number `after`, and has it now. */
export function takenSince(frame: u32, source: u32, after: u64): bool {
  const record = frameRecord(frame);
  const owner = load<u32>(record, FRAME_OWNER);
  if (!owner || load<u64>(record, FRAME_SINCE) <= after) return false;
  if (owner == OWNER_TABLE) return (load<u8>(record) & FRAME_PT) != 0;
  return owner != (source | OWNER_WORD) && wordMaps(owner & ~OWNER_WORD, frame);
}

function claim(frame: u32, word: u32): void {
  if (frame >= machine().ramSize >> 12) return;
  const record = frameRecord(frame);
  const owner = load<u32>(record, FRAME_OWNER);
  if (owner == (word | OWNER_WORD)) return;
  if (owner & OWNER_WORD && wordMaps(owner & ~OWNER_WORD, frame)) return;
  store<u32>(record, word | OWNER_WORD, FRAME_OWNER);
  store<u64>(record, machine().tableChanges, FRAME_SINCE);
}

/** A leaf word at `level` has the value `value`: if it is a user one, it holds its frames. 1 GiB pages are left out. */
function claimAll(word: u32, value: u64, level: u32): void {
  if ((value & (WORD_P | WORD_U)) != (WORD_P | WORD_U)) return;
  const first = leafFrame(value, level);
  if (level == 1) claim(first, word);
  else if (level == 2) {
    for (let i: u32 = 0; i < 512; i++) claim(first + i, word);
  }
}

/** The word at `word`, in a table with `levels`, has the new value `value`. */
export function wordWritten(word: u32, value: u64, levels: u32): void {
  if (!(value & WORD_P)) return;
  for (let left = levels; left; left &= left - 1) {
    const level = <u32>ctz(left) + 1;
    if (isLeaf(value, level)) claimAll(word, value, level);
    else noteTable(<u32>((value & WORD_ADDRESS) >> 12), level - 1);
  }
}

/**
 * Frame `frame` is a table at `level`: a walk read it there, or a word now leads there. From here on stores into it are
 * seen; the words that it holds already count as written now. Tables further down become known when walks read them.
 */
@inline
export function noteTable(frame: u32, level: u32): void {
  if (frame < machine().ramSize >> 12) noteTableInRam(frame, level);
}

/** The same for a frame that lies in RAM. */
@inline
export function noteTableInRam(frame: u32, level: u32): void {
  // One compare for what nearly always holds: a page table, at this level, not idle.
  const bit: u32 = 1 << (level - 1);
  const known = FRAME_PT | (bit << 8);
  if ((load<u32>(frameRecord(frame)) & (0xffff0000 | known)) != known) becomeTable(frame, level, bit);
}

function becomeTable(frame: u32, level: u32, bit: u32): void {
  const record = frameRecord(frame);
  const g = machine();
  store<u16>(record, 0, FRAME_IDLE);
  const levels = load<u8>(record, FRAME_LEVELS);
  if (frameFlags(frame) & FRAME_PT && levels & bit) return;
  g.tableChanges++;
  if (!(frameFlags(frame) & FRAME_PT)) {
    store<u32>(record, OWNER_TABLE, FRAME_OWNER);
    store<u64>(record, g.tableChanges, FRAME_SINCE);
    flagFrame(frame, FRAME_PT);
  }
  store<u8>(record, levels | <u8>bit, FRAME_LEVELS);
  if (level > 2) return;
  const base = frame << 12;
  for (let word = base; word < base + 4096; word += 8) {
    const value = load<u64>(ramAt(word));
    if (isLeaf(value, level)) claimAll(word, value, level);
  }
}

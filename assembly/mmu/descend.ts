// Reading the page tables from the top, or from what a paging-structure entry knows, down to the word that maps a page
// (SDM 3A 4.5): what it says, and the trail of words that led there. `descend` is for the processor's walk (mmu/walk.ts), `peek`
// leaves no trace. Used inside mmu/; peek also by the debugging side of index.ts.
//
// There is a function for each level, each inlined into the one above it, so that everything about a level is a constant.

import { Cpu } from "../cpu/state";
import { machine, ramAt } from "../global";
import { RIGHT_W, RIGHT_U, RIGHT_NX, RIGHTS, entryAt, kindOf, within } from "./entry";
import { KIND_PDE, KIND_PDPTE } from "./presets";
import { noteTable, noteTableInRam } from "./owner";
import { ERROR_P, ERROR_RESERVED } from "./rights";
import { leafFrame, reservedBits, WORD_P, WORD_PS, WORD_XD, WORD_ABOVE, WORD_ADDRESS } from "./word";

/** How the last descent ended: WALKED, or the reason bits of an error code. */
export const WALKED: u32 = u32.MAX_VALUE;

// What the last descent found. These live from a walk to the use of its result, never from one step to the next.

/** Level of the word that maps the page: 1, 2 or 3. */
export let leafLevel: u32 = 0;
/** That word as it was read. */
export let leafWord: u64 = 0;
export let pageFrame: u32 = 0;
export let pageRights: u32 = 0;
/** Paging-structure entry that it began from, 0 if from CR3. */
export let startedFrom: usize = 0;
/** First level that was read. */
export let topLevel: u32 = 0;
/** The walk has set `bits` in the last word. */
@inline
export function noteBits(bits: u64): void {
  leafWord |= bits;
}

/** Bits that are set in every word that was read above the last, and in the address of any word. */
export let setAbove: u64 = 0;
export let reachOfWords: u64 = 0;

/** Address and value of the word read at each level, and rights accumulated down to it: three u64 for each level. */
const TRAIL = memory.data(5 * 24, 8);

/** Physical address of the word used at `level`, read now or known from a paging-structure cache. */
@inline
export function trailWord(level: u32): u32 {
  return load<u32>(TRAIL + level * 24);
}

@inline
export function trailValue(level: u32): u64 {
  return load<u64>(TRAIL + level * 24, 8);
}

@inline
export function trailRights(level: u32): u32 {
  return load<u32>(TRAIL + level * 24, 16);
}

/** `rights` AND those of `word`; RIGHT_W and RIGHT_U are one place below WORD_W and WORD_U. */
@inline
function narrowed(rights: u32, word: u64): u32 {
  return (rights & (<u32>(word >> 1) | RIGHT_NX)) | (<u32>(word >> 63) * RIGHT_NX);
}

/** Bits of which a word with P and none of the others needs no closer look: it is no large page, and none can be reserved. */
const WORD_CHECKED: u64 = WORD_P | WORD_PS | WORD_XD | WORD_ABOVE;

/** Whether `word` at `level` ends the descent: it is not present, or has a reserved bit. */
function refuses(cpu: Cpu, word: u64, level: u32): bool {
  return !(word & WORD_P) || (word & reservedBits(cpu, word, level)) != 0;
}

/** The descent ends at `word`, which refuses. */
@inline
function refused(word: u64, level: u32, reach: u64): u32 {
  leafLevel = level;
  leafWord = word;
  reachOfWords = reach;
  return word & WORD_P ? ERROR_P | ERROR_RESERVED : 0;
}

/** The descent ends at `word`, which maps a page with `rights`. */
@inline
function mapped(word: u64, level: u32, rights: u32, above: u64, reach: u64): u32 {
  leafLevel = level;
  leafWord = word;
  pageFrame = leafFrame(word, level);
  pageRights = rights;
  setAbove = above;
  reachOfWords = reach;
  return WALKED;
}

/** Physical address of the word for `va` in the table at `table` for `level`. */
@inline
function wordAt(va: u64, level: u32, table: u64): u64 {
  return table + (((va >> (9 * level + 3)) & 0x1ff) << 3);
}

/** Reads the word at `at` in the table at `table` for `level`. Tables beyond RAM read as all ones, which sets reserved bits. */
@inline
function readWord(at: u64, level: u32, table: u64, noting: bool): u64 {
  let word = u64.MAX_VALUE;
  if (at < <u64>machine().ramSize) {
    word = load<u64>(ramAt(at));
    if (noting) noteTableInRam(<u32>(table >> 12), level);
  }
  store<u64>(TRAIL + level * 24, at);
  store<u64>(TRAIL + level * 24, word, 8);
  return word;
}

// Each reads the table at `table` for its level. `rights`, `above` and `reach` are what the levels above come to: rights, the bits
// set in all their words, and those set in the address of any. With `noting` tables are flagged, so that stores into them are seen.

@inline
function readPte(cpu: Cpu, va: u64, table: u64, rights: u32, above: u64, reach: u64, noting: bool): u32 {
  const at = wordAt(va, 1, table);
  const word = readWord(at, 1, table, noting);
  if ((word & WORD_CHECKED) != WORD_P) {
    if (refuses(cpu, word, 1)) return refused(word, 1, reach | at);
  }
  return mapped(word, 1, narrowed(rights, word), above, reach | at);
}

@inline
function readPde(cpu: Cpu, va: u64, table: u64, rights: u32, above: u64, reach: u64, noting: bool): u32 {
  const at = wordAt(va, 2, table);
  const word = readWord(at, 2, table, noting);
  if ((word & WORD_CHECKED) != WORD_P) {
    if (refuses(cpu, word, 2)) return refused(word, 2, reach | at);
    if (word & WORD_PS) return mapped(word, 2, narrowed(rights, word), above, reach | at);
  }
  const below = narrowed(rights, word);
  store<u32>(TRAIL + 2 * 24, below, 16);
  return readPte(cpu, va, word & WORD_ADDRESS, below, above & word, reach | at, noting);
}

@inline
function readPdpte(cpu: Cpu, va: u64, table: u64, rights: u32, above: u64, reach: u64, noting: bool): u32 {
  const at = wordAt(va, 3, table);
  const word = readWord(at, 3, table, noting);
  if ((word & WORD_CHECKED) != WORD_P) {
    if (refuses(cpu, word, 3)) return refused(word, 3, reach | at);
    if (word & WORD_PS) return mapped(word, 3, narrowed(rights, word), above, reach | at);
  }
  const below = narrowed(rights, word);
  store<u32>(TRAIL + 3 * 24, below, 16);
  return readPde(cpu, va, word & WORD_ADDRESS, below, above & word, reach | at, noting);
}

@inline
function readPml4e(cpu: Cpu, va: u64, noting: bool): u32 {
  const table = cpu.cr3 & WORD_ADDRESS;
  const at = wordAt(va, 4, table);
  const word = readWord(at, 4, table, noting);
  if ((word & WORD_CHECKED) != WORD_P) {
    if (refuses(cpu, word, 4)) return refused(word, 4, at);
  }
  const below = narrowed(RIGHT_W | RIGHT_U, word);
  store<u32>(TRAIL + 4 * 24, below, 16);
  return readPdpte(cpu, va, word & WORD_ADDRESS, below, word, at, noting);
}

/** Reads what the page tables say of `va` now, from CR3, with no effect on the machine. */
export function peek(cpu: Cpu, va: u64): u32 {
  startedFrom = 0;
  topLevel = 4;
  return readPml4e(cpu, va, false);
}

/** Reads the tables for `va` from where the paging-structure entry `start` leads, or from CR3 if it is 0, and flags them as tables. */
export function descend(cpu: Cpu, va: u64, start: usize): u32 {
  startedFrom = start;
  if (!start) {
    topLevel = 4;
    return readPml4e(cpu, va, true);
  }
  const e = entryAt(start);
  const kind = kindOf(e);
  const table = <u64>e.frame << 12;
  const rights = e.flags & RIGHTS;
  topLevel = kind - KIND_PDE + 1;
  if (kind == KIND_PDE) {
    store<u32>(TRAIL + 4 * 24, e.pml4e);
    store<u32>(TRAIL + 3 * 24, e.pdpte);
    store<u32>(TRAIL + 2 * 24, e.source);
    return readPte(cpu, va, table, rights, u64.MAX_VALUE, 0, true);
  }
  if (kind == KIND_PDPTE) {
    store<u32>(TRAIL + 4 * 24, e.pml4e);
    store<u32>(TRAIL + 3 * 24, e.source);
    return readPde(cpu, va, table, rights, u64.MAX_VALUE, 0, true);
  }
  store<u32>(TRAIL + 4 * 24, e.source);
  return readPdpte(cpu, va, table, rights, u64.MAX_VALUE, 0, true);
}

/** Flags the tables of the last descent as such, so that stores into them are seen. */
export function noteTrail(): void {
  for (let level = topLevel; level >= leafLevel; level--) noteTable(trailWord(level) >> 12, level);
}

/** The last descent's page: physical address of `va`. */
@inline
export function pagePhysical(va: u64): u64 {
  return (<u64>pageFrame << 12) + (va & within(leafLevel - 1));
}

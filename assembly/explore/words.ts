// What is known of each word of memory while exploring: whether CPUs share it, so that accesses wait for their turn, and in
// a kernel run which CPUs have read and written it. Words that two CPUs access, one of them writing, are listed for the
// host, which shares them and searches again. Nothing of this goes back with the trail: it is knowledge, not state.
//
//   word: 31 shared   30 listed   15:8 CPUs that wrote it   7:0 CPUs that read it

import {
  CONFLICT_BASE, CONFLICT_SIZE, WORD_FRAMES_BASE, WORD_INDEX_BASE, WORD_TABLE_BASE, WORD_TABLE_STRIDE, WORD_TABLES,
} from "../memory-map";
import { FRAME_SHARED, flagFrame, frameFlags } from "../mmu/frames";
import { REFUSED_WORDS } from "./codes";
import { exploration } from "./state";

const SHARED: u32 = 0x80000000;
const LISTED: u32 = 0x40000000;

/** Forgets everything. */
export function forgetWords(): void {
  const x = exploration();
  for (let n: u32 = 1; n <= x.tables; n++) store<u16>(WORD_INDEX_BASE + (load<u32>(WORD_FRAMES_BASE + (n << 2)) << 1), 0);
  memory.fill(WORD_TABLE_BASE, 0, (x.tables + 1) * WORD_TABLE_STRIDE);
  x.tables = 0;
  x.conflicts = 0;
}

/** The table of `frame`, made if there is none; 0 if there is no room. */
function tableOf(frame: u32): usize {
  const entry = WORD_INDEX_BASE + (frame << 1);
  let n: u32 = load<u16>(entry);
  if (!n) {
    const x = exploration();
    if (x.tables + 1 == WORD_TABLES) {
      x.refused = REFUSED_WORDS;
      return 0;
    }
    n = ++x.tables;
    store<u16>(entry, <u16>n);
    store<u32>(WORD_FRAMES_BASE + (n << 2), frame);
  }
  return WORD_TABLE_BASE + n * WORD_TABLE_STRIDE;
}

/** Where what is known of the word around `pa` is; its frame has a table. */
@inline
function known(pa: u64): usize {
  const n: u32 = load<u16>(WORD_INDEX_BASE + (<u32>(pa >> 12) << 1));
  return WORD_TABLE_BASE + n * WORD_TABLE_STRIDE + ((<u32>pa >> 1) & 0x7fc);
}

/** Marks the words of [pa, pa + bytes), within one frame, as shared. False if there is no room for another frame. */
export function share(pa: u64, bytes: u32): bool {
  const frame = <u32>(pa >> 12);
  if (!tableOf(frame)) return false;
  flagFrame(frame, FRAME_SHARED);
  for (let word = pa & ~7; word < pa + bytes; word += 8) store<u32>(known(word), load<u32>(known(word)) | SHARED);
  return true;
}

/** Whether one of the words of [pa, pa + size), within one frame, is shared. */
@inline
export function isShared(pa: u64, size: u32): bool {
  if (!(frameFlags(<u32>(pa >> 12)) & FRAME_SHARED)) return false;
  return ((load<u32>(known(pa)) | load<u32>(known(pa + size - 1))) & SHARED) != 0;
}

function noteWord(cpu: u32, pa: u64, writes: bool): void {
  if (!load<u16>(WORD_INDEX_BASE + (<u32>(pa >> 12) << 1)) && !tableOf(<u32>(pa >> 12))) return;
  const at = known(pa);
  const before = load<u32>(at);
  const after = before | <u32>1 << (writes ? cpu + 8 : cpu);
  if (after == before) return;
  store<u32>(at, after);
  const writers = after >> 8 & 0xff;
  const all = writers | after & 0xff;
  if ((all & (all - 1)) == 0 || after & (LISTED | SHARED)) return;
  const x = exploration();
  if (writers == 0 && !x.full) return;
  store<u32>(at, after | LISTED);
  if (x.conflicts << 2 == CONFLICT_SIZE) x.refused = REFUSED_WORDS;
  else store<u32>(CONFLICT_BASE + (x.conflicts++ << 2), <u32>pa & ~7);
}

/** CPU `cpu` accesses [pa, pa + size), within one frame of RAM. */
@inline
export function noteAccess(cpu: u32, pa: u64, size: u32, writes: bool): void {
  noteWord(cpu, pa, writes);
  if ((<u32>pa & 7) + size > 8) noteWord(cpu, pa + size - 1, writes);
}

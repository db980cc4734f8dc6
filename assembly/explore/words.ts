// What is known of each word of memory while exploring: whether CPUs share it, so that accesses wait for their turn, and in
// a kernel run which CPUs have read and written it, in interrupt handlers or outside. Words that two CPUs access, one of them
// writing, are listed for the host, which shares them and searches again, as it does when handlers of somebody new access a
// shared word. Nothing of this goes back with the trail: it is knowledge, not state.
//
//   word: 63 shared   62 listed   61 accessed in user mode   in handlers: 31:24 CPUs that wrote it, 23:16 that read it   else: 15:8 wrote, 7:0 read

import {
  CONFLICT_BASE, CONFLICT_SIZE, WORD_FRAMES_BASE, WORD_INDEX_BASE, WORD_TABLE_BASE, WORD_TABLE_STRIDE, WORD_TABLES,
} from "../memory-map";
import { Cpu } from "../cpu/state";
import { FRAME_FOLLOWED, FRAME_SHARED, flagFrame, frameFlags } from "../mmu/frames";
import { REFUSED_WORDS } from "./codes";
import { Exploration, exploration } from "./state";

const SHARED: u64 = 0x8000000000000000;
const LISTED: u64 = 0x4000000000000000;
const USER: u64 = 0x2000000000000000;
const HANDLER_SHIFT: u32 = 16;
/** A bit for each CPU that a kernel run may have. */
const CPUS: u32 = 0xff;

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
  return WORD_TABLE_BASE + n * WORD_TABLE_STRIDE + (<u32>pa & 0xff8);
}

/** Marks the words of [pa, pa + bytes), within one frame, as shared. False if there is no room for another frame. */
export function share(pa: u64, bytes: u32): bool {
  const frame = <u32>(pa >> 12);
  if (!tableOf(frame)) return false;
  flagFrame(frame, FRAME_SHARED);
  for (let word = pa & ~7; word < pa + bytes; word += 8) store<u64>(known(word), load<u64>(known(word)) | SHARED);
  return true;
}

/** Whether one of the words of [pa, pa + size), within one frame, is shared. */
@inline
export function isShared(pa: u64, size: u32): bool {
  if (!(frameFlags(<u32>(pa >> 12)) & FRAME_SHARED)) return false;
  return ((load<u64>(known(pa)) | load<u64>(known(pa + size - 1))) & SHARED) != 0;
}

function noteWord(who: Cpu, pa: u64, writes: bool): void {
  const cpu = who.index;
  if (!load<u16>(WORD_INDEX_BASE + (<u32>(pa >> 12) << 1)) && !tableOf(<u32>(pa >> 12))) return;
  const x = exploration();
  const at = known(pa);
  const before = load<u64>(at);
  const place = (writes ? cpu + 8 : cpu) + (x.handling ? HANDLER_SHIFT : 0);
  const mine = <u64>0x101 << HANDLER_SHIFT << cpu;
  if (before & SHARED && before & mine) x.dependent = 1;
  const after = before | <u64>1 << place | (who.cpl == 3 ? USER : 0);
  if (after == before) return;
  store<u64>(at, after);
  if (after & SHARED) {
    if (x.handling) x.learned = 1;
    return;
  }
  const writers = <u32>(after >> 8 | after >> (8 + HANDLER_SHIFT)) & CPUS;
  const all = writers | <u32>(after | after >> HANDLER_SHIFT) & CPUS;
  if ((all & (all - 1)) == 0 || after & LISTED) return;
  if (writers == 0 && !x.full) return;
  store<u64>(at, after | LISTED);
  if (x.conflicts << 2 == CONFLICT_SIZE) x.refused = REFUSED_WORDS;
  else store<u32>(CONFLICT_BASE + (x.conflicts++ << 2), <u32>pa & ~7);
}

/** Whether the word at `pa` is the program's business: it was accessed in user mode, or is in a table on the way to a tracked page. */
export function isFocus(pa: u64): bool {
  return (load<u64>(known(pa)) & USER) != 0 || (frameFlags(<u32>(pa >> 12)) & FRAME_FOLLOWED) != 0;
}

/** `cpu` accesses [pa, pa + size), within one frame of RAM. */
@inline
export function noteAccess(cpu: Cpu, pa: u64, size: u32, writes: bool): void {
  noteWord(cpu, pa, writes);
  if ((<u32>pa & 7) + size > 8) noteWord(cpu, pa + size - 1, writes);
}

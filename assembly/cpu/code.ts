// Decoded code by physical page. A code page is a table from byte offset to the first record of the block that
// starts there, for one frame and one mode; the records themselves lie in an arena. All of it is derived: it can
// be dropped at any moment between blocks. cpu/lookup.ts finds and fills it; mmu/physical.ts says when a store hit it.
//
//   fetch slot (per CPU, by linear page) -> code page (frame, mode) -> record -> ... -> jump -> record

import { CODE_PAGE_BASE, CODE_PAGE_STRIDE, CODE_PAGES, RECORD_BASE, RECORD_SIZE } from "../memory-map";
import { machine } from "../global";
import { dropCompiled } from "./compiled";
import { CP_ENTRIES, REC_BYTES, MAX_BLOCK } from "./record";
import { dropFetchFrame, dropFetchEverywhere } from "../mmu/front";
import { codePageOf, setCodePageOf, clearAllCode, clearCode } from "../mmu/frames";

/** Header of a code page; its entry table follows at CP_ENTRIES. */
const CP_FRAME: usize = 0;
const CP_MODE: usize = 4;
const CP_NEXT: usize = 8; // next code page of the same frame (another mode) or of the free list

/** Free code pages, a list through CP_NEXT, headed in the header of a page that is never given out. */
const FREE_HEAD: usize = CODE_PAGE_BASE + CP_NEXT;

/** Whether the arena has room for one more block. */
export function hasRoomForBlock(): bool {
  return machine().recordNext + (MAX_BLOCK + 8) * <u32>REC_BYTES <= RECORD_BASE + RECORD_SIZE;
}

/** Forgets all decoded code of all CPUs. */
export function dropAllCode(): void {
  const g = machine();
  g.recordNext = RECORD_BASE;
  g.codePageNext = 1;
  store<u32>(FREE_HEAD, 0);
  clearAllCode();
  dropCompiled();
  dropFetchEverywhere();
}

/** A cleared code page for `frame` and `mode`, linked to the frame. */
function makeCodePage(frame: u32, mode: u32): usize {
  const g = machine();
  let page: usize = load<u32>(FREE_HEAD);
  if (page) {
    store<u32>(FREE_HEAD, load<u32>(page, CP_NEXT));
  } else {
    if (g.codePageNext >= CODE_PAGES) dropAllCode();
    page = CODE_PAGE_BASE + g.codePageNext * CODE_PAGE_STRIDE;
    g.codePageNext += 1;
  }
  memory.fill(page + CP_ENTRIES, 0, 4096 * 4);
  store<u32>(page, frame, CP_FRAME);
  store<u32>(page, mode, CP_MODE);
  store<u32>(page, codePageOf(frame), CP_NEXT);
  setCodePageOf(frame, <u32>page);
  return page;
}

/** The code page of `frame` for `mode`, made if there is none. */
export function codePageFor(frame: u32, mode: u32): usize {
  let page: usize = codePageOf(frame);
  while (page) {
    if (load<u32>(page, CP_MODE) == mode) return page;
    page = load<u32>(page, CP_NEXT);
  }
  return makeCodePage(frame, mode);
}

/** A store changed bytes of `frame` that were decoded: its records are no longer reached. The frame's code flag is taken off. */
export function codeWritten(frame: u32): void {
  let page: usize = codePageOf(frame);
  while (page) {
    const next = load<u32>(page, CP_NEXT);
    store<u32>(page, load<u32>(FREE_HEAD), CP_NEXT);
    store<u32>(FREE_HEAD, <u32>page);
    page = next;
  }
  clearCode(frame);
  dropFetchFrame(frame);
}

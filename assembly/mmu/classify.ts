// What the use of a marked entry amounts to. The page tables are read as they are now, without side effects, and
// compared with what the entry says. If they agree, the change came to nothing: the mark is taken off and the use is an
// ordinary one. Else it is a stale use, and is counted in one of five classes, looked for in this order:
//
//   reused-frame   the frame has become a page table, or a user page of some other word, since the change
//   lost-write     a store, and another frame is mapped here now
//   diverged-read  a load or fetch, another frame is mapped here now, and the bytes differ
//   benign         the same, but the bytes are equal; or the same frame, and the access is still allowed
//   permission     the right is gone, or nothing is mapped here any more
//
// A frame that is still mapped here has not been given to somebody else, whoever else maps it too.

import { Cpu, count } from "../cpu/state";
import { C_STALE_BENIGN } from "../probe/counters";
import { emit, EVENT_STALE_USE } from "../probe/events";
import { machine } from "../global";
import {
  Entry, kindOf, physicalIn, setUpperWords, ENTRY_DIRTY, ENTRY_GLOBAL, ENTRY_STALE, RIGHTS,
} from "./entry";
import { staleWanted, tellUnmarked } from "./lifetime";
import { loadPhysical } from "./physical";
import { takenSince } from "./owner";
import { linkSource, unlinkSource } from "./reverse";
import { allowed, ACCESS_INTENT, ACCESS_WRITE } from "./rights";
import {
  peek, noteTrail, pageGlobal, pagePhysical, pageFrame, pageRights, leafLevel, leafWord, trailWord, WALKED,
} from "./walk";
import { WORD_D } from "./word";

/** Classes of stale use: offsets from C_STALE_BENIGN, in the order of the counters. */
export const STALE_BENIGN: u32 = 0;
export const STALE_PERMISSION: u32 = 1;
export const STALE_DIVERGED_READ: u32 = 2;
export const STALE_LOST_WRITE: u32 = 3;
export const STALE_REUSED_FRAME: u32 = 4;

/** `cpu` uses marked entry `e` for `size` bytes at `va`: a stale use, or the end of the mark. */
export function useMarked(cpu: Cpu, e: Entry, va: u64, size: u32, access: u32): void {
  const mapped = peek(cpu, va) == WALKED;
  if (mapped && agrees(cpu, e)) {
    if (staleWanted()) tellUnmarked(e, 0);
    unmark(e);
    return;
  }
  const store = (access & (ACCESS_WRITE | ACCESS_INTENT)) == ACCESS_WRITE;
  const kind = classOf(cpu, e, va, size, access, mapped, store);
  count(cpu, C_STALE_BENIGN + kind);
  emit(EVENT_STALE_USE, cpu, va, physicalIn(e, va), kind | (access << 8) | (<u32>e.changedBy << 16));
}

/** Whether the last descent says of the whole page what `e` says. An entry may lack D that memory has, not the reverse. */
function agrees(cpu: Cpu, e: Entry): bool {
  return leafLevel == kindOf(e) + 1
    && pageFrame == e.frame
    && pageRights == (e.flags & RIGHTS)
    && pageGlobal(cpu) == ((e.flags & ENTRY_GLOBAL) != 0)
    && (!(e.flags & ENTRY_DIRTY) || (leafWord & WORD_D) != 0);
}

/** The entry is right again. It may be by way of other words than before: those are the ones to watch now. */
function unmark(e: Entry): void {
  unlinkSource(e);
  e.flags &= ~ENTRY_STALE;
  e.source = trailWord(leafLevel);
  setUpperWords(e, kindOf(e), trailWord(4), trailWord(3), trailWord(2));
  linkSource(e);
  noteTrail();
}

function classOf(cpu: Cpu, e: Entry, va: u64, size: u32, access: u32, mapped: bool, store: bool): u32 {
  const old = physicalIn(e, va);
  const now = mapped ? pagePhysical(va) : u64.MAX_VALUE;
  if (mapped && now == old) return allowed(cpu, pageRights, access) ? STALE_BENIGN : STALE_PERMISSION;
  if (old < machine().ramSize && takenSince(<u32>(old >> 12), e.source, e.markedNumber)) return STALE_REUSED_FRAME;
  if (!mapped) return STALE_PERMISSION;
  if (store) return STALE_LOST_WRITE;
  for (let i: u32 = 0; i < size; i++) {
    if (loadPhysical(old + i, 1) != loadPhysical(now + i, 1)) return STALE_DIVERGED_READ;
  }
  return STALE_BENIGN;
}

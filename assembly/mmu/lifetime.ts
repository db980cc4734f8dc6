// Tells of the lives of TLB entries: that one became stale, that it is right again, that it left and why. Filling is told
// by mmu/translate.ts. Only for whoever wants these events (probe/events.ts): then a flush, which otherwise leaves entries to be
// found dead, looks for those that it ends. Nothing here changes the machine.

import { Cpu, cpuAt } from "../cpu/state";
import { debug } from "../debug/state";
import { machine } from "../global";
import { DEBUG_BASE } from "../memory-map";
import { emit, EVENT_DROP, EVENT_MARK, EVENT_UNMARK, LEFT_ALL, LEFT_EVICTED, LEFT_NON_GLOBAL, LEFT_PAGE, LEFT_PCID } from "../probe/events";
import { Entry, entryAt, ENTRY_BYTES, ENTRY_GLOBAL, ENTRY_STALE, kindOf, linearOf, NO_SLOT } from "./entry";
import { entryAlive } from "./generation";
import { poolBase, poolUsed } from "./pool";
import { KIND_PDE, PRESET_STICKY } from "./presets";

const STALENESS: u32 = (1 << EVENT_MARK) | (1 << EVENT_UNMARK);
const DEPARTURES: u32 = (1 << EVENT_UNMARK) | (1 << EVENT_DROP);

/** For each CPU: how many stale entries are alive. Kept while somebody wants to know of staleness. */
const STALE: usize = DEBUG_BASE + 2048;

@inline
function staleOn(cpuIndex: u32): usize {
  return STALE + (cpuIndex << 2);
}

function tell(kind: u32, e: Entry, why: u64): void {
  const about = <u64>kindOf(e) | why << 8 | <u64>e.pcid << 16 | <u64>e.flags << 32 | <u64>e.changedBy << 40;
  emit(kind, cpuAt(e.cpu), linearOf(e), <u64>e.source | <u64>e.frame << 32, about);
}

/** Whether it must be told what becomes stale. */
@inline
export function staleWanted(): bool {
  return (debug().wanted & STALENESS) != 0;
}

/** `e` became stale. */
export function tellMarked(e: Entry): void {
  if (!entryAlive(e)) return;
  store<u32>(staleOn(e.cpu), load<u32>(staleOn(e.cpu)) + 1);
  tell(EVENT_MARK, e, 0);
}

/** `e`, which is alive and was stale, is no longer: it is right again (`why` 0), or leaves. */
export function tellUnmarked(e: Entry, why: u64): void {
  store<u32>(staleOn(e.cpu), load<u32>(staleOn(e.cpu)) - 1);
  tell(EVENT_UNMARK, e, why);
}

/** Whether it must be told what leaves. */
@inline
export function leavingWanted(): bool {
  return (debug().wanted & (STALENESS | DEPARTURES)) != 0;
}

/** `e` is about to leave, for LEFT_* `why`. */
export function tellLeft(e: Entry, why: u64): void {
  if (!entryAlive(e)) return;
  if (e.flags & ENTRY_STALE && staleWanted()) tellUnmarked(e, why);
  tell(EVENT_DROP, e, why);
}

/** A slot is about to be taken from `e`, which leaves if it was the last. */
export function tellEvicted(e: Entry): void {
  const slots = <i32>(e.l1d != NO_SLOT) + <i32>(e.l1i != NO_SLOT) + <i32>(e.l2 != NO_SLOT);
  if (slots == 1) tellLeft(e, LEFT_EVICTED);
}

/** Whether a flush for `why` ends `e`. */
function ends(e: Entry, why: u64, pcid: u32): bool {
  const isStructure = kindOf(e) >= KIND_PDE;
  if (why == LEFT_ALL) return true;
  if (why == LEFT_NON_GLOBAL) return !(e.flags & ENTRY_GLOBAL);
  if (why == LEFT_PAGE) return isStructure && e.pcid == <u16>pcid;
  return e.pcid == <u16>pcid && !(e.flags & ENTRY_GLOBAL);
}

/** `cpu` is about to end many at once: LEFT_ALL, LEFT_NON_GLOBAL, LEFT_PCID, or LEFT_PAGE, which ends the PCID's structures. */
export function tellFlush(cpu: Cpu, why: u64, pcid: u32): void {
  const onlyStale = !(debug().wanted & (1 << EVENT_DROP));
  if (onlyStale && !load<u32>(staleOn(cpu.index))) return;
  const base = poolBase(cpu.index);
  const end = base + poolUsed(cpu.index) * ENTRY_BYTES;
  for (let at = base; at < end; at += ENTRY_BYTES) {
    const e = entryAt(at);
    if (e.tag == u64.MAX_VALUE || e.cpu != <u8>cpu.index || (onlyStale && !(e.flags & ENTRY_STALE))) continue;
    if (ends(e, why, pcid)) tellLeft(e, why);
  }
}

/** Counts the stale entries of every CPU: when somebody begins to want to know, and after a restore. */
export function countStale(): void {
  const cpus = machine().cpus;
  memory.fill(STALE, 0, 64 * 4);
  for (let i: u32 = 0; i < cpus; i++) {
    const base = poolBase(i);
    const end = base + poolUsed(i) * ENTRY_BYTES;
    for (let at = base; at < end; at += ENTRY_BYTES) {
      const e = entryAt(at);
      if (e.tag == u64.MAX_VALUE || !(e.flags & ENTRY_STALE) || !entryAlive(e)) continue;
      store<u32>(staleOn(e.cpu), load<u32>(staleOn(e.cpu)) + 1);
    }
    if (machine().preset == PRESET_STICKY) return;
  }
}

// Where entries come from: a pool for each CPU with one entry for each slot of the preset, which therefore never
// runs out; in the sticky preset one large pool shared by all CPUs. Used inside mmu/ only.

import { Cpu } from "../cpu/state";
import { stop } from "../cpu/fault";
import { machine, STOP_TLB_FULL } from "../global";
import { TLB_BASE, TLB_STRIDE, PCID_BASE, PCID_BYTES, PCID_STRIDE, STICKY_BASE, STICKY_SIZE } from "../memory-map";
import { PRESET_STICKY } from "./presets";
import { Entry, entryAt, ENTRY_BYTES, NO_WORD } from "./entry";
import { tlbAt, tlbOf, entryAlive, selectPcid } from "./generation";
import { ENTRIES_OFFSET } from "./layout";
import { leavingWanted, tellFlush } from "./lifetime";
import { LEFT_ALL } from "../probe/events";
import { unlinkSource } from "./reverse";
import { dropEntry } from "./replace";

/** Head of the shared pool; the buckets of the sticky second level follow, then the entries. */
@unmanaged
class StickyState {
  used: u32;
  free: u32;
}

export const STICKY_BUCKETS_OFFSET: u32 = 64;
export const STICKY_BUCKETS: u32 = 1 << 19;
const STICKY_ENTRIES: u32 = STICKY_BASE + STICKY_BUCKETS_OFFSET + STICKY_BUCKETS * 4;
const STICKY_CAPACITY: u32 = (STICKY_BASE + STICKY_SIZE - STICKY_ENTRIES) / ENTRY_BYTES;

@inline
function stickyState(): StickyState {
  return changetype<StickyState>(STICKY_BASE);
}

/** First entry of the pool that CPU `cpuIndex` takes from. */
@inline
export function poolBase(cpuIndex: u32): usize {
  return machine().preset == PRESET_STICKY ? STICKY_ENTRIES : TLB_BASE + cpuIndex * TLB_STRIDE + ENTRIES_OFFSET;
}

/** How many entries of that pool have ever been taken. */
export function poolUsed(cpuIndex: u32): u32 {
  if (machine().preset == PRESET_STICKY) return stickyState().used;
  return tlbAt(cpuIndex).poolUsed;
}

/** Bytes of the STICKY region that have ever been used, from its start: none in the other presets. */
export function stickyBytes(): u32 {
  if (machine().preset != PRESET_STICKY) return 0;
  return STICKY_ENTRIES - STICKY_BASE + stickyState().used * ENTRY_BYTES;
}

/** How many pools there are: CPU 0's is the only one in the sticky preset. */
@inline
export function pools(): u32 {
  return machine().preset == PRESET_STICKY ? 1 : machine().cpus;
}

/** An entry that no slot refers to, out of every chain; 0 (and the run is stopped) if the sticky preset has no room. */
@inline
export function takeEntry(cpu: Cpu): usize {
  if (machine().preset == PRESET_STICKY) return takeSticky(cpu);
  const t = tlbOf(cpu);
  const free = t.poolFree;
  if (free) {
    t.poolFree = entryAt(free).chainNext;
    return free;
  }
  t.poolUsed++;
  return poolBase(cpu.index) + (t.poolUsed - 1) * ENTRY_BYTES;
}

function takeSticky(cpu: Cpu): usize {
  const s = stickyState();
  if (!s.free && s.used == STICKY_CAPACITY) sweepDead();
  const free = s.free;
  if (free) {
    s.free = entryAt(free).chainNext;
    return free;
  }
  if (s.used == STICKY_CAPACITY) {
    stop(cpu, STOP_TLB_FULL, 0);
    return 0;
  }
  s.used++;
  return STICKY_ENTRIES + (s.used - 1) * ENTRY_BYTES;
}

/** Gives back what the architecture has already dropped. */
function sweepDead(): void {
  for (let i: u32 = 0; i < STICKY_CAPACITY; i++) {
    const e = entryAt(STICKY_ENTRIES + i * ENTRY_BYTES);
    if (e.tag != u64.MAX_VALUE && !entryAlive(e)) dropEntry(e);
  }
}

/** Returns `e`, to which no slot refers any more. */
export function giveBack(e: Entry): void {
  unlinkSource(e);
  e.tag = u64.MAX_VALUE;
  // Scans over the pool go by these.
  e.pml4e = e.pdpte = e.pde = NO_WORD;
  const at = <u32>changetype<usize>(e);
  if (machine().preset == PRESET_STICKY) {
    const s = stickyState();
    e.chainNext = s.free;
    s.free = at;
  } else {
    const t = tlbAt(e.cpu);
    e.chainNext = t.poolFree;
    t.poolFree = at;
  }
}

/**
 * Generation numbers are used up, after four thousand million flushes. Dropping all that the CPU holds is what the
 * architecture allows at any time; the sticky preset has promised not to, so the run ends.
 */
export function exhausted(cpu: Cpu): void {
  if (machine().preset == PRESET_STICKY) return stop(cpu, STOP_TLB_FULL, 1);
  const used = poolUsed(cpu.index);
  if (leavingWanted()) tellFlush(cpu, LEFT_ALL, 0);
  for (let i: u32 = 0; i < used; i++) {
    const e = entryAt(poolBase(cpu.index) + i * ENTRY_BYTES);
    if (e.tag != u64.MAX_VALUE) dropEntry(e);
  }
  const t = tlbOf(cpu);
  memory.fill(PCID_BASE + cpu.index * PCID_STRIDE, 0, PCID_BYTES);
  t.last = t.global = 1;
  t.floor = 0;
  selectPcid(cpu);
}

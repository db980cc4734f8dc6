// The second level and the paging-structure caches of the `sticky` preset: one hash table for all CPUs, in which an
// entry stays until the architecture drops it. Entries that are dead by their generation are given back when a
// look-up comes past them, or when the pool is empty (mmu/pool.ts). Used by mmu/tlb.ts and mmu/list.ts.

import { STICKY_BASE } from "../memory-map";
import { Entry, entryAt, IN_HASH, NO_SLOT } from "./entry";
import { entryAlive } from "./generation";
import { STICKY_BUCKETS, STICKY_BUCKETS_OFFSET } from "./pool";
import { dropEntry } from "./replace";

@inline
function bucketOf(cpuIndex: u32, tag: u64): usize {
  const mixed = (tag ^ (<u64>cpuIndex << 50)) * 0x9e3779b97f4a7c15;
  return STICKY_BASE + STICKY_BUCKETS_OFFSET + ((<u32>(mixed >> 40) & (STICKY_BUCKETS - 1)) << 2);
}

/** Entry of CPU `cpuIndex` for `tag` with generation `g1` or `g2`; 0 if there is none. */
export function findSticky(cpuIndex: u32, tag: u64, g1: u32, g2: u32): usize {
  let at: usize = load<u32>(bucketOf(cpuIndex, tag));
  while (at) {
    const e = entryAt(at);
    const next = e.hashNext;
    if (e.tag == tag && e.cpu == <u8>cpuIndex) {
      if (e.generation == g1 || e.generation == g2) return at;
      if (!entryAlive(e)) dropEntry(e);
    }
    at = next;
  }
  return 0;
}

export function insertSticky(e: Entry): void {
  const bucket = bucketOf(e.cpu, e.tag);
  e.hashNext = load<u32>(bucket);
  e.l2 = IN_HASH;
  store<u32>(bucket, <u32>changetype<usize>(e));
}

export function removeSticky(e: Entry): void {
  const self = <u32>changetype<usize>(e);
  let link = bucketOf(e.cpu, e.tag);
  while (load<u32>(link) != self) link = load<u32>(link) + offsetof<Entry>("hashNext");
  store<u32>(link, e.hashNext);
  e.l2 = NO_SLOT;
}

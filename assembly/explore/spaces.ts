// Address spaces in a kernel run: which a CPU has loaded, under which PCIDs it may have cached something of others, and what
// each kind of invalidation leaves of that (SDM 3A 4.10.4.1). An address space is a top-level table. mmu/invalidate.ts
// tells what happened.
//
// A CPU fills translations of the space that it has loaded and of no other. So of a word that changed while another space
// was loaded only the value may be cached that was there before the switch.

import { Cpu, CR4_PCIDE, cpuAt } from "../cpu/state";
import { machine } from "../global";
import { pcidOf } from "../mmu/generation";
import { WORD_ADDRESS } from "../mmu/word";
import { REFUSED_PCID, REFUSED_ROOM } from "./codes";
import {
  Exploration, exploration, oldValueAt, pageAt, SPACES, SPACE_PAGES, spaceAt, tagAt, TRACKED_PAGES, TrackedPage, trackedAt,
} from "./state";
import { resolve } from "./resolve";
import { readsWord } from "./footprint";
import { note, noteHashed } from "./trail";

@inline
function topTable(cpu: Cpu): u32 {
  return <u32>(cpu.cr3 & WORD_ADDRESS);
}

function setTag(cpu: u32, s: u32, tag: u32): void {
  const at = tagAt(cpu, s);
  if (load<u32>(at) == tag) return;
  note(at & ~7, 8);
  store<u32>(at, tag);
}

/** Tracks the pages of `s` that are tracked in every address space. */
function trackIn(s: u32, n: u32): void {
  const x = exploration();
  if (x.tracked == TRACKED_PAGES) {
    x.refused = REFUSED_ROOM;
    return;
  }
  const tracked = trackedAt(x.tracked);
  note(changetype<usize>(tracked), <u32>offsetof<TrackedPage>());
  tracked.page = load<u64>(pageAt(n));
  tracked.root = load<u32>(spaceAt(s));
  tracked.space = s;
  resolve(tracked);
  for (let i: u32 = 0; i < machine().cpus; i++) noteHashed(i);
  x.tracked++;
}

/** Number of the address space that `cpu` has loaded, which may be new. */
function spaceOf(cpu: Cpu): u32 {
  const x = exploration();
  const root = topTable(cpu);
  for (let s: u32 = 0; s < x.spaces; s++) if (load<u32>(spaceAt(s)) == root) return s;
  if (x.spaces == SPACES) {
    x.refused = REFUSED_ROOM;
    return 0;
  }
  const s = x.spaces;
  // Of `spaces` as well, which follows.
  note(changetype<usize>(x) + offsetof<Exploration>("tracked"), 8);
  note(spaceAt(s), 8);
  store<u32>(spaceAt(s), root);
  x.spaces++;
  for (let i: u32 = 0; i < machine().cpus; i++) noteHashed(i);
  for (let n: u32 = 0; n < x.pages; n++) trackIn(s, n);
  return s;
}

/** Sets whether CPU `cpu` may have cached what memory holds now of tracked page `t`, and takes the old values away if `clear`. */
function setHeld(cpu: u32, t: u32, held: u32, clear: bool): void {
  const at = oldValueAt(cpu, t, 0) - 8;
  const count = clear ? 0 : load<u32>(at);
  if (load<u32>(at) == count && load<u32>(at, 4) == held) return;
  note(at, 8);
  store<u32>(at, count);
  store<u32>(at, held, 4);
}

/** Nothing is cached any more of space `s`, or of its page at `va` only, unless it is loaded: then what memory holds now may be. */
function forget(cpu: Cpu, s: u32, va: u64, all: bool): void {
  const x = exploration();
  const root = topTable(cpu);
  x.dependent = 1;
  for (let t: u32 = 0; t < x.tracked; t++) {
    const tracked = trackedAt(t);
    if (tracked.root && tracked.space != s) continue;
    if (!all && tracked.page != (va & ~0xfff)) continue;
    // Whether a store to the word comes before or after makes a difference.
    readsWord(x, tracked.word);
    setHeld(cpu.index, t, !tracked.root || tracked.root == root ? 1 : 0, true);
  }
}

/** Tracks the page at `page` in every address space that CPUs load from now on. False if there is no room. */
export function trackEverywhere(page: u64): bool {
  const x = exploration();
  if (x.pages == SPACE_PAGES) return false;
  store<u64>(pageAt(x.pages), page);
  x.pages++;
  if (page < x.low) x.low = page;
  if (page + 4096 > x.high) x.high = page + 4096;
  return true;
}

/** The CPUs' address spaces as exploration begins: nothing is cached of any. */
export function enterSpaces(): void {
  for (let i: u32 = 0; i < machine().cpus; i++) loaded(cpuAt(i), false);
}

/** `cpu` has loaded CR3; `keep`: without dropping what is cached under its PCID. */
export function loaded(cpu: Cpu, keep: bool): void {
  const x = exploration();
  if (!x.kernel) {
    if (!keep) forget(cpu, 0, 0, true);
    return;
  }
  const s = spaceOf(cpu);
  const mine = 1 + pcidOf(cpu);
  for (let other: u32 = 0; other < x.spaces; other++) {
    if (other == s || load<u32>(tagAt(cpu.index, other)) != mine) continue;
    if (keep) x.refused = REFUSED_PCID;
    forget(cpu, other, 0, true);
    setTag(cpu.index, other, 0);
  }
  const before = load<u32>(tagAt(cpu.index, s));
  if (before && before != mine) x.refused = REFUSED_PCID;
  setTag(cpu.index, s, mine);
  if (!keep) return forget(cpu, s, 0, true);
  for (let t: u32 = 0; t < x.tracked; t++) if (trackedAt(t).space == s) setHeld(cpu.index, t, 1, false);
}

/** INVLPG, #PF: the page in the space that is loaded. */
export function droppedPage(cpu: Cpu, va: u64): void {
  forget(cpu, exploration().kernel ? spaceOf(cpu) : 0, va, false);
}

/** What is cached under `pcid` is gone: all of it, or the page at `va`. */
export function droppedPcid(cpu: Cpu, pcid: u32, va: u64, all: bool): void {
  const x = exploration();
  if (!x.kernel) return forget(cpu, 0, va, all);
  for (let s: u32 = 0; s < x.spaces; s++) if (load<u32>(tagAt(cpu.index, s)) == 1 + pcid) forget(cpu, s, va, all);
}

/** Everything that is cached is gone. */
export function droppedAll(cpu: Cpu): void {
  const x = exploration();
  if (!x.kernel) return forget(cpu, 0, 0, true);
  for (let s: u32 = 0; s < x.spaces; s++) forget(cpu, s, 0, true);
}

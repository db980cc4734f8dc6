// One cached translation, or one cached paging-structure entry: what a walk read, where it read it, and what has
// become of that since. The structures of a CPU (mmu/tlb.ts) hold references to entries: one entry may be in
// the first-level data TLB, the first-level instruction TLB and the second level at once. Used inside mmu/ only.

import { KIND_4K, KIND_1G, KIND_PDE, KIND_PDPTE, KIND_PML4E } from "./presets";

/** Rights, as a walk accumulates them: AND of R/W, AND of U/S, OR of XD (SDM 3A 4.10.2.2). */
export const RIGHT_W: u32 = 1;
export const RIGHT_U: u32 = 2;
export const RIGHT_NX: u32 = 4;
export const RIGHTS: u32 = 7;
/** More entry flags. */
export const ENTRY_DIRTY: u32 = 8;
export const ENTRY_GLOBAL: u32 = 16;
/** A word that the entry was made from has changed: every use must be classified (mmu/staleness.ts). */
export const ENTRY_STALE: u32 = 32;

/** No word: physical addresses of page-table words are multiples of 8. */
export const NO_WORD: u32 = 1;
/** Values of l1d, l1i, l2 that are not slot numbers. */
export const NO_SLOT: u16 = 0xffff;
export const IN_HASH: u16 = 0xfffe;

@unmanaged
export class Entry {
  /** What it translates: tagOf(). All ones while the entry is free. */
  tag: u64;
  /** Step and RIP of the access that made it. */
  filledAt: u64;
  filledBy: u64;
  /** Step of the first change of one of its words, and that change's number (machine().tableChanges). */
  markedAt: u64;
  markedNumber: u64;
  generation: u32;
  flags: u32;
  /** First frame of the page; for a paging-structure entry the frame of the table that it points to. */
  frame: u32;
  /** Physical address of the word that maps the page, and of those above it that the walk went through. */
  source: u32;
  pml4e: u32;
  pdpte: u32;
  pde: u32;
  /** Other entries with the same hash of `source` (mmu/reverse.ts); chainNext also links free entries. */
  chainNext: u32;
  chainPrev: u32;
  /** Next in the bucket of the sticky second level. */
  hashNext: u32;
  /** Slots that refer to it. */
  l1d: u16;
  l1i: u16;
  l2: u16;
  pcid: u16;
  cpu: u8;
  /** CPU whose store changed the word. */
  changedBy: u8;
}

export const ENTRY_BYTES: u32 = 96;

/** How many bits of a slot are above those that name the page: it keeps PCID and G there, which do not take part in a match. */
export const TAG_ABOVE: u64 = 64 - 39;
const TAG_KIND_SHIFT: u64 = 36;
/** Bits of the page number in a tag. */
export const PAGE_MASK: u64 = (1 << 36) - 1;
export const TAG_GLOBAL: u64 = 1 << 39;
export const TAG_PCID_SHIFT: u64 = 40;

/** Base-2 logarithm of what an entry of `kind` covers. */
@inline
export function coverShift(kind: u32): u32 {
  return 12 + 9 * (kind < KIND_PDE ? kind : kind - KIND_PDE + 1);
}

/** Tag of the page or table of `kind` around `va`: 36 bits of page number, 3 bits of kind. */
@inline
export function tagOf(va: u64, kind: u32): u64 {
  const shift = coverShift(kind) - 12;
  return ((((va >> 12) & 0xfffffffff) >> shift) << shift) | (<u64>kind << TAG_KIND_SHIFT);
}

@inline
export function kindOf(e: Entry): u32 {
  return <u32>(e.tag >> TAG_KIND_SHIFT) & 7;
}

/** First linear address of the entry's page, in canonical form. */
export function linearOf(e: Entry): u64 {
  return <u64>(<i64>(e.tag << 28) >> 16);
}

/** Physical address of `va`, which the entry covers. */
@inline
export function physicalIn(e: Entry, va: u64): u64 {
  return (<u64>e.frame << 12) + (va & within(kindOf(e)));
}

/** The bits of an address that lie within what an entry of `kind`, of a page, covers. */
@inline
export function within(kind: u32): u64 {
  return kind == KIND_4K ? 0xfff : (<u64>0x1000 << (9 * kind)) - 1;
}

/** Makes `e`, of no slot yet, an entry of `pcid`. */
@inline
export function setUnplaced(e: Entry, pcid: u32): void {
  store<u64>(changetype<usize>(e), (<u64>pcid << 48) | 0xffffffffffff, offsetof<Entry>("l1d"));
}

/** Entry of a reference kept in a slot or a list. */
@inline
export function entryAt(at: usize): Entry {
  return changetype<Entry>(at);
}

/** Sets the words above `source` that an entry of `kind` depends on, given all those of its walk. */
@inline
export function setUpperWords(e: Entry, kind: u32, pml4e: u32, pdpte: u32, pde: u32): void {
  e.pml4e = kind == KIND_PML4E ? NO_WORD : pml4e;
  e.pdpte = kind == KIND_1G || kind >= KIND_PDPTE ? NO_WORD : pdpte;
  e.pde = kind == KIND_4K ? pde : NO_WORD;
}

// The shape of each TLB preset: how many entries each structure has, in how many sets and ways. Read by
// mmu/tlb.ts, which runs one and the same code for all of them, and by mmu/list.ts.
//
//             skylake (Intel Skylake client)        zen3 (AMD Zen 3)
//   L1D       4K 16x4, 2M 8x4, 1G 1x4               1x64, every size
//   L1I       4K 16x8, 2M and 1G 1x8                1x64, every size
//   L2        4K and 2M 128x12, 1G 4x4, unified     data 256x8, instructions 64x8; no 1G
//   PSC       PDE 8x4, PDPTE 1x4, PML4E 1x4         the same
//
// Sizes are those of the vendors' optimization manuals; the number of sets of the paging-structure caches is not
// published and is ours. `sticky` has the first level of skylake, and a second level and paging-structure
// caches without bounds (mmu/sticky.ts). `none` holds nothing: every access walks, as if TLBs were coherent.
//
// First levels and paging-structure caches replace round robin: a hit in the front cache is not seen here, and
// must not make a difference. Second levels replace by bit-PLRU, which only sees misses of the first.

import { machine } from "../global";

export const PRESET_SKYLAKE: u32 = 0;
export const PRESET_ZEN3: u32 = 1;
export const PRESET_STICKY: u32 = 2;
export const PRESET_NONE: u32 = 3;

/** Page sizes, and the paging-structure entries that are cached: what a tag is for. */
export const KIND_4K: u32 = 0;
export const KIND_2M: u32 = 1;
export const KIND_1G: u32 = 2;
export const KIND_PDE: u32 = 3;
export const KIND_PDPTE: u32 = 4;
export const KIND_PML4E: u32 = 5;

/** Roles: which structure. ROLE_PSC takes the last three kinds, the others the first three. */
export const ROLE_L1D: u32 = 0;
export const ROLE_L1I: u32 = 1;
export const ROLE_L2D: u32 = 2;
export const ROLE_L2I: u32 = 3;
export const ROLE_PSC: u32 = 4;
const ROLES: u32 = 5;

// A row, for a role and a kind: first slot, sets - 1, ways, first set counter. No ways: not held there.
// The slots of L1D come first, so that their numbers are below FRONT_LISTS (mmu/front.ts).
const ROW_FIRST: usize = 0;
const ROW_SET_MASK: usize = 2;
const ROW_WAYS: usize = 4;
const ROW_COUNTER: usize = 6;
const ROW_BYTES: usize = 8;
const PRESET_BYTES: usize = 3 * <usize>ROLES * ROW_BYTES;

const GEOMETRY = memory.data<u16>([
  // skylake
  0, 15, 4, 0, /**/ 64, 7, 4, 16, /**/ 96, 0, 4, 24,
  100, 15, 8, 25, /**/ 228, 0, 8, 41, /**/ 228, 0, 8, 41,
  236, 127, 12, 42, /**/ 236, 127, 12, 42, /**/ 1772, 3, 4, 170,
  236, 127, 12, 42, /**/ 236, 127, 12, 42, /**/ 1772, 3, 4, 170,
  1788, 7, 4, 174, /**/ 1820, 0, 4, 182, /**/ 1824, 0, 4, 183,
  // zen3
  0, 0, 64, 0, /**/ 0, 0, 64, 0, /**/ 0, 0, 64, 0,
  64, 0, 64, 1, /**/ 64, 0, 64, 1, /**/ 64, 0, 64, 1,
  128, 255, 8, 2, /**/ 128, 255, 8, 2, /**/ 0, 0, 0, 0,
  2176, 63, 8, 258, /**/ 2176, 63, 8, 258, /**/ 0, 0, 0, 0,
  2688, 7, 4, 322, /**/ 2720, 0, 4, 330, /**/ 2724, 0, 4, 331,
  // sticky: what is not here is in its own hash table
  0, 15, 4, 0, /**/ 64, 7, 4, 16, /**/ 96, 0, 4, 24,
  100, 15, 8, 25, /**/ 228, 0, 8, 41, /**/ 228, 0, 8, 41,
  0, 0, 0, 0, /**/ 0, 0, 0, 0, /**/ 0, 0, 0, 0,
  0, 0, 0, 0, /**/ 0, 0, 0, 0, /**/ 0, 0, 0, 0,
  0, 0, 0, 0, /**/ 0, 0, 0, 0, /**/ 0, 0, 0, 0,
  // none
  0, 0, 0, 0, /**/ 0, 0, 0, 0, /**/ 0, 0, 0, 0,
  0, 0, 0, 0, /**/ 0, 0, 0, 0, /**/ 0, 0, 0, 0,
  0, 0, 0, 0, /**/ 0, 0, 0, 0, /**/ 0, 0, 0, 0,
  0, 0, 0, 0, /**/ 0, 0, 0, 0, /**/ 0, 0, 0, 0,
  0, 0, 0, 0, /**/ 0, 0, 0, 0, /**/ 0, 0, 0, 0,
]);

/** Most slots that any preset has, and most set counters. */
export const MAX_SLOTS: u32 = 2816;
export const MAX_SETS: u32 = 384;

/** Row of `role` for `kind` in the machine's preset. */
@inline
export function rowOf(role: u32, kind: u32): usize {
  const column = role == ROLE_PSC ? kind - KIND_PDE : kind;
  return GEOMETRY + <usize>machine().preset * PRESET_BYTES + (<usize>role * 3 + column) * ROW_BYTES;
}

/** Number of the first of the row's slots. */
@inline
export function rowFirst(row: usize): u32 {
  return load<u16>(row, ROW_FIRST);
}

@inline
export function rowSetMask(row: usize): u32 {
  return load<u16>(row, ROW_SET_MASK);
}

@inline
export function rowWays(row: usize): u32 {
  return load<u16>(row, ROW_WAYS);
}

/** Number of the first of the row's set counters. */
@inline
export function rowCounter(row: usize): u32 {
  return load<u16>(row, ROW_COUNTER);
}

/** Nonzero if instructions and data have second levels of their own. */
@inline
export function splitSecondLevel(): bool {
  return machine().preset == PRESET_ZEN3;
}

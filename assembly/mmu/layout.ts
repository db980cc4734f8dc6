// Where the structures of a CPU lie in its TLB region, and how a page finds its set. mmu/presets.ts has the shapes; here
// they become addresses, once, at power-on, so that a look-up computes little. Used by mmu/tlb.ts, pool.ts and list.ts.
//
//   region of a CPU:  TlbState (generation.ts) | rows | set counters | slots | entries (pool.ts)
//   row, for a role and a kind:  0 address of its first slot u32   4 bytes of a set u32, 0 if the kind is not held there
//          8 sets - 1 u16   10 bits of a page number below the set number u16   12 address of its first set counter u32
//   set counter:  0 replacement state u32   4 number of ends (generation.ts) when the set was last seen full of live entries u32
//   slot:  0 tag u64 (entry.ts; PCID and G above TAG_MASK)   8 generation u32, 0 if empty   12 entry u32
//
// The low half of a slot's tag is its name. Names are kept a second time in a region of their own, which is derived: there the
// names of a set lie side by side, and one instruction compares four (tlb.ts).

import { TLB_BASE, TLB_STRIDE, TLB_NAMES_BASE } from "../memory-map";
import { coverShift } from "./entry";
import { rowOf, rowFirst, rowSetMask, rowWays, rowCounter, MAX_SETS, MAX_SLOTS, KIND_PDE, ROLE_L1D, ROLE_PSC } from "./presets";

const ROWS_OFFSET: u32 = 128;
const ROW_BYTES: u32 = 16;
const ROW_SLOTS: usize = 0;
export const ROW_STRIDE: usize = 4;
export const ROW_MASK: usize = 8;
const ROW_SHIFT: usize = 10;
const ROW_COUNTERS: usize = 12;

const COUNTERS_OFFSET: u32 = ROWS_OFFSET + 256;
const COUNTER_BYTES: u32 = 8;
export const COUNTER_FULL: usize = 4;

const SLOTS_OFFSET: u32 = COUNTERS_OFFSET + MAX_SETS * COUNTER_BYTES;
export const SLOT_BYTES: u32 = 16;
export const SLOT_GENERATION: usize = 8;
export const SLOT_ENTRY: usize = 12;

export const ENTRIES_OFFSET: u32 = SLOTS_OFFSET + MAX_SLOTS * SLOT_BYTES;

/** Where the names lie next to a quarter of their slots' addresses. */
const NAMES: usize = TLB_NAMES_BASE - TLB_BASE / 4;

@inline
export function regionOf(cpuIndex: u32): usize {
  return TLB_BASE + cpuIndex * TLB_STRIDE;
}

/** Slot number `n` of CPU `cpuIndex`. */
@inline
export function slotAt(cpuIndex: u32, n: u32): usize {
  return regionOf(cpuIndex) + SLOTS_OFFSET + n * SLOT_BYTES;
}

/** Number of the slot at `slot` of the CPU whose region is `region`. */
@inline
export function slotNumber(region: usize, slot: usize): u16 {
  return <u16>(<u32>(slot - region - SLOTS_OFFSET) / SLOT_BYTES);
}

/** Which of the four slots from way `way`, a multiple of four, of the set at `first` on have the name that all lanes of `name` are: bits 0..3. */
@inline
export function named(first: usize, way: usize, name: v128): i32 {
  return i32x4.bitmask(i32x4.eq(v128.load((first >> 2) + 4 * way, NAMES), name));
}

/** Gives `slot` the tag `tag`. */
@inline
export function setTag(slot: usize, tag: u64): void {
  store<u64>(slot, tag);
  store<u32>(slot >> 2, <u32>tag, NAMES);
}

/** Makes the names of CPU `cpuIndex` what its slots say. */
export function deriveNames(cpuIndex: u32): void {
  for (let n: u32 = 0; n < MAX_SLOTS; n++) {
    const slot = slotAt(cpuIndex, n);
    store<u32>(slot >> 2, load<u32>(slot), NAMES);
  }
}

/** The entry in slot `n`, 0 if it is empty. */
@inline
export function slotEntry(cpuIndex: u32, n: u32): usize {
  return load<u32>(slotAt(cpuIndex, n), SLOT_ENTRY);
}

/** Row of `role` for `kind` in the region at `region`. */
@inline
export function rowIn(region: usize, role: u32, kind: u32): usize {
  return region + ROWS_OFFSET + role * 3 * ROW_BYTES + (role == ROLE_PSC ? kind - KIND_PDE : kind) * ROW_BYTES;
}

/** Writes the rows of CPU `cpuIndex` for the machine's preset. */
export function layOut(cpuIndex: u32): void {
  const region = regionOf(cpuIndex);
  for (let role = ROLE_L1D; role <= ROLE_PSC; role++) {
    for (let column: u32 = 0; column < 3; column++) {
      const kind = role == ROLE_PSC ? KIND_PDE + column : column;
      const shape = rowOf(role, kind);
      const row = rowIn(region, role, kind);
      store<u32>(row, slotAt(cpuIndex, rowFirst(shape)), ROW_SLOTS);
      store<u32>(row, rowWays(shape) * SLOT_BYTES, ROW_STRIDE);
      store<u16>(row, rowSetMask(shape), ROW_MASK);
      store<u16>(row, coverShift(kind) - 12, ROW_SHIFT);
      store<u32>(row, region + COUNTERS_OFFSET + rowCounter(shape) * COUNTER_BYTES, ROW_COUNTERS);
    }
  }
}

/** Number of the set of `row` that page `page` falls into. */
@inline
export function setOf(row: usize, page: u64): u32 {
  return <u32>(page >> load<u16>(row, ROW_SHIFT)) & load<u16>(row, ROW_MASK);
}

/** The same for what `tag`, of `kind`, names in structure `role`. */
@inline
export function setIn(row: usize, role: u32, kind: u32, tag: u64): u32 {
  return <u32>(tag >> (9 * (role == ROLE_PSC ? kind - KIND_PDE + 1 : kind))) & load<u16>(row, ROW_MASK);
}

/** First slot of set `set` of `row`. */
@inline
export function setAt(row: usize, set: u32): usize {
  return <usize>load<u32>(row, ROW_SLOTS) + set * load<u32>(row, ROW_STRIDE);
}

/** Where the replacement state of set `set` of `row` is. */
@inline
export function counterAt(row: usize, set: u32): usize {
  return <usize>load<u32>(row, ROW_COUNTERS) + set * COUNTER_BYTES;
}

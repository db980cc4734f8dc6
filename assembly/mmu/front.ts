// The front caches: what hot loads, stores and fetches index before anything else. They hold a subset of what the
// first-level TLBs hold, never through a stale-marked entry, never beyond guest RAM, so they neither hide a miss nor
// outlive an invalidation (design rule 4). All of it is derived and may be emptied at any moment.
// The hot loop and cpu/code.ts read the slots; cpu/system/mode.ts selects tables; all else is mmu/'s business.
//
//   data slot, 32 bytes, at cpu.front + (((u32)va >> 7) & FRONT_MASK)
//     0 u64 page for reads (va & ~0xfff), or all ones    8 u64 page for writes, or all ones
//    16 u32 delta: linear-memory address = (u32)va + delta
//    20 u16 list (slot of the L1 data TLB)   22 u16 1 if it is known that D is set and the page may be written
//    24 u16, 26 u16 neighbours in the list: number of the slot + 1, 0 at an end
//   fetch slot, 16 bytes, at cpu.fetch + (((u32)va >> 8) & 0x7f0)
//     0 u64 page, or all ones    8 u32 code page (cpu/code.ts), 0 for none yet    12 u32 frame number
//
// Data tables: supervisor with AC=0, user, supervisor with AC=1: a tag also says that the access is allowed there.
// A write tag says besides that D is set and that the frame has no flag. Fetch tables: supervisor, user.

import { Cpu, cpuAt, AC } from "../cpu/state";
import { exploration } from "../explore/state";
import { keptOut } from "../debug/access";
import { machine } from "../global";
import { FRONT_BASE, FRONT_STRIDE, RAM_BASE } from "../memory-map";

const NO_PAGE: u64 = u64.MAX_VALUE;

const TABLE_SLOTS: u32 = 512;
const DATA_SLOTS: u32 = 3 * TABLE_SLOTS;
const DATA_BYTES: u32 = 32;
const DATA_TABLE: u32 = TABLE_SLOTS * DATA_BYTES;
/** Bits of an address shifted right by 7 that select its data slot. */
export const FRONT_MASK: u32 = DATA_TABLE - DATA_BYTES;
const FETCH_SLOTS: u32 = 2 * 128;
const FETCH_BYTES: u32 = 16;
const FETCH_TABLE: u32 = 128 * FETCH_BYTES;
const FETCH_OFFSET: u32 = 3 * DATA_TABLE;
/** One bit for each slot in use, so that emptying costs by those. */
const DATA_MAP_OFFSET: u32 = FETCH_OFFSET + 2 * FETCH_TABLE;
const FETCH_MAP_OFFSET: u32 = DATA_MAP_OFFSET + DATA_SLOTS / 8;
/** Heads of the lists of data slots, one for each slot of the L1 data TLB. */
const HEADS_OFFSET: u32 = FETCH_MAP_OFFSET + FETCH_SLOTS / 8;
const FRONT_LISTS: u32 = 128;

/** List of slots that come from no TLB entry: paging is off. */
export const UNPAGED_LIST: u32 = FRONT_LISTS - 1;

const READ_TAG: usize = 0;
const WRITE_TAG: usize = 8;
const DELTA: usize = 16;
const LIST: usize = 20;
const PERMIT: usize = 22;
const NEXT_SLOT: usize = 24;
const PREV_SLOT: usize = 26;
const CODE_PAGE: usize = 8;
export const FETCH_FRAME: usize = 12;

@inline
function frontOf(cpuIndex: u32): usize {
  return FRONT_BASE + cpuIndex * FRONT_STRIDE;
}

@inline
function setBit(map: usize, n: u32): void {
  const at = map + ((n >> 6) << 3);
  store<u64>(at, load<u64>(at) | ((<u64>1) << (n & 63)));
}

@inline
function clearBit(map: usize, n: u32): void {
  const at = map + ((n >> 6) << 3);
  store<u64>(at, load<u64>(at) & ~((<u64>1) << (n & 63)));
}

/** Points `cpu.front` and `cpu.fetch` at the tables of the current CPL and AC. Call when either changes. */
export function selectFront(cpu: Cpu): void {
  const base = <u32>frontOf(cpu.index);
  const user = cpu.cpl == 3;
  cpu.front = base + (user ? DATA_TABLE : cpu.system & AC ? 2 * DATA_TABLE : 0);
  cpu.fetch = base + FETCH_OFFSET + (user ? FETCH_TABLE : 0);
}

@inline
function dataSlot(table: u32, va: u64): usize {
  return <usize>table + ((<u32>va >>> 7) & FRONT_MASK);
}

/** Tag that answers for `size` bytes at `va`: the page of the last byte, so that what crosses pages finds none. */
@inline
function tagFor(va: u64, size: u32): u64 {
  return (va + size - 1) & ~0xfff;
}

@inline
function through(slot: usize, va: u64): usize {
  return <usize>(<u32>va + load<u32>(slot, DELTA));
}

/** Address of the fetch slot of `va` for the current CPL. */
export function fetchSlot(cpu: Cpu, va: u64): usize {
  return <usize>cpu.fetch + ((<u32>va >>> 8) & 0x7f0);
}

/** Data table of supervisor accesses with AC=0, which implicit accesses count as. */
@inline
export function supervisorTable(cpu: Cpu): u32 {
  return <u32>frontOf(cpu.index);
}

/** Linear-memory address of the `size` bytes at `va` if data table `table` answers for loading them; else 0. */
@inline
export function frontRead(table: u32, va: u64, size: u32): usize {
  const slot = dataSlot(table, va);
  return load<u64>(slot, READ_TAG) == tagFor(va, size) ? through(slot, va) : 0;
}

/** The same for storing. */
@inline
export function frontWrite(table: u32, va: u64, size: u32): usize {
  const slot = dataSlot(table, va);
  return load<u64>(slot, WRITE_TAG) == tagFor(va, size) ? through(slot, va) : 0;
}

/** The same for storing if a flag of the frame is to be seen to first, which the caller does: answers also where frontWrite does. */
@inline
export function frontPermits(table: u32, va: u64, size: u32): usize {
  const slot = dataSlot(table, va);
  return load<u64>(slot, READ_TAG) == tagFor(va, size) && load<u16>(slot, PERMIT) ? through(slot, va) : 0;
}

/** The page of `va`, for which frontPermits answered, turned out to be in a frame without a flag. */
@inline
export function openWrites(table: u32, va: u64): void {
  store<u64>(dataSlot(table, va), va & ~0xfff, WRITE_TAG);
}

/** Takes data slot `n` out of its list. */
function unlist(front: usize, n: u32): void {
  const slot = front + n * DATA_BYTES;
  const next = load<u16>(slot, NEXT_SLOT);
  const prev = load<u16>(slot, PREV_SLOT);
  if (next) store<u16>(front + (<u32>next - 1) * DATA_BYTES, prev, PREV_SLOT);
  if (prev) store<u16>(front + (<u32>prev - 1) * DATA_BYTES, next, NEXT_SLOT);
  else store<u16>(front + HEADS_OFFSET + (<u32>load<u16>(slot, LIST) << 1), next);
}

/**
 * Enters the page of `va` at physical address `pa` (RAM) into data table `table`. `list` is the slot of the L1 data
 * TLB that it comes from; `permit` says that D is set and the page may be written, `open` that its frame has no flag either.
 */
@inline
export function fillFront(cpu: Cpu, table: u32, va: u64, pa: u64, list: u32, permit: bool, open: bool): void {
  if (exploration().on) return; // every access is to be seen
  if (keptOut(va, pa)) return;
  const page = va & ~0xfff;
  const front = frontOf(cpu.index);
  const slot = dataSlot(table, va);
  const n = <u32>(slot - front) / DATA_BYTES;
  const before = load<u64>(slot, READ_TAG);
  if (before == page) {
    // The same entry: had it left L1, or changed, the slot would be empty. What was not asked before may be known now.
    if (permit) store<u16>(slot, 1, PERMIT);
    if (open) store<u64>(slot, page, WRITE_TAG);
    return;
  }
  if (before != NO_PAGE) unlist(front, n);
  else setBit(front + DATA_MAP_OFFSET, n);
  const head = front + HEADS_OFFSET + (list << 1);
  const next = load<u16>(head);
  if (next) store<u16>(front + (<u32>next - 1) * DATA_BYTES, <u16>(n + 1), PREV_SLOT);
  store<u16>(head, <u16>(n + 1));
  store<u64>(slot, page, READ_TAG);
  store<u64>(slot, open ? page : NO_PAGE, WRITE_TAG);
  store<u32>(slot, RAM_BASE + <u32>(pa & ~0xfff) - <u32>page, DELTA);
  store<u32>(slot, list | (<u32>permit << (8 * <u32>(PERMIT - LIST))), LIST);
  store<u32>(slot, next, NEXT_SLOT);
}

/** Clears the data slots of `list` of CPU `cpuIndex`. */
@inline
export function dropList(cpuIndex: u32, list: u32): void {
  const head = frontOf(cpuIndex) + HEADS_OFFSET + (list << 1);
  if (load<u16>(head)) clearList(frontOf(cpuIndex), head);
}

function clearList(front: usize, head: usize): void {
  let n: u32 = load<u16>(head);
  store<u16>(head, 0);
  while (n) {
    const slot = front + (n - 1) * DATA_BYTES;
    store<u64>(slot, NO_PAGE, READ_TAG);
    store<u64>(slot, NO_PAGE, WRITE_TAG);
    clearBit(front + DATA_MAP_OFFSET, n - 1);
    n = load<u16>(slot, NEXT_SLOT);
  }
}

function dropData(cpuIndex: u32): void {
  const front = frontOf(cpuIndex);
  for (let word: u32 = 0; word < DATA_SLOTS / 64; word++) {
    const at = front + DATA_MAP_OFFSET + (word << 3);
    let map = load<u64>(at);
    store<u64>(at, 0);
    while (map) {
      const slot = front + ((word << 6) + <u32>ctz(map)) * DATA_BYTES;
      map &= map - 1;
      store<u64>(slot, NO_PAGE, READ_TAG);
      store<u64>(slot, NO_PAGE, WRITE_TAG);
      store<u16>(front + HEADS_OFFSET + (<u32>load<u16>(slot, LIST) << 1), 0);
    }
  }
}

/** Removes the write tags that lead to frame `frame`, on every CPU. */
export function dropFrameWrites(frame: u32): void {
  const page = RAM_BASE + (frame << 12);
  for (let i: u32 = 0; i < machine().cpus; i++) {
    const front = frontOf(i);
    for (let word: u32 = 0; word < DATA_SLOTS / 64; word++) {
      let map = load<u64>(front + DATA_MAP_OFFSET + (word << 3));
      while (map) {
        const slot = front + ((word << 6) + <u32>ctz(map)) * DATA_BYTES;
        map &= map - 1;
        if (<u32>load<u64>(slot, READ_TAG) + load<u32>(slot, DELTA) == page) store<u64>(slot, NO_PAGE, WRITE_TAG);
      }
    }
  }
}

/** Removes every write tag of every CPU. */
export function dropAllWrites(): void {
  for (let i: u32 = 0; i < machine().cpus; i++) {
    const front = frontOf(i);
    for (let n: u32 = 0; n < DATA_SLOTS; n++) store<u64>(front + n * DATA_BYTES, NO_PAGE, WRITE_TAG);
  }
}

/** Frame of the page that fetch slot `slot` answers for. */
@inline
export function fetchFrame(slot: usize): u32 {
  return load<u32>(slot, FETCH_FRAME);
}

/** Enters the page of `va`, in frame `frame` of RAM, for instruction fetch at the current CPL. */
export function fillFetch(cpu: Cpu, va: u64, frame: u32): void {
  const slot = fetchSlot(cpu, va);
  const front = frontOf(cpu.index);
  setBit(front + FETCH_MAP_OFFSET, <u32>(slot - front - FETCH_OFFSET) / FETCH_BYTES);
  store<u64>(slot, va & ~0xfff);
  store<u32>(slot, 0, CODE_PAGE);
  store<u32>(slot, frame, FETCH_FRAME);
}

/** Clears the fetch slots of CPU `cpuIndex` for the 2^`shift` bytes at `va`. */
export function dropFetchRange(cpuIndex: u32, va: u64, shift: u32): void {
  const front = frontOf(cpuIndex);
  if (shift == 12) {
    const at = front + FETCH_OFFSET + ((<u32>va >>> 8) & 0x7f0);
    clearFetchIf(front, at, va, shift);
    clearFetchIf(front, at + FETCH_TABLE, va, shift);
    return;
  }
  for (let word: u32 = 0; word < FETCH_SLOTS / 64; word++) {
    let map = load<u64>(front + FETCH_MAP_OFFSET + (word << 3));
    while (map) {
      clearFetchIf(front, front + FETCH_OFFSET + ((word << 6) + <u32>ctz(map)) * FETCH_BYTES, va, shift);
      map &= map - 1;
    }
  }
}

@inline
function clearFetchIf(front: usize, slot: usize, va: u64, shift: u32): void {
  const tag = load<u64>(slot);
  if (tag == NO_PAGE || (tag ^ va) >> shift) return;
  store<u64>(slot, NO_PAGE);
  clearBit(front + FETCH_MAP_OFFSET, <u32>(slot - front - FETCH_OFFSET) / FETCH_BYTES);
}

function dropFetchOn(cpuIndex: u32): void {
  const front = frontOf(cpuIndex);
  for (let word: u32 = 0; word < FETCH_SLOTS / 64; word++) {
    const at = front + FETCH_MAP_OFFSET + (word << 3);
    let map = load<u64>(at);
    store<u64>(at, 0);
    while (map) {
      store<u64>(front + FETCH_OFFSET + ((word << 6) + <u32>ctz(map)) * FETCH_BYTES, NO_PAGE);
      map &= map - 1;
    }
  }
}

/** Empties the CPU's fetch slots: code pages are those of one execution mode. */
export function dropFetchSlots(cpu: Cpu): void {
  dropFetchOn(cpu.index);
}

/** Empties the fetch slots of every CPU. */
export function dropFetchEverywhere(): void {
  for (let i: u32 = 0; i < machine().cpus; i++) dropFetchOn(i);
}

/** Clears the fetch slots of every CPU that lead to frame `frame`: its decoded code is gone. */
export function dropFetchFrame(frame: u32): void {
  for (let i: u32 = 0; i < machine().cpus; i++) {
    const front = frontOf(i);
    for (let word: u32 = 0; word < FETCH_SLOTS / 64; word++) {
      let map = load<u64>(front + FETCH_MAP_OFFSET + (word << 3));
      while (map) {
        const slot = front + FETCH_OFFSET + ((word << 6) + <u32>ctz(map)) * FETCH_BYTES;
        map &= map - 1;
        if (load<u32>(slot, FETCH_FRAME) == frame) clearFetchIf(front, slot, load<u64>(slot), 12);
      }
    }
  }
}

/** Empties the data and fetch tables of `cpu`. */
export function dropFront(cpu: Cpu): void {
  dropData(cpu.index);
  dropFetchOn(cpu.index);
}

/** Makes the tables of every CPU empty, whatever lies there: at power-on and after a restore. */
export function resetFront(): void {
  for (let i: u32 = 0; i < machine().cpus; i++) {
    memory.fill(frontOf(i), 0xff, DATA_MAP_OFFSET);
    memory.fill(frontOf(i) + DATA_MAP_OFFSET, 0, HEADS_OFFSET + FRONT_LISTS * 2 - DATA_MAP_OFFSET);
    selectFront(cpuAt(i));
  }
}

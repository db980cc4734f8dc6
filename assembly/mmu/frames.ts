// What the machine knows of each physical frame of RAM, one record for each. A frame with a flag has no write tags in
// any front cache, so every store into it comes to mmu/physical.ts. cpu/code.ts keeps its heads and calls noteCode;
// the host's snapshots use FRAME_CLEAN, its watchpoints FRAME_WATCHED; the rest is mmu/'s.
//
//    0 flags    u8   FRAME_*
//    1 levels   u8   levels at which walks read it as a table: 1 << (level - 1), so 1 is a page table, 8 a PML4
//    2 idle     u16  stores into the table since a walk last read it
//    4 code     u32  first of its code pages (cpu/code.ts)
//    8 granules u64  one bit for each 64 bytes that hold decoded code
//   16 owner    u32  who holds the frame: mmu/owner.ts
//   24 since    u64  since when, as a number of machine().tableChanges

import { machine, frameAt } from "../global";
import { FRAME_BASE, FRAME_STRIDE } from "../memory-map";
import { dropAllWrites, dropFrameWrites } from "./front";

export const FRAME_CODE: u32 = 1; // decoded records exist
export const FRAME_PT: u32 = 2; // page table: a walk read it, or a page-table word leads to it
export const FRAME_WATCHED: u32 = 4; // stores are events
export const FRAME_CLEAN: u32 = 8; // not stored to since the host said so
export const FRAME_SHARED: u32 = 16; // while exploring: some of its words are shared between CPUs
export const FRAME_FOLLOWED: u32 = 32; // while exploring: a table on the way to a tracked page

export const FRAME_LEVELS: usize = 1;
export const FRAME_IDLE: usize = 2;
const FRAME_CODE_PAGE: usize = 4;
const FRAME_GRANULES: usize = 8;
export const FRAME_OWNER: usize = 16;
export const FRAME_SINCE: usize = 24;

/** Record of frame number `frame`, which must lie in RAM. */
@inline
export function frameRecord(frame: u32): usize {
  return FRAME_BASE + frame * FRAME_STRIDE;
}

@inline
export function frameFlags(frame: u32): u32 {
  return load<u8>(frameRecord(frame));
}

/** Sets `flag` on `frame` and removes its write tags from every CPU's front caches. */
export function flagFrame(frame: u32, flag: u32): void {
  const record = frameRecord(frame);
  const flags = load<u8>(record);
  store<u8>(record, flags | <u8>flag);
  // A frame that had a flag already has no write tags to remove.
  if (!flags) dropFrameWrites(frame);
}

export function unflagFrame(frame: u32, flag: u32): void {
  const record = frameRecord(frame);
  store<u8>(record, load<u8>(record) & ~<u8>flag);
}

/** Sets FRAME_CLEAN on every frame of RAM: the host has a copy of all of them. */
export function flagAllClean(): void {
  const frames = machine().ramSize >> 12;
  for (let frame: u32 = 0; frame < frames; frame++) {
    const record = frameRecord(frame);
    store<u8>(record, load<u8>(record) | <u8>FRAME_CLEAN);
  }
  dropAllWrites();
}

/** Notes that the bytes [pa, pa + length), which lie in one frame, were decoded. */
export function noteCode(pa: u64, length: u32): void {
  const record = frameAt(pa);
  flagFrame(<u32>(pa >> 12), FRAME_CODE);
  store<u64>(record, load<u64>(record, FRAME_GRANULES) | granulesOf(pa, length), FRAME_GRANULES);
}

/** Whether any of the bytes [pa, pa + length), which lie in one frame, may hold decoded code. */
export function holdsCode(pa: u64, length: u32): bool {
  return (load<u64>(frameAt(pa), FRAME_GRANULES) & granulesOf(pa, length)) != 0;
}

function granulesOf(pa: u64, length: u32): u64 {
  const first = <u32>(pa >> 6) & 63;
  const last = <u32>((pa + length - 1) >> 6) & 63;
  return (u64.MAX_VALUE >> (63 - (last - first))) << first;
}

/** First code page of `frame`, 0 if it has none. */
export function codePageOf(frame: u32): u32 {
  return load<u32>(frameRecord(frame), FRAME_CODE_PAGE);
}

export function setCodePageOf(frame: u32, page: u32): void {
  store<u32>(frameRecord(frame), page, FRAME_CODE_PAGE);
}

/** The decoded code of `frame` is gone. */
export function clearCode(frame: u32): void {
  const record = frameRecord(frame);
  unflagFrame(frame, FRAME_CODE);
  store<u32>(record, 0, FRAME_CODE_PAGE);
  store<u64>(record, 0, FRAME_GRANULES);
}

/** All decoded code is gone. */
export function clearAllCode(): void {
  const frames = machine().ramSize >> 12;
  for (let frame: u32 = 0; frame < frames; frame++) {
    const record = frameRecord(frame);
    if (load<u8>(record) & FRAME_CODE || load<u32>(record, FRAME_CODE_PAGE)) clearCode(frame);
  }
}

// Sets stop points, for the host (through index.ts). The host clears them, adds each, instructions in ascending order of
// address, and then arms them: what is derived from the machine's state, and may hide what they look for, is dropped.

import { machine } from "../global";
import { dropAllCode } from "../cpu/code";
import { flagFrame, FRAME_WATCHED, frameFlags, unflagFrame } from "../mmu/frames";
import { resetFront } from "../mmu/front";
import { countStale } from "../mmu/lifetime";
import { DEBUG_BASE } from "../memory-map";
import {
  ACCESSES, ACCESS_BYTES, ACCESS_CAPACITY, EVENT_POINT_BYTES, EVENT_POINT_CAPACITY, EVENTS, INSTRUCTION_BYTES,
  INSTRUCTION_CAPACITY, MAP_BYTES, MAPS, ON_READ, ON_WRITE, PHYSICAL, INSTRUCTIONS,
} from "./layout";
import { FRAMES, PAGES } from "./access";
import { OFFSETS } from "./instruction";
import { debug, selectEvents } from "./state";

@inline
function setBit(map: usize, number: u64): void {
  const n = <u32>number & 0xfff;
  const at = map + ((n >> 5) << 2);
  store<u32>(at, load<u32>(at) | (1 << (n & 31)));
}

/** Forgets all points. */
export function clearPoints(): void {
  const d = debug();
  memory.fill(DEBUG_BASE + MAPS, 0, 3 * MAP_BYTES);
  d.instructions = d.accesses = d.events = 0;
  d.awaited = 0;
  selectEvents();
}

/** A point before the instruction at linear address `address`; false if there is no room. */
export function addInstructionPoint(point: u32, only: u32, address: u64): bool {
  const d = debug();
  if (d.instructions == INSTRUCTION_CAPACITY) return false;
  const at = DEBUG_BASE + INSTRUCTIONS + d.instructions++ * INSTRUCTION_BYTES;
  store<u64>(at, address);
  store<u32>(at, point, 8);
  store<u32>(at, only, 12);
  setBit(OFFSETS, address);
  return true;
}

/** Marks the pages of `first` to `last` in `map`; beyond its size every bit is set. */
function markPages(map: usize, first: u64, last: u64): void {
  const pages = min<u64>((last >> 12) - (first >> 12) + 1, 4096);
  for (let i: u64 = 0; i < pages; i++) setBit(map, (first >> 12) + i);
}

/** A point at accesses to `first` up to and with `last`; `flags` is of ON_READ, ON_WRITE, PHYSICAL. */
export function addAccessPoint(point: u32, only: u32, flags: u32, first: u64, last: u64): bool {
  const d = debug();
  if (d.accesses == ACCESS_CAPACITY) return false;
  const at = DEBUG_BASE + ACCESSES + d.accesses++ * ACCESS_BYTES;
  store<u64>(at, first);
  store<u64>(at, last, 8);
  store<u32>(at, point, 16);
  store<u32>(at, only, 20);
  store<u32>(at, flags, 24);
  if (!(flags & PHYSICAL)) markPages(PAGES, first, last);
  else if (flags & ON_READ) markPages(FRAMES, first, last);
  return true;
}

/** A point at events of `kind` whose three values, masked, are these. */
export function addEventPoint(point: u32, only: u32, kind: u32, maskA: u64, a: u64, maskB: u64, b: u64, maskC: u64, c: u64): bool {
  const d = debug();
  if (d.events == EVENT_POINT_CAPACITY) return false;
  const at = DEBUG_BASE + EVENTS + d.events++ * EVENT_POINT_BYTES;
  store<u32>(at, point);
  store<u32>(at, kind, 4);
  store<u32>(at, only, 8);
  store<u64>(at, maskA, 16);
  store<u64>(at, a, 24);
  store<u64>(at, maskB, 32);
  store<u64>(at, b, 40);
  store<u64>(at, maskC, 48);
  store<u64>(at, c, 56);
  d.awaited |= 1 << kind;
  selectEvents();
  return true;
}

/** Flags the frames that stores are watched in, and no others: the flags are in snapshots, the points are not. */
export function watchFrames(): void {
  const frames = machine().ramSize >> 12;
  for (let frame: u32 = 0; frame < frames; frame++) {
    if (frameFlags(frame) & FRAME_WATCHED) unflagFrame(frame, FRAME_WATCHED);
  }
  const end = DEBUG_BASE + ACCESSES + debug().accesses * ACCESS_BYTES;
  for (let at: usize = DEBUG_BASE + ACCESSES; at < end; at += ACCESS_BYTES) {
    const flags = load<u32>(at, 24);
    if (!(flags & PHYSICAL) || !(flags & ON_WRITE)) continue;
    const last = min<u64>(load<u64>(at, 8) >> 12, frames - 1);
    for (let frame = load<u64>(at) >> 12; frame <= last; frame++) flagFrame(<u32>frame, FRAME_WATCHED);
  }
}

/** The points added since `clearPoints` count from now on. */
export function armPoints(): void {
  dropAllCode();
  watchFrames();
  resetFront();
  countStale();
}

// Points at accesses. Pages with one at linear addresses, and frames with one for reads, are kept out of the front
// caches (`keptOut`, mmu/front.ts); frames with one for writes are flagged as watched. So each access to them takes the
// slow path of mmu/access.ts or mmu/physical.ts, which comes here. The processor's own accesses (descriptors, stacks of
// deliveries, A and D bits) count like any other; instruction fetches and the reads of walks do not.

import { Cpu } from "../cpu/state";
import { machine } from "../global";
import { DEBUG_BASE } from "../memory-map";
import { ACCESSES, ACCESS_BYTES, ANY_CPU, HIT_ACCESS, MAPS, MAP_BYTES, MODE_OFF, ON_READ, ON_WRITE, PHYSICAL } from "./layout";
import { noteHit, stopAfter } from "./hits";
import { debug } from "./state";

/** One bit for the low 12 bits of each page number with a point at linear addresses, and of each frame with one for reads. */
export const PAGES: usize = DEBUG_BASE + MAPS + MAP_BYTES;
export const FRAMES: usize = DEBUG_BASE + MAPS + 2 * MAP_BYTES;

@inline
function inMap(map: usize, number: u64): bool {
  const n = <u32>number & 0xfff;
  return (load<u8>(map + (n >> 3)) >> (n & 7) & 1) != 0;
}

/** Whether accesses to the page of `va`, at `pa`, must not be answered by a front cache. Pages that only look alike may be kept out too. */
@inline
export function keptOut(va: u64, pa: u64): bool {
  return debug().accesses != 0 && (inMap(PAGES, va >> 12) || inMap(FRAMES, pa >> 12));
}

/** Whether loads and stores of the slow path must be told here. */
@inline
export function watchesAccesses(): bool {
  return debug().accesses != 0;
}

function accessed(cpu: Cpu, space: u32, kind: u32, address: u64, size: u32, before: u64, after: u64): void {
  const d = debug();
  if (d.mode == MODE_OFF || !d.running) return;
  const last = address + size - 1;
  const end = DEBUG_BASE + ACCESSES + d.accesses * ACCESS_BYTES;
  for (let at: usize = DEBUG_BASE + ACCESSES; at < end; at += ACCESS_BYTES) {
    if (address > load<u64>(at, 8) || last < load<u64>(at)) continue;
    const only = load<u32>(at, 20);
    const flags = load<u32>(at, 24);
    if ((flags & PHYSICAL) != space || !(flags & kind) || (only != ANY_CPU && only != cpu.index)) continue;
    noteHit(load<u32>(at, 16), HIT_ACCESS, cpu.index, size, address, before, after);
    stopAfter();
  }
}

/** `cpu` loaded `value` from linear address `va`. */
export function loadedLinear(cpu: Cpu, va: u64, size: u32, value: u64): void {
  if (inMap(PAGES, va >> 12) || inMap(PAGES, (va + size - 1) >> 12)) accessed(cpu, 0, ON_READ, va, size, value, value);
}

/** `cpu` stored `value` at linear address `va`, where `before` was. */
export function storedLinear(cpu: Cpu, va: u64, size: u32, before: u64, value: u64): void {
  if (inMap(PAGES, va >> 12) || inMap(PAGES, (va + size - 1) >> 12)) accessed(cpu, 0, ON_WRITE, va, size, before, value);
}

/** `cpu` loaded `value` from physical address `pa`, within one frame. */
export function loadedPhysical(cpu: Cpu, pa: u64, size: u32, value: u64): void {
  if (inMap(FRAMES, pa >> 12) && pa < machine().ramSize) accessed(cpu, PHYSICAL, ON_READ, pa, size, value, value);
}

/** `cpu` stored `value` at `pa` in a watched frame, where `before` was. */
export function storedPhysical(cpu: Cpu, pa: u64, size: u32, before: u64, value: u64): void {
  accessed(cpu, PHYSICAL, ON_WRITE, pa, size, before, value);
}

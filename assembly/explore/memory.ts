// Loads and stores of guest RAM while exploring. mmu/access.ts comes here for every access, because the front caches stay
// empty. Memory that CPUs share is marked by frame flag and, within the frame, by word; access to anything else is nobody
// else's business and is done at once.

import { SHARED_BASE, SHARED_FRAMES } from "../memory-map";
import { Cpu } from "../cpu/state";
import { FAULT_PARK } from "../cpu/fault";
import { ramAt } from "../global";
import { FRAME_SHARED, flagFrame, frameFlags } from "../mmu/frames";
import { readRam } from "../mmu/physical";
import { BUFFER_CAPACITY, BufferedStore, bufferedAt, exploration, Explored, exploredOf } from "./state";
import { note, noteGuestWord } from "./trail";
import { wordChanged } from "./translations";

/** A table of shared frames: u32 frame + 1, then a bit map of its 512 words. */
const SHARED_BYTES: usize = 8 + 64;

function sharedAt(n: u32): usize {
  return SHARED_BASE + n * SHARED_BYTES;
}

/** Place of `frame` in the table, or the free place where it belongs; 0 if the table is full. */
function placeOf(frame: u32): usize {
  for (let probe: u32 = 0; probe < SHARED_FRAMES; probe++) {
    const at = sharedAt((frame * 0x9e3779b1 + probe) & (SHARED_FRAMES - 1));
    const held = load<u32>(at);
    if (held == frame + 1 || !held) return at;
  }
  return 0;
}

/** Marks the words of [pa, pa + bytes), within one frame, as shared. False if there is no room for another frame. */
export function share(pa: u64, bytes: u32): bool {
  const frame = <u32>(pa >> 12);
  const at = placeOf(frame);
  if (!at) return false;
  store<u32>(at, frame + 1);
  flagFrame(frame, FRAME_SHARED);
  for (let word = <u32>(pa >> 3) & 511; word <= (<u32>(pa + bytes - 1) >> 3 & 511); word++) {
    const byte = at + 8 + (word >> 3);
    store<u8>(byte, load<u8>(byte) | <u8>(<u32>1 << (word & 7)));
  }
  return true;
}

function isShared(pa: u64, size: u32): bool {
  const frame = <u32>(pa >> 12);
  if (!(frameFlags(frame) & FRAME_SHARED)) return false;
  const at = placeOf(frame);
  for (let word = <u32>(pa >> 3) & 511; word <= (<u32>(pa + size - 1) >> 3 & 511); word++) {
    if (load<u8>(at + 8 + (word >> 3)) >> (word & 7) & 1) return true;
  }
  return false;
}

/** Leaves the instruction before it has done anything: it waits for its turn. */
function park(cpu: Cpu, writes: u32): void {
  const explored = exploredOf(cpu.index);
  explored.parkedWrites = writes;
  explored.onPage = 0;
  cpu.fault = FAULT_PARK;
}

/** Changes the word of guest memory at linear-memory offset `at`, a multiple of 8. */
export function setGuestWord(at: usize, value: u64): void {
  const before = load<u64>(at);
  noteGuestWord(at, value);
  store<u64>(at, value);
  wordChanged(at, before, value);
}

/** Writes memory itself. */
function commit(pa: u64, size: u32, value: u64): void {
  const first = pa & ~7;
  const shift = (pa & 7) << 3;
  const bits = size << 3;
  const mask = u64.MAX_VALUE >> (64 - bits);
  const at = ramAt(first);
  setGuestWord(at, (load<u64>(at) & ~(mask << shift)) | ((value & mask) << shift));
  if ((pa & 7) + size <= 8) return;
  const done = 64 - shift;
  setGuestWord(at + 8, (load<u64>(at + 8) & ~(mask >> done)) | ((value & mask) >> done));
}

/** The `size` bytes at `pa` as the CPU sees them: its own stores that wait, newest first, then memory. */
export function exploredLoad(cpu: Cpu, pa: u64, size: u32, writes: u32): u64 {
  const x = exploration();
  if (x.granted != cpu.index + 1 && isShared(pa, size)) {
    park(cpu, writes);
    return 0;
  }
  let value = readRam(ramAt(pa), size);
  const waiting = exploredOf(cpu.index).count;
  for (let n: u32 = 0; n < waiting; n++) {
    const older = bufferedAt(cpu.index, n);
    if (older.pa >= pa + size || pa >= older.pa + older.size) continue;
    for (let i: u32 = 0; i < size; i++) {
      const byte = pa + i - older.pa;
      if (byte >= older.size) continue;
      const shift = <u64>i << 3;
      value = (value & ~(<u64>0xff << shift)) | ((older.value >> (byte << 3) & 0xff) << shift);
    }
  }
  return value;
}

/** Stores `size` bytes at `pa`: into the buffer if others can see them, unless the instruction is locked. */
export function exploredStore(cpu: Cpu, pa: u64, size: u32, value: u64): void {
  const x = exploration();
  if (!isShared(pa, size)) return commit(pa, size, value);
  if (x.buffers && !x.locked) {
    // A store into the buffer is nobody's business until it drains, but for an interrupt: that finds the buffer empty, so
    // it matters whether it comes before the store. Without a buffer, or locked, every store matters.
    if (x.granted != cpu.index + 1 && x.interrupted >> cpu.index & 1) return park(cpu, 1);
    return append(cpu, pa, size, value);
  }
  if (x.granted != cpu.index + 1) return park(cpu, 1);
  commit(pa, size, value);
}

function append(cpu: Cpu, pa: u64, size: u32, value: u64): void {
  const explored = exploredOf(cpu.index);
  if (explored.count == BUFFER_CAPACITY) return park(cpu, 1);
  const last = bufferedAt(cpu.index, explored.count);
  last.pa = pa;
  last.value = value;
  last.size = size;
  explored.count++;
}

/** The oldest store of CPU `index`, which has one, reaches memory. */
export function drainOldest(index: u32): void {
  const explored = exploredOf(index);
  const oldest = bufferedAt(index, 0);
  const bytes = <u32>offsetof<BufferedStore>();
  note(changetype<usize>(explored), <u32>offsetof<Explored>());
  note(changetype<usize>(oldest), explored.count * bytes);
  commit(oldest.pa, oldest.size, oldest.value);
  explored.count--;
  memory.copy(changetype<usize>(oldest), changetype<usize>(oldest) + bytes, explored.count * bytes);
}

// Guest RAM by physical address. Every store to RAM that is not a hit in a front cache goes through here: it keeps
// decoded code, staleness, watches and clean marks right. Used by the MMU's slow path, the walker and devices.

import { Cpu, cpuAt, count } from "../cpu/state";
import { codeWritten } from "../cpu/code";
import { C_CODE_WRITES } from "../probe/counters";
import { storedPhysical } from "../debug/access";
import { exploration } from "../explore/state";
import { setGuestWord } from "../explore/memory";
import { machine, ramAt, frameAt } from "../global";
import { FRAME_CODE, FRAME_PT, FRAME_WATCHED, FRAME_CLEAN, unflagFrame, holdsCode } from "./frames";
import { storedIntoTable, tableWordChanged } from "./staleness";

/** Reads `size` bytes at linear-memory address `at`. */
@inline
export function readRam(at: usize, size: u32): u64 {
  if (size == 8) return load<u64>(at);
  if (size == 4) return load<u32>(at);
  return size == 2 ? <u64>load<u16>(at) : <u64>load<u8>(at);
}

/** Writes them. Only for memory whose frame has no flag: see storeRam. */
@inline
export function writeRam(at: usize, size: u32, value: u64): void {
  if (size == 8) store<u64>(at, value);
  else if (size == 4) store<u32>(at, <u32>value);
  else if (size == 2) store<u16>(at, <u16>value);
  else store<u8>(at, <u8>value);
}

/** Whether [pa, pa + size) lies in RAM. */
@inline
export function inRam(pa: u64, size: u32): bool {
  return pa + size <= <u64>machine().ramSize;
}

/** Reads 1, 2, 4 or 8 bytes of RAM; beyond its end all ones. */
export function loadPhysical(pa: u64, size: u32): u64 {
  if (!inRam(pa, size)) return u64.MAX_VALUE >> (64 - (size << 3));
  return readRam(ramAt(pa), size);
}

/** Writes 1, 2, 4 or 8 bytes of RAM, within one frame, for a device; beyond the end of RAM nothing happens. */
export function storePhysical(pa: u64, size: u32, value: u64): void {
  if (inRam(pa, size)) storeRam(cpuAt(machine().current), pa, size, value);
}

/** Writes 1, 2, 4 or 8 bytes that lie in one frame of RAM, on behalf of `cpu`. */
@inline
export function storeRam(cpu: Cpu, pa: u64, size: u32, value: u64): void {
  const flags = <u32>load<u8>(frameAt(pa));
  if (flags) storeFlagged(cpu, pa, size, value, flags);
  else writeRam(ramAt(pa), size, value);
}

function storeFlagged(cpu: Cpu, pa: u64, size: u32, value: u64, flags: u32): void {
  if (flags & FRAME_WATCHED) return storeWatched(cpu, pa, size, value, flags);
  const frame = <u32>(pa >> 12);
  const at = ramAt(pa);
  if (flags & FRAME_CLEAN) unflagFrame(frame, FRAME_CLEAN);
  if (flags & FRAME_PT) storeTable(cpu, pa, size, value);
  else writeRam(at, size, value);
  if (flags & FRAME_CODE && holdsCode(pa, size)) {
    count(cpu, C_CODE_WRITES);
    cpu.codeChanged = 1;
    codeWritten(frame);
  }
}

/** A store into a frame that a stop point is on. */
function storeWatched(cpu: Cpu, pa: u64, size: u32, value: u64, flags: u32): void {
  const before = readRam(ramAt(pa), size);
  storeFlagged(cpu, pa, size, value, flags & ~FRAME_WATCHED);
  storedPhysical(cpu, pa, size, before, value);
}

/** A store into a page table changes one word or, unaligned, two. */
@inline
function storeTable(cpu: Cpu, pa: u64, size: u32, value: u64): void {
  const first = pa & ~7;
  const firstBefore = load<u64>(ramAt(first));
  if ((<u32>pa & 7) + size > 8) {
    const lastBefore = load<u64>(ramAt(first), 8);
    writeRam(ramAt(pa), size, value);
    tableWordChanged(cpu, <u32>first, firstBefore, load<u64>(ramAt(first)));
    tableWordChanged(cpu, <u32>first + 8, lastBefore, load<u64>(ramAt(first), 8));
  } else {
    writeRam(ramAt(pa), size, value);
    tableWordChanged(cpu, <u32>first, firstBefore, load<u64>(ramAt(first)));
  }
  storedIntoTable(<u32>(pa >> 12));
}

/** Sets A or D bits in the word at `word`, as a walk does: one locked step, of which staleness takes no notice. */
export function setWordBits(cpu: Cpu, word: u32, bits: u64): void {
  const at = ramAt(word);
  const value = load<u64>(at) | bits;
  if (exploration().on) return setGuestWord(at, value);
  const flags = <u32>load<u8>(frameAt(word)) & ~FRAME_PT;
  if (flags) storeFlagged(cpu, word, 8, value, flags);
  else store<u64>(at, value);
}

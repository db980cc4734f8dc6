// Loads and stores of guest RAM while exploring. mmu/access.ts comes here for every access, because the front caches stay
// empty. Memory that CPUs share is marked by frame flag and, within the frame, by word; access to anything else is nobody
// else's business and is done at once.

import { Cpu } from "../cpu/state";
import { FAULT_PARK } from "../cpu/fault";
import { codeWritten } from "../cpu/code";
import { frameAt, ramAt } from "../global";
import { RAM_BASE } from "../memory-map";
import { FRAME_CODE, FRAME_FOLLOWED, FRAME_SHARED, holdsCode } from "../mmu/frames";
import { readRam } from "../mmu/physical";
import { BUFFER_CAPACITY, BufferedStore, bufferedAt, exploration, exploredOf, notedAt } from "./state";
import { readsWord, writesWord } from "./footprint";
import { note, noteExplored, noteGuestWord, toNote } from "./trail";
import { wordChanged } from "./translations";
import { isShared, noteAccess } from "./words";
import { wakeYielders } from "./yield";

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
  const pa = <u64>(at - RAM_BASE);
  const flags = <u32>load<u8>(frameAt(pa));
  // Also if it holds `value` already: what somebody else stores makes a difference before, and another one after.
  if (flags & (FRAME_SHARED | FRAME_FOLLOWED)) writesWord(exploration(), pa);
  if (before == value) return;
  noteGuestWord(at, value);
  store<u64>(at, value);
  if (!flags) return;
  if (flags & FRAME_CODE && holdsCode(pa, 8)) codeWritten(<u32>(pa >> 12));
  if (flags & FRAME_FOLLOWED) wordChanged(at, before, value);
  if (flags & FRAME_SHARED && isShared(pa, 8)) wakeYielders();
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
  if (x.kernel) noteAccess(cpu, pa, size, false);
  if (isShared(pa, size)) {
    if (x.granted != cpu.index + 1) {
      park(cpu, writes);
      return 0;
    }
    x.looked = 1;
    readsWord(x, pa);
    readsWord(x, pa + size - 1);
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
  if (x.kernel) noteAccess(cpu, pa, size, true);
  if (!isShared(pa, size)) return commit(pa, size, value);
  // Also without buffers an instruction that reads and then writes, and is not locked, does so in two steps.
  if ((x.buffers || x.looked && x.granted == cpu.index + 1) && !x.locked) {
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
  if (toNote(notedAt(index) + 4)) {
    noteExplored(explored);
    note(changetype<usize>(oldest), explored.count * bytes);
  }
  explored.hashed = 0;
  commit(oldest.pa, oldest.size, oldest.value);
  explored.count--;
  memory.copy(changetype<usize>(oldest), changetype<usize>(oldest) + bytes, explored.count * bytes);
}

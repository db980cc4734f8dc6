// The way back. Before something changes, what it was goes on the trail; `undo` takes it off again, newest first, and
// puts it back. A search goes deep by marks: the length of the trail at each.
//
//   ... | old bytes, rounded up to 8 | u32 where, u32 how many |        (newest last)

import { CPU_BASE, CPU_STRIDE, RAM_BASE, TRAIL_BASE, TRAIL_SIZE } from "../memory-map";
import { codeWritten } from "../cpu/code";
import { Cpu, cpuAt, SystemRegisters, systemOf } from "../cpu/state";
import { flightBytes } from "../apic/flight";
import { frameAt } from "../global";
import { FRAME_CODE, holdsCode } from "../mmu/frames";
import { Explored, exploration, exploredOf } from "./state";
import { writesQueue } from "./footprint";
import { noteMemoryWord } from "./hash";

const HEADER: u32 = 8;
/** Where the local APIC and its queue (apic/lapic.ts, apic/flight.ts) are in the CPU's block. */
const LAPIC_OFFSET: u32 = 0x800;
/** Set in "how many": the bytes are a word of guest memory, which takes part in the running hash. */
const GUEST_WORD: u32 = 0x80000000;

/** Whether `bytes` more fit. A search that runs out of trail is too deep: the host says so. */
export function trailHasRoom(bytes: u32): bool {
  return exploration().trail + bytes + HEADER <= TRAIL_SIZE;
}

/** Copies `bytes`, a multiple of 8. In line: a call of the host's memmove takes longer than most of these copies. */
@inline
function copy(to: usize, from: usize, bytes: u32): void {
  const end = from + bytes;
  for (const blocks = from + (bytes & ~63); from < blocks; from += 64, to += 64) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to, v128.load(from, 32), 32);
    v128.store(to, v128.load(from, 48), 48);
  }
  for (; from < end; from += 8, to += 8) store<u64>(to, load<u64>(from));
}

function push(at: usize, bytes: u32, tag: u32): void {
  const x = exploration();
  const top = TRAIL_BASE + x.trail;
  copy(top, at, bytes);
  store<u32>(top + bytes, <u32>at);
  store<u32>(top + bytes, bytes | tag, 4);
  x.trail += bytes + HEADER;
}

/** Notes `bytes`, a multiple of 8, at linear-memory offset `at`. */
export function note(at: usize, bytes: u32): void {
  push(at, bytes, 0);
}

/** Something changes that tells states apart (hash.ts), on CPU `index`, for which `noteExplored` was not called in this transition. */
export function noteHashed(index: u32): void {
  const explored = exploredOf(index);
  push(changetype<usize>(explored) + offsetof<Explored>("hashed"), <u32>(offsetof<Explored>() - offsetof<Explored>("hashed")), 0);
  explored.hashed = 0;
}

/** Notes what exploration knows of a CPU, which is about to change. */
export function noteExplored(explored: Explored): void {
  push(changetype<usize>(explored), <u32>offsetof<Explored>(), 0);
  explored.hashed = 0;
}

/** Notes a CPU's local APIC, with the messages that are under way to it and room for one more. */
export function noteLapic(index: u32): void {
  noteHashed(index);
  push(CPU_BASE + index * CPU_STRIDE + LAPIC_OFFSET, flightBytes(cpuAt(index)), 0);
}

/** The same for a CPU to which a message is sent. */
export function noteSent(index: u32): void {
  writesQueue(exploration(), index);
  noteLapic(index);
}

/** The same for the CPU that runs, once in a transition. */
export function noteOwnLapic(cpu: Cpu): void {
  const x = exploration();
  if (x.lapicNoted || !x.on) return;
  x.lapicNoted = 1;
  noteLapic(cpu.index);
}

/** Notes a CPU's registers; those that few instructions change (`systemOf`) too if `all`. */
export function noteCpu(index: u32, all: bool): void {
  const at = CPU_BASE + index * CPU_STRIDE;
  push(at, (offsetof<Cpu>() + 7) & ~7, 0);
  if (all) push(changetype<usize>(systemOf(changetype<Cpu>(at))), <u32>offsetof<SystemRegisters>(), 0);
}

/** Notes the word of guest memory at linear-memory offset `at`, a multiple of 8, which becomes `value`. */
export function noteGuestWord(at: usize, value: u64): void {
  push(at, 8, GUEST_WORD);
  noteMemoryWord(at, load<u64>(at), value);
}

/** A place to come back to: the length of the trail. */
export function mark(): u32 {
  const x = exploration();
  x.epoch++;
  return x.trail;
}

/** Whether something, of which the epoch when it was last noted is at `at`, is to be noted; then it counts as noted. */
export function toNote(at: usize): bool {
  const epoch = exploration().epoch;
  if (load<u32>(at) == epoch) return false;
  store<u32>(at, epoch);
  return true;
}

/** Puts back what has changed since the trail was `mark` bytes long. */
export function undo(mark: u32): void {
  const x = exploration();
  x.epoch++;
  while (x.trail > mark) {
    const header = TRAIL_BASE + x.trail - HEADER;
    const at: usize = load<u32>(header);
    const length = load<u32>(header, 4);
    const bytes = length & ~GUEST_WORD;
    const old = header - bytes;
    if (length & GUEST_WORD) {
      noteMemoryWord(at, load<u64>(at), load<u64>(old));
      store<u64>(at, load<u64>(old));
      const pa = <u64>(at - RAM_BASE);
      if (load<u8>(frameAt(pa)) & FRAME_CODE && holdsCode(pa, 8)) codeWritten(<u32>(pa >> 12));
    } else {
      copy(at, old, bytes);
    }
    x.trail -= bytes + HEADER;
  }
}

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
import { exploration } from "./state";
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

function push(at: usize, bytes: u32, tag: u32): void {
  const x = exploration();
  const top = TRAIL_BASE + x.trail;
  memory.copy(top, at, bytes);
  store<u32>(top + bytes, <u32>at);
  store<u32>(top + bytes, bytes | tag, 4);
  x.trail += bytes + HEADER;
}

/** Notes `bytes`, a multiple of 8, at linear-memory offset `at`. */
export function note(at: usize, bytes: u32): void {
  push(at, bytes, 0);
}

/** Notes a CPU's local APIC, with the messages that are under way to it and room for one more. */
export function noteLapic(index: u32): void {
  push(CPU_BASE + index * CPU_STRIDE + LAPIC_OFFSET, flightBytes(cpuAt(index)), 0);
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

/** Puts back what has changed since the trail was `mark` bytes long. */
export function undo(mark: u32): void {
  const x = exploration();
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
      memory.copy(at, old, bytes);
    }
    x.trail -= bytes + HEADER;
  }
}

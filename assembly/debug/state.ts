// What the host wants to know of a run: which events it records, what it stops at. None of it is the machine's state: it
// is in no snapshot and no hash, and stays as it is when a snapshot is put back. Every room of the core may read it; the
// rest of debug/ and probe/events.ts write it.

import { DEBUG_BASE } from "../memory-map";
import { Cpu } from "../cpu/state";
import { turnOf } from "../smp/state";
import { MODE_STOP } from "./layout";

@unmanaged
export class DebugState {
  /** Events that somebody wants, one bit for each kind: those that are recorded, and those that points wait for. */
  wanted: u32;
  recorded: u32;
  awaited: u32;
  /** MODE_*. */
  mode: u32;
  /** 1 while the machine runs: what the host does to it in between hits nothing. */
  running: u32;
  /** How many points of each sort are set. */
  instructions: u32;
  accesses: u32;
  events: u32;
  /** Events and hits so far; each ring's index is this modulo its capacity. */
  eventCount: u64;
  hitCount: u64;
  /** Events that the host has taken out of the ring, and whether it wants every one of them. */
  eventsTaken: u64;
  everyEvent: u32;
  /** 1 + the CPU after whose next step the run ends (smp/alone.ts); 0 if there is none. */
  stepping: u32;
}

/** For each CPU: after which of its steps (`lastOf`) it stands at points that were told already. */
const PASSED: usize = DEBUG_BASE + 1024;

@inline
export function debug(): DebugState {
  return changetype<DebugState>(DEBUG_BASE);
}

/** Number of the last step of `cpu` and one more; 0 if it has made none. Exact where `cpu.left` is. */
function lastOf(cpu: Cpu): u64 {
  const done = cpu.sliceBudget - cpu.left;
  return done ? cpu.sliceStart + done : turnOf(cpu).lastStep;
}

/** The points before the next instruction of `cpu` have been told: they do not hit again until it has made a step. */
export function passPoints(cpu: Cpu): void {
  store<u64>(PASSED + (cpu.index << 3), lastOf(cpu) + 1);
}

/** Whether that is where `cpu` stands. */
export function hasPassed(cpu: Cpu): bool {
  return debug().mode == MODE_STOP && load<u64>(PASSED + (cpu.index << 3)) == lastOf(cpu) + 1;
}

/** The machine has been put somewhere else. */
export function forgetPassed(): void {
  memory.fill(PASSED, 0, 64 * 8);
}

/** Brings the mask of events up to date. */
export function selectEvents(): void {
  const d = debug();
  d.wanted = d.recorded | d.awaited;
}

// The scheduler's own state: where a run stands inside a round. It lies in linear memory, so a run that is cut
// into pieces of any size, or goes on from a snapshot, makes the same turns as one that is not.

import { GLOBAL_BASE, CPU_BASE, CPU_STRIDE, SCRIPT_BASE, SCRIPT_SIZE } from "../memory-map";
import { Cpu } from "../cpu/state";

/** GLOBAL_BASE + 0x1000 is DEVICES_IN_CORE; the scheduler comes before it. */
const SCHEDULER_BASE: u32 = GLOBAL_BASE + 0x800;

@unmanaged
export class Scheduler {
  /** CPUs that are given turns: a CPU that waits and has nothing in flight is not. */
  awake: u64;
  /** CPUs whose turn in this round is still to come, the current one included. */
  toVisit: u64;
  /** Ticks that the CPU in turn has used in this round, up to the start of its slice. */
  used: u64;
  /** The most ticks that any CPU used in this round. */
  roundTicks: u64;
  /** Steps left in the turn under way; 0 between turns. */
  turnLeft: i32;
  /** Nonzero between the first turn of a round and its end. */
  inRound: u32;
  /** Some CPU paused in the round before, or in this one: turns are short. */
  pausedBefore: u32;
  pausedNow: u32;
  /** Jumps to a timer since the last step that any CPU made. */
  idleJumps: u32;
  /** CPU that the last lowest-priority message went to (apic/destination.ts). */
  lastLowest: u32;
}

@inline
export function scheduler(): Scheduler {
  return changetype<Scheduler>(SCHEDULER_BASE);
}

/** Where a run is in a script (script.ts). All zero without one. */
@unmanaged
export class Script {
  /** Entries that are to be played; which of them is under way; steps made of it. */
  entries: u32;
  next: u32;
  steps: u32;
  /** Pages of which TLBs keep stale translations; their addresses are at the end of the region. */
  held: u32;
  /** The step at which the script began. */
  start: u64;
}

@inline
export function script(): Script {
  return changetype<Script>(SCHEDULER_BASE + 0x100);
}

/** Whether a script is played and lets nobody use a stale translation of the page of `va`, as if it had been forgotten. */
export function scriptForgets(va: u64): bool {
  const s = script();
  if (!s.entries) return false;
  for (let n: u32 = 0; n < s.held; n++) {
    if (load<u64>(SCRIPT_BASE + SCRIPT_SIZE - 8 * (n + 1)) == (va & ~0xfff)) return false;
  }
  return true;
}

/** Per-CPU part, behind the local APIC in the CPU's block. */
const TURN_OFFSET: usize = 0x1400;

@unmanaged
export class Turn {
  /** Tick since which a halted CPU's idle time is still to be counted. */
  haltedSince: u64;
  /** Number of the last step that the CPU made, and one more; 0 if it has made none. */
  lastStep: u64;
}

@inline
export function turnOf(cpu: Cpu): Turn {
  return changetype<Turn>(CPU_BASE + cpu.index * CPU_STRIDE + TURN_OFFSET);
}

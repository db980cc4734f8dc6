// Virtual time. One tick is 1 ns and one step; nothing here reads the host's clock. The scheduler moves
// `machine().clock` at the end of a round; within its turn a CPU is ahead of it by what it has used.

import { Cpu, systemOf } from "../cpu/state";
import { machine } from "../global";
import { scheduler, script } from "./state";

/** "No timer", "nothing due". */
export const NEVER: u64 = u64.MAX_VALUE;

/** Ticks since power-on as the CPU that has the turn sees them; exact inside a cold handler. */
export function now(cpu: Cpu): u64 {
  const start = machine().clock + scheduler().used;
  return script().entries ? start : start + <u64>(cpu.sliceBudget - cpu.left);
}

/** The same for events: they are told apart in a script as well, where time stands still. */
export function eventTime(cpu: Cpu): u64 {
  return script().entries ? now(cpu) + cpu.sliceStart + <u64>(cpu.sliceBudget - cpu.left) - script().start : now(cpu);
}

/** What RDTSC reads: ticks moved by writes to IA32_TIME_STAMP_COUNTER (SDM 3B 18.17). */
@inline
export function tsc(cpu: Cpu): u64 {
  return now(cpu) + systemOf(cpu).tscOffset;
}

/** A timer will be due at tick `due`: the scheduler must look no later than that. */
@inline
export function expectTimer(due: u64): void {
  const g = machine();
  if (due < g.nextTimer) g.nextTimer = due;
}

/** Makes the scheduler look at `cpu`: something may want to interrupt it, or to wake it. */
export function wake(cpu: Cpu): void {
  cpu.attention = 1;
  scheduler().awake |= <u64>1 << cpu.index;
}

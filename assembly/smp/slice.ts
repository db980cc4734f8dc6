// A piece of one CPU's run: so many instructions, or what happens at the boundary between two, with the books kept. For
// whoever decides who runs: schedule.ts, alone.ts, script.ts.

import { COUNTER_BASE, COUNTER_STRIDE } from "../memory-map";
import { Cpu, count, ATTENTION_BOUNDARY, HALTED } from "../cpu/state";
import { runSlice } from "../cpu/execute";
import { machine, STOP_STEPPED } from "../global";
import { C_INSTRUCTIONS, C_EXCEPTIONS } from "../probe/counters";
import { PAUSE_TICKS } from "../probe/cost";
import { debug } from "../debug/state";
import { atBoundary } from "./boundary";
import { Scheduler, turnOf } from "./state";

/** The CPU made `n` steps. */
export function account(state: Scheduler, cpu: Cpu, n: i32): void {
  const g = machine();
  g.steps += n;
  if (n) {
    turnOf(cpu).lastStep = g.steps;
    if (debug().stepping == 1 + cpu.index && !g.stopRequested) {
      g.stopRequested = 1;
      g.stopReason = STOP_STEPPED;
    }
  }
  state.used += n;
  state.turnLeft -= n;
  cpu.sliceStart = g.steps;
  cpu.sliceBudget = 0;
  cpu.left = 0;
}

@inline
function counter(cpu: Cpu, id: u32): u64 {
  return load<u64>(COUNTER_BASE + cpu.index * COUNTER_STRIDE + (id << 3));
}

/** Lets the CPU, which is in the running window, run until something else is to be looked at. `most` is positive. */
export function slice(state: Scheduler, cpu: Cpu, most: i32): void {
  const exceptions = counter(cpu, C_EXCEPTIONS);
  cpu.sliceBudget = most;
  cpu.left = most;
  runSlice(cpu);
  const done = cpu.sliceBudget - cpu.left;
  // The delivery of an exception is a step in which no instruction retires.
  count(cpu, C_INSTRUCTIONS, done - (counter(cpu, C_EXCEPTIONS) - exceptions));
  account(state, cpu, done);
  if (cpu.activity == HALTED) {
    turnOf(cpu).haltedSince = machine().clock + state.used;
    state.turnLeft = 0;
  } else if (cpu.yielded) {
    state.used += PAUSE_TICKS;
    state.turnLeft = 0;
    state.pausedNow = 1;
  }
  cpu.yielded = 0;
}

/** Takes what waits for the next boundary, if anything does; true if that was a step. */
@inline
export function lookAtBoundary(cpu: Cpu): bool {
  const look = cpu.attention & ATTENTION_BOUNDARY;
  cpu.attention = 0;
  return look != 0 && atBoundary(cpu);
}

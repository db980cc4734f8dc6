// One CPU at a time, for debuggers: by the schedule until it has made its steps, or out of turn while all others are
// held. `runAlone` changes the run that follows, so it is an input like a key that is pressed; whoever replays a run
// replays it at its step.

import { Cpu, cpuAt, takeWindow, HALTED, RUNNING } from "../cpu/state";
import { machine, STOP_BUDGET, STOP_IDLE, STOP_STEPPED } from "../global";
import { land } from "../apic/flight";
import { lapicOf } from "../apic/lapic";
import { fireLocalTimers } from "../apic/timer";
import { firePit } from "../apic/pit";
import { debug } from "../debug/state";
import { ended, run } from "./schedule";
import { endScript } from "./script";
import { account, lookAtBoundary, slice } from "./slice";
import { NEVER } from "./clock";
import { scheduler, turnOf, Scheduler } from "./state";

/** Runs by the schedule until CPU `index` has made `steps` steps (STOP_STEPPED), or `most` were made by all (STOP_BUDGET). */
export function runUntilStepped(index: u32, steps: u64, most: u64): u32 {
  const g = machine();
  const start = g.steps;
  while (steps) {
    if (g.steps - start >= most) return STOP_BUDGET;
    debug().stepping = 1 + index;
    const reason = run(most - (g.steps - start));
    debug().stepping = 0;
    if (reason != STOP_STEPPED) return reason;
    steps--;
  }
  return STOP_STEPPED;
}

/** Time passes for the whole machine: timers that are due fire, messages to `cpu` that are due land. */
function settle(state: Scheduler, cpu: Cpu): void {
  const g = machine();
  const clock = g.clock + state.used;
  if (clock >= g.nextTimer) g.nextTimer = min(fireLocalTimers(clock), firePit(clock));
  if (lapicOf(cpu).flightDue <= clock) land(cpu, clock);
}

/** Brings time to the next thing that may wake `cpu`; false if there is none. */
function skipIdle(state: Scheduler, cpu: Cpu): bool {
  const g = machine();
  const message = lapicOf(cpu).flightDue;
  const due = cpu.activity == HALTED ? min(g.nextTimer, message) : message;
  if (due == NEVER) return false;
  g.clock = max(g.clock, due - min(due, state.used));
  return true;
}

/** Makes `cpu` make one step, or bring time to where it may. False if it waits for good. */
function step(state: Scheduler, cpu: Cpu): bool {
  const g = machine();
  settle(state, cpu);
  const before = g.steps;
  const used = state.used;
  if (cpu.attention && lookAtBoundary(cpu)) account(state, cpu, 1);
  else if (cpu.activity == RUNNING) slice(state, cpu, 1);
  else return skipIdle(state, cpu);
  // The clock goes on by what the step took; the others' turns are where they were.
  g.clock += state.used - used;
  state.used = used;
  if (g.steps != before) state.idleJumps = 0;
  return true;
}

/** Jumps of the clock in a row, without a step, after which what is due is taken to be for others. */
const IDLE_JUMPS: u32 = 100000;

/**
 * Lets CPU `index` alone make `steps` steps, out of turn. Step by step, so that it does not matter how they are cut into
 * calls. The turn under way stays where it is, but later by the time that this took. A script is over: what it said of the
 * steps to come is no longer so.
 */
export function runAlone(index: u32, steps: u64): u32 {
  const g = machine();
  const state = scheduler();
  endScript();
  const cpu = takeWindow(index);
  const current = g.current;
  const used = state.used;
  const turnLeft = state.turnLeft;
  const pausedNow = state.pausedNow;
  const end = g.steps + steps;
  let jumps: u32 = 0;
  let reason = STOP_STEPPED;
  g.current = index;
  debug().running = 1;
  // Nobody's time may go backwards: it goes on from the latest that anybody has seen in this round.
  state.used = max(used, state.roundTicks);
  cpu.sliceStart = g.steps;
  while (g.steps < end && !g.stopRequested) {
    const before = g.steps;
    if (!step(state, cpu) || (jumps = g.steps == before ? jumps + 1 : 0) > IDLE_JUMPS) {
      reason = STOP_IDLE;
      break;
    }
  }
  if (g.stopRequested) reason = g.stopReason;
  g.current = current;
  state.used = used;
  state.turnLeft = turnLeft;
  state.pausedNow = pausedNow;
  return ended(reason);
}

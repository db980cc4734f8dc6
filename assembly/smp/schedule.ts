// Who runs next. CPUs take turns in rounds; a turn is about a thousand steps, or 64 while some CPU spins (PAUSE),
// so that hand-offs between CPUs are fine-grained when somebody waits for one. Rounds are also the grain of time:
//
//   fire timers that are due -> each CPU that is awake: one turn -> clock += the most ticks that any turn used
//
// Everything is in linear memory (state.ts) and nothing depends on how a run is cut into calls of `run`: a turn
// that the budget interrupts goes on at the next call as if nothing had been.

import { Cpu, cpuAt, takeWindow, leaveWindow, count, ATTENTION_BOUNDARY, HALTED, RUNNING } from "../cpu/state";
import { recordStop } from "../cpu/execute";
import { machine, random, STOP_BUDGET, STOP_IDLE, STOP_NOT_IMPLEMENTED } from "../global";
import { C_SLICES } from "../probe/counters";
import { debug } from "../debug/state";
import { lapicOf } from "../apic/lapic";
import { land } from "../apic/flight";
import { fireLocalTimers } from "../apic/timer";
import { firePit } from "../apic/pit";
import { settleIdle } from "./boundary";
import { NEVER } from "./clock";
import { followScript, scripted } from "./script";
import { account, lookAtBoundary, slice } from "./slice";
import { Scheduler, scheduler } from "./state";

/** Length of a turn: 3/4 to 5/4 of a thousand steps, drawn from the seed, so that seeds try different interleavings. */
const TURN_LEAST: i32 = 750;
const TURN_SPREAD: u64 = 501;
/** Length of a turn while some CPU spins. */
const TURN_FINE: i32 = 64;

/** Jumps of the clock, without a step between them, after which timers are taken to wake nobody. */
const IDLE_JUMPS: u32 = 100000;

function turnLength(state: Scheduler): i32 {
  if (state.pausedBefore | state.pausedNow) return TURN_FINE;
  return TURN_LEAST + <i32>((random() >> 32) * TURN_SPREAD >> 32);
}

function beginTurn(state: Scheduler, cpu: Cpu): void {
  state.turnLeft = turnLength(state);
  state.used = 0;
  machine().current = cpu.index;
  // Control comes to the code anew (mmu/fetch.ts).
  cpu.page = u64.MAX_VALUE;
  count(cpu, C_SLICES);
}

function endTurn(state: Scheduler, cpu: Cpu): void {
  state.turnLeft = 0;
  if (state.used) {
    state.idleJumps = 0;
    if (state.used > state.roundTicks) state.roundTicks = state.used;
  }
  if (cpu.activity == RUNNING || cpu.attention & ATTENTION_BOUNDARY || lapicOf(cpu).flightCount) return;
  state.awake &= ~(<u64>1 << cpu.index);
}

/**
 * Goes on with the turn of CPU `index`, up to step `end`. False if it was interrupted: by `end` or by a request to stop. This
 * path costs some 20 ns a turn when nothing is pending.
 */
function turn(state: Scheduler, index: u32, end: u64): bool {
  const g = machine();
  let cpu = cpuAt(index);
  const apic = lapicOf(cpu);
  if (state.turnLeft <= 0) beginTurn(state, cpu);
  cpu.sliceStart = g.steps;
  while (state.turnLeft > 0) {
    if (g.stopRequested || g.steps >= end) return false;
    const clock = g.clock + state.used;
    if (apic.flightDue <= clock) land(cpu, clock);
    if (cpu.attention && lookAtBoundary(cpu)) {
      account(state, cpu, 1);
      continue;
    }
    if (cpu.activity != RUNNING) break;
    cpu = takeWindow(index);
    // A message that landed may have met a stop point: the run ends after the step that follows.
    let most: u64 = g.stopRequested || debug().stepping == 1 + cpu.index ? 1 : state.turnLeft;
    most = min(most, end - g.steps);
    most = min(most, apic.flightDue - clock);
    slice(state, cpu, <i32>most);
  }
  endTurn(state, cpu);
  return true;
}

/** The earliest tick at which a CPU that is not running has something to look at; NEVER if there is none. */
function nextArrival(state: Scheduler): u64 {
  let due = NEVER;
  for (let set = state.awake; set; set &= set - 1) {
    due = min(due, lapicOf(cpuAt(<u32>ctz(set))).flightDue);
  }
  return due;
}

/** Nobody ran in this round: the clock jumps to what comes next. False if nothing does. */
function jump(state: Scheduler): bool {
  const g = machine();
  const next = min(g.nextTimer, nextArrival(state));
  if (next == NEVER || state.idleJumps >= IDLE_JUMPS) return false;
  state.idleJumps++;
  g.clock = max(g.clock, next);
  return true;
}

function beginRound(state: Scheduler): void {
  const g = machine();
  if (g.clock >= g.nextTimer) g.nextTimer = min(fireLocalTimers(g.clock), firePit(g.clock));
  state.pausedBefore = state.pausedNow;
  state.pausedNow = 0;
  state.roundTicks = 0;
  state.toVisit = state.awake;
  state.inRound = 1;
}

/** Ends the round. False if every CPU waits and nothing will wake one. */
function endRound(state: Scheduler): bool {
  state.inRound = 0;
  state.used = 0;
  machine().clock += state.roundTicks;
  return state.roundTicks != 0 || jump(state);
}

/** Runs rounds until step `end`, a request to stop, or until nothing can go on. */
function rounds(state: Scheduler, end: u64): u32 {
  const g = machine();
  while (!g.stopRequested) {
    if (g.steps >= end) return STOP_BUDGET;
    if (scripted()) {
      followScript(end);
      continue;
    }
    if (!state.inRound) beginRound(state);
    while (state.toVisit) {
      if (!turn(state, <u32>ctz(state.toVisit), end)) break;
      state.toVisit &= state.toVisit - 1;
    }
    if (state.toVisit == 0 && !endRound(state)) return g.stopRequested ? g.stopReason : STOP_IDLE;
  }
  return g.stopReason;
}

/** Runs for exactly `maxSteps` steps unless something stops the machine before; says what did (STOP_*). */
export function run(maxSteps: u64): u32 {
  const g = machine();
  const end = maxSteps > NEVER - g.steps ? NEVER : g.steps + maxSteps;
  debug().running = 1;
  return ended(rounds(scheduler(), end));
}

/** The run is over for `reason`: leaves the machine as the host may look at it. */
export function ended(reason: u32): u32 {
  const g = machine();
  debug().running = 0;
  // A machine that has failed stays stopped; a request is for once.
  if (reason < STOP_NOT_IMPLEMENTED) g.stopRequested = 0;
  // A failure between instructions has not been recorded yet.
  else if (cpuAt(g.stopCpu).fault) recordStop(cpuAt(g.stopCpu));
  leaveWindow();
  for (let i: u32 = 0; i < g.cpus; i++) {
    const cpu = cpuAt(i);
    if (cpu.activity == HALTED) settleIdle(cpu);
  }
  return reason;
}

// What can happen in a state, and making it happen. How a transition is written as a number: codes.ts.

import { cpuAt, Cpu, IF } from "../cpu/state";
import { ENABLED_BASE } from "../memory-map";
import { machine } from "../global";
import { landOne } from "../apic/flight";
import { lapicOf } from "../apic/lapic";
import { atBoundary } from "../smp/boundary";
import { choices, choose } from "./translations";
import { drainOldest } from "./memory";
import { goOn, grant, noteRun } from "./advance";
import { BLOCKED, CHOICE_WALK, CPU_SHIFT, DELIVER, DRAIN, FAULTED, FINISHED, PARKED } from "./codes";
import { exploration, exploredOf } from "./state";

let enabledCount: u32 = 0;

function enable(transition: u32): void {
  store<u16>(ENABLED_BASE + (enabledCount << 1), <u16>transition);
  enabledCount++;
}

/** Whether a message may be delivered to `cpu` now: at an instruction boundary, interrupts enabled, buffer empty. */
function interruptible(cpu: Cpu, status: u32): bool {
  return (cpu.system & IF) != 0 && !exploredOf(cpu.index).count && (status == PARKED || status == FINISHED);
}

function enableOf(index: u32): void {
  const cpu = cpuAt(index);
  const explored = exploredOf(index);
  const base = index << CPU_SHIFT;
  if (explored.status == PARKED) {
    if (!explored.onPage) {
      enable(base | CHOICE_WALK);
    } else {
      let set = choices(cpu, explored.parkedPage, explored.parkedWrites != 0);
      for (; set; set &= set - 1) enable(base | ctz(set));
    }
  }
  if (explored.count) enable(base | DRAIN);
  if (!exploration().handlers || !interruptible(cpu, explored.status)) return;
  const waiting = lapicOf(cpu).flightCount;
  for (let n: u32 = 0; n < waiting; n++) enable(base | (DELIVER + n));
}

/** Leaves the transitions that are possible now at ENABLED_BASE, as u16; returns how many. */
export function enabled(): u32 {
  enabledCount = 0;
  for (let i: u32 = 0; i < machine().cpus; i++) enableOf(i);
  return enabledCount;
}

function drain(index: u32, limit: u32): u32 {
  const explored = exploredOf(index);
  drainOldest(index);
  // What waited for the buffer to be empty goes on by itself: nobody can tell when.
  if (explored.count || (explored.status != BLOCKED && explored.status != FAULTED)) return explored.status;
  return goOn(index, limit);
}

function deliver(index: u32, n: u32, limit: u32): u32 {
  const cpu = cpuAt(index);
  noteRun(index);
  landOne(cpu, n);
  atBoundary(cpu);
  return goOn(index, limit);
}

/** Makes `transition`, one of `enabled`, happen; its CPU runs at most `limit` instructions. Returns what it waits for now. */
export function take(transition: u32, limit: u32): u32 {
  const index = transition >> CPU_SHIFT;
  const what = transition & 63;
  if (what == DRAIN) return drain(index, limit);
  if (what >= DELIVER) return deliver(index, what - DELIVER, limit);
  choose(cpuAt(index), what);
  return grant(index, limit);
}

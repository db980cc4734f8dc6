// What can happen in a state, and making it happen. How a transition is written as a number: codes.ts.

import { cpuAt, Cpu, HALTED as CPU_HALTED, IF } from "../cpu/state";
import { ENABLED_BASE } from "../memory-map";
import { machine } from "../global";
import { landOne, messageVector } from "../apic/flight";
import { lapicOf, processorPriority } from "../apic/lapic";
import { choices, choose } from "./translations";
import { drainOldest } from "./memory";
import { goOn, grant, noteRun, resume, takeInterrupt } from "./advance";
import {
  BLOCKED, CHOICE_SPURIOUS, CHOICE_WALK, CPU_SHIFT, DELIVER, DRAIN, ENDLESS, EVICT, FAULTED, FILL, FINISHED, HALTED, OVER, PARKED, STOPPED,
  YIELDING,
} from "./codes";
import { changeEntry, mayEvict, mayFill } from "./entries";
import { writesQueue } from "./footprint";
import { exploration, Explored, exploredOf } from "./state";
import { noteOwnLapic, trailHasRoom } from "./trail";
import { isAsleep } from "./interrupts";
import { isYielding, maySpin, stopYielding } from "./yield";

let enabledCount: u32 = 0;

function enable(transition: u32): void {
  store<u16>(ENABLED_BASE + (enabledCount << 1), <u16>transition);
  enabledCount++;
}

/** Whether a message may be delivered to `cpu` now: at an instruction boundary, interrupts enabled, buffer empty. */
function interruptible(cpu: Cpu, status: u32): bool {
  if (!(cpu.system & IF) || cpu.shadow || exploredOf(cpu.index).count) return false;
  return status == PARKED || status == FINISHED || status == HALTED || status == YIELDING;
}

/** The CPU's own next step, if it can make one. */
function enableOwn(cpu: Cpu, explored: Explored, base: u32): void {
  // Without buffers a store that waits is the second half of an instruction, and nothing comes between.
  if (explored.count && !exploration().buffers) return enable(base | CHOICE_WALK);
  if (explored.status == YIELDING) return enable(base | CHOICE_WALK);
  if (explored.status != PARKED) return;
  if (!explored.onPage) return enable(base | CHOICE_WALK);
  let set = choices(cpu, explored.parkedPage, explored.parkedWrites != 0);
  for (; set; set &= set - 1) enable(base | ctz(set));
}

function enableMessages(cpu: Cpu, base: u32): void {
  const waiting = lapicOf(cpu).flightCount;
  for (let n: u32 = 0; n < waiting; n++) {
    // One that could not be taken yet stays under way: where it waits nobody can tell.
    if (exploration().kernel && (messageVector(cpu, n) & 0xf0) <= (processorPriority(cpu) & 0xf0)) continue;
    enable(base | (DELIVER + n));
  }
}

function enableOf(index: u32): void {
  const x = exploration();
  const cpu = cpuAt(index);
  const explored = exploredOf(index);
  const base = index << CPU_SHIFT;
  if (!isYielding(index)) enableOwn(cpu, explored, base);
  if (explored.count && x.buffers) enable(base | DRAIN);
  if (x.handlers && !isAsleep(index) && interruptible(cpu, explored.status)) enableMessages(cpu, base);
}

/** Nobody can go on but CPUs that wait for somebody: the one that has tried least does, if it may. */
function enableSpinner(): void {
  let next: i32 = -1;
  for (let i: u32 = 0; i < machine().cpus; i++) {
    if (isYielding(i) && maySpin(i) && (next < 0 || exploredOf(i).spins < exploredOf(next).spins)) next = i;
  }
  if (next >= 0) enableOwn(cpuAt(next), exploredOf(next), <u32>next << CPU_SHIFT);
}

/** Whether a kernel run is over for all: it gave up, or one CPU goes on for ever without anybody else. */
function over(): bool {
  for (let i: u32 = 0; i < machine().cpus; i++) {
    const status = exploredOf(i).status;
    if (status == OVER || status == ENDLESS || status == STOPPED) return true;
  }
  return false;
}

/** Fills and evictions. They make nothing possible that was not: where they are all that is left the execution is over. */
function enableEntries(): void {
  for (let i: u32 = 0; i < machine().cpus; i++) {
    const base = i << CPU_SHIFT;
    for (let t: u32 = 0; t < exploration().tracked; t++) {
      if (mayFill(i, t)) enable(base | (FILL + t));
      if (mayEvict(i, t)) enable(base | (EVICT + t));
    }
  }
}

/** Leaves the transitions that are possible now at ENABLED_BASE, as u16; returns how many. */
export function enabled(): u32 {
  enabledCount = 0;
  if (exploration().kernel && over()) return 0;
  for (let i: u32 = 0; i < machine().cpus; i++) enableOf(i);
  if (!enabledCount && exploration().yielders) enableSpinner();
  if (enabledCount && exploration().eager) enableEntries();
  return enabledCount;
}

function drain(index: u32, limit: u32): u32 {
  const explored = exploredOf(index);
  exploration().running = index + 1;
  drainOldest(index);
  // What waited for the buffer to be empty goes on by itself: nobody can tell when.
  if (explored.count || (explored.status != BLOCKED && explored.status != FAULTED)) return explored.status;
  return goOn(index, limit);
}

function deliver(index: u32, n: u32, limit: u32): u32 {
  const cpu = cpuAt(index);
  const explored = exploredOf(index);
  noteRun(index);
  noteOwnLapic(cpu);
  writesQueue(exploration(), index);
  stopYielding(index);
  landOne(cpu, n);
  takeInterrupt(cpu);
  if (cpu.activity == CPU_HALTED) return explored.status;
  return resume(index, limit);
}

/**
 * Makes the `count` transitions that the host has left at ENABLED_BASE happen, one after the other, each of which must be
 * possible then and have `room` bytes of trail. Returns how many were made: one after which its CPU cannot go on is the last.
 */
export function takeAll(count: u32, limit: u32, room: u32): u32 {
  for (let n: u32 = 0; n < count; n++) {
    if (!trailHasRoom(room)) return n;
    const status = take(load<u16>(ENABLED_BASE + (n << 1)), limit);
    if (status == STOPPED || status == ENDLESS || status == FAULTED && !exploration().handlers) return n + 1;
  }
  return count;
}

/** Makes `transition`, one of `enabled`, happen; its CPU runs at most `limit` instructions. Returns what it waits for now. */
export function take(transition: u32, limit: u32): u32 {
  const index = transition >> CPU_SHIFT;
  const what = transition & 63;
  const x = exploration();
  x.reads = 0;
  x.writes = 0;
  if (what == DRAIN) return drain(index, limit);
  if (what >= DELIVER) return deliver(index, what - DELIVER, limit);
  const explored = exploredOf(index);
  if (what >= FILL && what < CHOICE_SPURIOUS) {
    changeEntry(index, what);
    return explored.status;
  }
  if (explored.count && !x.buffers) return drain(index, limit);
  if (explored.status == YIELDING) return goOn(index, limit);
  choose(cpuAt(index), what);
  return grant(index, limit);
}

// A run whose order somebody has written down beforehand: which CPU makes how many steps, when a message arrives, when a
// CPU fills a translation that it might as well have filled at another time (SDM 3A 4.10.2.3), and when it forgets one. So
// what an exploration has found (explore/) happens again in the ordinary machine, with TLBs that hold entries, and can be
// looked at with all that looks at a run. Time stands still meanwhile, as it does while exploring: no timer fires. Of pages
// whose translations were not chosen there, no stale one is used here either.
//
// The entries lie in a region of their own and never change; where the run is in them is the scheduler's state. Whatever
// the script does not foresee ends it: the schedule goes on from there.
//
//   0 u8 kind   1 u8 CPU   4 u32 steps, or place in the queue   8 u64 linear address

import { Cpu, takeWindow, AC, HALTED, RUNNING } from "../cpu/state";
import { machine } from "../global";
import { SCRIPT_BASE } from "../memory-map";
import { flightAt, landOne } from "../apic/flight";
import { lapicOf } from "../apic/lapic";
import { debug } from "../debug/state";
import { evictPage } from "../mmu/invalidate";
import { fillPage } from "../mmu/translate";
import { atBoundary } from "./boundary";
import { NEVER } from "./clock";
import { account, lookAtBoundary, slice } from "./slice";
import { scheduler, script, Script, turnOf } from "./state";

const ENTRY: usize = 16;
const RUN: u32 = 0;
const DELIVER: u32 = 1;
const FILL: u32 = 2;
const FORGET: u32 = 3;

/** Whether there is an entry to be played. */
@inline
export function scripted(): bool {
  return script().entries != 0;
}

/** From now on the first `entries` entries of the region are played; it ends with the addresses of `held` pages. */
export function beginScript(entries: u32, held: u32): void {
  const s = script();
  s.entries = entries;
  s.next = 0;
  s.steps = 0;
  s.held = held;
  s.start = machine().steps;
}

/** The schedule decides again, from a new round on, and time goes on: each step took a tick. */
export function endScript(): void {
  if (!scripted()) return;
  const s = script();
  const state = scheduler();
  machine().clock += machine().steps - s.start;
  memory.fill(changetype<usize>(s), 0, offsetof<Script>());
  state.awake = u64.MAX_VALUE >> (64 - machine().cpus);
  state.inRound = 0;
  state.toVisit = 0;
  state.turnLeft = 0;
  state.used = 0;
}

/** Steps of `cpu`, up to `most`; how many it made, none if it waits. Its turn takes no time. */
function go(cpu: Cpu, most: u32): u32 {
  const g = machine();
  const state = scheduler();
  const before = g.steps;
  const used = state.used;
  if (cpu.attention && lookAtBoundary(cpu)) account(state, cpu, 1);
  else if (cpu.activity == RUNNING) slice(state, cpu, <i32>most);
  state.used = used;
  if (cpu.activity == HALTED) turnOf(cpu).haltedSince = g.clock + used;
  return <u32>(g.steps - before);
}

/** Plays RUN up to step `end`. True if it is done. */
function run(cpu: Cpu, steps: u32, end: u64): bool {
  const g = machine();
  const s = script();
  while (s.steps < steps) {
    if (g.stopRequested || g.steps >= end) return false;
    const most = debug().stepping == 1 + cpu.index ? 1 : min<u64>(steps - s.steps, end - g.steps);
    const made = go(cpu, <u32>most);
    if (!made && !g.stopRequested) {
      endScript();
      return false;
    }
    s.steps += made;
  }
  return true;
}

/** The message at place `n` arrives and is taken: one step. */
function deliver(cpu: Cpu, n: u32): void {
  const apic = lapicOf(cpu);
  if (n >= apic.flightCount) return endScript();
  landOne(cpu, n);
  apic.flightDue = NEVER;
  for (let left: u32 = 0; left < apic.flightCount; left++) apic.flightDue = min(apic.flightDue, flightAt(apic, left).due);
  cpu.attention = 0;
  const used = scheduler().used;
  if (atBoundary(cpu)) account(scheduler(), cpu, 1);
  scheduler().used = used;
}

/** Reads a page for nobody: with AC set SMAP forbids no page, whoever runs (SDM 3A 4.6). */
function fill(cpu: Cpu, va: u64): void {
  const system = cpu.system;
  const cr2 = cpu.cr2;
  cpu.system |= AC;
  fillPage(cpu, va);
  cpu.system = system;
  cpu.cr2 = cr2;
  cpu.fault = 0;
}

/** Plays the entry under way, up to step `end` or a request to stop. */
export function followScript(end: u64): void {
  const s = script();
  const entry = SCRIPT_BASE + s.next * ENTRY;
  const index: u32 = load<u8>(entry, 1);
  const cpu = takeWindow(index);
  machine().current = index;
  cpu.sliceStart = machine().steps;
  if (!s.steps) cpu.page = u64.MAX_VALUE;
  switch (<u32>load<u8>(entry)) {
    case RUN:
      if (!run(cpu, load<u32>(entry, 4), end)) return;
      break;
    case DELIVER:
      deliver(cpu, load<u32>(entry, 4));
      break;
    case FILL:
      fill(cpu, load<u64>(entry, 8));
      break;
    case FORGET:
      evictPage(cpu, load<u64>(entry, 8));
      break;
  }
  s.steps = 0;
  if (scripted() && ++s.next == s.entries) endScript();
}

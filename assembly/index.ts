// Everything that the host may call, and nothing else. The host also reads linear memory at the places that
// memory-map.ts names: RAM, its devices' slices, counters and events.

import { RAM_BASE } from "./memory-map";
import { ATTENTION_STOP, cpuAt } from "./cpu/state";
import { initExecution } from "./cpu/execute";
import { passPoints, forgetPassed, selectEvents, debug } from "./debug/state";
import { watchFrames } from "./debug/points";
import { machine, STOP_NOT_IMPLEMENTED, STOP_REQUEST } from "./global";
import { setIrq as drive } from "./apic/irq";
import { resetIoapic } from "./apic/ioapic";
import { resetPics } from "./apic/pic";
import { resetPit } from "./apic/pit";
import { dropDerived, resetTlbs } from "./mmu/invalidate";
import * as frames from "./mmu/frames";
import { countStale } from "./mmu/lifetime";
import * as list from "./mmu/list";
import * as walk from "./mmu/walk";
import { now } from "./smp/clock";
import { powerOnCpus } from "./smp/reset";
import { turnOf } from "./smp/state";

export { install, uninstall } from "./cpu/compiled";
export * from "./explore/index";
export { enterLong, enterProtected } from "./smp/reset";
export { run } from "./smp/schedule";
export { runAlone, runUntilStepped } from "./smp/alone";
export { beginScript, scripted } from "./smp/script";
export { addAccessPoint, addEventPoint, addInstructionPoint, armPoints, clearPoints } from "./debug/points";
export { chipRegister, flight, flights } from "./apic/inspect";
export { stateHash } from "./probe/hash";
export { getRegister, setRegister } from "./probe/inspect";
export { stickyBytes } from "./mmu/pool";

/** Where a seed of 0 begins: the generator must not start at 0. */
const SEED: u64 = 0x9e3779b97f4a7c15;

/** Power-on. Linear memory is as a fresh instance has it: zero, with room for `ramBytes` behind RAM_BASE. */
export function init(ramBytes: u32, cpus: u32, preset: u32, seed: u64): void {
  const g = machine();
  g.cpus = cpus;
  g.ramSize = ramBytes;
  g.preset = preset;
  g.random = seed ^ SEED ? seed ^ SEED : SEED;
  initExecution();
  resetTlbs();
  resetIoapic();
  resetPics();
  resetPit();
  powerOnCpus();
}

/** Makes `run` return after the instruction under way; from a device, or before a run. A machine that has failed stays failed. */
export function requestStop(): void {
  const g = machine();
  if (g.stopRequested && g.stopReason >= STOP_NOT_IMPLEMENTED) return;
  g.stopRequested = 1;
  g.stopReason = STOP_REQUEST;
  cpuAt(g.current).attention |= ATTENTION_STOP;
}

/** Drives interrupt line `line` (0 to 23); nonzero is asserted. */
export function setIrq(line: u32, level: u32): void {
  drive(line, level != 0);
}

/** Virtual time in ticks, as the CPU in turn sees it: exact inside a port access. */
export function clock(): u64 {
  return now(cpuAt(machine().current));
}

/** Steps done since power-on, over all CPUs. */
export function steps(): u64 {
  return machine().steps;
}

/** What events are recorded: one bit for each kind of probe/events.ts. */
export function setEventMask(mask: u32): void {
  debug().recorded = mask;
  selectEvents();
  countStale();
}

/** Events recorded since the start. */
export function eventCount(): u64 {
  return debug().eventCount;
}

/** Whether the host wants every event: then it is asked to take them (host.ts) before any is overwritten. */
export function wantEveryEvent(all: bool): void {
  debug().everyEvent = all ? 1 : 0;
  debug().eventsTaken = debug().eventCount;
}

/** The host has taken all events up to now. */
export function tookEvents(): void {
  debug().eventsTaken = debug().eventCount;
}

/** Number of the last step that CPU `index` made, and one more; 0 if it has made none. */
export function lastStep(index: u32): u64 {
  return turnOf(cpuAt(index)).lastStep;
}

/** CPU that has the turn, or had it last. */
export function currentCpu(): u32 {
  return machine().current;
}

/** MODE_* of debug/layout.ts: what a hit does. */
export function setHitMode(mode: u32): void {
  debug().mode = mode;
}

/** Hits since the start. */
export function hitCount(): u64 {
  return debug().hitCount;
}

/** Points before the instruction that is next on CPU `index` count as told. */
export function passPointsHere(index: u32): void {
  passPoints(cpuAt(index));
}

/** Physical address that the page tables give for `va` on CPU `index` now; -1 if none. Nothing is cached or set. */
export function physicalOf(index: u32, va: u64): i64 {
  return walk.physicalOf(cpuAt(index), va);
}

/** How many places structure `role` (ROLE_* of mmu/presets.ts) of CPU `index` has; 0 if the preset has no such structure. */
export function tlbPlaces(index: u32, role: u32): u32 {
  return list.tlbPlaces(cpuAt(index), role);
}

/** Leaves the entry at `place` of that structure at ANSWER_BASE, laid out as mmu/list.ts says; false if none is there. */
export function tlbEntry(index: u32, role: u32, place: u32): bool {
  return list.tlbEntry(cpuAt(index), role, place);
}

/** Memory from physical address `from` on is of the slow tier; 0 if none is. Only modelled cycles depend on it. */
export function setSlowTier(from: u64): void {
  machine().slowFrom = from;
}

/** After a snapshot was put back: what is derived from the state is made anew on demand. */
export function afterRestore(): void {
  initExecution();
  watchFrames();
  dropDerived();
  forgetPassed();
  countStale();
}

/** Memory was written from outside: what is derived from it is made anew. */
export function afterWrite(): void {
  initExecution();
  dropDerived();
}

/** The host has a copy of all of RAM: from now on frames that change lose their FRAME_CLEAN flag. */
export function markAllClean(): void {
  frames.flagAllClean();
}

// The stop record: why the last run ended (STOP_*), and for a failure where and at which bytes.

export function getStopReason(): u32 {
  return machine().stopReason;
}

export function getStopCpu(): u32 {
  return machine().stopCpu;
}

/** NI_* of a STOP_NOT_IMPLEMENTED; the last vector of a STOP_TRIPLE_FAULT. */
export function getStopDetail(): u32 {
  return machine().stopDetail;
}

export function getStopRip(): u64 {
  return machine().stopRip;
}

/** How many instruction bytes the record holds, up to 15. */
export function getStopLength(): u32 {
  return machine().stopLength;
}

/** Bytes 0 to 7 (`half` 0) or 8 to 15 (`half` 1) of the instruction, first byte lowest. */
export function getStopBytes(half: u32): u64 {
  return half ? machine().stopBytes1 : machine().stopBytes0;
}

/** Linear-memory offset of guest RAM: the host compares it with its own copy of memory-map.ts. */
export function ramBase(): u32 {
  return RAM_BASE;
}

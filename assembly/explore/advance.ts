// Runs one CPU of an exploration: the instruction that waits for its turn, and what follows up to the next one that does.
// What lies between two such instructions is nobody else's business, so it need not be interleaved with anything.
//
// An instruction waits if it accesses shared memory (explore/memory.ts parks it before it does anything), or if it must
// find the store buffer empty: locked ones, XCHG with memory, and those that the manual calls serializing or fences
// (SDM 3A 9.2.3, 9.2.5, 9.3).

import { Cpu, cpuAt, ATTENTION_BOUNDARY, HALTED as CPU_HALTED, IF, RUNNING } from "../cpu/state";
import { callHandler, ripAt } from "../cpu/slow";
import { FAULT_PARK, FAULT_STOP, PF } from "../cpu/fault";
import { KIND_COLD } from "../../build/generated/decode-table";
import { kindBefore } from "../cpu/compiled";
import { nextRip } from "../cpu/operand";
import { NEXT, REC_COLD, REC_INFO, F_LOCK, F_MEM } from "../cpu/record";
import { deliverException } from "../cpu/system/deliver";
import { isX2apic, pendingVector } from "../apic/lapic";
import { atBoundary } from "../smp/boundary";
import { BLOCKED, ENDLESS, FAULTED, FINISHED, HALTED, OVER, PARKED, STOPPED } from "./codes";
import { couldInterrupt, enterInterrupt, leaveInterrupt, settleInterrupts } from "./interrupts";
import { SORT_APIC, SORT_CLOSES, SORT_DRAINS, SORT_JUMP, SORT_RETURN, SORT_SYSTEM, SORT_WRMSR, SORT_XCHG, sortOf } from "./sorts";
import { droppedPage } from "./spaces";
import { Explored, Exploration, exploration, exploredOf, notedAt } from "./state";
import { noteCpu, noteExplored, noteLapic, noteOwnLapic, toNote } from "./trail";
import { walkedLookup } from "./walks";
import { pausing } from "./yield";

/** MSR of the x2APIC's interrupt command register: the one WRMSR that waits for nothing (SDM 3A 11.12.3). */
const X2APIC_ICR: u32 = 0x830;

/** Whether `rec` is locked. Such an instruction has no hot kind; and of a jump REC_INFO would be the target. */
@inline
function isLocked(rec: usize, sort: u32): bool {
  if (kindBefore(rec) != KIND_COLD || sort & SORT_JUMP) return false;
  const info = load<u32>(rec, REC_INFO);
  return (info & F_LOCK) != 0 || (sort & SORT_XCHG) != 0 && (info & F_MEM) != 0;
}

/** Instructions other than locked ones that wait until all stores before them can be seen. */
@inline
function drains(cpu: Cpu, sort: u32): bool {
  if (sort & SORT_WRMSR) return <u32>cpu.rcx != X2APIC_ICR || !isX2apic(cpu);
  return (sort & SORT_DRAINS) != 0;
}

/** Whether the CPU of a kernel run has come to a place that the host named. */
@inline
function arrived(x: Exploration, cpu: Cpu, explored: Explored): bool {
  if (cpu.rip == x.endRip && cpu.cpl == 3) explored.status = FINISHED;
  else if (cpu.rip == x.over0 || cpu.rip == x.over1 || cpu.rip == x.over2) explored.status = OVER;
  else return false;
  return true;
}

/** What an instruction of a kernel run needs besides an empty buffer. True if it waits for its turn. */
function prepare(x: Exploration, cpu: Cpu, explored: Explored, sort: u32): bool {
  if (sort & SORT_APIC) noteOwnLapic(cpu);
  if (sort & SORT_SYSTEM) x.dependent = 1;
  if (!(sort & SORT_CLOSES) || !(cpu.system & IF) || x.granted == cpu.index + 1) return false;
  if (!(x.interrupted >> cpu.index & 1)) return false;
  explored.parkedWrites = 0;
  explored.status = PARKED;
  return true;
}

/** One instruction. Returns true if the CPU goes on. */
function step(cpu: Cpu, explored: Explored): bool {
  const x = exploration();
  if (x.kernel && arrived(x, cpu, explored)) return false;
  const shadow = cpu.shadow;
  cpu.fault = 0;
  cpu.shadow = 0;
  explored.onPage = 0;
  x.looked = 0;
  const rec = walkedLookup(cpu);
  if (rec) {
    const sort = sortOf(load<u16>(rec, REC_COLD));
    const locked = isLocked(rec, sort);
    if (explored.count && (locked || drains(cpu, sort))) {
      explored.status = BLOCKED;
      return false;
    }
    if (x.kernel && sort && prepare(x, cpu, explored, sort)) {
      cpu.shadow = shadow;
      return false;
    }
    ripAt(cpu, rec);
    x.locked = locked ? 1 : 0;
    const result = callHandler(cpu, rec);
    x.locked = 0;
    if (!cpu.fault) {
      x.made++;
      if (result == NEXT) cpu.rip = nextRip(cpu, rec);
    }
    if (sort & SORT_RETURN && !cpu.fault) leaveInterrupt(x, cpu, explored);
  }
  if (cpu.fault) {
    if (cpu.fault == FAULT_PARK) cpu.shadow = shadow;
    return faulted(cpu, explored);
  }
  if (x.kernel) return goesOn(x, cpu, explored);
  explored.status = FINISHED;
  return cpu.activity == RUNNING;
}

/** What comes after an instruction of a kernel run: HLT, PAUSE, a store that must be seen first, an interrupt that was held off. */
function goesOn(x: Exploration, cpu: Cpu, explored: Explored): bool {
  if (x.refused) {
    explored.status = STOPPED;
    return false;
  }
  if (cpu.yielded | cpu.shadow) x.dependent = 1;
  if (cpu.yielded) {
    cpu.yielded = 0;
    if (cpu.activity == CPU_HALTED) explored.status = HALTED;
    else if (pausing(cpu, explored)) return true;
    return interrupted(cpu, explored);
  }
  if (explored.count && !x.buffers) {
    explored.status = BLOCKED;
    return false;
  }
  interrupted(cpu, explored);
  return cpu.activity == RUNNING;
}

/** Takes an interrupt that the local APIC has accepted and that may be taken now. */
@inline
function interrupted(cpu: Cpu, explored: Explored): bool {
  return cpu.attention != 0 && takePending(cpu, explored);
}

function takePending(cpu: Cpu, explored: Explored): bool {
  const look = cpu.attention & ATTENTION_BOUNDARY;
  if (cpu.shadow || explored.count) return false;
  cpu.attention = 0;
  if (!look || pendingVector(cpu) < 0 || !(cpu.system & IF)) return false;
  noteOwnLapic(cpu);
  takeInterrupt(cpu);
  return cpu.fault == 0;
}

/** Delivers what is pending. What the processor does of its own accord waits for nobody. */
export function takeInterrupt(cpu: Cpu): void {
  const x = exploration();
  const granted = x.granted;
  const rip = cpu.rip;
  const rsp = cpu.rsp;
  x.granted = cpu.index + 1;
  if (atBoundary(cpu)) {
    x.made++;
    enterInterrupt(x, exploredOf(cpu.index), rip, rsp);
  }
  x.granted = granted;
  x.dependent = 1;
}

/** The instruction did not come to its end. True if the CPU goes on all the same, in a handler. */
function faulted(cpu: Cpu, explored: Explored): bool {
  const fault = cpu.fault;
  cpu.fault = 0;
  if (fault == FAULT_PARK || fault == FAULT_STOP) {
    explored.status = fault == FAULT_PARK ? PARKED : STOPPED;
    return false;
  }
  exploration().dependent = 1;
  explored.fault = fault;
  explored.faultCode = cpu.faultCode;
  explored.faultHasCode = cpu.faultHasCode;
  explored.status = FAULTED;
  return enterHandler(cpu, explored);
}

/** Delivers the exception once every store of the CPU has reached memory. True if its handler runs now. */
function enterHandler(cpu: Cpu, explored: Explored): bool {
  if (explored.count || !exploration().handlers) return false;
  if (explored.fault == (0x100 | PF)) droppedPage(cpu, cpu.cr2);
  cpu.fault = explored.fault;
  cpu.faultCode = explored.faultCode;
  cpu.faultHasCode = explored.faultHasCode;
  explored.fault = 0;
  const x = exploration();
  const granted = x.granted;
  x.granted = cpu.index + 1;
  deliverException(cpu);
  x.made++;
  x.granted = granted;
  explored.status = STOPPED;
  return cpu.fault == 0;
}

function runOn(cpu: Cpu, explored: Explored, limit: u32): u32 {
  if (exploration().kernel && cpu.activity != RUNNING) return explored.status;
  for (let n: u32 = 0; n < limit; n++) {
    if (!step(cpu, explored)) return explored.status;
  }
  explored.status = ENDLESS;
  return ENDLESS;
}

/** Notes all that a run of CPU `index` may change besides guest memory and, of a kernel run, its local APIC. */
export function noteRun(index: u32): void {
  const x = exploration();
  x.running = index + 1;
  x.lapicNoted = 0;
  x.dependent = 0;
  x.handling = exploredOf(index).handling;
  const explored = exploredOf(index);
  if (toNote(notedAt(index))) {
    noteCpu(index, x.handlers != 0);
    if (x.handlers && !x.kernel) noteLapic(index);
    noteExplored(explored);
  }
  explored.hashed = 0;
  explored.paused = 0;
}

/** The instruction that CPU `index` waits with, then at most `limit` more. Returns what it waits for now. */
export function grant(index: u32, limit: u32): u32 {
  const x = exploration();
  const cpu = cpuAt(index);
  const explored = exploredOf(index);
  const could = x.kernel != 0 && couldInterrupt(cpu, explored);
  noteRun(index);
  x.granted = index + 1;
  const goesOn = step(cpu, explored);
  x.granted = 0;
  if (goesOn) runOn(cpu, explored, limit);
  if (x.kernel) settleInterrupts(x, index, explored, could);
  return explored.status;
}

/** Lets CPU `index`, which waits for nothing (any more), go on up to the next instruction that does. */
export function goOn(index: u32, limit: u32): u32 {
  noteRun(index);
  return resume(index, limit);
}

/** The same for a CPU whose changes are noted. */
export function resume(index: u32, limit: u32): u32 {
  const cpu = cpuAt(index);
  const explored = exploredOf(index);
  if (exploration().kernel) settleInterrupts(exploration(), index, explored, false);
  if (explored.status == FAULTED && explored.fault && !enterHandler(cpu, explored)) return explored.status;
  return runOn(cpu, explored, limit);
}

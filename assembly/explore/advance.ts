// Runs one CPU of an exploration: the instruction that waits for its turn, and what follows up to the next one that does.
// What lies between two such instructions is nobody else's business, so it need not be interleaved with anything.
//
// An instruction waits if it accesses shared memory (explore/memory.ts parks it before it does anything), or if it must
// find the store buffer empty: locked ones, XCHG with memory, and those that the manual calls serializing or fences
// (SDM 3A 9.2.3, 9.2.5, 9.3).

import { Cpu, cpuAt, RUNNING } from "../cpu/state";
import { callHandler, ripAt } from "../cpu/slow";
import { FAULT_PARK, FAULT_STOP, PF } from "../cpu/fault";
import { KIND_COLD } from "../../build/generated/decode-table";
import { kindBefore } from "../cpu/compiled";
import { lookup } from "../cpu/lookup";
import { nextRip } from "../cpu/operand";
import { NEXT, REC_COLD, REC_INFO, F_LOCK, F_MEM } from "../cpu/record";
import { call, jcc, jcxz, jmp, loop, loope, loopne } from "../cpu/ops/branch";
import { mfence, xchg } from "../cpu/ops/transfer";
import { cpuid } from "../cpu/system/cpuid";
import { iret } from "../cpu/system/iret";
import { movToCr } from "../cpu/system/control";
import { deliverException } from "../cpu/system/deliver";
import { wrmsr } from "../cpu/system/msr";
import { invlpg, invpcid } from "../cpu/system/processor";
import { isX2apic } from "../apic/lapic";
import { BLOCKED, ENDLESS, FAULTED, FINISHED, PARKED, STOPPED } from "./codes";
import { Explored, exploration, exploredOf } from "./state";
import { note, noteCpu, noteLapic } from "./trail";
import { forgetPage } from "./translations";

/** MSR of the x2APIC's interrupt command register: the one WRMSR that waits for nothing (SDM 3A 11.12.3). */
const X2APIC_ICR: u32 = 0x830;

/** Jumps to a target that the instruction holds. */
function isDirectJump(handler: u32): bool {
  return handler == jcc.index || handler == jmp.index || handler == call.index || handler == jcxz.index ||
    handler == loop.index || handler == loope.index || handler == loopne.index;
}

/** Whether `rec` is locked. Such an instruction has no hot kind; and of a jump REC_INFO would be the target. */
function isLocked(rec: usize): bool {
  if (kindBefore(rec) != KIND_COLD) return false;
  const handler = load<u16>(rec, REC_COLD);
  const info = load<u32>(rec, REC_INFO);
  if ((info & F_MEM) != 0 && handler == xchg.index) return true;
  return (info & F_LOCK) != 0 && !isDirectJump(handler);
}

/** Instructions other than locked ones that wait until all stores before them can be seen. */
function drains(cpu: Cpu, handler: u32): bool {
  if (handler == wrmsr.index) return <u32>cpu.rcx != X2APIC_ICR || !isX2apic(cpu);
  return handler == mfence.index || handler == cpuid.index || handler == iret.index || handler == movToCr.index ||
    handler == invlpg.index || handler == invpcid.index;
}

/** One instruction. Returns true if the CPU goes on. */
function step(cpu: Cpu, explored: Explored): bool {
  const x = exploration();
  cpu.fault = 0;
  cpu.shadow = 0;
  explored.onPage = 0;
  const rec = lookup(cpu);
  if (rec) {
    const locked = isLocked(rec);
    if (explored.count && (locked || drains(cpu, load<u16>(rec, REC_COLD)))) {
      explored.status = BLOCKED;
      return false;
    }
    ripAt(cpu, rec);
    x.locked = locked ? 1 : 0;
    const result = callHandler(cpu, rec);
    x.locked = 0;
    if (!cpu.fault && result == NEXT) cpu.rip = nextRip(cpu, rec);
  }
  if (cpu.fault) return faulted(cpu, explored);
  explored.status = FINISHED;
  return cpu.activity == RUNNING;
}

/** The instruction did not come to its end. True if the CPU goes on all the same, in a handler. */
function faulted(cpu: Cpu, explored: Explored): bool {
  const fault = cpu.fault;
  cpu.fault = 0;
  if (fault == FAULT_PARK || fault == FAULT_STOP) {
    explored.status = fault == FAULT_PARK ? PARKED : STOPPED;
    return false;
  }
  explored.fault = fault;
  explored.faultCode = cpu.faultCode;
  explored.faultHasCode = cpu.faultHasCode;
  explored.status = FAULTED;
  return enterHandler(cpu, explored);
}

/** Delivers the exception once every store of the CPU has reached memory. True if its handler runs now. */
function enterHandler(cpu: Cpu, explored: Explored): bool {
  if (explored.count || !exploration().handlers) return false;
  if (explored.fault == (0x100 | PF)) forgetPage(cpu.index, cpu.cr2);
  cpu.fault = explored.fault;
  cpu.faultCode = explored.faultCode;
  cpu.faultHasCode = explored.faultHasCode;
  explored.fault = 0;
  deliverException(cpu);
  explored.status = STOPPED;
  return cpu.fault == 0;
}

function runOn(cpu: Cpu, explored: Explored, limit: u32): u32 {
  for (let n: u32 = 0; n < limit; n++) {
    if (!step(cpu, explored)) return explored.status;
  }
  explored.status = ENDLESS;
  return ENDLESS;
}

/** Notes all that a run of CPU `index` may change besides guest memory. */
export function noteRun(index: u32): void {
  const handlers = exploration().handlers;
  noteCpu(index, handlers != 0);
  if (handlers) noteLapic(index);
  note(changetype<usize>(exploredOf(index)), <u32>offsetof<Explored>());
}

/** The instruction that CPU `index` waits with, then at most `limit` more. Returns what it waits for now. */
export function grant(index: u32, limit: u32): u32 {
  const x = exploration();
  const cpu = cpuAt(index);
  const explored = exploredOf(index);
  noteRun(index);
  x.granted = index + 1;
  const goesOn = step(cpu, explored);
  x.granted = 0;
  return goesOn ? runOn(cpu, explored, limit) : explored.status;
}

/** Lets CPU `index`, which waits for nothing (any more), go on up to the next instruction that does. */
export function goOn(index: u32, limit: u32): u32 {
  const cpu = cpuAt(index);
  const explored = exploredOf(index);
  noteRun(index);
  if (explored.status == FAULTED && explored.fault && !enterHandler(cpu, explored)) return explored.status;
  return runOn(cpu, explored, limit);
}

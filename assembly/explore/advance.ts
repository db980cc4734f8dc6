// Runs one CPU of an exploration: the instruction that waits for its turn, and what follows up to the next one that does.
// What lies between two such instructions is nobody else's business, so it need not be interleaved with anything.
//
// An instruction waits if it accesses shared memory (explore/memory.ts parks it before it does anything), or if it must
// find the store buffer empty: locked ones, XCHG with memory, and those that the manual calls serializing or fences
// (SDM 3A 9.2.3, 9.2.5, 9.3).

import { Cpu, cpuAt, RUNNING } from "../cpu/state";
import { callHandler, ripAt } from "../cpu/slow";
import { FAULT_PARK, FAULT_STOP } from "../cpu/fault";
import { lookup } from "../cpu/lookup";
import { nextRip } from "../cpu/operand";
import { NEXT, REC_COLD, REC_INFO, F_LOCK, F_MEM } from "../cpu/record";
import { mfence, xchg } from "../cpu/ops/transfer";
import { cpuid } from "../cpu/system/cpuid";
import { iret } from "../cpu/system/iret";
import { movToCr } from "../cpu/system/control";
import { wrmsr } from "../cpu/system/msr";
import { invlpg, invpcid } from "../cpu/system/processor";
import { BLOCKED, ENDLESS, Explored, exploration, exploredOf, FAULTED, FINISHED, PARKED, STOPPED } from "./state";
import { note, noteCpu } from "./trail";

function isLocked(rec: usize): bool {
  const info = load<u32>(rec, REC_INFO);
  return (info & F_LOCK) != 0 || (info & F_MEM) != 0 && load<u16>(rec, REC_COLD) == xchg.index;
}

/** Instructions other than locked ones that wait until all stores before them can be seen. */
function drains(handler: u32): bool {
  return handler == mfence.index || handler == cpuid.index || handler == iret.index || handler == movToCr.index ||
    handler == wrmsr.index || handler == invlpg.index || handler == invpcid.index;
}

/** One instruction. Returns true if the CPU goes on. */
function step(cpu: Cpu, explored: Explored): bool {
  const x = exploration();
  cpu.fault = 0;
  cpu.shadow = 0;
  const rec = lookup(cpu);
  if (rec) {
    const locked = isLocked(rec);
    if (explored.count && (locked || drains(load<u16>(rec, REC_COLD)))) {
      explored.status = BLOCKED;
      return false;
    }
    ripAt(cpu, rec);
    x.locked = locked ? 1 : 0;
    const result = callHandler(cpu, rec);
    x.locked = 0;
    if (!cpu.fault && result == NEXT) cpu.rip = nextRip(cpu, rec);
  }
  if (cpu.fault) {
    explored.status = cpu.fault == FAULT_PARK ? PARKED : cpu.fault == FAULT_STOP ? STOPPED : FAULTED;
    explored.fault = cpu.fault;
    cpu.fault = 0;
    return false;
  }
  explored.status = FINISHED;
  return cpu.activity == RUNNING;
}

/**
 * Gives CPU `index` its turn: the instruction that waits, unless `first` (at the start nothing waits yet), and then at
 * most `limit` more. Returns what it waits for now.
 */
export function advance(index: u32, first: bool, limit: u32): u32 {
  const x = exploration();
  const cpu = cpuAt(index);
  const explored = exploredOf(index);
  noteCpu(index);
  note(changetype<usize>(explored), <u32>offsetof<Explored>());
  if (!first) {
    x.granted = index + 1;
    const goesOn = step(cpu, explored);
    x.granted = 0;
    if (!goesOn) return explored.status;
  }
  for (let n: u32 = 0; n < limit; n++) {
    if (!step(cpu, explored)) return explored.status;
  }
  explored.status = ENDLESS;
  return ENDLESS;
}

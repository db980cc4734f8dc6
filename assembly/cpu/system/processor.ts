// Waiting, time, caches and TLB invalidation: HLT PAUSE RDTSC RDTSCP RDPID RDPMC INVD WBINVD INVLPG INVPCID XGETBV.
// Opcode-table handlers.

import { Cpu, systemOf, count, CR4_PCIDE, HALTED, MODE_64 } from "../state";
import { JUMP, NEXT, REC_DST } from "../record";
import { raise, raiseCode, GP, UD } from "../fault";
import { address, addressFor, nextRip, readReg, writeReg } from "../operand";
import { C_HALTS, C_PAUSES } from "../../probe/counters";
import { emit, EVENT_HALT } from "../../probe/events";
import { loadData } from "../../mmu/access";
import * as invalidate from "../../mmu/invalidate";
import { tsc } from "../../smp/clock";
import { CR4_TSD } from "./control";
import { canonical, endSlice } from "./mode";

/** Raises #GP(0) above CPL 0. */
function privileged(cpu: Cpu): bool {
  if (cpu.cpl == 0) return true;
  raiseCode(cpu, GP, 0);
  return false;
}

/** HLT: the CPU is done with its turn and waits for an interrupt. */
export function hlt(cpu: Cpu, rec: usize): i32 {
  if (!privileged(cpu)) return NEXT;
  count(cpu, C_HALTS);
  emit(EVENT_HALT, cpu, cpu.rip, 0, 0);
  cpu.rip = nextRip(cpu, rec);
  cpu.activity = HALTED;
  cpu.yielded = 1;
  endSlice(cpu);
  return JUMP;
}

/** PAUSE: a CPU that spins waits for another one, so its turn ends here. */
export function pause(cpu: Cpu, rec: usize): i32 {
  count(cpu, C_PAUSES);
  cpu.rip = nextRip(cpu, rec);
  cpu.yielded = 1;
  endSlice(cpu);
  return JUMP;
}

/** INVD and WBINVD: memory is coherent and there is no data cache to write back or drop. */
export function wbinvd(cpu: Cpu, rec: usize): i32 {
  privileged(cpu);
  return NEXT;
}

export function invd(cpu: Cpu, rec: usize): i32 {
  privileged(cpu);
  return NEXT;
}

/** INVLPG: a non-canonical address is a no-op, not a fault (SDM 2A INVLPG). */
export function invlpg(cpu: Cpu, rec: usize): i32 {
  if (!privileged(cpu)) return NEXT;
  const va = address(cpu, rec);
  if (cpu.fault) return NEXT;
  if (canonical(va)) invalidate.invlpg(cpu, va);
  cpu.rip = nextRip(cpu, rec);
  return JUMP;
}

/** INVPCID: type in the register; PCID and linear address in the 16-byte descriptor (SDM 2A INVPCID). */
export function invpcid(cpu: Cpu, rec: usize): i32 {
  if (!privileged(cpu)) return NEXT;
  // The register has the mode's full width, whatever the operand-size prefix says.
  const wide: u32 = cpu.mode == MODE_64 ? 8 : 4;
  const type = <u64>readReg(cpu, load<u8>(rec, REC_DST), wide);
  const at = addressFor(cpu, rec, 16);
  if (cpu.fault) return NEXT;
  const low = loadData(cpu, at, 8);
  if (cpu.fault) return NEXT;
  const va = loadData(cpu, at + 8, 8);
  if (cpu.fault) return NEXT;
  const pcid = <u32>low;
  const withoutPcids = type < 2 && pcid != 0 && !(cpu.cr4 & CR4_PCIDE);
  if (type > 3 || low >> 12 || withoutPcids || (type == 0 && !canonical(va))) {
    raiseCode(cpu, GP, 0);
    return NEXT;
  }
  invalidate.invpcid(cpu, <u32>type, pcid, va);
  cpu.rip = nextRip(cpu, rec);
  return JUMP;
}

/** CR4.TSD keeps the counter from user programs. */
function timeHidden(cpu: Cpu): bool {
  if (cpu.cpl == 0 || !(cpu.cr4 & CR4_TSD)) return false;
  raiseCode(cpu, GP, 0);
  return true;
}

export function rdtsc(cpu: Cpu, rec: usize): i32 {
  if (timeHidden(cpu)) return NEXT;
  const t = tsc(cpu);
  cpu.rax = <u32>t;
  cpu.rdx = t >> 32;
  return NEXT;
}

export function rdtscp(cpu: Cpu, rec: usize): i32 {
  if (timeHidden(cpu)) return NEXT;
  cpu.rcx = <u32>systemOf(cpu).tscAux;
  return rdtsc(cpu, rec);
}

/** RDPID: IA32_TSC_AUX, at any privilege; 64 bits in 64-bit mode. */
export function rdpid(cpu: Cpu, rec: usize): i32 {
  writeReg(cpu, load<u8>(rec, REC_DST), 4, <i64>systemOf(cpu).tscAux);
  return NEXT;
}

/** RDPMC: there is no performance-monitoring counter, so every index is out of range. */
export function rdpmc(cpu: Cpu, rec: usize): i32 {
  raiseCode(cpu, GP, 0);
  return NEXT;
}

/** XGETBV: CR4.OSXSAVE can never be set. */
export function xgetbv(cpu: Cpu, rec: usize): i32 {
  raise(cpu, UD);
  return NEXT;
}

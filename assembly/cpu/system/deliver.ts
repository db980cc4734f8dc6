// Delivery of exceptions and interrupts (SDM 3A chapter 7). The hot loop's tail calls deliverException when
// `cpu.fault` is set; the scheduler calls deliverInterrupt; INT n and its kin call takeVector themselves.
//
//   deliverException --> takeVector --> deliver-long.ts       IA-32e mode, 64-bit gates
//        ^   a fault while delivering --> deliver-legacy.ts   32-bit protected mode, real mode
//        +-- becomes the next vector, #DF, or shutdown

import { Cpu, count, CR0_PE, SHUTDOWN, RF, EFER_LMA } from "../state";
import { stop, FAULT_STOP, BP, DB, DE, DFAULT, GP, NMI, OF, PF, TS } from "../fault";
import { getRflags } from "../flags";
import { C_CYCLES_EXCEPTION, C_EXCEPTIONS, C_INTERRUPTS, C_NMI_RECEIVED, C_PAGE_FAULTS } from "../../probe/counters";
import { emit, EVENT_EXCEPTION } from "../../probe/events";
import { charge, COST_EXCEPTION } from "../../probe/cost";
import { STOP_TRIPLE_FAULT } from "../../global";
import { FROM_HARDWARE, NO_CODE } from "./source";
import { deliverLong } from "./deliver-long";
import { deliverProtected, deliverReal } from "./deliver-legacy";

/** Goes through the gate of `vector`, to return to `rip` with RFLAGS `flags`. Sets `cpu.fault` and changes no
 * register if it cannot. */
@inline
export function takeVector(cpu: Cpu, vector: u32, source: u32, rip: u64, flags: u64, code: i64): void {
  cpu.entered = 1;
  if (cpu.efer & EFER_LMA) deliverLong(cpu, vector, source, rip, flags, code);
  else if (cpu.cr0 & CR0_PE) deliverProtected(cpu, vector, source, rip, flags, code);
  else deliverReal(cpu, vector, rip, flags);
}

/** Classes of SDM 3A table 7-4. */
function contributory(vector: u32): bool {
  return vector == DE || (vector >= TS && vector <= GP);
}

/** Whether `second`, raised while delivering `first`, makes a double fault (SDM 3A table 7-5). */
export function doubleFaults(first: u32, second: u32): bool {
  if (contributory(second)) return first == PF || contributory(first);
  return second == PF && first == PF;
}

/** Faults push RFLAGS with RF = 1, so that an instruction breakpoint does not hit again (SDM 3B 19.3.1.1).
 * RF lives only in pushed images: breakpoints are not modelled, and any instruction clears it. */
function imageOf(cpu: Cpu, vector: u32): u64 {
  const trap = vector == DB || vector == BP || vector == OF || vector == DFAULT;
  return trap ? getRflags(cpu) : getRflags(cpu) | RF;
}

/** Delivers the exception that `cpu.fault` names, at `cpu.rip`. Clears `cpu.fault` unless the run stops. */
export function deliverException(cpu: Cpu): void {
  const at = cpu.rip;
  let vector = cpu.fault & 0xff;
  let code: i64 = cpu.faultHasCode ? <i64>cpu.faultCode : NO_CODE;
  for (;;) {
    cpu.fault = 0;
    takeVector(cpu, vector, FROM_HARDWARE, at, imageOf(cpu, vector), code);
    if (!cpu.fault || cpu.fault == FAULT_STOP) break;
    if (vector == DFAULT) {
      cpu.activity = SHUTDOWN;
      stop(cpu, STOP_TRIPLE_FAULT, cpu.fault & 0xff);
      break;
    }
    const second = cpu.fault & 0xff;
    if (doubleFaults(vector, second)) {
      vector = DFAULT;
      code = 0;
    } else {
      vector = second;
      code = cpu.faultHasCode ? <i64>cpu.faultCode : NO_CODE;
    }
  }
  if (cpu.fault) return;
  count(cpu, C_EXCEPTIONS);
  if (vector == PF) count(cpu, C_PAGE_FAULTS);
  charge(cpu, C_CYCLES_EXCEPTION, COST_EXCEPTION);
  emit(EVENT_EXCEPTION, cpu, vector, code == NO_CODE ? 0 : <u64>code, at);
}

/** Delivers external interrupt `vector`, or NMI (2), between two instructions to a CPU that is awake. */
export function deliverInterrupt(cpu: Cpu, vector: u32): void {
  takeVector(cpu, vector, FROM_HARDWARE, cpu.rip, getRflags(cpu), NO_CODE);
  if (vector == NMI) {
    cpu.nmiBlocked = 1;
    count(cpu, C_NMI_RECEIVED);
  } else {
    count(cpu, C_INTERRUPTS);
  }
  // An interrupt is benign: what went wrong on the way is delivered in its place.
  if (cpu.fault && cpu.fault != FAULT_STOP) deliverException(cpu);
}

// When interrupts are considered while exploring a kernel run. One may be taken at any boundary; but where the step of its
// CPU before has nothing to do with the handler, and nobody else made one since, taking it before that step comes to the
// same. So it is not considered again there. A step has to do with the handler if it accesses a shared word that the CPU's
// handlers do, a tracked page, or anything that changes what is cached, whether interrupts are taken, or the privilege.
// Searches make use of it (`sleeping`); who follows a path need not know.

import { Cpu, IF } from "../cpu/state";
import { lapicOf } from "../apic/lapic";
import { PARKED } from "./codes";
import { Exploration, exploration, Explored } from "./state";
import { note } from "./trail";

function setAsleep(x: Exploration, set: u32): void {
  if (x.asleep == set) return;
  note(changetype<usize>(x) + offsetof<Exploration>("asleep"), 8);
  x.asleep = set;
}

/** Whether messages to CPU `index` need not be considered in this state. */
@inline
export function isAsleep(index: u32): bool {
  const x = exploration();
  return x.sleeping != 0 && (x.asleep >> index & 1) != 0;
}

/** A transition of `cpu` begins, as a step of its own. True if an interrupt could have come instead. */
export function couldInterrupt(cpu: Cpu, explored: Explored): bool {
  return explored.status == PARKED && (cpu.system & IF) != 0 && !cpu.shadow && !explored.count && lapicOf(cpu).flightCount != 0;
}

/** A transition of CPU `index` is over; `could` is what couldInterrupt said as it began. */
export function settleInterrupts(x: Exploration, index: u32, explored: Explored, could: bool): void {
  const mine: u32 = 1 << index;
  setAsleep(x, could && !x.dependent && explored.status == PARKED ? mine : 0);
}

/** The CPU takes an interrupt: the handler returns to where it is now. */
export function enterInterrupt(x: Exploration, explored: Explored, rip: u64, rsp: u64): void {
  explored.handling = 1;
  explored.backRip = rip;
  explored.backRsp = rsp;
  x.handling = 1;
}

/** Whether the IRET that the CPU has made was the handler's. */
@inline
export function leaveInterrupt(x: Exploration, cpu: Cpu, explored: Explored): void {
  if (!explored.handling || cpu.rip != explored.backRip || cpu.rsp != explored.backRsp) return;
  explored.handling = 0;
  x.handling = 0;
}

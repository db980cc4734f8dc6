// Messages between local APICs that are under way: a queue for each destination, in the order of sending. A
// message may be accepted at the destination's first instruction boundary at or after its due tick.

import { Cpu, count } from "../cpu/state";
import { C_IPI_RECEIVED, C_CYCLES_IPI } from "../probe/counters";
import { charge, COST_IPI_RECEIVE } from "../probe/cost";
import { emit, EVENT_IPI_DELIVER } from "../probe/events";
import { wake, NEVER } from "../smp/clock";
import { Lapic, lapicOf, acceptFixed } from "./lapic";
import { acceptSpecial, reportError, ERROR_RECEIVE_VECTOR, MODE_LOWEST } from "./lvt";

/** The queue lies behind the APIC's registers. One message for each possible sender, and more. */
const QUEUE_OFFSET: usize = 0x100;
const CAPACITY: u32 = 96;

@unmanaged
class Flight {
  due: u64;
  mode: u32;
  vector: u32;
}

@inline
function flightAt(apic: Lapic, n: u32): Flight {
  return changetype<Flight>(changetype<usize>(apic) + QUEUE_OFFSET + n * offsetof<Flight>());
}

function accept(cpu: Cpu, mode: u32, vector: u32): void {
  emit(EVENT_IPI_DELIVER, cpu, vector, mode, 0);
  if (mode > MODE_LOWEST) return acceptSpecial(cpu, mode, vector);
  if (vector < 16) return reportError(cpu, ERROR_RECEIVE_VECTOR);
  if (!acceptFixed(cpu, vector, false)) return;
  count(cpu, C_IPI_RECEIVED);
  charge(cpu, C_CYCLES_IPI, COST_IPI_RECEIVE);
}

/** Accepts the messages for `cpu` that are due at tick `clock`; the others keep their order. */
export function land(cpu: Cpu, clock: u64): void {
  const apic = lapicOf(cpu);
  const waiting = apic.flightCount;
  let kept: u32 = 0;
  let due = NEVER;
  for (let n: u32 = 0; n < waiting; n++) {
    const flight = flightAt(apic, n);
    if (flight.due <= clock) {
      accept(cpu, flight.mode, flight.vector);
      continue;
    }
    due = min(due, flight.due);
    const place = flightAt(apic, kept++);
    place.due = flight.due;
    place.mode = flight.mode;
    place.vector = flight.vector;
  }
  apic.flightCount = kept;
  apic.flightDue = due;
}

/** Sends a message to `cpu`, to be accepted at tick `due`. A full queue first gives up its delays. */
export function launch(cpu: Cpu, mode: u32, vector: u32, due: u64): void {
  const apic = lapicOf(cpu);
  if (apic.flightCount == CAPACITY) land(cpu, NEVER);
  const flight = flightAt(apic, apic.flightCount++);
  flight.due = due;
  flight.mode = mode;
  flight.vector = vector;
  apic.flightDue = min(apic.flightDue, due);
  wake(cpu);
}

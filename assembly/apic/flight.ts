// Messages between local APICs that are under way: a queue for each destination, in the order of sending. A
// message may be accepted at the destination's first instruction boundary at or after its due tick.

import { Cpu, count } from "../cpu/state";
import { C_IPI_RECEIVED, C_CYCLES_IPI } from "../probe/counters";
import { charge, COST_IPI_RECEIVE } from "../probe/cost";
import { emit, stepOf, EVENT_IPI_DELIVER } from "../probe/events";
import { exploration } from "../explore/state";
import { noteSent } from "../explore/trail";
import { machine } from "../global";
import { wake, NEVER } from "../smp/clock";
import { scheduler } from "../smp/state";
import { Lapic, lapicOf, acceptFixed } from "./lapic";
import { acceptSpecial, reportError, ERROR_RECEIVE_VECTOR, MODE_LOWEST } from "./lvt";

/** The queue lies behind the APIC's registers, and ends before smp/state.ts's part. One message for each possible sender, and more. */
const QUEUE_OFFSET: usize = 0x100;
const CAPACITY: u32 = 96;

@unmanaged
export class Flight {
  due: u64;
  /** The step that sent it. */
  sentAt: u64;
  mode: u8;
  vector: u8;
  from: u16;
  reserved: u32;
}

@inline
export function flightAt(apic: Lapic, n: u32): Flight {
  return changetype<Flight>(changetype<usize>(apic) + QUEUE_OFFSET + n * offsetof<Flight>());
}

function accept(cpu: Cpu, flight: Flight): void {
  const mode: u32 = flight.mode;
  const vector: u32 = flight.vector;
  emit(EVENT_IPI_DELIVER, cpu, vector, mode | <u32>flight.from << 8, flight.sentAt);
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
      accept(cpu, flight);
      continue;
    }
    due = min(due, flight.due);
    memory.copy(changetype<usize>(flightAt(apic, kept++)), changetype<usize>(flight), offsetof<Flight>());
  }
  apic.flightCount = kept;
  apic.flightDue = due;
}

/** Accepts the message at place `n` of the queue to `cpu` now, whatever its due tick; exploration decides when. */
export function landOne(cpu: Cpu, n: u32): void {
  const apic = lapicOf(cpu);
  const flight = flightAt(apic, n);
  accept(cpu, flight);
  apic.flightCount--;
  const after = (apic.flightCount - n) * <u32>offsetof<Flight>();
  memory.copy(changetype<usize>(flight), changetype<usize>(flight) + offsetof<Flight>(), after);
}

/** Mode and vector of the message at place `n`. */
export function messageVector(cpu: Cpu, n: u32): u32 {
  const flight = flightAt(lapicOf(cpu), n);
  return <u32>flight.mode << 8 | flight.vector;
}

/** Bytes from the APIC's registers to the end of its queue, and one message more. */
export function flightBytes(cpu: Cpu): u32 {
  return <u32>QUEUE_OFFSET + min(lapicOf(cpu).flightCount + 1, CAPACITY) * <u32>offsetof<Flight>();
}

/** Sends a message from `from` to `cpu`, to be accepted at tick `due`. A full queue first gives up its delays. */
export function launch(from: Cpu, cpu: Cpu, mode: u32, vector: u32, due: u64): void {
  const apic = lapicOf(cpu);
  if (exploration().on) noteSent(cpu.index);
  if (apic.flightCount == CAPACITY) land(cpu, NEVER);
  const flight = flightAt(apic, apic.flightCount++);
  flight.due = due;
  flight.sentAt = stepOf(from);
  flight.mode = <u8>mode;
  flight.vector = <u8>vector;
  flight.from = <u16>from.index;
  apic.flightDue = min(apic.flightDue, due);
  // Of a CPU that has not the turn the scheduler looks at the queue anyway, and until the message lands there is nothing to take.
  if (cpu.index == machine().current) wake(cpu);
  else scheduler().awake |= <u64>1 << cpu.index;
}

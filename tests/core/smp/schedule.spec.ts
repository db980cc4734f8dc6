import { cpuAt, HALTED } from "../../../assembly/cpu/state";
import { machine, STOP_BUDGET, STOP_IDLE, STOP_REQUEST, STOP_NOT_IMPLEMENTED } from "../../../assembly/global";
import { run } from "../../../assembly/smp/schedule";
import { stateHash } from "../../../assembly/probe/hash";
import { requestStop, setIrq } from "../../../assembly/index";
import { IPI_DELAY } from "../../../assembly/probe/cost";
import {
  C_INSTRUCTIONS, C_INTERRUPTS, C_SLICES, C_CYCLES_IDLE, C_IPI_RECEIVED, C_PAUSES, C_HALTS,
} from "../../../assembly/probe/counters";
import { writeX2apic } from "../../../assembly/apic/x2apic";
import { load16, program, handled, counter, COMPUTE, SPIN, WAIT, DEAD, COMPUTE_OPEN, RACE } from "./program";
import { enterX2apic, redirect } from "../apic/power-on";

const TIMER: u32 = 0x832;
const INITIAL_COUNT: u32 = 0x838;
const DIVIDE: u32 = 0x83e;
const ICR: u32 = 0x830;
const PERIODIC: u64 = 0x20000;

/** A machine of CPUs that all run `code`, APICs in x2APIC mode. */
function start(cpus: u32, code: u8[], seed: u64 = 1): void {
  load16(cpus, seed);
  for (let i: u32 = 0; i < cpus; i++) {
    program(i, code);
    enterX2apic(cpuAt(i));
  }
}

/** Hash after `steps` steps of four racing CPUs, made in pieces of `piece`. */
function hashOfRace(seed: u64, steps: u64, piece: u64): u64 {
  start(4, RACE, seed);
  program(2, SPIN);
  for (let done: u64 = 0; done < steps; done += piece) run(piece);
  return stateHash();
}

describe("a run", () => {
  it("makes exactly the steps that it was asked for", () => {
    start(3, COMPUTE);
    expect(run(1)).toBe(STOP_BUDGET);
    expect(machine().steps).toBe(1);
    run(2);
    run(9997);
    expect(machine().steps).toBe(10000);
    const made = counter(0, C_INSTRUCTIONS) + counter(1, C_INSTRUCTIONS) + counter(2, C_INSTRUCTIONS);
    expect(made).toBe(10000);
  });

  it("of no steps makes none", () => {
    start(1, COMPUTE);
    expect(run(0)).toBe(STOP_BUDGET);
    expect(machine().steps).toBe(0);
  });

  it("is the same from the same seed", () => {
    expect(hashOfRace(7, 50000, 50000)).toBe(hashOfRace(7, 50000, 50000));
  });

  it("is the same however it is cut into pieces", () => {
    const whole = hashOfRace(7, 30000, 30000);
    expect(hashOfRace(7, 30000, 1000)).toBe(whole);
    expect(hashOfRace(7, 30000, 300)).toBe(whole);
    expect(hashOfRace(7, 30000, 1)).toBe(whole);
  });

  it("is another one from another seed", () => {
    expect(hashOfRace(7, 50000, 50000)).not.toBe(hashOfRace(8, 50000, 50000));
  });

  it("ends at a request, which counts once", () => {
    start(2, COMPUTE);
    requestStop();
    expect(run(1000)).toBe(STOP_REQUEST);
    expect(run(1000)).toBe(STOP_BUDGET);
  });

  it("does not go on after a failure", () => {
    start(1, [0x0f, 0x77]);
    expect(run(1000)).toBe(STOP_NOT_IMPLEMENTED);
    expect(machine().steps).toBe(0);
    expect(run(1000)).toBe(STOP_NOT_IMPLEMENTED);
  });
});

describe("turns", () => {
  it("are shared evenly by CPUs that compute, and last about a thousand steps", () => {
    start(4, COMPUTE);
    run(400000);
    for (let i: u32 = 0; i < 4; i++) {
      expect(counter(i, C_INSTRUCTIONS)).toBeGreaterThan(90000);
      expect(counter(i, C_INSTRUCTIONS) / counter(i, C_SLICES)).toBeGreaterThan(900);
      expect(counter(i, C_INSTRUCTIONS) / counter(i, C_SLICES)).toBeLessThan(1100);
    }
  });

  it("end at PAUSE, so that a CPU that spins costs the others little", () => {
    start(2, COMPUTE);
    program(1, SPIN);
    run(100000);
    expect(counter(1, C_INSTRUCTIONS)).toBeLessThan(counter(0, C_INSTRUCTIONS) / 15);
    expect(counter(1, C_PAUSES)).toBeGreaterThan(100);
  });

  it("are short while some CPU spins", () => {
    start(2, COMPUTE);
    program(1, SPIN);
    run(100000);
    expect(counter(0, C_INSTRUCTIONS) / counter(0, C_SLICES)).toBeLessThan(70);
  });

  it("are not given to CPUs that wait for a start-up IPI", () => {
    start(3, COMPUTE);
    cpuAt(2).activity = 2;
    run(10000);
    expect(counter(2, C_INSTRUCTIONS)).toBe(0);
  });

  it("move the clock by the longest turn of each round", () => {
    start(1, COMPUTE);
    run(10000);
    expect(machine().clock).toBeLessThan(10001);
    start(4, COMPUTE);
    run(400000);
    expect(machine().clock).toBeGreaterThan(100000);
    expect(machine().clock).toBeLessThan(130000);
  });
});

describe("an IPI between running CPUs", () => {
  it("interrupts a CPU that computes, no earlier than its delay", () => {
    start(2, COMPUTE_OPEN);
    run(20);
    const sent = machine().clock;
    writeX2apic(cpuAt(0), ICR, <u64>1 << 32 | 0x40);
    run(5000);
    expect(handled()).toBe(1);
    expect(counter(1, C_IPI_RECEIVED)).toBe(1);
    expect(counter(1, C_INTERRUPTS)).toBe(1);
    expect(machine().clock).toBeGreaterThan(sent + IPI_DELAY);
  });

  it("to the sender itself arrives too", () => {
    start(1, COMPUTE_OPEN);
    run(20);
    writeX2apic(cpuAt(0), 0x83f, 0x40);
    run(45);
    expect(handled()).toBe(0);
    run(20);
    expect(handled()).toBe(1);
  });

  it("wakes a CPU that is halted", () => {
    start(2, COMPUTE);
    program(1, WAIT);
    run(5000);
    expect(cpuAt(1).activity).toBe(HALTED);
    writeX2apic(cpuAt(0), ICR, <u64>1 << 32 | 0x40);
    run(5000);
    expect(handled()).toBe(1);
    expect(cpuAt(1).rax & 0xffff).toBe(1);
    expect(counter(1, C_HALTS)).toBe(2);
  });

  it("waits for a CPU that has interrupts off", () => {
    start(2, COMPUTE);
    writeX2apic(cpuAt(0), ICR, <u64>1 << 32 | 0x40);
    run(20000);
    expect(counter(1, C_IPI_RECEIVED)).toBe(1);
    expect(counter(1, C_INTERRUPTS)).toBe(0);
  });
});

describe("waiting", () => {
  it("for a timer jumps the clock to it and counts the ticks as idle", () => {
    start(1, WAIT);
    writeX2apic(cpuAt(0), DIVIDE, 0xb);
    writeX2apic(cpuAt(0), TIMER, 0x40 | PERIODIC);
    writeX2apic(cpuAt(0), INITIAL_COUNT, 1000000);
    run(160);
    expect(handled()).toBeGreaterThan(8);
    expect(machine().clock).toBeGreaterThan(8000000);
    expect(counter(0, C_CYCLES_IDLE)).toBeGreaterThan(machine().clock - 1000);
    expect(counter(0, C_CYCLES_IDLE)).toBeLessThan(machine().clock);
  });

  it("for nothing at all ends the run", () => {
    start(2, WAIT);
    expect(run(1000)).toBe(STOP_IDLE);
    expect(machine().steps).toBe(4);
  });

  it("with interrupts off ends the run even though a timer ticks", () => {
    start(1, DEAD);
    writeX2apic(cpuAt(0), TIMER, 0x40 | PERIODIC);
    writeX2apic(cpuAt(0), INITIAL_COUNT, 1000);
    expect(run(1000)).toBe(STOP_IDLE);
  });

  it("goes on when a device raises its line", () => {
    start(1, WAIT);
    redirect(4, 0x44, 0);
    expect(run(1000)).toBe(STOP_IDLE);
    setIrq(4, 1);
    expect(run(1000)).toBe(STOP_IDLE);
    expect(handled()).toBe(1);
  });
});

describe("a periodic timer", () => {
  it("interrupts a CPU that computes once a period, late by no more than a turn", () => {
    start(1, COMPUTE_OPEN);
    writeX2apic(cpuAt(0), DIVIDE, 0xb);
    writeX2apic(cpuAt(0), TIMER, 0x40 | PERIODIC);
    writeX2apic(cpuAt(0), INITIAL_COUNT, 10000);
    run(1001500);
    expect(handled()).toBe(100);
  });
});

import { cpuAt, HALTED, RUNNING, IF, segment, CS } from "../../../assembly/cpu/state";
import { RAM_BASE } from "../../../assembly/memory-map";
import { atBoundary } from "../../../assembly/smp/boundary";
import { acceptFixed, acknowledge, pendingVector, readCr8, writeCr8 } from "../../../assembly/apic/lapic";
import {
  powerOnRunning, read, write, requested, ipi, arrive, TPR, PPR, EOI, ISR, SVR, NMI, LVT_LINT1,
} from "./power-on";

/** Real-mode vector `n` leads to 0:handler. */
function setVector(n: u32, handler: u32): void {
  store<u32>(RAM_BASE + n * 4, handler);
}

function inService(index: u32, vector: u32): bool {
  return (read(cpuAt(index), ISR + (vector >> 5 << 4)) >> (vector & 31) & 1) != 0;
}

describe("interrupt priority", () => {
  beforeEach(() => { powerOnRunning(2); });

  it("lets the highest vector go first", () => {
    const cpu = cpuAt(0);
    acceptFixed(cpu, 0x31, false);
    acceptFixed(cpu, 0xef, false);
    acceptFixed(cpu, 0x80, false);
    expect(pendingVector(cpu)).toBe(0xef);
    expect(acknowledge(cpu)).toBe(0xef);
    expect(inService(0, 0xef)).toBe(true);
    expect(requested(0, 0xef)).toBe(false);
  });

  it("holds back a class that is not above the task priority", () => {
    const cpu = cpuAt(0);
    acceptFixed(cpu, 0x45, false);
    write(cpu, TPR, 0x40);
    expect(pendingVector(cpu)).toBe(-1);
    write(cpu, TPR, 0x3f);
    expect(pendingVector(cpu)).toBe(0x45);
  });

  it("holds back the class of the interrupt in service, and all below", () => {
    const cpu = cpuAt(0);
    acceptFixed(cpu, 0x51, false);
    acknowledge(cpu);
    acceptFixed(cpu, 0x5f, false);
    acceptFixed(cpu, 0x31, false);
    expect(pendingVector(cpu)).toBe(-1);
    acceptFixed(cpu, 0x60, false);
    expect(pendingVector(cpu)).toBe(0x60);
  });

  it("reads as the higher of task priority and interrupt in service in PPR", () => {
    const cpu = cpuAt(0);
    write(cpu, TPR, 0x23);
    expect(read(cpu, PPR)).toBe(0x23);
    acceptFixed(cpu, 0x51, false);
    acknowledge(cpu);
    expect(read(cpu, PPR)).toBe(0x50);
    write(cpu, TPR, 0x5a);
    expect(read(cpu, PPR)).toBe(0x5a);
  });

  it("is the same in CR8 and in the upper half of TPR", () => {
    const cpu = cpuAt(0);
    write(cpu, TPR, 0x7c);
    expect(readCr8(cpu)).toBe(7);
    writeCr8(cpu, 0xa);
    expect(read(cpu, TPR)).toBe(0xa0);
  });

  it("comes back to the interrupted interrupt with each EOI, innermost first", () => {
    const cpu = cpuAt(0);
    acceptFixed(cpu, 0x31, false);
    acknowledge(cpu);
    acceptFixed(cpu, 0x62, false);
    acknowledge(cpu);
    write(cpu, EOI, 0);
    expect(inService(0, 0x62)).toBe(false);
    expect(inService(0, 0x31)).toBe(true);
    expect(read(cpu, PPR)).toBe(0x30);
    write(cpu, EOI, 0);
    expect(read(cpu, PPR)).toBe(0);
  });

  it("keeps one request of a vector pending while the same vector is in service", () => {
    const cpu = cpuAt(0);
    acceptFixed(cpu, 0x41, false);
    acknowledge(cpu);
    acceptFixed(cpu, 0x41, false);
    acceptFixed(cpu, 0x41, false);
    expect(pendingVector(cpu)).toBe(-1);
    write(cpu, EOI, 0);
    expect(pendingVector(cpu)).toBe(0x41);
    acknowledge(cpu);
    write(cpu, EOI, 0);
    expect(pendingVector(cpu)).toBe(-1);
  });
});

describe("an instruction boundary", () => {
  beforeEach(() => {
    powerOnRunning(2);
    setVector(2, 0x2000);
    setVector(0x41, 0x3000);
    setVector(0x42, 0x4000);
  });

  it("takes an interrupt only with IF set, and clears IF through the vector table", () => {
    const cpu = cpuAt(0);
    acceptFixed(cpu, 0x41, false);
    expect(atBoundary(cpu)).toBe(false);
    cpu.system |= IF;
    expect(atBoundary(cpu)).toBe(true);
    expect(cpu.rip).toBe(0x3000);
    expect(segment(cpu, CS).selector).toBe(0);
    expect(cpu.system & IF).toBe(0);
    expect(load<u16>(RAM_BASE + 0x7fc)).toBe(0x100);
    expect(load<u16>(RAM_BASE + 0x7fa)).toBe(0);
  });

  it("takes nothing in the shadow of STI", () => {
    const cpu = cpuAt(0);
    acceptFixed(cpu, 0x41, false);
    cpu.system |= IF;
    cpu.shadow = 1;
    expect(atBoundary(cpu)).toBe(false);
    cpu.shadow = 0;
    expect(atBoundary(cpu)).toBe(true);
  });

  it("takes an NMI before an interrupt, whatever IF and TPR say, and no second one until IRET", () => {
    const cpu = cpuAt(1);
    write(cpu, TPR, 0xff);
    acceptFixed(cpu, 0x41, false);
    ipi(cpuAt(0), NMI, 1);
    arrive();
    expect(atBoundary(cpu)).toBe(true);
    expect(cpu.rip).toBe(0x2000);
    expect(cpu.nmiBlocked).toBe(1);
    ipi(cpuAt(0), NMI, 1);
    arrive();
    expect(atBoundary(cpu)).toBe(false);
    cpu.nmiBlocked = 0;
    expect(atBoundary(cpu)).toBe(true);
  });

  it("wakes a halted CPU when an interrupt can be taken and leaves it halted when not", () => {
    const cpu = cpuAt(0);
    cpu.activity = HALTED;
    acceptFixed(cpu, 0x41, false);
    expect(atBoundary(cpu)).toBe(false);
    expect(cpu.activity).toBe(HALTED);
    cpu.system |= IF;
    expect(atBoundary(cpu)).toBe(true);
    expect(cpu.activity).toBe(RUNNING);
  });

  it("nests an interrupt of a higher class in a handler that sets IF", () => {
    const cpu = cpuAt(0);
    cpu.system |= IF;
    acceptFixed(cpu, 0x41, false);
    atBoundary(cpu);
    cpu.system |= IF;
    acceptFixed(cpu, 0x42, false);
    expect(atBoundary(cpu)).toBe(false);
    setVector(0x55, 0x5000);
    acceptFixed(cpu, 0x55, false);
    expect(atBoundary(cpu)).toBe(true);
    expect(cpu.rip).toBe(0x5000);
  });
});

describe("a local APIC that is switched off", () => {
  beforeEach(() => { powerOnRunning(1); });

  it("keeps what was pending and takes nothing new", () => {
    const cpu = cpuAt(0);
    acceptFixed(cpu, 0x41, false);
    write(cpu, SVR, 0xff);
    expect(acceptFixed(cpu, 0x42, false)).toBe(false);
    expect(pendingVector(cpu)).toBe(0x41);
  });

  it("masks its local vector table and keeps it masked", () => {
    const cpu = cpuAt(0);
    write(cpu, LVT_LINT1, 0x400);
    write(cpu, SVR, 0xff);
    expect(read(cpu, LVT_LINT1)).toBe(0x10400);
    write(cpu, LVT_LINT1, 0x400);
    expect(read(cpu, LVT_LINT1)).toBe(0x10400);
  });
});

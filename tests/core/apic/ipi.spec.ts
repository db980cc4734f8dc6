import { cpuAt, HALTED, RUNNING, WAIT_SIPI, segment, CS, IF } from "../../../assembly/cpu/state";
import { machine, NI_APIC, STOP_NOT_IMPLEMENTED } from "../../../assembly/global";
import { C_IPI_SENT, C_IPI_RECEIVED } from "../../../assembly/probe/counters";
import { COUNTER_BASE, COUNTER_STRIDE } from "../../../assembly/memory-map";
import { IPI_DELAY } from "../../../assembly/probe/cost";
import { atBoundary } from "../../../assembly/smp/boundary";
import { land } from "../../../assembly/apic/flight";
import { lapicOf } from "../../../assembly/apic/lapic";
import { writeX2apic, readX2apic } from "../../../assembly/apic/x2apic";
import {
  powerOn, powerOnRunning, read, write, ipi, arrive, pass, requested, requestedOn, enterX2apic,
  LDR, DFR, SVR, TPR, ESR, ICR, LVT_ERROR, TO_SELF, TO_ALL, TO_OTHERS, LOGICAL, LOWEST, NMI, INIT, STARTUP,
} from "./power-on";

function counter(index: u32, id: u32): u64 {
  return load<u64>(COUNTER_BASE + index * COUNTER_STRIDE + (id << 3));
}

describe("an IPI in xAPIC mode", () => {
  beforeEach(() => { powerOnRunning(4); });

  it("with a physical destination arrives at that CPU only", () => {
    ipi(cpuAt(0), 0x41, 2);
    arrive();
    expect(requestedOn(0x41)).toBe(0b0100);
  });

  it("arrives after the delay and not before", () => {
    ipi(cpuAt(0), 0x41, 1);
    pass(IPI_DELAY - 1);
    land(cpuAt(1), machine().clock);
    expect(requested(1, 0x41)).toBe(false);
    pass(1);
    land(cpuAt(1), machine().clock);
    expect(requested(1, 0x41)).toBe(true);
  });

  it("to destination 0xff arrives everywhere", () => {
    ipi(cpuAt(1), 0x42, 0xff);
    arrive();
    expect(requestedOn(0x42)).toBe(0b1111);
  });

  it("to a CPU that is not there is lost", () => {
    ipi(cpuAt(0), 0x42, 9);
    arrive();
    expect(requestedOn(0x42)).toBe(0);
  });

  it("by shorthand goes to the sender, to all, or to all but the sender", () => {
    ipi(cpuAt(1), 0x50 | TO_SELF);
    ipi(cpuAt(1), 0x51 | TO_ALL);
    ipi(cpuAt(1), 0x52 | TO_OTHERS);
    arrive();
    expect(requestedOn(0x50)).toBe(0b0010);
    expect(requestedOn(0x51)).toBe(0b1111);
    expect(requestedOn(0x52)).toBe(0b1101);
  });

  it("with a flat logical destination goes to every CPU whose LDR shares a bit", () => {
    for (let i: u32 = 0; i < 4; i++) write(cpuAt(i), LDR, 1 << (24 + i));
    ipi(cpuAt(0), 0x43 | LOGICAL, 0b1010);
    arrive();
    expect(requestedOn(0x43)).toBe(0b1010);
  });

  it("with a cluster destination goes to the named CPUs of that cluster", () => {
    for (let i: u32 = 0; i < 4; i++) {
      write(cpuAt(i), DFR, 0x0fffffff);
      write(cpuAt(i), LDR, ((i >> 1) << 4 | 1 << (i & 1)) << 24);
    }
    ipi(cpuAt(0), 0x44 | LOGICAL, 0x13);
    ipi(cpuAt(0), 0x45 | LOGICAL, 0xf1);
    arrive();
    expect(requestedOn(0x44)).toBe(0b1100);
    expect(requestedOn(0x45)).toBe(0b0101);
  });

  it("of lowest priority goes to the one CPU with the lowest processor priority", () => {
    write(cpuAt(0), TPR, 0x40);
    write(cpuAt(1), TPR, 0x20);
    write(cpuAt(2), TPR, 0x10);
    write(cpuAt(3), TPR, 0x30);
    ipi(cpuAt(0), 0x61 | LOWEST, 0xff);
    arrive();
    expect(requestedOn(0x61)).toBe(0b0100);
  });

  it("of lowest priority passes by a CPU whose APIC is switched off", () => {
    write(cpuAt(0), TPR, 0x40);
    write(cpuAt(1), TPR, 0x40);
    write(cpuAt(2), SVR, 0xff);
    write(cpuAt(3), TPR, 0x30);
    ipi(cpuAt(0), 0x61 | LOWEST, 0xff);
    arrive();
    expect(requestedOn(0x61)).toBe(0b1000);
  });

  it("of lowest priority takes turns among equals", () => {
    let all: u32 = 0;
    for (let vector: u32 = 0x61; vector < 0x65; vector++) {
      ipi(cpuAt(0), vector | LOWEST, 0xff);
      arrive();
      expect(popcnt(requestedOn(vector))).toBe(1);
      all |= requestedOn(vector);
    }
    expect(all).toBe(0b1111);
  });

  it("sent twice before it is taken is one interrupt, and both messages are counted", () => {
    ipi(cpuAt(0), 0x41, 1);
    ipi(cpuAt(2), 0x41, 1);
    arrive();
    expect(requested(1, 0x41)).toBe(true);
    expect(counter(0, C_IPI_SENT)).toBe(1);
    expect(counter(2, C_IPI_SENT)).toBe(1);
    expect(counter(1, C_IPI_RECEIVED)).toBe(2);
  });

  it("reads back as sent, with its delivery status idle", () => {
    ipi(cpuAt(0), 0x4041, 1);
    expect(read(cpuAt(0), ICR)).toBe(0x4041);
  });

  it("with a vector below 16 is not sent but is an error in ESR and may raise the error interrupt", () => {
    write(cpuAt(0), LVT_ERROR, 0xfe);
    ipi(cpuAt(0), 0x0f, 1);
    arrive();
    expect(lapicOf(cpuAt(1)).irr0).toBe(0);
    expect(read(cpuAt(0), ESR)).toBe(0);
    write(cpuAt(0), ESR, 0);
    expect(read(cpuAt(0), ESR)).toBe(0x20);
    expect(requested(0, 0xfe)).toBe(true);
  });

  it("as an SMI stops the run by name", () => {
    ipi(cpuAt(0), 0x200, 1);
    expect(machine().stopReason).toBe(STOP_NOT_IMPLEMENTED);
    expect(machine().stopDetail).toBe(NI_APIC);
  });

  it("does not reach a CPU that has its APIC switched off, but an NMI does", () => {
    write(cpuAt(1), SVR, 0xff);
    ipi(cpuAt(0), 0x41, 1);
    ipi(cpuAt(0), NMI, 1);
    arrive();
    expect(requested(1, 0x41)).toBe(false);
    expect(lapicOf(cpuAt(1)).nmiPending).toBe(1);
  });

  it("beyond what the queue holds is still delivered", () => {
    for (let n: u32 = 0; n < 100; n++) ipi(cpuAt(0), 0x20 + n, 1);
    arrive();
    for (let n: u32 = 0; n < 100; n++) expect(requested(1, 0x20 + n)).toBe(true);
  });
});

describe("an IPI in x2APIC mode", () => {
  beforeEach(() => {
    powerOnRunning(4);
    for (let i: u32 = 0; i < 4; i++) enterX2apic(cpuAt(i));
  });

  it("is one write with a 32-bit destination", () => {
    writeX2apic(cpuAt(0), 0x830, <u64>3 << 32 | 0x71);
    arrive();
    expect(readX2apic(cpuAt(3), 0x823) >> 17 & 1).toBe(1);
    expect(readX2apic(cpuAt(0), 0x830)).toBe(<u64>3 << 32 | 0x71);
  });

  it("to all ones is a broadcast", () => {
    writeX2apic(cpuAt(0), 0x830, <u64>0xffffffff << 32 | 0x71);
    arrive();
    for (let i: u32 = 0; i < 4; i++) expect(readX2apic(cpuAt(i), 0x823) >> 17 & 1).toBe(1);
  });

  it("with a logical destination goes by the LDR that is derived from the ID", () => {
    expect(readX2apic(cpuAt(2), 0x80d)).toBe(0b0100);
    writeX2apic(cpuAt(0), 0x830, <u64>0b1010 << 32 | 0x871);
    arrive();
    expect(readX2apic(cpuAt(1), 0x823) >> 17 & 1).toBe(1);
    expect(readX2apic(cpuAt(2), 0x823) >> 17 & 1).toBe(0);
    expect(readX2apic(cpuAt(3), 0x823) >> 17 & 1).toBe(1);
  });

  it("to itself goes through the self IPI register", () => {
    writeX2apic(cpuAt(1), 0x83f, 0x72);
    arrive();
    expect(readX2apic(cpuAt(1), 0x823) >> 18 & 1).toBe(1);
  });

  it("with a reserved bit raises #GP", () => {
    writeX2apic(cpuAt(0), 0x830, 0x1071);
    expect(cpuAt(0).fault).toBe(0x10d);
  });
});

describe("INIT and start-up", () => {
  beforeEach(() => { powerOn(4); });

  it("leave a CPU waiting until a start-up IPI gives it a page to start at", () => {
    const target = cpuAt(1);
    expect(target.activity).toBe(WAIT_SIPI);
    ipi(cpuAt(0), INIT, 1);
    arrive();
    atBoundary(target);
    expect(target.activity).toBe(WAIT_SIPI);
    ipi(cpuAt(0), STARTUP | 0x9a, 1);
    arrive();
    atBoundary(target);
    expect(target.activity).toBe(RUNNING);
    expect(target.rip).toBe(0);
    expect(segment(target, CS).selector).toBe(0x9a00);
    expect(segment(target, CS).base).toBe(0x9a000);
  });

  it("work when the start-up IPI follows at once", () => {
    ipi(cpuAt(0), INIT, 1);
    ipi(cpuAt(0), STARTUP | 0x10, 1);
    arrive();
    atBoundary(cpuAt(1));
    expect(cpuAt(1).activity).toBe(RUNNING);
    expect(segment(cpuAt(1), CS).base).toBe(0x10000);
  });

  it("do nothing to a CPU that runs when the second start-up IPI comes", () => {
    const target = cpuAt(1);
    ipi(cpuAt(0), STARTUP | 0x10, 1);
    arrive();
    atBoundary(target);
    target.rip = 0x123;
    ipi(cpuAt(0), STARTUP | 0x20, 1);
    arrive();
    atBoundary(target);
    expect(target.rip).toBe(0x123);
    expect(segment(target, CS).base).toBe(0x10000);
  });

  it("stop a CPU that runs or is halted, and reset it and its APIC", () => {
    powerOnRunning(2);
    const target = cpuAt(1);
    target.activity = HALTED;
    target.rax = 7;
    target.system = IF;
    write(target, TPR, 0x50);
    ipi(cpuAt(0), INIT | 0xc000, 1);
    arrive();
    atBoundary(target);
    expect(target.activity).toBe(WAIT_SIPI);
    expect(target.rax).toBe(0);
    expect(target.system).toBe(0);
    expect(read(target, TPR)).toBe(0);
    expect(read(target, SVR)).toBe(0xff);
  });

  it("are not undone by INIT level de-assert", () => {
    powerOnRunning(2);
    ipi(cpuAt(0), 0x8500, 1);
    arrive();
    atBoundary(cpuAt(1));
    expect(cpuAt(1).activity).toBe(RUNNING);
  });

  it("reach all others by shorthand", () => {
    ipi(cpuAt(0), INIT | TO_OTHERS);
    ipi(cpuAt(0), STARTUP | 8 | TO_OTHERS);
    arrive();
    for (let i: u32 = 1; i < 4; i++) {
      atBoundary(cpuAt(i));
      expect(cpuAt(i).activity).toBe(RUNNING);
    }
  });

  it("stop the run by name when INIT goes to the boot CPU, which has no firmware to start again", () => {
    ipi(cpuAt(0), INIT | 0, 0);
    arrive();
    atBoundary(cpuAt(0));
    expect(machine().stopDetail).toBe(NI_APIC);
  });
});

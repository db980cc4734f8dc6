import { cpuAt } from "../../../assembly/cpu/state";
import { setIrq } from "../../../assembly/apic/irq";
import { acknowledge } from "../../../assembly/apic/lapic";
import { mmioRead, mmioWrite } from "../../../assembly/apic/mmio";
import { IOAPIC_ADDRESS } from "../../../assembly/apic/ioapic";
import {
  powerOnRunning, write, redirect, readIo, writeIo, requested, requestedOn, EOI, LDR, SVR, TPR, LOGICAL, LOWEST,
} from "./power-on";

const LEVEL: u32 = 0x8000;
const MASKED: u32 = 0x10000;
const REMOTE_IRR: u32 = 0x4000;

describe("the I/O APIC", () => {
  beforeEach(() => { powerOnRunning(4); });

  it("tells its version and its 24 pins, all masked at power-on", () => {
    expect(readIo(1)).toBe(0x00170020);
    for (let pin: u32 = 0; pin < 24; pin++) expect(readIo(0x10 + pin * 2)).toBe(MASKED);
  });

  it("sends an edge once, however long the line stays up", () => {
    redirect(4, 0x34, 2);
    setIrq(4, true);
    expect(requestedOn(0x34)).toBe(0b0100);
    acknowledge(cpuAt(2));
    setIrq(4, true);
    expect(requestedOn(0x34)).toBe(0);
    setIrq(4, false);
    setIrq(4, true);
    expect(requestedOn(0x34)).toBe(0b0100);
  });

  it("loses an edge at a masked pin", () => {
    redirect(4, 0x34 | MASKED, 0);
    setIrq(4, true);
    redirect(4, 0x34, 0);
    expect(requestedOn(0x34)).toBe(0);
  });

  it("keeps a level back while the last one is being served, and sends again at EOI if the line is still up", () => {
    const cpu = cpuAt(1);
    redirect(9, 0x59 | LEVEL, 1);
    setIrq(9, true);
    expect(requestedOn(0x59)).toBe(0b0010);
    expect(readIo(0x22) & REMOTE_IRR).toBe(REMOTE_IRR);
    acknowledge(cpu);
    setIrq(9, false);
    setIrq(9, true);
    expect(requestedOn(0x59)).toBe(0);
    write(cpu, EOI, 0);
    expect(requestedOn(0x59)).toBe(0b0010);
    acknowledge(cpu);
    setIrq(9, false);
    write(cpu, EOI, 0);
    expect(requestedOn(0x59)).toBe(0);
    expect(readIo(0x22) & REMOTE_IRR).toBe(0);
  });

  it("waits for its own EOI register when the CPU does not broadcast EOIs", () => {
    const cpu = cpuAt(0);
    write(cpu, SVR, 0x11ff);
    redirect(9, 0x59 | LEVEL, 0);
    setIrq(9, true);
    acknowledge(cpu);
    write(cpu, EOI, 0);
    expect(readIo(0x22) & REMOTE_IRR).toBe(REMOTE_IRR);
    mmioWrite(cpu, IOAPIC_ADDRESS + 0x40, 4, 0x59);
    expect(requested(0, 0x59)).toBe(true);
  });

  it("sends a level that is up when its pin is unmasked", () => {
    redirect(9, 0x59 | LEVEL | MASKED, 0);
    setIrq(9, true);
    expect(requestedOn(0x59)).toBe(0);
    writeIo(0x22, 0x59 | LEVEL);
    expect(requestedOn(0x59)).toBe(1);
  });

  it("clears a stuck remote IRR when the pin is made edge-triggered", () => {
    redirect(9, 0x59 | LEVEL, 0);
    setIrq(9, true);
    setIrq(9, false);
    writeIo(0x22, 0x59);
    expect(readIo(0x22) & REMOTE_IRR).toBe(0);
  });

  it("sends to a logical destination, and of it to the one of lowest priority", () => {
    for (let i: u32 = 0; i < 4; i++) write(cpuAt(i), LDR, 1 << (24 + i));
    write(cpuAt(1), TPR, 0x30);
    redirect(5, 0x35 | LOGICAL, 0b0110);
    setIrq(5, true);
    expect(requestedOn(0x35)).toBe(0b0110);
    redirect(6, 0x36 | LOGICAL | LOWEST, 0b0110);
    setIrq(6, true);
    expect(requestedOn(0x36)).toBe(0b0100);
  });

  it("has the timer's line 0 at pin 2, and lines above 15 at the pins of their numbers", () => {
    redirect(2, 0x42, 0);
    setIrq(0, true);
    expect(requestedOn(0x42)).toBe(1);
    redirect(20, 0x54, 3);
    setIrq(20, true);
    expect(requestedOn(0x54)).toBe(0b1000);
  });

  it("does not set remote IRR if no APIC took the message", () => {
    redirect(9, 0x59 | LEVEL, 12);
    setIrq(9, true);
    expect(readIo(0x22) & REMOTE_IRR).toBe(0);
  });

  it("gives all ones next to its page and ignores accesses that are not 32 bits wide", () => {
    expect(mmioRead(cpuAt(0), 0xfec01000, 4)).toBe(0xffffffff);
    writeIo(0x10, 0x31);
    mmioWrite(cpuAt(0), IOAPIC_ADDRESS + 0x10, 1, 0x77);
    expect(readIo(0x10)).toBe(0x31);
  });
});

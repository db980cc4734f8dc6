import { cpuAt, systemOf, IF, HALTED, RUNNING } from "../../../assembly/cpu/state";
import { RAM_BASE } from "../../../assembly/memory-map";
import { machine, NI_PIT } from "../../../assembly/global";
import { setIrq } from "../../../assembly/apic/irq";
import { portIn, portOut } from "../../../assembly/apic/ports";
import { acknowledgePic, picInterrupts } from "../../../assembly/apic/pic";
import { firePit } from "../../../assembly/apic/pit";
import { setApicBase } from "../../../assembly/apic/base";
import { atBoundary } from "../../../assembly/smp/boundary";
import { NEVER } from "../../../assembly/smp/clock";
import { powerOnRunning, write, pass, requested, LVT_LINT0 } from "./power-on";

function out(port: u32, value: u32): void {
  portOut(cpuAt(0), port, 1, value);
}

function read(port: u32): u32 {
  return <u32>portIn(cpuAt(0), port, 1);
}

/** The usual initialisation: vectors 0x20 and 0x28, all unmasked. */
function initialisePics(icw4: u32): void {
  out(0x20, 0x11); out(0x21, 0x20); out(0x21, 4); out(0x21, icw4);
  out(0xa0, 0x11); out(0xa1, 0x28); out(0xa1, 2); out(0xa1, icw4);
  out(0x21, 0);
  out(0xa1, 0);
}

function runPit(): void {
  const g = machine();
  if (g.clock >= g.nextTimer) g.nextTimer = firePit(g.clock);
}

describe("the PIC pair", () => {
  beforeEach(() => {
    powerOnRunning(2);
    write(cpuAt(0), LVT_LINT0, 0x700);
    initialisePics(1);
  });

  it("gives the vector of the input with the lowest number first", () => {
    setIrq(4, true);
    setIrq(1, true);
    expect(picInterrupts(0)).toBe(true);
    expect(acknowledgePic()).toBe(0x21);
    expect(picInterrupts(0)).toBe(false);
    out(0x20, 0x20);
    expect(picInterrupts(0)).toBe(true);
    expect(acknowledgePic()).toBe(0x24);
  });

  it("takes inputs 8 to 15 through the second chip, which needs its own EOI", () => {
    setIrq(8, true);
    expect(acknowledgePic()).toBe(0x28);
    setIrq(12, true);
    out(0x20, 0x20);
    expect(picInterrupts(0)).toBe(false);
    out(0xa0, 0x20);
    expect(picInterrupts(0)).toBe(true);
    expect(acknowledgePic()).toBe(0x2c);
  });

  it("holds back masked inputs and keeps their request", () => {
    out(0x21, 0x10);
    setIrq(4, true);
    expect(picInterrupts(0)).toBe(false);
    expect(read(0x20)).toBe(0x10);
    out(0x21, 0);
    expect(picInterrupts(0)).toBe(true);
  });

  it("is quiet when both chips are masked", () => {
    out(0x21, 0xff);
    out(0xa1, 0xff);
    for (let line: u32 = 0; line < 16; line++) setIrq(line, true);
    expect(picInterrupts(0)).toBe(false);
  });

  it("reads back ISR or IRR as OCW3 chose, and the mask", () => {
    setIrq(3, true);
    acknowledgePic();
    out(0x20, 0x0b);
    expect(read(0x20)).toBe(0x08);
    out(0x20, 0x0a);
    expect(read(0x20)).toBe(0);
    out(0x21, 0x5a);
    expect(read(0x21)).toBe(0x5a);
  });

  it("ends a named input with a specific EOI", () => {
    setIrq(5, true);
    acknowledgePic();
    out(0x20, 0x65);
    out(0x20, 0x0b);
    expect(read(0x20)).toBe(0);
  });

  it("needs no EOI in automatic mode", () => {
    initialisePics(3);
    setIrq(5, true);
    acknowledgePic();
    out(0x20, 0x0b);
    expect(read(0x20)).toBe(0);
  });

  it("repeats a level-triggered input while its line is up", () => {
    out(0x4d1, 0x08);
    expect(read(0x4d1)).toBe(0x08);
    setIrq(11, true);
    expect(acknowledgePic()).toBe(0x2b);
    out(0xa0, 0x20);
    out(0x20, 0x20);
    expect(picInterrupts(0)).toBe(true);
    setIrq(11, false);
    expect(picInterrupts(0)).toBe(false);
  });

  it("gives the spurious vector when the request is gone at the acknowledge", () => {
    setIrq(4, true);
    setIrq(4, false);
    expect(acknowledgePic()).toBe(0x27);
    out(0x20, 0x0b);
    expect(read(0x20)).toBe(0);
  });

  it("interrupts through LINT0 in ExtINT mode, past a disabled APIC, and not through a masked LINT0", () => {
    setIrq(1, true);
    expect(picInterrupts(0)).toBe(true);
    expect(picInterrupts(1)).toBe(false);
    write(cpuAt(0), LVT_LINT0, 0x10700);
    expect(picInterrupts(0)).toBe(false);
    setApicBase(cpuAt(0), systemOf(cpuAt(0)).apicBase & ~0x800);
    expect(picInterrupts(0)).toBe(true);
  });

  it("is a fixed interrupt when LINT0 is programmed so", () => {
    write(cpuAt(0), LVT_LINT0, 0x33);
    setIrq(1, true);
    expect(requested(0, 0x33)).toBe(true);
    expect(picInterrupts(0)).toBe(false);
  });

  it("wakes a halted CPU and is acknowledged at the boundary", () => {
    store<u32>(RAM_BASE + 0x21 * 4, 0x3000);
    const cpu = cpuAt(0);
    cpu.system |= IF;
    cpu.activity = HALTED;
    cpu.attention = 0;
    setIrq(1, true);
    expect(cpu.attention).toBe(1);
    expect(atBoundary(cpu)).toBe(true);
    expect(cpu.activity).toBe(RUNNING);
    expect(cpu.rip).toBe(0x3000);
  });
});

describe("the PIT", () => {
  beforeEach(() => {
    powerOnRunning(1);
    write(cpuAt(0), LVT_LINT0, 0x700);
    initialisePics(3);
  });

  it("ticks at the programmed rate in mode 2", () => {
    out(0x43, 0x34);
    out(0x40, 11932 & 0xff);
    out(0x40, 11932 >> 8);
    let ticks = 0;
    for (let ms = 0; ms < 1000; ms++) {
      pass(1000000);
      runPit();
      if (!picInterrupts(0)) continue;
      expect(acknowledgePic()).toBe(0x20);
      ticks++;
    }
    // 1,193,182 counts a second over 11,932 is 99.998 a second.
    expect(ticks).toBe(99);
  });

  it("interrupts once in mode 0, when the count is through", () => {
    out(0x43, 0x30);
    out(0x40, 0xff);
    out(0x40, 0);
    pass(213000);
    runPit();
    expect(picInterrupts(0)).toBe(false);
    pass(1000);
    runPit();
    expect(picInterrupts(0)).toBe(true);
    expect(machine().nextTimer).toBe(NEVER);
  });

  it("latches a count that two reads then give, low byte first", () => {
    out(0x43, 0x34);
    out(0x40, 0);
    out(0x40, 0);
    pass(1000000);
    out(0x43, 0x00);
    pass(1000000);
    const low = read(0x40);
    const count = read(0x40) << 8 | low;
    expect(count).toBe(65536 - 1193);
  });

  it("gives status and count after a read-back command", () => {
    out(0x43, 0xb6);
    out(0x42, 0x10);
    out(0x42, 0x27);
    out(0x43, 0xc8);
    const status = read(0x42);
    expect(status & 0x3f).toBe(0x36);
    const low = read(0x42);
    expect(read(0x42) << 8 | low).toBe(0x2710);
  });

  it("counts on channel 2 while its gate is up and shows the output in port 0x61", () => {
    out(0x61, 0);
    out(0x43, 0xb0);
    out(0x42, 0x9c);
    out(0x42, 0x2e);
    pass(20000000);
    expect(read(0x61) & 0x20).toBe(0);
    out(0x61, 1);
    pass(9900000);
    expect(read(0x61) & 0x21).toBe(1);
    pass(200000);
    expect(read(0x61) & 0x21).toBe(0x21);
  });

  it("makes a square wave in mode 3", () => {
    out(0x61, 1);
    out(0x43, 0xb6);
    out(0x42, 0x9c);
    out(0x42, 0x2e);
    pass(2000000);
    expect(read(0x61) & 0x20).toBe(0x20);
    pass(5000000);
    expect(read(0x61) & 0x20).toBe(0);
    pass(5000000);
    expect(read(0x61) & 0x20).toBe(0x20);
  });

  it("stops the run by name in the modes that start at a gate's edge", () => {
    out(0x43, 0xb2);
    expect(machine().stopDetail).toBe(NI_PIT);
  });
});

import { cpuAt, Cpu, systemOf } from "../../../assembly/cpu/state";
import { machine, NI_APIC } from "../../../assembly/global";
import { setApicBase } from "../../../assembly/apic/base";
import { mmioRead } from "../../../assembly/apic/mmio";
import { readX2apic, writeX2apic } from "../../../assembly/apic/x2apic";
import { powerOn, powerOnRunning, read, write, enterX2apic, TPR, SVR, ESR, LVT_LINT1 } from "./power-on";

const BASE: u64 = 0xfee00000;
const ENABLE: u64 = 0x800;
const X2: u64 = 0x400;
const GP: u32 = 0x10d;

/** Writes IA32_APIC_BASE with bits `bits`; says whether that faulted. */
function faults(cpu: Cpu, bits: u64): bool {
  cpu.fault = 0;
  setApicBase(cpu, BASE | bits | (systemOf(cpu).apicBase & 0x100));
  return cpu.fault == GP;
}

describe("IA32_APIC_BASE", () => {
  beforeEach(() => { powerOnRunning(2); });

  it("says at power-on that the APIC is enabled, and on one CPU that it is the boot CPU", () => {
    powerOn(2);
    expect(systemOf(cpuAt(0)).apicBase).toBe(0xfee00900);
    expect(systemOf(cpuAt(1)).apicBase).toBe(0xfee00800);
  });

  it("allows xAPIC to x2APIC to disabled to xAPIC", () => {
    const cpu = cpuAt(1);
    expect(faults(cpu, ENABLE | X2)).toBe(false);
    expect(faults(cpu, 0)).toBe(false);
    expect(faults(cpu, ENABLE)).toBe(false);
  });

  it("refuses x2APIC to xAPIC, disabled to x2APIC, and x2APIC without enable", () => {
    const cpu = cpuAt(1);
    faults(cpu, ENABLE | X2);
    expect(faults(cpu, ENABLE)).toBe(true);
    expect(systemOf(cpu).apicBase).toBe(BASE | ENABLE | X2);
    expect(faults(cpu, X2)).toBe(true);
    faults(cpu, 0);
    expect(faults(cpu, ENABLE | X2)).toBe(true);
    expect(faults(cpu, X2)).toBe(true);
  });

  it("refuses reserved bits", () => {
    expect(faults(cpuAt(1), ENABLE | 1)).toBe(true);
    expect(faults(cpuAt(1), ENABLE | (<u64>1 << 40))).toBe(true);
  });

  it("resets the APIC when it is disabled", () => {
    const cpu = cpuAt(1);
    write(cpu, TPR, 0x30);
    faults(cpu, 0);
    faults(cpu, ENABLE);
    expect(read(cpu, TPR)).toBe(0);
    expect(read(cpu, SVR)).toBe(0xff);
  });

  it("keeps the registers on the way to x2APIC mode", () => {
    const cpu = cpuAt(1);
    write(cpu, TPR, 0x30);
    enterX2apic(cpu);
    expect(readX2apic(cpu, 0x808)).toBe(0x30);
    expect(readX2apic(cpu, 0x80f)).toBe(0x1ff);
  });

  it("takes the MMIO page away in x2APIC mode", () => {
    const cpu = cpuAt(1);
    expect(read(cpu, 0x20)).toBe(1 << 24);
    enterX2apic(cpu);
    expect(mmioRead(cpu, BASE + 0x20, 4)).toBe(0xffffffff);
    expect(readX2apic(cpu, 0x802)).toBe(1);
  });

  it("stops the run by name when the page is to move", () => {
    setApicBase(cpuAt(1), 0xfed00000 | ENABLE);
    expect(machine().stopDetail).toBe(NI_APIC);
  });
});

describe("the x2APIC MSRs", () => {
  beforeEach(() => {
    powerOnRunning(1);
    enterX2apic(cpuAt(0));
  });

  it("raise #GP outside x2APIC mode", () => {
    powerOnRunning(1);
    readX2apic(cpuAt(0), 0x802);
    expect(cpuAt(0).fault).toBe(GP);
  });

  it("raise #GP where no register is, where one is read-only, and where one is write-only", () => {
    const cpu = cpuAt(0);
    const unreadable: u32[] = [0x800, 0x80b, 0x80e, 0x831, 0x83f, 0x840, 0x8ff];
    for (let i = 0; i < unreadable.length; i++) {
      cpu.fault = 0;
      readX2apic(cpu, unreadable[i]);
      expect(cpu.fault).toBe(GP);
    }
    const unwritable: u32[] = [0x802, 0x803, 0x80a, 0x80d, 0x80e, 0x810, 0x820, 0x839, 0x840];
    for (let i = 0; i < unwritable.length; i++) {
      cpu.fault = 0;
      writeX2apic(cpu, unwritable[i], 0);
      expect(cpu.fault).toBe(GP);
    }
  });

  it("raise #GP for reserved bits: EOI and ESR take only 0", () => {
    const cpu = cpuAt(0);
    writeX2apic(cpu, 0x80b, 0);
    writeX2apic(cpu, 0x828, 0);
    expect(cpu.fault).toBe(0);
    writeX2apic(cpu, 0x80b, 1);
    expect(cpu.fault).toBe(GP);
    cpu.fault = 0;
    writeX2apic(cpu, 0x828, 1);
    expect(cpu.fault).toBe(GP);
    cpu.fault = 0;
    writeX2apic(cpu, 0x808, 0x100);
    expect(cpu.fault).toBe(GP);
  });
});

describe("the xAPIC page", () => {
  beforeEach(() => { powerOnRunning(1); });

  it("reports a register that is not there in ESR", () => {
    const cpu = cpuAt(0);
    expect(read(cpu, 0x3d0)).toBe(0);
    write(cpu, ESR, 0);
    expect(read(cpu, ESR)).toBe(0x80);
    write(cpu, ESR, 0);
    expect(read(cpu, ESR)).toBe(0);
  });

  it("gives the bytes of a register to narrow reads and zero behind it", () => {
    const cpu = cpuAt(0);
    write(cpu, LVT_LINT1, 0x1a4c3);
    expect(mmioRead(cpu, BASE + LVT_LINT1 + 1, 1)).toBe(0xa4);
    expect(mmioRead(cpu, BASE + LVT_LINT1 + 4, 4)).toBe(0);
  });
});

// RDMSR, WRMSR and CPUID.

import { CR0_PG, EFER_LMA, EFER_LME, EFER_NXE, EFER_SCE, GS, segment, systemOf } from "../../../assembly/cpu/state";
import { GP } from "../../../assembly/cpu/fault";
import { rdmsr, wrmsr } from "../../../assembly/cpu/system/msr";
import { cpuid } from "../../../assembly/cpu/system/cpuid";
import { machine, NI_MSR } from "../../../assembly/global";
import {
  BEHIND, HERE, USER64, USER_DATA, cpu, enter, expectFault, expectNoFault, record, start64,
} from "./setup";

const EFER: u32 = 0xc0000080;

function write(msr: u32, value: u64): void {
  cpu().rcx = 0xabcd00000000 | <u64>msr;
  cpu().rax = 0x123400000000 | (value & 0xffffffff);
  cpu().rdx = 0x567800000000 | (value >> 32);
  wrmsr(cpu(), record());
}

function accepted(msr: u32, value: u64): void {
  write(msr, value);
  expectNoFault();
  expect<u64>(cpu().rip).toBe(BEHIND);
  cpu().rip = HERE;
}

function refused(msr: u32, value: u64): void {
  write(msr, value);
  expectFault(GP, 0);
  expect<u64>(cpu().rip).toBe(HERE);
  cpu().fault = 0;
}

function read(msr: u32): u64 {
  cpu().rcx = msr;
  rdmsr(cpu(), record());
  expectNoFault();
  expect<u64>((cpu().rax | cpu().rdx) >> 32).toBe(0, "upper halves are cleared");
  return (cpu().rdx << 32) | cpu().rax;
}

function ask(leaf: u32, sub: u32 = 0): void {
  cpu().rax = leaf;
  cpu().rcx = sub;
  cpuid(cpu(), record());
}

describe("RDMSR and WRMSR", () => {
  beforeEach(() => {
    start64();
  });

  test("are for CPL 0", () => {
    enter(USER64, USER_DATA);
    refused(EFER, 0);
    rdmsr(cpu(), record());
    expectFault(GP, 0);
  });

  test("of a register that does not exist are #GP(0)", () => {
    refused(0x12345, 0);
    cpu().rcx = 0x12345;
    rdmsr(cpu(), record());
    expectFault(GP, 0);
  });

  test("EFER keeps LMA and refuses reserved bits", () => {
    accepted(EFER, EFER_LME | EFER_SCE);
    expect<u64>(read(EFER)).toBe(EFER_LME | EFER_LMA | EFER_SCE);
    accepted(EFER, EFER_LME | EFER_NXE);
    refused(EFER, EFER_LME | 2);
    refused(EFER, EFER_LME | 0x100000000);
  });

  test("EFER.LME cannot change while paging is on", () => {
    cpu().cr0 |= CR0_PG;
    refused(EFER, EFER_SCE);
    accepted(EFER, EFER_LME | EFER_LMA);
  });

  test("addresses must be canonical", () => {
    for (let i: u32 = 0; i < 7; i++) {
      const msr: u32 = i == 0 ? 0xc0000082 : i == 1 ? 0xc0000083 : i < 5 ? 0xc0000100 + i - 2 : 0x175 + i - 5;
      refused(msr, 0x800000000000);
      accepted(msr, 0xffff800000000000 + i);
      expect<u64>(read(msr)).toBe(0xffff800000000000 + i);
    }
  });

  test("GS.base is the base that addresses use", () => {
    accepted(0xc0000101, 0x12345678);
    expect<u64>(cpu().gsBase).toBe(0x12345678);
    expect<u64>(segment(cpu(), GS).base).toBe(0x12345678);
  });

  test("SFMASK and TSC_AUX have 32 bits", () => {
    refused(0xc0000084, 0x100000000);
    accepted(0xc0000084, 0x47700);
    refused(0xc0000103, 0x100000000);
    accepted(0xc0000103, 7);
    expect<u64>(systemOf(cpu()).tscAux).toBe(7);
  });

  test("PAT and the default MTRR type take memory types only", () => {
    accepted(0x277, 0x0007010600070106);
    refused(0x277, 0x0007010600070102);
    refused(0x277, 0x0800000000000000);
    accepted(0x2ff, 0xc06);
    refused(0x2ff, 0xc02);
    refused(0x2ff, 0x1006);
  });

  test("TSC counts on from what was written", () => {
    accepted(0x10, 1000000);
    expect(read(0x10) - 1000000 < 1000).toBe(true);
  });

  test("disabling NX in MISC_ENABLE stops the run by name", () => {
    write(0x1a0, 0x400000001);
    expect<u32>(machine().stopDetail).toBe(NI_MSR);
  });

  test("x2APIC registers are absent until x2APIC mode is on", () => {
    refused(0x80b, 0);
  });
});

describe("CPUID", () => {
  beforeEach(() => {
    start64();
    machine().cpus = 6;
  });

  test("tells vendor and the last leaves", () => {
    ask(0);
    expect<u64>(cpu().rax).toBe(0x16);
    expect<u64>(cpu().rbx).toBe(0x756e6547);
    ask(0x80000000);
    expect<u64>(cpu().rax).toBe(0x80000008);
  });

  test("tells of no FPU, SSE, MONITOR, VMX or hypervisor", () => {
    ask(1);
    expect<u64>(cpu().rdx & 0x07800001).toBe(0);
    expect<u64>(cpu().rcx & 0x9c180229).toBe(0);
  });

  test("tells of PCID, INVPCID, SMEP, SMAP, UMIP, NX and 1 GiB pages", () => {
    ask(1);
    expect<u64>(cpu().rcx & (1 << 17)).toBe(1 << 17);
    ask(7);
    expect<u64>(cpu().rbx & 0x100480).toBe(0x100480);
    expect<u64>(cpu().rcx & 4).toBe(4);
    ask(0x80000001);
    expect<u64>(cpu().rdx & 0x4100000).toBe(0x4100000);
  });

  test("tells of one package whose cores have consecutive APIC IDs", () => {
    ask(0xb, 1);
    expect<u64>(cpu().rax).toBe(3);
    expect<u64>(cpu().rbx).toBe(6);
    expect<u64>(cpu().rcx).toBe(0x201);
    ask(0xb, 2);
    expect<u64>(cpu().rbx).toBe(0);
    expect<u64>(cpu().rcx).toBe(2);
  });

  test("has 40 physical and 48 linear address bits and a TSC of 1 GHz", () => {
    ask(0x80000008);
    expect<u64>(cpu().rax).toBe(0x3028);
    ask(0x15);
    expect<u64>(cpu().rcx * cpu().rbx / cpu().rax).toBe(1000000000);
  });

  test("answers leaves beyond the last as the last basic one", () => {
    ask(0x40000000);
    expect<u64>(cpu().rax).toBe(1000);
  });
});

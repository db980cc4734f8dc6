// Control and debug registers: which values are taken, which are #GP, and what they do to the mode.

import {
  segment, CS, TR, CR0_PE, CR0_PG, CR0_WP, CR4_PAE, CR4_PCIDE, CR4_PGE, CR4_SMAP, CR4_SMEP, CR4_UMIP, EFER_LMA, EFER_LME,
} from "../../../assembly/cpu/state";
import { DB, GP, UD } from "../../../assembly/cpu/fault";
import { clts, lmsw, movFromCr, movToCr, smsw } from "../../../assembly/cpu/system/control";
import { movFromDr, movToDr } from "../../../assembly/cpu/system/debug";
import { machine, NI_DEBUG_REGISTERS, NI_LEGACY_PAGING } from "../../../assembly/global";
import {
  BEHIND, DATA, HERE, USER64, USER_DATA,
  cpu, enter, expectFault, expectNoFault, memoryRecord, peek64, poke64, registerRecord, start32, start64,
} from "./setup";

const RBX: u32 = 3;

function write(number: u32, value: u64): void {
  cpu().rbx = value;
  movToCr(cpu(), registerRecord(8, number, RBX));
}

function accepted(number: u32, value: u64): void {
  write(number, value);
  expectNoFault();
  expect<u64>(cpu().rip).toBe(BEHIND);
  cpu().rip = HERE;
}

function refused(number: u32, value: u64): void {
  write(number, value);
  expectFault(GP, 0);
  expect<u64>(cpu().rip).toBe(HERE);
  cpu().fault = 0;
}

function read(number: u32): u64 {
  movFromCr(cpu(), registerRecord(8, number, RBX));
  expectNoFault();
  return cpu().rbx;
}

function writeDr(number: u32, value: u64): void {
  cpu().rbx = value;
  movToDr(cpu(), registerRecord(8, number, RBX));
}

function readDr(number: u32): u64 {
  movFromDr(cpu(), registerRecord(8, number, RBX));
  return cpu().rbx;
}

describe("MOV to and from control registers", () => {
  beforeEach(() => {
    start64();
  });

  test("exists for CR0, CR2, CR3, CR4 and CR8 only", () => {
    write(1, 0);
    expectFault(UD, -1);
    cpu().fault = 0;
    write(9, 0);
    expectFault(UD, -1);
    cpu().fault = 0;
    accepted(2, 0x123456789abcdef0);
    expect<u64>(read(2)).toBe(0x123456789abcdef0);
  });

  test("is #GP(0) above CPL 0, but a register that does not exist is #UD", () => {
    enter(USER64, USER_DATA);
    movFromCr(cpu(), registerRecord(8, 0, RBX));
    expectFault(GP, 0);
    cpu().fault = 0;
    movFromCr(cpu(), registerRecord(8, 5, RBX));
    expectFault(UD, -1);
  });

  test("CR8 is the task priority: four bits", () => {
    accepted(8, 9);
    expect<u64>(read(8)).toBe(9);
    refused(8, 0x10);
  });
});

describe("CR0", () => {
  test("refuses PG without PE, NW without CD, and bits above 31", () => {
    start64();
    refused(0, CR0_PG | 0x10);
    refused(0, CR0_PE | 0x20000000);
    refused(0, CR0_PE | 0x100000000);
  });

  test("ignores other unknown bits and keeps ET", () => {
    start64();
    accepted(0, CR0_PE | 0x40);
    expect<u64>(read(0)).toBe(CR0_PE | 0x10);
  });

  test("PG with LME and PAE enters IA-32e mode", () => {
    start32();
    cpu().efer = EFER_LME;
    cpu().cr4 = CR4_PAE;
    cpu().cr3 = 0x80000;
    accepted(0, CR0_PG | CR0_PE | CR0_WP);
    expect<u64>(cpu().efer).toBe(EFER_LME | EFER_LMA);
    expect<u32>(cpu().mode).toBe(1);
  });

  test("PG with LME but without PAE, or with a 64-bit CS or a 16-bit TSS, is #GP", () => {
    start32();
    cpu().efer = EFER_LME;
    refused(0, CR0_PG | CR0_PE);
    cpu().cr4 = CR4_PAE;
    segment(cpu(), TR).attributes = 0x83;
    refused(0, CR0_PG | CR0_PE);
    segment(cpu(), TR).attributes = 0x8b;
    segment(cpu(), CS).attributes |= 0x2000;
    refused(0, CR0_PG | CR0_PE);
    expect<u64>(cpu().efer).toBe(EFER_LME);
  });

  test("PG without LME stops the run by name", () => {
    start32();
    write(0, CR0_PG | CR0_PE);
    expect<u32>(machine().stopDetail).toBe(NI_LEGACY_PAGING);
  });

  test("PG may not be cleared in 64-bit mode, nor with PCIDE", () => {
    start64();
    cpu().cr0 |= CR0_PG;
    refused(0, CR0_PE);
    start32();
    cpu().efer = EFER_LME | EFER_LMA;
    cpu().cr0 |= CR0_PG;
    cpu().cr4 = CR4_PAE | CR4_PCIDE;
    refused(0, CR0_PE);
    cpu().cr4 = CR4_PAE;
    accepted(0, CR0_PE);
    expect<u64>(cpu().efer).toBe(EFER_LME);
  });

  test("LMSW sets PE, MP, EM and TS but cannot clear PE", () => {
    start64();
    cpu().rbx = 0xe;
    lmsw(cpu(), registerRecord(2, 6, RBX));
    expectNoFault();
    expect<u64>(cpu().cr0).toBe(0x1f);
    clts(cpu(), registerRecord(8, 0, 0));
    expect<u64>(cpu().cr0).toBe(0x17);
  });

  test("SMSW stores as much as the operand holds, and UMIP hides it", () => {
    start64();
    cpu().cr0 = 0x10011;
    smsw(cpu(), registerRecord(8, 4, RBX));
    expect<u64>(cpu().rbx).toBe(0x10011);
    poke64(DATA, u64.MAX_VALUE);
    smsw(cpu(), memoryRecord(8, DATA));
    expect<u64>(peek64(DATA)).toBe(0xffffffffffff0011);
    enter(USER64, USER_DATA);
    smsw(cpu(), registerRecord(8, 4, RBX));
    expectNoFault();
    cpu().cr4 = CR4_UMIP;
    smsw(cpu(), registerRecord(8, 4, RBX));
    expectFault(GP, 0);
  });
});

describe("CR3", () => {
  beforeEach(() => {
    start64();
  });

  test("refuses bits above the physical width", () => {
    accepted(3, 0xfffffff000);
    refused(3, 0x10000000000);
    refused(3, 0x4000000000000000);
  });

  test("takes bit 63 only with PCIDE and does not keep it", () => {
    refused(3, 0x8000000000001000);
    accepted(3, 0);
    accepted(4, CR4_PAE | CR4_PCIDE);
    accepted(3, 0x8000000000001005);
    expect<u64>(read(3)).toBe(0x1005);
  });
});

describe("CR4", () => {
  beforeEach(() => {
    start64();
    cpu().cr4 = CR4_PAE;
  });

  test("takes the features that CPUID tells of and refuses the rest", () => {
    accepted(4, CR4_PAE | CR4_PGE | CR4_SMEP | CR4_SMAP | CR4_UMIP);
    refused(4, CR4_PAE | 0x1000); // LA57
    refused(4, CR4_PAE | 0x2000); // VMXE
    refused(4, CR4_PAE | 0x40000); // OSXSAVE
    refused(4, CR4_PAE | 0x400000); // PKE
    refused(4, CR4_PAE | 0x100000000);
  });

  test("PAE may not be cleared in IA-32e mode", () => {
    refused(4, 0);
  });

  test("PCIDE needs IA-32e mode and PCID 0 in CR3", () => {
    cpu().cr3 = 0x1005;
    refused(4, CR4_PAE | CR4_PCIDE);
    cpu().cr3 = 0x1000;
    accepted(4, CR4_PAE | CR4_PCIDE);
    start32();
    refused(4, CR4_PAE | CR4_PCIDE);
  });
});

describe("debug registers", () => {
  beforeEach(() => {
    start64();
  });

  test("DR0 to DR3 hold addresses; DR6 and DR7 read with their fixed bits", () => {
    writeDr(3, 0x123456789);
    expect<u64>(readDr(3)).toBe(0x123456789);
    writeDr(6, 0);
    expect<u64>(readDr(6)).toBe(0xffff0ff0);
    writeDr(7, 0);
    expect<u64>(readDr(7)).toBe(0x400);
  });

  test("DR4 and DR5 are DR6 and DR7 unless CR4.DE", () => {
    expect<u64>(readDr(5)).toBe(0x400);
    cpu().cr4 = 8;
    readDr(5);
    expectFault(UD, -1);
  });

  test("upper halves of DR6 and DR7 are #GP(0)", () => {
    writeDr(7, 0x100000000);
    expectFault(GP, 0);
  });

  test("enabling a breakpoint stops the run by name", () => {
    writeDr(7, 1);
    expect<u32>(machine().stopDetail).toBe(NI_DEBUG_REGISTERS);
  });

  test("general detect traps the next access, once", () => {
    writeDr(7, 0x2000);
    expectNoFault();
    readDr(0);
    expectFault(DB, -1);
    cpu().fault = 0;
    expect<u64>(readDr(6) & 0x2000).toBe(0x2000);
  });
});

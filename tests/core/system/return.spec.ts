// IRET and far RET, to the same and to lesser privilege, between modes.

import { segment, CS, DS, ES, FS, SS, AC, ID, IF, IOPL, NT, RF, TF, VM } from "../../../assembly/cpu/state";
import { GP, NP, SSF } from "../../../assembly/cpu/fault";
import { iret } from "../../../assembly/cpu/system/iret";
import { farRet, farRetImm } from "../../../assembly/cpu/system/far";
import { cacheSegment } from "../../../assembly/cpu/system/descriptor";
import { getRflags } from "../../../assembly/cpu/flags";
import {
  CODE64, DATA32, DPL3, HANDLER, HERE, KERNEL32, KERNEL64, KERNEL_DATA, KERNEL_STACK, PRESENT, SPARE, USER32, USER64, USER_DATA, USER_STACK,
  cpu, describeSegment, enter, expectFault, expectNoFault, immediateRecord, poke16, poke32, poke64, record, start32, start64, startReal,
} from "./setup";
import { NI_TASK_SWITCH, NI_VM86, machine } from "../../../assembly/global";

const FRAME: u64 = 0x9000;

function frame(rip: u64, cs: u32, flags: u64, rsp: u64, ss: u32): void {
  poke64(FRAME, rip);
  poke64(FRAME + 8, cs);
  poke64(FRAME + 16, flags);
  poke64(FRAME + 24, rsp);
  poke64(FRAME + 32, ss);
  cpu().rsp = FRAME;
}

function refused(vector: u32, code: i32): void {
  iret(cpu(), record(8));
  expectFault(vector, code);
  expect<u64>(cpu().rip).toBe(HERE);
  expect<u64>(cpu().rsp).toBe(FRAME);
}

describe("IRETQ", () => {
  beforeEach(() => {
    start64();
  });

  test("at one privilege still pops RSP and SS", () => {
    frame(HANDLER, KERNEL64, IF | 2, KERNEL_STACK + 3, KERNEL_DATA);
    iret(cpu(), record(8));
    expectNoFault();
    expect<u64>(cpu().rip).toBe(HANDLER);
    expect<u64>(cpu().rsp).toBe(KERNEL_STACK + 3);
    expect<u32>(cpu().system).toBe(IF);
  });

  test("may load a null SS at CPL 0", () => {
    frame(HANDLER, KERNEL64, 2, KERNEL_STACK, 0);
    iret(cpu(), record(8));
    expectNoFault();
    expect<u32>(segment(cpu(), SS).selector).toBe(0);
  });

  test("may not load a null SS for CPL 3", () => {
    frame(HANDLER, USER64, 2, USER_STACK, 3);
    refused(GP, 0);
  });

  test("goes to user mode", () => {
    frame(HANDLER, USER64, IF | 0x8d5 | 2, USER_STACK, USER_DATA);
    iret(cpu(), record(8));
    expectNoFault();
    expect<u32>(cpu().cpl).toBe(3);
    expect<u32>(cpu().mode).toBe(2);
    expect<u64>(cpu().rsp).toBe(USER_STACK);
    expect<u64>(getRflags(cpu())).toBe(IF | 0x8d5 | 2);
    expect<u32>(segment(cpu(), CS).selector).toBe(USER64);
  });

  test("goes to compatibility mode, with a 32-bit stack pointer", () => {
    frame(0x1000, USER32, 2, 0xffffffff00005000, USER_DATA);
    iret(cpu(), record(8));
    expectNoFault();
    expect<u32>(cpu().mode).toBe(1);
    expect<u32>(cpu().stackSize).toBe(4);
    expect<u64>(cpu().rsp).toBe(0x5000);
  });

  test("takes away data segments that user mode may not have", () => {
    const user = DATA32 | DPL3;
    cacheSegment(cpu(), ES, USER_DATA, user);
    frame(HANDLER, USER64, 2, USER_STACK, USER_DATA);
    iret(cpu(), record(8));
    expect<u32>(segment(cpu(), DS).selector).toBe(0);
    expect<u32>(segment(cpu(), DS).attributes).toBe(0);
    expect<u32>(segment(cpu(), ES).selector).toBe(USER_DATA);
  });

  test("keeps the base of a segment that it takes away", () => {
    cpu().fsBase = 0x123456;
    frame(HANDLER, USER64, 2, USER_STACK, USER_DATA);
    iret(cpu(), record(8));
    expect<u64>(cpu().fsBase).toBe(0x123456);
    expect<u32>(segment(cpu(), FS).attributes).toBe(0);
  });

  test("unblocks NMI, even if it faults", () => {
    cpu().nmiBlocked = 1;
    frame(HANDLER, 0, 2, USER_STACK, USER_DATA);
    refused(GP, 0);
    expect<u32>(cpu().nmiBlocked).toBe(0);
  });

  test("with NT set is #GP(0)", () => {
    cpu().system = NT;
    frame(HANDLER, KERNEL64, 2, KERNEL_STACK, KERNEL_DATA);
    refused(GP, 0);
  });

  test("restores system flags by privilege: all at CPL 0, but never RF or VM", () => {
    frame(HANDLER, KERNEL64, IF | TF | NT | AC | ID | IOPL | RF | VM | 2, KERNEL_STACK, KERNEL_DATA);
    iret(cpu(), record(8));
    expect<u32>(cpu().system).toBe(IF | TF | NT | AC | ID | IOPL);
  });

  test("leaves IF and IOPL at CPL 3 with IOPL 0", () => {
    enter(USER64, USER_DATA);
    cpu().system = IF;
    frame(HANDLER, USER64, IOPL | AC | 2, USER_STACK, USER_DATA);
    iret(cpu(), record(8));
    expectNoFault();
    expect<u32>(cpu().system).toBe(IF | AC);
  });

  test("of 16 bits leaves the upper flags", () => {
    cpu().system = ID;
    poke16(FRAME, 0x1234);
    poke16(FRAME + 2, KERNEL64);
    poke16(FRAME + 4, IF);
    poke16(FRAME + 6, 0x5678);
    poke16(FRAME + 8, KERNEL_DATA);
    cpu().rsp = FRAME;
    iret(cpu(), record(2));
    expectNoFault();
    expect<u64>(cpu().rip).toBe(0x1234);
    expect<u64>(cpu().rsp).toBe(0x5678);
    expect<u32>(cpu().system).toBe(ID | IF);
  });

  test("from a non-canonical stack is #SS(0)", () => {
    cpu().rsp = 0x7ffffffffff8;
    iret(cpu(), record(8));
    expectFault(SSF, 0);
    expect<u64>(cpu().rip).toBe(HERE);
  });

  test("to a non-canonical address is #GP(0)", () => {
    frame(0x800000000000, KERNEL64, 2, KERNEL_STACK, KERNEL_DATA);
    refused(GP, 0);
  });

  test("to a data segment is #GP(selector)", () => {
    frame(HANDLER, KERNEL_DATA, 2, KERNEL_STACK, KERNEL_DATA);
    refused(GP, KERNEL_DATA);
  });

  test("outside the GDT is #GP(selector)", () => {
    frame(HANDLER, 0x103, 2, KERNEL_STACK, KERNEL_DATA);
    refused(GP, 0x100);
  });

  test("to greater privilege is #GP(selector)", () => {
    enter(USER64, USER_DATA);
    frame(HANDLER, KERNEL64, 2, KERNEL_STACK, KERNEL_DATA);
    refused(GP, KERNEL64);
  });

  test("to code that is not present is #NP(selector)", () => {
    describeSegment(SPARE, CODE64 & ~PRESENT);
    frame(HANDLER, SPARE, 2, KERNEL_STACK, KERNEL_DATA);
    refused(NP, SPARE);
  });

  test("to code that is both 64-bit and 32-bit is #GP(selector)", () => {
    describeSegment(SPARE, CODE64 | (<u64>1 << 54));
    frame(HANDLER, SPARE, 2, KERNEL_STACK, KERNEL_DATA);
    refused(GP, SPARE);
  });

  test("with SS of another privilege is #GP(selector)", () => {
    frame(HANDLER, USER64, 2, USER_STACK, KERNEL_DATA | 3);
    refused(GP, KERNEL_DATA);
    frame(HANDLER, USER64, 2, USER_STACK, USER_DATA & ~3);
    cpu().fault = 0;
    refused(GP, USER_DATA & ~3);
  });

  test("with SS that is not present is #SS(selector)", () => {
    describeSegment(SPARE, (DATA32 | DPL3) & ~PRESENT);
    frame(HANDLER, USER64, 2, USER_STACK, SPARE | 3);
    refused(SSF, SPARE);
  });

  test("with a read-only SS is #GP(selector)", () => {
    describeSegment(SPARE, (DATA32 | DPL3) & ~(<u64>2 << 40));
    frame(HANDLER, USER64, 2, USER_STACK, SPARE | 3);
    refused(GP, SPARE);
  });
});

describe("IRET outside IA-32e mode", () => {
  test("at one privilege pops three words", () => {
    start32();
    poke32(FRAME, 0x1234);
    poke32(FRAME + 4, KERNEL32);
    poke32(FRAME + 8, IF | 2);
    cpu().rsp = FRAME;
    iret(cpu(), record(4));
    expectNoFault();
    expect<u64>(cpu().rsp).toBe(FRAME + 12);
    expect<u64>(cpu().rip).toBe(0x1234);
    expect<u32>(cpu().system).toBe(IF);
  });

  test("to lesser privilege pops five", () => {
    start32();
    poke32(FRAME, 0x1234);
    poke32(FRAME + 4, USER32);
    poke32(FRAME + 8, 2);
    poke32(FRAME + 12, <u32>USER_STACK);
    poke32(FRAME + 16, USER_DATA);
    cpu().rsp = FRAME;
    iret(cpu(), record(4));
    expectNoFault();
    expect<u32>(cpu().cpl).toBe(3);
    expect<u64>(cpu().rsp).toBe(USER_STACK);
  });

  test("with NT or VM stops the run by name", () => {
    start32();
    cpu().system = NT;
    cpu().rsp = FRAME;
    iret(cpu(), record(4));
    expect<u32>(machine().stopDetail).toBe(NI_TASK_SWITCH);
    start32();
    poke32(FRAME + 4, KERNEL32);
    poke32(FRAME + 8, VM);
    cpu().rsp = FRAME;
    iret(cpu(), record(4));
    expect<u32>(machine().stopDetail).toBe(NI_VM86);
  });

  test("in real mode pops IP, CS and FLAGS", () => {
    startReal();
    poke16(FRAME, 0x12);
    poke16(FRAME + 2, 0x3000);
    poke16(FRAME + 4, IF | 0x41);
    cpu().rsp = FRAME;
    iret(cpu(), record(2));
    expectNoFault();
    expect<u64>(cpu().rip).toBe(0x12);
    expect<u64>(segment(cpu(), CS).base).toBe(0x30000);
    expect<u64>(getRflags(cpu())).toBe(IF | 0x43);
    expect<u64>(cpu().rsp).toBe(FRAME + 6);
  });
});

describe("far RET", () => {
  test("at one privilege leaves SS and releases the parameters", () => {
    start64();
    poke64(FRAME, HANDLER);
    poke64(FRAME + 8, KERNEL64);
    cpu().rsp = FRAME;
    farRetImm(cpu(), immediateRecord(8, 0x20));
    expectNoFault();
    expect<u64>(cpu().rip).toBe(HANDLER);
    expect<u64>(cpu().rsp).toBe(FRAME + 16 + 0x20);
    expect<u32>(segment(cpu(), SS).selector).toBe(KERNEL_DATA);
  });

  test("to lesser privilege finds SS:RSP behind the parameters and releases them there too", () => {
    start64();
    poke64(FRAME, HANDLER);
    poke64(FRAME + 8, USER64);
    poke64(FRAME + 16 + 8, USER_STACK);
    poke64(FRAME + 24 + 8, USER_DATA);
    cpu().rsp = FRAME;
    farRetImm(cpu(), immediateRecord(8, 8));
    expectNoFault();
    expect<u32>(cpu().cpl).toBe(3);
    expect<u64>(cpu().rsp).toBe(USER_STACK + 8);
  });

  test("enters compatibility mode, as 64-bit code does to reach 32-bit code", () => {
    start64();
    poke64(FRAME, 0x1000);
    poke64(FRAME + 8, KERNEL32);
    cpu().rsp = FRAME;
    farRet(cpu(), record(8));
    expectNoFault();
    expect<u32>(cpu().mode).toBe(1);
  });

  test("in real mode loads CS from the stack", () => {
    startReal();
    poke16(FRAME, 0x12);
    poke16(FRAME + 2, 0x3000);
    cpu().rsp = FRAME;
    farRet(cpu(), record(2));
    expect<u64>(segment(cpu(), CS).base).toBe(0x30000);
    expect<u64>(cpu().rsp).toBe(FRAME + 4);
  });
});

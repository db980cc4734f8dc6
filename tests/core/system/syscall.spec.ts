// SYSCALL, SYSRET, SYSENTER, SYSEXIT, SWAPGS and the FS/GS base instructions.

import { systemOf, segment, CS, SS, AC, CR4_FSGSBASE, DF, EFER_SCE, IF, IOPL, NT, RF, TF, VM } from "../../../assembly/cpu/state";
import { GP, UD } from "../../../assembly/cpu/fault";
import { sysenter, sysexit, syscall, sysret } from "../../../assembly/cpu/system/syscall";
import { rdfsbase, rdgsbase, swapgs, wrfsbase, wrgsbase } from "../../../assembly/cpu/system/fs-gs";
import { getRflags, setArithmeticFlags } from "../../../assembly/cpu/flags";
import {
  BEHIND, HANDLER, HERE, KERNEL64, KERNEL_DATA, USER32, USER64, USER_DATA, USER_STACK,
  cpu, enter, expectFault, expectNoFault, record, registerRecord, start64,
} from "./setup";

const RBX: u32 = 3;

describe("SYSCALL", () => {
  beforeEach(() => {
    start64();
    systemOf(cpu()).star = (<u64>KERNEL64 << 32) | (<u64>(USER32 & ~3) << 48);
    systemOf(cpu()).lstar = 0xffffffff80001000;
    systemOf(cpu()).sfmask = IF | DF | AC | 1;
    enter(USER64, USER_DATA);
    cpu().rsp = USER_STACK;
  });

  test("saves RIP and RFLAGS, masks flags, loads flat CS and SS and leaves RSP", () => {
    cpu().system = IF | DF | AC | NT;
    setArithmeticFlags(cpu(), 0x41);
    syscall(cpu(), record());
    expectNoFault();
    expect<u64>(cpu().rcx).toBe(BEHIND);
    expect<u64>(cpu().r11).toBe(IF | DF | AC | NT | 0x43);
    expect<u64>(cpu().rip).toBe(0xffffffff80001000);
    expect<u64>(getRflags(cpu())).toBe(NT | 0x42);
    expect<u64>(cpu().rsp).toBe(USER_STACK);
    expect<u32>(cpu().cpl).toBe(0);
    expect<u32>(segment(cpu(), CS).selector).toBe(KERNEL64);
    expect<u32>(segment(cpu(), SS).selector).toBe(KERNEL64 + 8);
    expect<u32>(segment(cpu(), CS).attributes).toBe(0xa09b);
    expect<u32>(segment(cpu(), SS).attributes).toBe(0xc093);
  });

  test("is #UD without EFER.SCE and in compatibility mode", () => {
    enter(USER32, USER_DATA);
    syscall(cpu(), record());
    expectFault(UD, -1);
    cpu().fault = 0;
    enter(USER64, USER_DATA);
    cpu().efer &= ~EFER_SCE;
    syscall(cpu(), record());
    expectFault(UD, -1);
  });
});

describe("SYSRET", () => {
  beforeEach(() => {
    start64();
    systemOf(cpu()).star = (<u64>KERNEL64 << 32) | (<u64>(USER32 & ~3) << 48);
    cpu().rcx = 0x7fffffffe000;
    cpu().r11 = IF | AC | RF | VM | IOPL | 0x8d5;
  });

  test("with REX.W returns to 64-bit user mode without RF and VM", () => {
    sysret(cpu(), record(8));
    expectNoFault();
    expect<u64>(cpu().rip).toBe(0x7fffffffe000);
    expect<u64>(getRflags(cpu())).toBe(IF | AC | IOPL | 0x8d7);
    expect<u32>(cpu().cpl).toBe(3);
    expect<u32>(segment(cpu(), CS).selector).toBe(USER64);
    expect<u32>(segment(cpu(), CS).attributes).toBe(0xa0fb);
    expect<u32>(segment(cpu(), SS).selector).toBe(USER_DATA);
    expect<u32>(segment(cpu(), SS).attributes).toBe(0xc0f3);
  });

  test("without it returns to compatibility mode at ECX", () => {
    cpu().rcx = 0x123400005678;
    sysret(cpu(), record(4));
    expectNoFault();
    expect<u64>(cpu().rip).toBe(0x5678);
    expect<u32>(cpu().mode).toBe(1);
    expect<u32>(segment(cpu(), CS).selector).toBe(USER32);
  });

  test("to a non-canonical RCX is #GP(0), still at CPL 0", () => {
    cpu().rcx = 0x800000000000;
    sysret(cpu(), record(8));
    expectFault(GP, 0);
    expect<u32>(cpu().cpl).toBe(0);
    expect<u64>(cpu().rip).toBe(HERE);
  });

  test("is #GP(0) above CPL 0", () => {
    enter(USER64, USER_DATA);
    sysret(cpu(), record(8));
    expectFault(GP, 0);
  });
});

describe("SYSENTER and SYSEXIT", () => {
  beforeEach(() => {
    start64();
    systemOf(cpu()).sysenterCs = KERNEL64;
    systemOf(cpu()).sysenterEip = HANDLER;
    systemOf(cpu()).sysenterEsp = 0xffff800000001000;
  });

  test("SYSENTER goes to the MSRs' RIP and RSP with IF clear", () => {
    enter(USER32, USER_DATA);
    cpu().system = IF | TF;
    sysenter(cpu(), record());
    expectNoFault();
    expect<u64>(cpu().rip).toBe(HANDLER);
    expect<u64>(cpu().rsp).toBe(0xffff800000001000);
    expect<u32>(cpu().system).toBe(TF);
    expect<u32>(cpu().mode).toBe(2);
    expect<u32>(segment(cpu(), SS).selector).toBe(KERNEL_DATA);
  });

  test("SYSEXIT goes to RDX and RCX, in either mode", () => {
    cpu().rdx = 0x1234;
    cpu().rcx = 0x5678;
    sysexit(cpu(), record(8));
    expectNoFault();
    expect<u64>(cpu().rip).toBe(0x1234);
    expect<u64>(cpu().rsp).toBe(0x5678);
    expect<u32>(cpu().mode).toBe(2);
    expect<u32>(segment(cpu(), CS).selector).toBe((KERNEL64 + 32) | 3);
    enter(KERNEL64, KERNEL_DATA);
    sysexit(cpu(), record(4));
    expect<u32>(cpu().mode).toBe(1);
    expect<u32>(segment(cpu(), CS).selector).toBe((KERNEL64 + 16) | 3);
  });

  test("both are #GP(0) without a selector; SYSEXIT above CPL 0 and to non-canonical addresses too", () => {
    cpu().rdx = 0x800000000000;
    sysexit(cpu(), record(8));
    expectFault(GP, 0);
    cpu().fault = 0;
    systemOf(cpu()).sysenterCs = 3;
    sysenter(cpu(), record());
    expectFault(GP, 0);
    cpu().fault = 0;
    systemOf(cpu()).sysenterCs = KERNEL64;
    enter(USER64, USER_DATA);
    sysexit(cpu(), record(4));
    expectFault(GP, 0);
  });
});

describe("FS and GS bases", () => {
  beforeEach(() => {
    start64();
  });

  test("SWAPGS exchanges GS.base and KERNEL_GS_BASE, at CPL 0", () => {
    cpu().gsBase = 1;
    systemOf(cpu()).kernelGsBase = 2;
    swapgs(cpu(), record());
    expect<u64>(cpu().gsBase).toBe(2);
    expect<u64>(systemOf(cpu()).kernelGsBase).toBe(1);
    enter(USER64, USER_DATA);
    swapgs(cpu(), record());
    expectFault(GP, 0);
  });

  test("the base instructions are #UD without CR4.FSGSBASE", () => {
    wrfsbase(cpu(), registerRecord(8, 0, RBX));
    expectFault(UD, -1);
  });

  test("write 32 bits zero-extended, 64 bits canonical, and read back", () => {
    cpu().cr4 = CR4_FSGSBASE;
    enter(USER64, USER_DATA);
    cpu().rbx = 0xffffffff80000000;
    wrfsbase(cpu(), registerRecord(4, 2, RBX));
    expect<u64>(cpu().fsBase).toBe(0x80000000);
    wrgsbase(cpu(), registerRecord(8, 3, RBX));
    cpu().rbx = 0;
    rdgsbase(cpu(), registerRecord(8, 1, RBX));
    expect<u64>(cpu().rbx).toBe(0xffffffff80000000);
    rdfsbase(cpu(), registerRecord(4, 0, RBX));
    expect<u64>(cpu().rbx).toBe(0x80000000);
    cpu().rbx = 0x800000000000;
    wrgsbase(cpu(), registerRecord(8, 3, RBX));
    expectFault(GP, 0);
  });
});

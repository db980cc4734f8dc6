// Flags, waiting, time, invalidation and port I/O.

import { systemOf, segment, TR, AC, CR4_PCIDE, DF, HALTED, ID, IF, IOPL, NT, RF, TF, VM } from "../../../assembly/cpu/state";
import { GP, UD } from "../../../assembly/cpu/fault";
import { clac, cli, popf, pushf, stac, sti } from "../../../assembly/cpu/system/flag-control";
import { hlt, invlpg, invpcid, pause, rdpid, rdpmc, rdtsc, rdtscp, wbinvd, xgetbv } from "../../../assembly/cpu/system/processor";
import { inDx, inImm, ins, outDx, outImm, outs } from "../../../assembly/cpu/system/io";
import { getRflags, setArithmeticFlags } from "../../../assembly/cpu/flags";
import { F_A32, F_REP, F_SEG_SHIFT, JUMP, REC_DST } from "../../../assembly/cpu/record";
import { COUNTER_BASE } from "../../../assembly/memory-map";
import { C_HALTS, C_PAUSES } from "../../../assembly/probe/counters";
import {
  BEHIND, DATA, HERE, KERNEL_STACK, TSS, USER64, USER_DATA, USER_STACK,
  cpu, enter, expectFault, expectNoFault, immediateRecord, memoryRecord, peek32, peek64, poke16, poke32, poke64, record, registerRecord, start64,
} from "./setup";

function user(): void {
  enter(USER64, USER_DATA);
  cpu().rsp = USER_STACK;
}

function counter(id: u32): u64 {
  return load<u64>(COUNTER_BASE + (id << 3));
}

/** INVPCID with this type and descriptor. */
function invalidate(type: u64, low: u64, va: u64): void {
  poke64(DATA, low);
  poke64(DATA + 8, va);
  cpu().rbx = type;
  const rec = memoryRecord(8, DATA);
  store<u8>(rec, 3 << 3, REC_DST);
  invpcid(cpu(), rec);
}

describe("CLI and STI", () => {
  beforeEach(() => {
    start64();
  });

  test("STI holds interrupts off for one instruction, but only if it sets IF", () => {
    sti(cpu(), record());
    expect<u32>(cpu().system).toBe(IF);
    expect<u32>(cpu().shadow).toBe(1);
    expect<u64>(cpu().rip).toBe(BEHIND);
    cpu().shadow = 0;
    sti(cpu(), record());
    expect<u32>(cpu().shadow).toBe(0);
    cli(cpu(), record());
    expect<u32>(cpu().system).toBe(0);
  });

  test("need CPL <= IOPL", () => {
    user();
    cli(cpu(), record());
    expectFault(GP, 0);
    cpu().fault = 0;
    sti(cpu(), record());
    expectFault(GP, 0);
    cpu().fault = 0;
    cpu().system = IOPL;
    sti(cpu(), record());
    expectNoFault();
  });
});

describe("PUSHF and POPF", () => {
  beforeEach(() => {
    start64();
  });

  test("PUSHF pushes RF and VM as 0", () => {
    cpu().system = IF | RF | VM | AC;
    setArithmeticFlags(cpu(), 0x8d5);
    pushf(cpu(), record(8));
    expect<u64>(peek64(KERNEL_STACK - 8)).toBe(IF | AC | 0x8d7);
  });

  test("POPF at CPL 0 changes everything but VM and RF", () => {
    poke64(KERNEL_STACK, u64.MAX_VALUE);
    popf(cpu(), record(8));
    expect<u64>(getRflags(cpu())).toBe(TF | IF | DF | IOPL | NT | AC | ID | 0x8d7);
    expect<u64>(cpu().rsp).toBe(KERNEL_STACK + 8);
  });

  test("POPF at CPL 3 leaves IF and IOPL without a fault", () => {
    user();
    cpu().system = IF;
    poke64(USER_STACK, IOPL | AC);
    popf(cpu(), record(8));
    expectNoFault();
    expect<u32>(cpu().system).toBe(IF | AC);
  });

  test("POPF of 16 bits leaves AC and ID", () => {
    cpu().system = AC | ID;
    poke16(KERNEL_STACK, IF);
    popf(cpu(), record(2));
    expect<u32>(cpu().system).toBe(AC | ID | IF);
    expect<u64>(cpu().rsp).toBe(KERNEL_STACK + 2);
  });
});

describe("STAC and CLAC", () => {
  test("set and clear AC at CPL 0 and are #UD above", () => {
    start64();
    stac(cpu(), record());
    expect<u32>(cpu().system).toBe(AC);
    clac(cpu(), record());
    expect<u32>(cpu().system).toBe(0);
    user();
    stac(cpu(), record());
    expectFault(UD, -1);
  });
});

describe("HLT and PAUSE", () => {
  beforeEach(() => {
    start64();
    cpu().sliceBudget = 100;
    cpu().left = 60;
  });

  test("HLT waits behind itself and ends the turn with its steps counted right", () => {
    expect<i32>(hlt(cpu(), record())).toBe(JUMP);
    expect<u32>(cpu().activity).toBe(HALTED);
    expect<u64>(cpu().rip).toBe(BEHIND);
    expect<i32>(cpu().left).toBe(0);
    expect<i32>(cpu().sliceBudget - cpu().left).toBe(40);
    expect<u64>(counter(C_HALTS)).toBe(1);
  });

  test("PAUSE ends the turn and runs on", () => {
    pause(cpu(), record());
    expect<u32>(cpu().activity).toBe(0);
    expect<u32>(cpu().yielded).toBe(1);
    expect<i32>(cpu().left).toBe(0);
    expect<u64>(counter(C_PAUSES)).toBe(1);
  });

  test("HLT, INVLPG and WBINVD are for CPL 0", () => {
    user();
    hlt(cpu(), record());
    expectFault(GP, 0);
    cpu().fault = 0;
    invlpg(cpu(), memoryRecord(8, DATA));
    expectFault(GP, 0);
    cpu().fault = 0;
    wbinvd(cpu(), record());
    expectFault(GP, 0);
  });
});

describe("time", () => {
  beforeEach(() => {
    start64();
  });

  test("RDTSC gives EDX:EAX and RDTSCP the CPU's number too", () => {
    systemOf(cpu()).tscOffset = 0x1234567890;
    systemOf(cpu()).tscAux = 5;
    cpu().rcx = u64.MAX_VALUE;
    cpu().rax = u64.MAX_VALUE;
    rdtscp(cpu(), record());
    expect<u64>(cpu().rdx).toBe(0x12);
    expect<u64>(cpu().rax >> 32).toBe(0);
    expect<u64>(cpu().rcx).toBe(5);
    rdpid(cpu(), registerRecord(4, 7, 3));
    expect<u64>(cpu().rbx).toBe(5);
  });

  test("CR4.TSD keeps it from user programs", () => {
    cpu().cr4 = 4;
    rdtsc(cpu(), record());
    expectNoFault();
    user();
    rdtsc(cpu(), record());
    expectFault(GP, 0);
  });

  test("RDPMC is #GP(0) and XGETBV #UD", () => {
    rdpmc(cpu(), record());
    expectFault(GP, 0);
    cpu().fault = 0;
    xgetbv(cpu(), record());
    expectFault(UD, -1);
  });
});

describe("INVPCID", () => {
  beforeEach(() => {
    start64();
    cpu().cr4 = CR4_PCIDE;
  });

  test("takes types 0 to 3 and a PCID of 12 bits", () => {
    invalidate(0, 5, 0xffff800000000000);
    expectNoFault();
    invalidate(3, 0, 0x800000000000);
    expectNoFault();
    expect<u64>(cpu().rip).toBe(BEHIND);
    cpu().rip = HERE;
    invalidate(4, 0, 0);
    expectFault(GP, 0);
    cpu().fault = 0;
    invalidate(1, 0x1000, 0);
    expectFault(GP, 0);
    cpu().fault = 0;
    invalidate(0, 5, 0x800000000000);
    expectFault(GP, 0);
  });

  test("without CR4.PCIDE knows PCID 0 only", () => {
    cpu().cr4 = 0;
    invalidate(1, 5, 0);
    expectFault(GP, 0);
    cpu().fault = 0;
    invalidate(1, 0, 0);
    expectNoFault();
  });
});

describe("port I/O", () => {
  beforeEach(() => {
    start64();
  });

  test("IN reads what OUT wrote, at the size asked", () => {
    cpu().rax = 0xffffffff12345678;
    cpu().rdx = 0xabcd1234;
    outDx(cpu(), record(4));
    cpu().rax = u64.MAX_VALUE;
    inDx(cpu(), record(4));
    expect<u64>(cpu().rax).toBe(0x12345678);
    cpu().rax = 0x55;
    outImm(cpu(), immediateRecord(1, -0x10));
    cpu().rax = u64.MAX_VALUE;
    inImm(cpu(), immediateRecord(1, -0x10));
    expect<u64>(cpu().rax).toBe(0xffffffffffffff55);
    expect<u64>(cpu().rip).toBe(BEHIND);
  });

  test("above IOPL needs clear bits in the TSS's map", () => {
    user();
    cpu().rdx = 0x3ff;
    outDx(cpu(), record(1));
    expectFault(GP, 0);
    cpu().fault = 0;
    segment(cpu(), TR).limit = 0x68 + 0x82;
    poke16(TSS + 102, 0x68);
    outDx(cpu(), record(1));
    expectNoFault();
    poke16(TSS + 0x68 + 0x7f, 0x100);
    outDx(cpu(), record(1));
    expectNoFault();
    outDx(cpu(), record(2));
    expectFault(GP, 0);
    cpu().fault = 0;
    cpu().system = IOPL;
    outDx(cpu(), record(2));
    expectNoFault();
  });

  test("REP OUTS then REP INS move a string", () => {
    poke32(DATA, 0x11);
    cpu().rsi = DATA;
    cpu().rcx = 3;
    cpu().rdx = 0x1240;
    outs(cpu(), record(1, F_REP | (3 << F_SEG_SHIFT)));
    expectNoFault();
    expect<u64>(cpu().rsi).toBe(DATA + 3);
    expect<u64>(cpu().rcx).toBe(0);
    cpu().rax = 0x77;
    outDx(cpu(), record(4));
    cpu().rdi = DATA + 0x10;
    cpu().rcx = 2;
    cpu().system = DF;
    ins(cpu(), record(4, F_REP));
    expect<u32>(peek32(DATA + 0x10)).toBe(0x77);
    expect<u32>(peek32(DATA + 0xc)).toBe(0x77);
    expect<u64>(cpu().rdi).toBe(DATA + 8);
    expect<u64>(cpu().rip).toBe(BEHIND);
  });

  test("a long repeat is cut, to be gone on with", () => {
    cpu().rsi = DATA;
    cpu().rcx = 5000;
    cpu().rdx = 0x1240;
    expect<i32>(outs(cpu(), record(1, F_REP | (3 << F_SEG_SHIFT)))).toBe(JUMP);
    expect<u64>(cpu().rip).toBe(HERE);
    expect(cpu().rcx > 0 && cpu().rcx < 5000).toBe(true);
  });

  test("32-bit addresses wrap and clear the upper half", () => {
    cpu().rsi = 0xffffffff00000000 | DATA;
    cpu().rcx = 0xffffffff00000001;
    cpu().rdx = 0x1240;
    outs(cpu(), record(1, F_REP | F_A32 | (3 << F_SEG_SHIFT)));
    expect<u64>(cpu().rsi).toBe(DATA + 1);
    expect<u64>(cpu().rcx).toBe(0);
  });
});

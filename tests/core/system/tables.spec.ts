// Descriptor-table registers, LDTR and TR; LAR, LSL, VERR, VERW.

import { segment, DS, LDTR, TR, CR4_UMIP } from "../../../assembly/cpu/state";
import { GP, NP, UD } from "../../../assembly/cpu/fault";
import { lgdt, lidt, lldt, ltr, sgdt, sidt, sldt, str } from "../../../assembly/cpu/system/tables";
import { lar, lsl, verr, verw } from "../../../assembly/cpu/system/selector-checks";
import { loadSegment } from "../../../assembly/cpu/system/segments";
import { arithmeticFlags, CF, setArithmeticFlags, ZF } from "../../../assembly/cpu/flags";
import {
  CODE64, DATA, DATA32, GDT, KERNEL64, KERNEL_DATA, PRESENT, SPARE, TSS, TSS_SELECTOR, USER64, USER_DATA,
  cpu, describeSegment, enter, expectFault, expectNoFault, memoryRecord, peek16, peek64, poke16, poke64, registerRecord, start32, start64,
  startReal,
} from "./setup";

const RBX: u32 = 3;
const RCX: u32 = 1;

/** For LAR and LSL: the destination is RBX, the selector in RCX. */
function asked(selector: u32): usize {
  cpu().rcx = selector;
  cpu().rbx = 0;
  setArithmeticFlags(cpu(), CF);
  return registerRecord(4, RCX, RBX);
}

/** For VERR and VERW, LLDT and LTR: the operand is RBX. */
function named(selector: u32): usize {
  cpu().rbx = selector;
  return registerRecord(2, 0, RBX);
}

function answer(): u32 {
  expectNoFault();
  return arithmeticFlags(cpu()) & (ZF | CF);
}

describe("LGDT, LIDT, SGDT and SIDT", () => {
  beforeEach(() => {
    start64();
  });

  test("have an 8-byte base in 64-bit mode", () => {
    poke16(DATA, 0x123);
    poke64(DATA + 2, 0xffff800012345678);
    lgdt(cpu(), memoryRecord(8, DATA));
    lidt(cpu(), memoryRecord(8, DATA));
    expect<u64>(cpu().gdtBase).toBe(0xffff800012345678);
    expect<u32>(cpu().idtLimit).toBe(0x123);
    sgdt(cpu(), memoryRecord(8, DATA + 0x100));
    sidt(cpu(), memoryRecord(8, DATA + 0x200));
    expect<u32>(peek16(DATA + 0x100)).toBe(0x123);
    expect<u64>(peek64(DATA + 0x202)).toBe(0xffff800012345678);
  });

  test("have a 4-byte base elsewhere, of which 16-bit operands load 3", () => {
    start32();
    poke64(DATA, 0x1234567800ff);
    lgdt(cpu(), memoryRecord(4, DATA));
    expect<u64>(cpu().gdtBase).toBe(0x12345678);
    lgdt(cpu(), memoryRecord(2, DATA));
    expect<u64>(cpu().gdtBase).toBe(0x345678);
  });

  test("a non-canonical base is #GP(0) and loads nothing", () => {
    poke64(DATA + 2, 0x800000000000);
    lidt(cpu(), memoryRecord(8, DATA));
    expectFault(GP, 0);
    expect<u32>(cpu().idtLimit).toBe(0xfff);
  });

  test("loading is for CPL 0; storing for anyone unless UMIP", () => {
    enter(USER64, USER_DATA);
    lgdt(cpu(), memoryRecord(8, DATA));
    expectFault(GP, 0);
    cpu().fault = 0;
    sgdt(cpu(), memoryRecord(8, DATA));
    expectNoFault();
    cpu().cr4 = CR4_UMIP;
    sidt(cpu(), memoryRecord(8, DATA));
    expectFault(GP, 0);
  });
});

describe("LLDT and LTR", () => {
  beforeEach(() => {
    start64();
  });

  test("LLDT loads a 16-byte descriptor, and selectors with TI use it", () => {
    describeSegment(SPARE, 0x00008200500000ff);
    poke64(GDT + SPARE + 8, 0);
    lldt(cpu(), named(SPARE));
    expectNoFault();
    expect<u64>(segment(cpu(), LDTR).base).toBe(0x5000);
    poke64(0x5008, DATA32);
    loadSegment(cpu(), DS, 0xc);
    expectNoFault();
    sldt(cpu(), registerRecord(8, 0, RBX));
    expect<u64>(cpu().rbx).toBe(SPARE);
  });

  test("LLDT of null makes the LDT unusable", () => {
    lldt(cpu(), named(0));
    loadSegment(cpu(), DS, 0xc);
    expectFault(GP, 0xc);
  });

  test("LTR marks the TSS busy and takes the upper half of the base", () => {
    poke64(GDT + TSS_SELECTOR + 8, 0xffff8000);
    ltr(cpu(), named(TSS_SELECTOR));
    expectNoFault();
    expect<u64>(segment(cpu(), TR).base).toBe(0xffff800000000000 | TSS);
    expect<u64>((peek64(GDT + TSS_SELECTOR) >> 40) & 0x1f).toBe(11);
    str(cpu(), registerRecord(4, 0, RBX));
    expect<u64>(cpu().rbx).toBe(TSS_SELECTOR);
    cpu().fault = 0;
    ltr(cpu(), named(TSS_SELECTOR));
    expectFault(GP, TSS_SELECTOR);
  });

  test("LTR refuses null, the LDT, other types, absent and non-canonical ones", () => {
    ltr(cpu(), named(0));
    expectFault(GP, 0);
    cpu().fault = 0;
    ltr(cpu(), named(TSS_SELECTOR | 4));
    expectFault(GP, TSS_SELECTOR | 4);
    cpu().fault = 0;
    ltr(cpu(), named(KERNEL_DATA));
    expectFault(GP, KERNEL_DATA);
    cpu().fault = 0;
    const tss = peek64(GDT + TSS_SELECTOR);
    describeSegment(TSS_SELECTOR, tss & ~PRESENT);
    ltr(cpu(), named(TSS_SELECTOR));
    expectFault(NP, TSS_SELECTOR);
    cpu().fault = 0;
    describeSegment(TSS_SELECTOR, tss);
    poke64(GDT + TSS_SELECTOR + 8, 0x8000);
    ltr(cpu(), named(TSS_SELECTOR));
    expectFault(GP, TSS_SELECTOR);
  });

  test("are #UD in real mode and #GP(0) above CPL 0", () => {
    enter(USER64, USER_DATA);
    ltr(cpu(), named(TSS_SELECTOR));
    expectFault(GP, 0);
    startReal();
    lldt(cpu(), named(0));
    expectFault(UD, -1);
  });
});

describe("LAR, LSL, VERR and VERW", () => {
  beforeEach(() => {
    start64();
  });

  test("LAR gives the rights bytes and sets only ZF", () => {
    lar(cpu(), asked(KERNEL_DATA));
    expect<u32>(answer()).toBe(ZF | CF);
    expect<u64>(cpu().rbx).toBe(0xcf9300);
  });

  test("LSL gives the limit in bytes", () => {
    lsl(cpu(), asked(KERNEL64));
    expect<u32>(answer()).toBe(ZF | CF);
    expect<u64>(cpu().rbx).toBe(0xffffffff);
    lsl(cpu(), asked(TSS_SELECTOR));
    expect<u64>(cpu().rbx).toBe(0x67);
  });

  test("clear ZF for null, for selectors out of the table and for what may not be seen", () => {
    lar(cpu(), asked(0));
    expect<u32>(answer()).toBe(CF);
    lar(cpu(), asked(0x400));
    expect<u32>(answer()).toBe(CF);
    lar(cpu(), asked(KERNEL_DATA | 3));
    expect<u32>(answer()).toBe(CF);
    expect<u64>(cpu().rbx).toBe(0);
  });

  test("LSL knows no gates, and LAR only call gates in IA-32e mode", () => {
    describeSegment(SPARE, 0x00008c0000080000);
    lsl(cpu(), asked(SPARE));
    expect<u32>(answer()).toBe(CF);
    lar(cpu(), asked(SPARE));
    expect<u32>(answer()).toBe(ZF | CF);
    describeSegment(SPARE, 0x0000850000080000);
    lar(cpu(), asked(SPARE));
    expect<u32>(answer()).toBe(CF);
    start32();
    describeSegment(SPARE, 0x0000850000080000);
    lar(cpu(), asked(SPARE));
    expect<u32>(answer()).toBe(ZF | CF);
  });

  test("VERR and VERW ask for reading and writing", () => {
    setArithmeticFlags(cpu(), 0);
    verr(cpu(), named(KERNEL_DATA));
    expect<u32>(answer()).toBe(ZF);
    verw(cpu(), named(KERNEL_DATA));
    expect<u32>(answer()).toBe(ZF);
    verr(cpu(), named(KERNEL64));
    expect<u32>(answer()).toBe(ZF);
    verw(cpu(), named(KERNEL64));
    expect<u32>(answer()).toBe(0);
    verr(cpu(), named(TSS_SELECTOR));
    expect<u32>(answer()).toBe(0);
    enter(USER64, USER_DATA);
    verr(cpu(), named(KERNEL_DATA));
    expect<u32>(answer()).toBe(0);
    describeSegment(SPARE, CODE64 | (<u64>4 << 40));
    verr(cpu(), named(SPARE));
    expect<u32>(answer()).toBe(ZF, "conforming code is for all");
  });

  test("are #UD in real mode", () => {
    startReal();
    verr(cpu(), named(0));
    expectFault(UD, -1);
  });
});

// Loads of segment registers: every check with its error code, in 64-bit, protected and real mode.

import { segment, DS, ES, FS, GS, SS } from "../../../assembly/cpu/state";
import { GP, NP, SSF, UD } from "../../../assembly/cpu/fault";
import { fits, loadSegment } from "../../../assembly/cpu/system/segments";
import { A_DB, A_EXPAND_DOWN, A_P, A_S } from "../../../assembly/cpu/system/descriptor";
import { loadFarPointer, movFromSeg, movToSeg, popSeg, pushSeg } from "../../../assembly/cpu/system/segment-moves";
import { F_REG_SHIFT, NEXT, JUMP, REC_DST } from "../../../assembly/cpu/record";
import {
  BEHIND, DATA, DATA32, GDT, KERNEL64, KERNEL_DATA, KERNEL_STACK, PRESENT, SPARE, TSS_SELECTOR, USER64, USER_DATA,
  cpu, describeSegment, enter, expectFault, expectNoFault, memoryRecord, peek64, poke16, poke32, poke64, record, registerRecord,
  start32, start64, startReal,
} from "./setup";

const EXECUTE_ONLY: u64 = 0x00cf99000000ffff;
const CONFORMING: u64 = 0x00cf9f000000ffff;
const READ_ONLY: u64 = 0x00cf91000000ffff;

function refused(s: u32, selector: u32, vector: u32, code: i32): void {
  const before = segment(cpu(), s).selector;
  loadSegment(cpu(), s, selector);
  expectFault(vector, code);
  expect<u32>(segment(cpu(), s).selector).toBe(before);
  cpu().fault = 0;
}

function accepted(s: u32, selector: u32): void {
  loadSegment(cpu(), s, selector);
  expectNoFault();
  expect<u32>(segment(cpu(), s).selector).toBe(selector);
}

describe("a data segment register", () => {
  beforeEach(() => {
    start64();
  });

  test("takes data of any kind and readable code, and sets the accessed bit", () => {
    accepted(DS, KERNEL_DATA);
    accepted(ES, KERNEL64);
    describeSegment(SPARE, READ_ONLY & ~(<u64>1 << 40));
    accepted(DS, SPARE);
    expect<u64>(peek64(GDT + SPARE)).toBe(READ_ONLY);
  });

  test("takes a null selector, which clears the base of FS and GS", () => {
    cpu().fsBase = 0x1234;
    cpu().gsBase = 0x1234;
    accepted(FS, 0);
    accepted(GS, 3);
    expect<u64>(cpu().fsBase | cpu().gsBase).toBe(0);
  });

  test("takes base and limit from the descriptor", () => {
    describeSegment(SPARE, 0x1240935678902345);
    loadSegment(cpu(), FS, SPARE);
    expect<u64>(cpu().fsBase).toBe(0x12567890);
    expect<u32>(segment(cpu(), FS).limit).toBe(0x2345);
    expect<u32>(segment(cpu(), FS).attributes).toBe(0x4093);
  });

  test("refuses a selector beyond the table", () => {
    refused(DS, 0x5b, GP, 0x58);
    refused(DS, 0x57, GP, 0x54);
  });

  test("refuses an LDT selector while LDTR is null", () => {
    refused(DS, 0xf, GP, 0xc);
  });

  test("refuses system descriptors and execute-only code", () => {
    refused(DS, TSS_SELECTOR, GP, TSS_SELECTOR);
    describeSegment(SPARE, EXECUTE_ONLY);
    refused(DS, SPARE, GP, SPARE);
  });

  test("refuses greater privilege by CPL and by RPL", () => {
    refused(DS, KERNEL_DATA | 3, GP, KERNEL_DATA);
    enter(USER64, USER_DATA);
    refused(DS, KERNEL_DATA, GP, KERNEL_DATA);
    accepted(DS, USER_DATA);
  });

  test("takes conforming code whatever the privilege", () => {
    describeSegment(SPARE, CONFORMING);
    enter(USER64, USER_DATA);
    accepted(DS, SPARE | 3);
  });

  test("is #NP if not present", () => {
    describeSegment(SPARE, DATA32 & ~PRESENT);
    refused(DS, SPARE, NP, SPARE);
  });
});

describe("SS", () => {
  beforeEach(() => {
    start64();
  });

  test("takes null only in 64-bit mode below CPL 3 with RPL = CPL", () => {
    accepted(SS, 0);
    refused(SS, 3, GP, 0);
    enter(USER64, USER_DATA);
    refused(SS, 3, GP, 0);
    start32();
    refused(SS, 0, GP, 0);
  });

  test("takes only writable data of exactly this privilege", () => {
    accepted(SS, KERNEL_DATA);
    refused(SS, KERNEL_DATA | 3, GP, KERNEL_DATA);
    refused(SS, USER_DATA, GP, USER_DATA & ~3);
    refused(SS, KERNEL64, GP, KERNEL64);
    describeSegment(SPARE, READ_ONLY);
    refused(SS, SPARE, GP, SPARE);
  });

  test("is #SS if not present", () => {
    describeSegment(SPARE, DATA32 & ~PRESENT);
    refused(SS, SPARE, SSF, SPARE);
  });

  test("decides the width of the stack pointer outside 64-bit mode", () => {
    start32();
    describeSegment(SPARE, DATA32 & ~(<u64>1 << 54));
    accepted(SS, SPARE);
    expect<u32>(cpu().stackSize).toBe(2);
  });
});

describe("real-address mode", () => {
  test("the base is the selector times 16; limit and attributes stay", () => {
    startReal();
    segment(cpu(), DS).limit = 0xffffffff;
    accepted(DS, 0x1234);
    expect<u64>(segment(cpu(), DS).base).toBe(0x12340);
    expect<u32>(segment(cpu(), DS).limit).toBe(0xffffffff);
  });
});

describe("the limit of a segment", () => {
  test("is the last byte that may be touched", () => {
    expect(fits(A_P | A_S, 0xfff, 0xffc, 4)).toBe(true);
    expect(fits(A_P | A_S, 0xfff, 0xffd, 4)).toBe(false);
    expect(fits(A_P | A_S, 0xffffffff, 0xfffffffe, 4)).toBe(false, "wraps");
  });

  test("is the last byte that may not, in an expand-down segment", () => {
    const down = A_P | A_S | A_EXPAND_DOWN;
    expect(fits(down, 0xfff, 0x1000, 4)).toBe(true);
    expect(fits(down, 0xfff, 0xfff, 1)).toBe(false);
    expect(fits(down, 0xfff, 0xfffe, 4)).toBe(false, "64 KiB without D/B");
    expect(fits(down | A_DB, 0xfff, 0xfffe, 4)).toBe(true);
  });
});

describe("MOV, PUSH and POP of segment registers", () => {
  beforeEach(() => {
    start64();
  });

  test("MOV to SS holds interrupts off; to DS it does not", () => {
    poke16(DATA, KERNEL_DATA);
    expect<i32>(movToSeg(cpu(), memoryRecord(2, DATA, SS << F_REG_SHIFT))).toBe(JUMP);
    expect<u64>(cpu().rip).toBe(BEHIND);
    expect<u32>(cpu().shadow).toBe(1);
    cpu().shadow = 0;
    expect<i32>(movToSeg(cpu(), memoryRecord(2, DATA, DS << F_REG_SHIFT))).toBe(NEXT);
    expect<u32>(cpu().shadow).toBe(0);
  });

  test("MOV to CS, or to register 6 or 7, is #UD", () => {
    movToSeg(cpu(), memoryRecord(2, DATA, 1 << F_REG_SHIFT));
    expectFault(UD, -1);
    cpu().fault = 0;
    movToSeg(cpu(), memoryRecord(2, DATA, 6 << F_REG_SHIFT));
    expectFault(UD, -1);
    cpu().fault = 0;
    movFromSeg(cpu(), memoryRecord(2, DATA, 7 << F_REG_SHIFT));
    expectFault(UD, -1);
  });

  test("MOV from a segment register zero-extends to a register and stores 16 bits to memory", () => {
    cpu().rbx = u64.MAX_VALUE;
    movFromSeg(cpu(), registerRecord(4, DS, 3));
    expect<u64>(cpu().rbx).toBe(KERNEL_DATA);
    cpu().rbx = u64.MAX_VALUE;
    movFromSeg(cpu(), registerRecord(2, DS, 3));
    expect<u64>(cpu().rbx).toBe(0xffffffffffff0000 | KERNEL_DATA);
    poke64(DATA, u64.MAX_VALUE);
    movFromSeg(cpu(), memoryRecord(8, DATA, DS << F_REG_SHIFT));
    expect<u64>(peek64(DATA)).toBe(0xffffffffffff0000 | KERNEL_DATA);
  });

  test("PUSH and POP move a whole stack slot", () => {
    pushSeg(cpu(), record(8, DS << F_REG_SHIFT));
    expect<u64>(cpu().rsp).toBe(KERNEL_STACK - 8);
    expect<u64>(peek64(KERNEL_STACK - 8)).toBe(KERNEL_DATA);
    popSeg(cpu(), record(8, ES << F_REG_SHIFT));
    expectNoFault();
    expect<u64>(cpu().rsp).toBe(KERNEL_STACK);
    expect<u32>(segment(cpu(), ES).selector).toBe(KERNEL_DATA);
  });

  test("POP that faults leaves the stack pointer", () => {
    poke64(KERNEL_STACK, TSS_SELECTOR);
    popSeg(cpu(), record(8, FS << F_REG_SHIFT));
    expectFault(GP, TSS_SELECTOR);
    expect<u64>(cpu().rsp).toBe(KERNEL_STACK);
  });

  test("LSS loads register and segment together", () => {
    poke32(DATA, 0x12345678);
    poke16(DATA + 4, KERNEL_DATA);
    const rec = memoryRecord(4, DATA, SS << F_REG_SHIFT);
    store<u8>(rec, 0x20, REC_DST); // RSP
    expect<i32>(loadFarPointer(cpu(), rec)).toBe(JUMP);
    expect<u64>(cpu().rsp).toBe(0x12345678);
    expect<u32>(cpu().shadow).toBe(1);
  });

  test("LGS with a bad selector changes neither", () => {
    poke64(DATA, 0x12345678);
    poke16(DATA + 8, TSS_SELECTOR);
    cpu().rax = 7;
    loadFarPointer(cpu(), memoryRecord(8, DATA, GS << F_REG_SHIFT));
    expectFault(GP, TSS_SELECTOR);
    expect<u64>(cpu().rax).toBe(7);
  });
});

// Far JMP and CALL.

import { segment, CS } from "../../../assembly/cpu/state";
import { GP, NP, SSF } from "../../../assembly/cpu/fault";
import { farCall, farCallMem, farJmp, farJmpMem } from "../../../assembly/cpu/system/far";
import { REC_DISP, REC_IMM } from "../../../assembly/cpu/record";
import { machine, NI_CALL_GATE, NI_TASK_SWITCH } from "../../../assembly/global";
import {
  BEHIND, CODE32, CODE64, DATA, DPL3, HERE, KERNEL32, KERNEL64, KERNEL_DATA, KERNEL_STACK, PRESENT, SPARE, TSS_SELECTOR, USER32, USER_DATA,
  cpu, describeSegment, enter, expectFault, expectNoFault, memoryRecord, peek16, peek32, peek64, poke16, poke32, poke64, record, start32, start64,
  startReal,
} from "./setup";

function pointer(size: u32, selector: u32, offset: u64): usize {
  const rec = record(size);
  store<i32>(rec, <i32>selector, REC_DISP);
  store<u64>(rec, offset, REC_IMM);
  return rec;
}

function refused(selector: u32, vector: u32, code: i32): void {
  farJmp(cpu(), pointer(4, selector, 0x1234));
  expectFault(vector, code);
  expect<u64>(cpu().rip).toBe(HERE);
  cpu().fault = 0;
}

describe("far JMP in protected mode", () => {
  beforeEach(() => {
    start32();
  });

  test("loads CS with RPL = CPL", () => {
    farJmp(cpu(), pointer(4, KERNEL32, 0x12345678));
    expectNoFault();
    expect<u64>(cpu().rip).toBe(0x12345678);
    expect<u32>(segment(cpu(), CS).selector).toBe(KERNEL32);
  });

  test("refuses null, data, and code of other privilege", () => {
    refused(0, GP, 0);
    refused(KERNEL_DATA, GP, KERNEL_DATA);
    refused(USER32, GP, USER32 & ~3);
    refused(KERNEL32 | 3, GP, KERNEL32);
    refused(0x200, GP, 0x200);
  });

  test("goes to conforming code of greater privilege and stays at its own", () => {
    describeSegment(SPARE, CODE32 | (<u64>4 << 40));
    enter(USER32, USER_DATA);
    farJmp(cpu(), pointer(4, SPARE, 0x1234));
    expectNoFault();
    expect<u32>(segment(cpu(), CS).selector).toBe(SPARE | 3);
    expect<u32>(cpu().cpl).toBe(3);
  });

  test("refuses conforming code of lesser privilege", () => {
    describeSegment(SPARE, CODE32 | (<u64>4 << 40) | DPL3);
    refused(SPARE, GP, SPARE);
  });

  test("is #NP for absent code and #GP(0) beyond the limit", () => {
    describeSegment(SPARE, CODE32 & ~PRESENT);
    refused(SPARE, NP, SPARE);
    describeSegment(SPARE, 0x00409b0000000fff);
    refused(SPARE, GP, 0);
  });

  test("through a gate or to a TSS stops the run by name", () => {
    describeSegment(SPARE, 0x00008c0000080000);
    farJmp(cpu(), pointer(4, SPARE, 0));
    expect<u32>(machine().stopDetail).toBe(NI_CALL_GATE);
    start32();
    farJmp(cpu(), pointer(4, TSS_SELECTOR, 0));
    expect<u32>(machine().stopDetail).toBe(NI_TASK_SWITCH);
  });

  test("to a 16-bit segment changes the mode", () => {
    describeSegment(SPARE, 0x00009b000000ffff);
    farJmp(cpu(), pointer(2, SPARE, 0x1234));
    expect<u32>(cpu().mode).toBe(0);
  });
});

describe("far transfers in IA-32e mode", () => {
  beforeEach(() => {
    start64();
  });

  test("JMP through memory goes from 64-bit to compatibility mode and back", () => {
    poke64(DATA, 0x5000);
    poke16(DATA + 8, KERNEL32);
    farJmpMem(cpu(), memoryRecord(8, DATA));
    expectNoFault();
    expect<u32>(cpu().mode).toBe(1);
    farJmp(cpu(), pointer(4, KERNEL64, 0x6000));
    expect<u32>(cpu().mode).toBe(2);
    expect<u64>(cpu().rip).toBe(0x6000);
  });

  test("CALL pushes CS and the return address at operand size", () => {
    poke32(DATA, 0x5000);
    poke16(DATA + 4, KERNEL64);
    farCallMem(cpu(), memoryRecord(4, DATA));
    expectNoFault();
    expect<u64>(cpu().rsp).toBe(KERNEL_STACK - 8);
    expect<u32>(peek32(KERNEL_STACK - 4)).toBe(KERNEL64);
    expect<u32>(peek32(KERNEL_STACK - 8)).toBe(<u32>BEHIND);
  });

  test("64-bit code with D set, a non-canonical target and a TSS are #GP", () => {
    poke64(DATA, 0x800000000000);
    poke16(DATA + 8, KERNEL64);
    farJmpMem(cpu(), memoryRecord(8, DATA));
    expectFault(GP, 0);
    cpu().fault = 0;
    describeSegment(SPARE, CODE64 | (<u64>1 << 54));
    poke16(DATA + 8, SPARE);
    farJmpMem(cpu(), memoryRecord(8, DATA));
    expectFault(GP, SPARE);
    cpu().fault = 0;
    poke16(DATA + 8, TSS_SELECTOR);
    farJmpMem(cpu(), memoryRecord(8, DATA));
    expectFault(GP, TSS_SELECTOR);
    expect<u64>(peek64(KERNEL_STACK - 8)).toBe(0);
  });

  test("CALL whose stack faults leaves RSP", () => {
    poke64(DATA, 0x5000);
    poke16(DATA + 8, KERNEL64);
    cpu().rsp = 0x800000000008;
    farCallMem(cpu(), memoryRecord(8, DATA));
    expectFault(SSF, 0);
    expect<u64>(cpu().rsp).toBe(0x800000000008);
    expect<u64>(cpu().rip).toBe(HERE);
  });
});

describe("far transfers in real-address mode", () => {
  test("load CS and its base", () => {
    startReal();
    farCall(cpu(), pointer(2, 0x1234, 0x10));
    expectNoFault();
    expect<u64>(segment(cpu(), CS).base).toBe(0x12340);
    expect<u64>(cpu().rip).toBe(0x10);
    expect<u64>(cpu().rsp).toBe(0x8000 - 4);
    expect<u32>(peek16(0x7ffc)).toBe(0x7002);
  });
});

// Delivery in 32-bit protected mode and in real-address mode.

import { segment, CS, SS, TR, AC, IF, RF, TF } from "../../../assembly/cpu/state";
import { GP, NP, SSF, TS, UD, raise, raiseCode } from "../../../assembly/cpu/fault";
import { deliverException, deliverInterrupt, takeVector } from "../../../assembly/cpu/system/deliver";
import { FROM_HARDWARE, FROM_SOFTWARE, NO_CODE } from "../../../assembly/cpu/system/source";
import { machine, NI_TASK_SWITCH, STOP_NOT_IMPLEMENTED } from "../../../assembly/global";
import {
  BEHIND, DATA32, HANDLER, HERE, IDT, KERNEL32, KERNEL_DATA, KERNEL_STACK, PRESENT, SPARE, TSS, TSS_SELECTOR, USER32, USER_DATA, USER_STACK,
  cpu, describeSegment, enter, expectFault, expectNoFault, gate32, peek16, peek32, peek64, poke16, poke32, poke64, start32, startReal,
} from "./setup";

const INNER: u32 = 0xb000;

describe("32-bit protected mode", () => {
  beforeEach(() => {
    start32();
    gate32(GP, <u32>HANDLER, KERNEL32, 0xe, 0);
    gate32(UD, <u32>HANDLER, KERNEL32, 0xf, 0);
    poke32(TSS + 4, INNER);
    poke32(TSS + 8, KERNEL_DATA);
  });

  test("at one privilege the frame is EFLAGS CS EIP and the code", () => {
    cpu().system = IF | TF;
    raiseCode(cpu(), GP, 0x1234);
    deliverException(cpu());
    expectNoFault();
    const sp = KERNEL_STACK - 16;
    expect<u64>(cpu().rsp).toBe(sp);
    expect<u32>(peek32(sp)).toBe(0x1234);
    expect<u32>(peek32(sp + 4)).toBe(<u32>HERE);
    expect<u32>(peek32(sp + 8)).toBe(KERNEL32);
    expect<u32>(peek32(sp + 12)).toBe(IF | TF | RF | 2);
    expect<u32>(cpu().system).toBe(0);
    expect<u64>(cpu().rip).toBe(HANDLER);
  });

  test("a trap gate keeps IF", () => {
    cpu().system = IF;
    raise(cpu(), UD);
    deliverException(cpu());
    expect<u32>(cpu().system).toBe(IF);
  });

  test("a 16-bit gate pushes words", () => {
    gate32(UD, 0x1234, KERNEL32, 6, 0);
    raise(cpu(), UD);
    deliverException(cpu());
    expect<u64>(cpu().rsp).toBe(KERNEL_STACK - 6);
    expect<u64>(cpu().rip).toBe(0x1234);
  });

  test("from CPL 3 the stack comes from the TSS and holds SS and ESP", () => {
    enter(USER32, USER_DATA);
    cpu().rsp = USER_STACK;
    raise(cpu(), UD);
    deliverException(cpu());
    expectNoFault();
    expect<u32>(cpu().cpl).toBe(0);
    expect<u64>(cpu().rsp).toBe(INNER - 20);
    expect<u32>(peek32(INNER - 4)).toBe(USER_DATA);
    expect<u32>(peek32(INNER - 8)).toBe(<u32>USER_STACK);
    expect<u32>(peek32(INNER - 16)).toBe(USER32);
    expect<u32>(segment(cpu(), SS).selector).toBe(KERNEL_DATA);
  });

  test("a bad stack in the TSS is #TS", () => {
    enter(USER32, USER_DATA);
    poke32(TSS + 8, 0);
    takeVector(cpu(), UD, FROM_HARDWARE, HERE, 2, NO_CODE);
    expectFault(TS, 1);
    cpu().fault = 0;
    poke32(TSS + 8, USER_DATA);
    takeVector(cpu(), UD, FROM_HARDWARE, HERE, 2, NO_CODE);
    expectFault(TS, (USER_DATA & ~3) | 1);
    cpu().fault = 0;
    segment(cpu(), TR).limit = 8;
    takeVector(cpu(), UD, FROM_HARDWARE, HERE, 2, NO_CODE);
    expectFault(TS, TSS_SELECTOR | 1);
  });

  test("a stack segment that is not present is #SS", () => {
    enter(USER32, USER_DATA);
    describeSegment(SPARE, DATA32 & ~PRESENT);
    poke32(TSS + 8, SPARE);
    takeVector(cpu(), UD, FROM_HARDWARE, HERE, 2, NO_CODE);
    expectFault(SSF, SPARE | 1);
  });

  test("a stack without room is #SS", () => {
    segment(cpu(), SS).limit = <u32>KERNEL_STACK - 5;
    takeVector(cpu(), UD, FROM_HARDWARE, HERE, 2, NO_CODE);
    expectFault(SSF, 1);
  });

  test("a gate of lesser DPL is #GP for INT n", () => {
    enter(USER32, USER_DATA);
    takeVector(cpu(), UD, FROM_SOFTWARE, BEHIND, 2, NO_CODE);
    expectFault(GP, UD * 8 + 2);
  });

  test("a gate that is not present is #NP", () => {
    poke64(IDT + UD * 8, peek64(IDT + UD * 8) & ~PRESENT);
    takeVector(cpu(), UD, FROM_HARDWARE, HERE, 2, NO_CODE);
    expectFault(NP, UD * 8 + 3);
  });

  test("a task gate stops the run by name", () => {
    gate32(UD, 0, TSS_SELECTOR, 5, 0);
    takeVector(cpu(), UD, FROM_HARDWARE, HERE, 2, NO_CODE);
    expect<u32>(machine().stopReason).toBe(STOP_NOT_IMPLEMENTED);
    expect<u32>(machine().stopDetail).toBe(NI_TASK_SWITCH);
  });
});

describe("real-address mode", () => {
  beforeEach(() => {
    startReal();
    poke16(0x20 * 4, 0x5678);
    poke16(0x20 * 4 + 2, 0x1000);
    poke16(GP * 4, 0x9abc);
    poke16(GP * 4 + 2, 0x1000);
  });

  test("goes through the vector table with FLAGS, CS and IP on the stack", () => {
    cpu().system = IF | TF | AC;
    deliverInterrupt(cpu(), 0x20);
    expectNoFault();
    expect<u64>(cpu().rip).toBe(0x5678);
    expect<u64>(segment(cpu(), CS).base).toBe(0x10000);
    expect<u64>(cpu().rsp).toBe(0x8000 - 6);
    expect<u32>(peek16(0x8000 - 6)).toBe(0x7000);
    expect<u32>(peek16(0x8000 - 4)).toBe(0);
    expect<u32>(peek16(0x8000 - 2)).toBe(IF | TF | 2);
    expect<u32>(cpu().system).toBe(0);
  });

  test("pushes no error code", () => {
    raiseCode(cpu(), GP, 0x10);
    deliverException(cpu());
    expect<u64>(cpu().rsp).toBe(0x8000 - 6);
    expect<u64>(cpu().rip).toBe(0x9abc);
  });

  test("a vector beyond the limit is #GP, which is then delivered", () => {
    cpu().idtLimit = 0x20 * 4 + 2;
    deliverInterrupt(cpu(), 0x20);
    expectNoFault();
    expect<u64>(cpu().rip).toBe(0x9abc);
  });

  test("the stack pointer wraps in 16 bits and keeps its upper half", () => {
    cpu().rsp = 0x12340000;
    deliverInterrupt(cpu(), 0x20);
    expectNoFault();
    expect<u64>(cpu().rsp).toBe(0x1234fffa);
  });
});

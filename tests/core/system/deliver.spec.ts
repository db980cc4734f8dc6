// Delivery in IA-32e mode: gates, stacks, frames, error codes, double and triple faults.

import { segment, CS, SS, TR, AC, IF, NT, RF, SHUTDOWN, TF } from "../../../assembly/cpu/state";
import { DE, DFAULT, FAULT_STOP, GP, NMI, NP, PF, SSF, TS, UD, raise, raiseCode, raisePageFault } from "../../../assembly/cpu/fault";
import { deliverException, deliverInterrupt, doubleFaults, takeVector } from "../../../assembly/cpu/system/deliver";
import { FROM_HARDWARE, FROM_SOFTWARE, NO_CODE } from "../../../assembly/cpu/system/source";
import { machine, STOP_TRIPLE_FAULT } from "../../../assembly/global";
import { COUNTER_BASE } from "../../../assembly/memory-map";
import { C_EXCEPTIONS, C_INTERRUPTS, C_NMI_RECEIVED, C_PAGE_FAULTS } from "../../../assembly/probe/counters";
import { int3, intN, into, int1 } from "../../../assembly/cpu/system/interrupt-instructions";
import { setArithmeticFlags, OF } from "../../../assembly/cpu/flags";
import {
  BEHIND, CODE64, GDT, HANDLER, HERE, IDT, IST1, KERNEL32, KERNEL64, KERNEL_DATA, KERNEL_STACK, PRESENT, RSP0, SPARE, TSS,
  TSS_SELECTOR, USER32, USER64, USER_DATA, USER_STACK,
  cpu, describeSegment, enter, expectFault, expectNoFault, gate, immediateRecord, peek64, poke64, record, start64,
} from "./setup";

function counter(id: u32): u64 {
  return load<u64>(COUNTER_BASE + (id << 3));
}

function fromUser(): void {
  enter(USER64, USER_DATA);
  cpu().rsp = USER_STACK;
  cpu().system = IF;
}

/** Tries vector 30H, which must leave everything as it is. */
function take(source: u32): void {
  takeVector(cpu(), 0x30, source, HERE, 2, NO_CODE);
  expect<u64>(cpu().rip).toBe(HERE);
  expect<u64>(cpu().rsp).toBe(KERNEL_STACK);
}

describe("an exception at CPL 0 through a 64-bit gate", () => {
  beforeEach(() => {
    start64();
    gate(GP, HANDLER, KERNEL64, 0xe, 0, 0);
    gate(UD, HANDLER, KERNEL64, 0xf, 0, 0);
  });

  test("pushes SS RSP RFLAGS CS RIP and the error code on an aligned stack", () => {
    cpu().rsp = KERNEL_STACK + 5;
    cpu().system = IF | TF | NT;
    raiseCode(cpu(), GP, 0x1234);
    deliverException(cpu());
    expectNoFault();
    const sp = KERNEL_STACK - 48;
    expect<u64>(cpu().rsp).toBe(sp);
    expect<u64>(peek64(sp)).toBe(0x1234);
    expect<u64>(peek64(sp + 8)).toBe(HERE);
    expect<u64>(peek64(sp + 16)).toBe(KERNEL64);
    expect<u64>(peek64(sp + 24)).toBe(IF | TF | NT | RF | 2);
    expect<u64>(peek64(sp + 32)).toBe(KERNEL_STACK + 5);
    expect<u64>(peek64(sp + 40)).toBe(KERNEL_DATA);
    expect<u64>(cpu().rip).toBe(HANDLER);
  });

  test("clears TF, NT and IF through an interrupt gate and keeps SS", () => {
    cpu().system = IF | TF | NT | AC;
    raiseCode(cpu(), GP, 0);
    deliverException(cpu());
    expect<u32>(cpu().system).toBe(AC);
    expect<u32>(segment(cpu(), SS).selector).toBe(KERNEL_DATA);
  });

  test("keeps IF through a trap gate and pushes no error code for #UD", () => {
    cpu().system = IF | TF;
    raise(cpu(), UD);
    deliverException(cpu());
    expect<u32>(cpu().system).toBe(IF);
    expect<u64>(cpu().rsp).toBe(KERNEL_STACK - 40);
    expect<u64>(peek64(KERNEL_STACK - 40)).toBe(HERE);
  });

  test("goes to a handler in the upper half", () => {
    gate(UD, 0xffffffff81234567, KERNEL64, 0xe, 0, 0);
    raise(cpu(), UD);
    deliverException(cpu());
    expect<u64>(cpu().rip).toBe(0xffffffff81234567);
  });

  test("counts itself, page faults apart", () => {
    gate(PF, HANDLER, KERNEL64, 0xe, 0, 0);
    raisePageFault(cpu(), 0x5000, 2);
    deliverException(cpu());
    expect<u64>(cpu().cr2).toBe(0x5000);
    raise(cpu(), UD);
    deliverException(cpu());
    expect<u64>(counter(C_EXCEPTIONS)).toBe(2);
    expect<u64>(counter(C_PAGE_FAULTS)).toBe(1);
  });

  test("sets the accessed bit of the handler's code segment", () => {
    describeSegment(SPARE, CODE64 & ~(<u64>1 << 40));
    gate(UD, HANDLER, SPARE, 0xe, 0, 0);
    raise(cpu(), UD);
    deliverException(cpu());
    expect<u64>(peek64(GDT + SPARE)).toBe(CODE64);
  });
});

describe("a change of privilege", () => {
  beforeEach(() => {
    start64();
    gate(UD, HANDLER, KERNEL64, 0xe, 0, 0);
    gate(GP, HANDLER, KERNEL64, 0xe, 0, 1);
    fromUser();
  });

  test("takes RSP0 from the TSS and loads a null SS", () => {
    raise(cpu(), UD);
    deliverException(cpu());
    expectNoFault();
    expect<u64>(cpu().rsp).toBe(RSP0 - 40);
    expect<u32>(cpu().cpl).toBe(0);
    expect<u32>(segment(cpu(), SS).selector).toBe(0);
    expect<u32>(segment(cpu(), CS).selector).toBe(KERNEL64);
    expect<u64>(peek64(RSP0 - 8)).toBe(USER_DATA);
    expect<u64>(peek64(RSP0 - 16)).toBe(USER_STACK);
    expect<u64>(peek64(RSP0 - 32)).toBe(USER64);
  });

  test("from compatibility mode enters 64-bit mode", () => {
    enter(USER32, USER_DATA);
    expect<u32>(cpu().mode).toBe(1);
    raise(cpu(), UD);
    deliverException(cpu());
    expect<u32>(cpu().mode).toBe(2);
    expect<u32>(cpu().stackSize).toBe(8);
    expect<u64>(peek64(RSP0 - 32)).toBe(USER32);
  });

  test("uses the IST stack where the gate names one", () => {
    raiseCode(cpu(), GP, 0);
    deliverException(cpu());
    expect<u64>(cpu().rsp).toBe(IST1 - 48);
  });

  test("without one, IST applies at CPL 0 too", () => {
    enter(KERNEL64, KERNEL_DATA);
    raiseCode(cpu(), GP, 0);
    deliverException(cpu());
    expect<u64>(cpu().rsp).toBe(IST1 - 48);
  });

  test("is #TS with the TSS selector if the TSS is too short", () => {
    segment(cpu(), TR).limit = 10;
    takeVector(cpu(), UD, FROM_HARDWARE, HERE, 2, NO_CODE);
    expectFault(TS, TSS_SELECTOR | 1);
    expect<u64>(cpu().rsp).toBe(USER_STACK);
    expect<u32>(cpu().cpl).toBe(3);
  });

  test("is #SS if the TSS holds a non-canonical stack", () => {
    poke64(TSS + 4, 0x8000000000000000);
    takeVector(cpu(), UD, FROM_HARDWARE, HERE, 2, NO_CODE);
    expectFault(SSF, 1);
  });

  test("does not happen through conforming code", () => {
    describeSegment(SPARE, CODE64 | (<u64>4 << 40));
    gate(UD, HANDLER, SPARE, 0xe, 0, 0);
    raise(cpu(), UD);
    deliverException(cpu());
    expect<u32>(cpu().cpl).toBe(3);
    expect<u64>(cpu().rsp).toBe(USER_STACK - 40);
    expect<u32>(segment(cpu(), CS).selector).toBe(SPARE | 3);
  });
});

describe("a gate that may not be used", () => {
  beforeEach(() => {
    start64();
    gate(0x30, HANDLER, KERNEL64, 0xe, 0, 0);
  });

  test("beyond the IDT limit is #GP(vector, IDT, EXT)", () => {
    cpu().idtLimit = 0x30 * 16 + 14;
    take(FROM_HARDWARE);
    expectFault(GP, 0x30 * 8 + 3);
  });

  test("of the wrong type is #GP(vector, IDT)", () => {
    gate(0x30, HANDLER, KERNEL64, 0xc, 0, 0);
    take(FROM_SOFTWARE);
    expectFault(GP, 0x30 * 8 + 2);
  });

  test("not present is #NP(vector, IDT)", () => {
    poke64(IDT + 0x300, peek64(IDT + 0x300) & ~PRESENT);
    take(FROM_SOFTWARE);
    expectFault(NP, 0x30 * 8 + 2);
  });

  test("with a null selector is #GP(EXT)", () => {
    gate(0x30, HANDLER, 0, 0xe, 0, 0);
    take(FROM_HARDWARE);
    expectFault(GP, 1);
  });

  test("with a selector outside the GDT is #GP(selector)", () => {
    gate(0x30, HANDLER, 0x100, 0xe, 0, 0);
    take(FROM_SOFTWARE);
    expectFault(GP, 0x100);
  });

  test("with a data segment is #GP(selector)", () => {
    gate(0x30, HANDLER, KERNEL_DATA, 0xe, 0, 0);
    take(FROM_SOFTWARE);
    expectFault(GP, KERNEL_DATA);
  });

  test("with 32-bit code is #GP(selector)", () => {
    gate(0x30, HANDLER, KERNEL32, 0xe, 0, 0);
    take(FROM_SOFTWARE);
    expectFault(GP, KERNEL32);
  });

  test("with code of lesser privilege is #GP(selector)", () => {
    gate(0x30, HANDLER, USER64 & ~3, 0xe, 0, 0);
    take(FROM_SOFTWARE);
    expectFault(GP, USER64 & ~3);
  });

  test("with code that is not present is #NP(selector)", () => {
    describeSegment(SPARE, CODE64 & ~PRESENT);
    gate(0x30, HANDLER, SPARE, 0xe, 0, 0);
    take(FROM_SOFTWARE);
    expectFault(NP, SPARE);
  });

  test("with a non-canonical handler is #GP(EXT)", () => {
    gate(0x30, 0x800000000000, KERNEL64, 0xe, 0, 0);
    take(FROM_HARDWARE);
    expectFault(GP, 1);
  });

  test("of DPL 0 is #GP for INT n at CPL 3 but not for an interrupt", () => {
    fromUser();
    takeVector(cpu(), 0x30, FROM_SOFTWARE, BEHIND, 2, NO_CODE);
    expectFault(GP, 0x30 * 8 + 2);
    cpu().fault = 0;
    takeVector(cpu(), 0x30, FROM_HARDWARE, HERE, 2, NO_CODE);
    expectNoFault();
    expect<u32>(cpu().cpl).toBe(0);
  });
});

describe("faults while delivering", () => {
  beforeEach(() => {
    start64();
  });

  test("make a double fault as table 7-5 says", () => {
    expect(doubleFaults(UD, GP)).toBe(false, "benign first");
    expect(doubleFaults(UD, PF)).toBe(false, "benign first, #PF");
    expect(doubleFaults(DE, GP)).toBe(true, "contributory twice");
    expect(doubleFaults(GP, TS)).toBe(true, "contributory twice");
    expect(doubleFaults(NP, SSF)).toBe(true, "contributory twice");
    expect(doubleFaults(GP, PF)).toBe(false, "contributory, then #PF");
    expect(doubleFaults(PF, GP)).toBe(true, "#PF, then contributory");
    expect(doubleFaults(PF, PF)).toBe(true, "#PF twice");
    expect(doubleFaults(PF, UD)).toBe(false, "#PF, then benign");
    expect(doubleFaults(NMI, NP)).toBe(false, "an interrupt is benign");
  });

  test("after a benign exception the second is delivered in its place", () => {
    gate(NP, HANDLER, KERNEL64, 0xe, 0, 0);
    gate(UD, HANDLER, KERNEL64, 0xe, 0, 0);
    poke64(IDT + UD * 16, peek64(IDT + UD * 16) & ~PRESENT);
    raise(cpu(), UD);
    deliverException(cpu());
    expectNoFault();
    expect<u64>(peek64(cpu().rsp)).toBe(UD * 8 + 3, "error code of #NP");
    expect<u64>(peek64(cpu().rsp + 8)).toBe(HERE, "the instruction that raised #UD");
  });

  test("a contributory pair gives #DF with error code 0", () => {
    gate(DFAULT, HANDLER, KERNEL64, 0xe, 0, 1);
    raiseCode(cpu(), GP, 0x10);
    deliverException(cpu());
    expectNoFault();
    expect<u64>(cpu().rsp).toBe(IST1 - 48);
    expect<u64>(peek64(cpu().rsp)).toBe(0);
    expect<u64>(counter(C_EXCEPTIONS)).toBe(1);
  });

  test("a fault while delivering #DF is a triple fault: the CPU shuts down, the run stops", () => {
    cpu().idtLimit = 0;
    raiseCode(cpu(), GP, 0x10);
    deliverException(cpu());
    expect<u32>(cpu().fault).toBe(FAULT_STOP);
    expect<u32>(cpu().activity).toBe(SHUTDOWN);
    expect<u32>(machine().stopReason).toBe(STOP_TRIPLE_FAULT);
    expect<u64>(counter(C_EXCEPTIONS)).toBe(0);
    expect<u64>(cpu().rip).toBe(HERE);
  });
});

describe("an interrupt", () => {
  beforeEach(() => {
    start64();
    gate(0x40, HANDLER, KERNEL64, 0xe, 0, 0);
    gate(NMI, HANDLER, KERNEL64, 0xe, 0, 0);
    cpu().system = IF;
  });

  test("pushes RF as 0 and is counted", () => {
    deliverInterrupt(cpu(), 0x40);
    expectNoFault();
    expect<u64>(cpu().rip).toBe(HANDLER);
    expect<u64>(peek64(cpu().rsp + 16)).toBe(IF | 2);
    expect<u64>(counter(C_INTERRUPTS)).toBe(1);
  });

  test("that is an NMI blocks further ones", () => {
    deliverInterrupt(cpu(), NMI);
    expect<u32>(cpu().nmiBlocked).toBe(1);
    expect<u64>(counter(C_NMI_RECEIVED)).toBe(1);
    expect<u64>(counter(C_INTERRUPTS)).toBe(0);
  });

  test("without a usable gate becomes the fault that it met", () => {
    gate(GP, HANDLER + 8, KERNEL64, 0xe, 0, 0);
    gate(NP, HANDLER + 16, KERNEL64, 0xe, 0, 0);
    deliverInterrupt(cpu(), 0x41);
    expectNoFault();
    expect<u64>(cpu().rip).toBe(HANDLER + 8);
    expect<u64>(peek64(cpu().rsp)).toBe(0x41 * 8 + 3);
  });
});

describe("INT n, INT3, INTO and INT1", () => {
  beforeEach(() => {
    start64();
    gate(0x80, HANDLER, KERNEL64, 0xf, 3, 0);
    gate(1, HANDLER, KERNEL64, 0xe, 0, 0);
    gate(3, HANDLER, KERNEL64, 0xe, 3, 0);
    gate(4, HANDLER, KERNEL64, 0xe, 3, 0);
    fromUser();
  });

  test("return behind themselves and push RF as 0", () => {
    intN(cpu(), immediateRecord(1, 0x80));
    expectNoFault();
    expect<u64>(peek64(RSP0 - 40)).toBe(BEHIND);
    expect<u64>(peek64(RSP0 - 24)).toBe(IF | 2);
    expect<u32>(cpu().system).toBe(IF);
  });

  test("INT3 takes vector 3", () => {
    int3(cpu(), record());
    expect<u64>(cpu().rip).toBe(HANDLER);
  });

  test("INTO takes vector 4 only with OF", () => {
    setArithmeticFlags(cpu(), 0);
    into(cpu(), record());
    expect<u64>(cpu().rip).toBe(HERE);
    setArithmeticFlags(cpu(), OF);
    into(cpu(), record());
    expect<u64>(cpu().rip).toBe(HANDLER);
  });

  test("INT1 passes a gate of DPL 0", () => {
    int1(cpu(), record());
    expectNoFault();
    expect<u32>(cpu().cpl).toBe(0);
  });

  test("a fault on the way points at the instruction", () => {
    intN(cpu(), immediateRecord(1, 0x81));
    expectFault(GP, 0x81 * 8 + 2);
    expect<u64>(cpu().rip).toBe(HERE);
  });
});

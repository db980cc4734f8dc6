// Delivery and returns where descriptor tables, TSS and stacks are in virtual memory: page faults on the way.

import { segment, SS, AC, CR0_PG, CR0_WP, CR4_PAE, CR4_SMAP, SHUTDOWN } from "../../../assembly/cpu/state";
import { DFAULT, GP, PF, UD, raise, raiseCode, raisePageFault } from "../../../assembly/cpu/fault";
import { deliverException, takeVector } from "../../../assembly/cpu/system/deliver";
import { FROM_HARDWARE, NO_CODE } from "../../../assembly/cpu/system/source";
import { iret } from "../../../assembly/cpu/system/iret";
import { loadSegment } from "../../../assembly/cpu/system/segments";
import { controlsChanged, flushAll } from "../../../assembly/mmu/invalidate";
import { machine, STOP_TRIPLE_FAULT } from "../../../assembly/global";
import {
  DATA32, GDT, HANDLER, HERE, IDT, IST1, KERNEL64, KERNEL_DATA, KERNEL_STACK, RSP0, SPARE, TSS, USER64, USER_DATA,
  cpu, describeSegment, enter, expectFault, expectNoFault, gate, peek64, poke64, record, start64,
} from "./setup";

const PML4: u64 = 0x100000;
const PDPT: u64 = 0x101000;
const PD: u64 = 0x102000;
const PT: u64 = 0x103000;

/** Leaf word of the page of `va`. */
function leaf(va: u64): u64 {
  return PT + (va >> 12 << 3);
}

/** Changes the leaf word of `va` and drops what was cached. */
function map(va: u64, word: u64): void {
  poke64(leaf(va), word);
  flushAll(cpu());
}

/** 64-bit mode with the first 2 MiB mapped one to one, for the supervisor. */
function startPaged(): void {
  start64();
  for (let at = PML4; at < PT; at += 8) poke64(at, 0);
  poke64(PML4, PDPT | 7);
  poke64(PDPT, PD | 7);
  poke64(PD, PT | 7);
  for (let va: u64 = 0; va < 0x200000; va += 4096) poke64(leaf(va), va | 3);
  const c = cpu();
  c.cr3 = PML4;
  c.cr4 = CR4_PAE;
  c.cr0 |= CR0_PG | CR0_WP;
  controlsChanged(c, c.cr0 & ~CR0_PG, CR4_PAE, c.efer);
  gate(UD, HANDLER, KERNEL64, 0xe, 0, 0);
  gate(GP, HANDLER, KERNEL64, 0xe, 0, 0);
  gate(PF, HANDLER, KERNEL64, 0xe, 0, 1);
  gate(DFAULT, HANDLER + 8, KERNEL64, 0xe, 0, 1);
}

describe("a page fault while delivering", () => {
  beforeEach(startPaged);

  test("a benign exception is delivered instead, with the stack's address in CR2", () => {
    map(KERNEL_STACK - 8, 0);
    raise(cpu(), UD);
    deliverException(cpu());
    expectNoFault();
    expect<u64>(cpu().cr2).toBe(KERNEL_STACK - 8);
    expect<u64>(cpu().rsp).toBe(IST1 - 48);
    expect<u64>(peek64(IST1 - 48)).toBe(2, "a write by the supervisor");
    expect<u64>(peek64(IST1 - 40)).toBe(HERE);
    expect<u64>(peek64(IST1 - 16)).toBe(KERNEL_STACK);
  });

  test("#PF makes a double fault", () => {
    gate(PF, HANDLER, KERNEL64, 0xe, 0, 0);
    map(KERNEL_STACK - 8, 0);
    raisePageFault(cpu(), 0x5000, 0);
    deliverException(cpu());
    expectNoFault();
    expect<u64>(cpu().rip).toBe(HANDLER + 8);
    expect<u64>(cpu().cr2).toBe(KERNEL_STACK - 8);
    expect<u64>(peek64(IST1 - 48)).toBe(0);
  });

  test("with the IDT gone the CPU shuts down", () => {
    map(IDT, 0);
    raiseCode(cpu(), GP, 0);
    deliverException(cpu());
    expect<u32>(cpu().activity).toBe(SHUTDOWN);
    expect<u32>(machine().stopReason).toBe(STOP_TRIPLE_FAULT);
  });

  test("from user mode is a supervisor's, at the table that it read", () => {
    enter(USER64, USER_DATA);
    map(TSS, 0);
    takeVector(cpu(), UD, FROM_HARDWARE, HERE, 2, NO_CODE);
    expectFault(PF, 0);
    expect<u64>(cpu().cr2).toBe(TSS + 4);
    expect<u32>(cpu().cpl).toBe(3);
  });

  test("in the middle of a frame leaves RSP, RIP and CPL", () => {
    // Two words fit on the upper page, the third does not.
    cpu().rsp = KERNEL_STACK - 0xfe0;
    map(0x7000, 0);
    takeVector(cpu(), UD, FROM_HARDWARE, HERE, 2, NO_CODE);
    expectFault(PF, 2);
    expect<u64>(cpu().cr2).toBe(0x7ff8);
    expect<u64>(cpu().rsp).toBe(KERNEL_STACK - 0xfe0);
    expect<u64>(cpu().rip).toBe(HERE);
  });
});

describe("with SMAP", () => {
  test("a stack on a user page faults at delivery, whatever AC says", () => {
    startPaged();
    cpu().cr4 |= CR4_SMAP;
    map(RSP0 - 8, (RSP0 - 8 & ~0xfff) | 7);
    enter(USER64, USER_DATA);
    cpu().system = AC;
    takeVector(cpu(), UD, FROM_HARDWARE, HERE, 2, NO_CODE);
    expectFault(PF, 3);
  });
});

describe("descriptor tables in virtual memory", () => {
  beforeEach(startPaged);

  test("are read for CPL 3 though user programs may not read them", () => {
    enter(USER64, USER_DATA);
    loadSegment(cpu(), 3, USER_DATA);
    expectNoFault();
  });

  test("a read-only GDT faults when an accessed bit must be set, and only then", () => {
    map(GDT, GDT | 1);
    loadSegment(cpu(), 3, KERNEL_DATA);
    expectNoFault();
    map(GDT, GDT | 3);
    describeSegment(SPARE, DATA32 & ~(<u64>1 << 40));
    map(GDT, GDT | 1);
    loadSegment(cpu(), 3, SPARE);
    expectFault(PF, 3);
    expect<u64>(cpu().cr2).toBe(GDT + SPARE + 5);
    expect<u32>(segment(cpu(), 3).selector).toBe(KERNEL_DATA);
  });

  test("IRETQ whose frame is not there changes nothing", () => {
    cpu().rsp = 0x9ff0;
    poke64(0x9ff0, HANDLER);
    poke64(0x9ff8, KERNEL64);
    map(0xa000, 0);
    iret(cpu(), record(8));
    expectFault(PF, 0);
    expect<u64>(cpu().cr2).toBe(0xa000);
    expect<u64>(cpu().rsp).toBe(0x9ff0);
    expect<u64>(cpu().rip).toBe(HERE);
    expect<u32>(segment(cpu(), SS).selector).toBe(KERNEL_DATA);
  });
});

import {
  GLOBAL_BASE, GLOBAL_SIZE, COUNTER_BASE, COUNTER_STRIDE, CPU_BASE, CPU_STRIDE, TLB_BASE, TLB_STRIDE, PCID_BASE, PCID_STRIDE,
  FRAME_BASE, FRAME_STRIDE, REVERSE_BASE, REVERSE_SIZE, RAM_BASE, DEVICE_BASE,
} from "../../../assembly/memory-map";
import { cpuAt } from "../../../assembly/cpu/state";
import { machine } from "../../../assembly/global";
import { run } from "../../../assembly/smp/schedule";
import { stateHash } from "../../../assembly/probe/hash";
import { getRegister, setRegister } from "../../../assembly/probe/inspect";
import { afterRestore, setEventMask } from "../../../assembly/index";
import {
  REGISTER_RAX, REGISTER_R15, REGISTER_RIP, REGISTER_RFLAGS, REGISTER_CS, REGISTER_CS_BASE, REGISTER_FS_BASE, REGISTER_CR0,
  REGISTER_CR8, REGISTER_EFER, REGISTER_ACTIVITY, REGISTERS,
} from "../../../assembly/probe/registers";
import { load16, program, RACE, SPIN } from "./program";
import { RAM } from "../apic/power-on";

const CPUS: u32 = 2;

function start(): void {
  load16(CPUS, 5);
  program(0, RACE);
  program(1, SPIN);
}

/** Copies the regions that make up a snapshot between the machine and `buffer`, and gives the place behind. */
function copyRegion(buffer: usize, base: u32, bytes: u32, save: bool): usize {
  if (save) memory.copy(buffer, base, bytes);
  else memory.copy(base, buffer, bytes);
  return buffer + bytes;
}

function copyState(buffer: usize, save: bool): void {
  let at = copyRegion(buffer, GLOBAL_BASE, GLOBAL_SIZE, save);
  at = copyRegion(at, COUNTER_BASE, CPUS * COUNTER_STRIDE, save);
  at = copyRegion(at, CPU_BASE, CPUS * CPU_STRIDE, save);
  at = copyRegion(at, TLB_BASE, CPUS * TLB_STRIDE, save);
  at = copyRegion(at, PCID_BASE, CPUS * PCID_STRIDE, save);
  at = copyRegion(at, FRAME_BASE, (RAM >> 12) * FRAME_STRIDE, save);
  at = copyRegion(at, REVERSE_BASE, REVERSE_SIZE, save);
  copyRegion(at, RAM_BASE, RAM, save);
}

describe("the state hash", () => {
  beforeEach(() => { start(); });

  it("tells machines apart by one bit of RAM, and by where it is", () => {
    const empty = stateHash();
    store<u8>(RAM_BASE + 0x80000, 1);
    const here = stateHash();
    store<u8>(RAM_BASE + 0x80000, 0);
    store<u8>(RAM_BASE + 0x90000, 1);
    const there = stateHash();
    expect(here).not.toBe(empty);
    expect(there).not.toBe(empty);
    expect(there).not.toBe(here);
    store<u8>(RAM_BASE + 0x90000, 0);
    expect(stateHash()).toBe(empty);
  });

  it("covers registers, chips and what host devices keep", () => {
    const before = stateHash();
    cpuAt(1).r9 += 1;
    const register = stateHash();
    expect(register).not.toBe(before);
    store<u8>(DEVICE_BASE + 100, 1);
    expect(stateHash()).not.toBe(register);
    store<u8>(DEVICE_BASE + 100, 0);
    expect(stateHash()).toBe(register);
  });

  it("does not depend on which events are recorded", () => {
    run(5000);
    const quiet = stateHash();
    start();
    setEventMask(0xffffffff);
    run(5000);
    expect(stateHash()).toBe(quiet);
  });

  it("is the same after a restored snapshot was run on as after the run that went straight on", () => {
    const buffer = heap.alloc(8 << 20);
    run(10000);
    copyState(buffer, true);
    const there = stateHash();
    run(10000);
    const straight = stateHash();
    copyState(buffer, false);
    afterRestore();
    expect(stateHash()).toBe(there);
    run(10000);
    expect(stateHash()).toBe(straight);
    heap.free(buffer);
  });
});

describe("registers by number", () => {
  beforeEach(() => { start(); });

  it("read back as they were set", () => {
    for (let id = REGISTER_RAX; id <= REGISTER_R15; id++) expect(setRegister(1, id, 1000 + id)).toBe(true);
    for (let id = REGISTER_RAX; id <= REGISTER_R15; id++) expect(getRegister(1, id)).toBe(1000 + id);
    setRegister(1, REGISTER_RIP, 0x7c00);
    setRegister(1, REGISTER_CR8, 9);
    setRegister(1, REGISTER_FS_BASE, 0xffff800000001000);
    expect(cpuAt(1).rip).toBe(0x7c00);
    expect(getRegister(1, REGISTER_CR8)).toBe(9);
    expect(getRegister(1, REGISTER_FS_BASE)).toBe(0xffff800000001000);
  });

  it("give RFLAGS with bit 1, and only bits that exist can be set", () => {
    setRegister(0, REGISTER_RFLAGS, 0xffffffff);
    expect(getRegister(0, REGISTER_RFLAGS) & 2).toBe(2);
    expect(getRegister(0, REGISTER_RFLAGS) & 0x8028).toBe(0);
    expect(getRegister(0, REGISTER_RFLAGS) & 0x8d5).toBe(0x8d5);
  });

  it("tell what a CPU started at", () => {
    expect(getRegister(1, REGISTER_CS)).toBe(0x200);
    expect(getRegister(1, REGISTER_CS_BASE)).toBe(0x2000);
    expect(getRegister(1, REGISTER_CR0)).toBe(0x60000010);
    expect(getRegister(1, REGISTER_EFER)).toBe(0);
    expect(getRegister(1, REGISTER_ACTIVITY)).toBe(0);
  });

  it("do not take a number that names none, or one that follows from others", () => {
    expect(setRegister(0, REGISTERS, 1)).toBe(false);
    expect(setRegister(0, REGISTER_ACTIVITY, 1)).toBe(false);
    expect(getRegister(0, REGISTERS)).toBe(0);
    expect(machine().steps).toBe(0);
  });
});

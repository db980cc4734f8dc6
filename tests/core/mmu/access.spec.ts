// Loads and stores: sizes, page crossing, canonical addresses, implicit accesses, the end of RAM, frames with flags.

import { CR4_SMAP, Cpu } from "../../../assembly/cpu/state";
import { GP, SSF } from "../../../assembly/cpu/fault";
import { machine } from "../../../assembly/global";
import { EVENT_BASE } from "../../../assembly/memory-map";
import {
  loadData, loadForWrite, loadStack, loadSystem, probeWrite, storeData, storeStack, storeSystem,
} from "../../../assembly/mmu/access";
import {
  codePageOf, flagAllClean, flagFrame, frameFlags, noteCode, setCodePageOf, unflagFrame, FRAME_CLEAN, FRAME_CODE, FRAME_WATCHED,
} from "../../../assembly/mmu/frames";
import { fetchTranslate } from "../../../assembly/mmu/fetch";
import { loadPhysical, storePhysical } from "../../../assembly/mmu/physical";
import { C_CODE_WRITES } from "../../../assembly/probe/counters";
import {
  powerOn, map, touch, become, wordOf, peek, poke, counter, frontReads, frontWrites, SKYLAKE, NONE, READ, WRITE, RAM, USER, KERNEL, A, D, P, U,
  W, FRAME_A, FRAME_B,
} from "./machine";

const VA: u64 = 0x7fff12345000;

/** Two pages side by side, whose frames are not. */
function prepare(preset: u32 = SKYLAKE): Cpu {
  const cpu = powerOn(preset);
  map(VA, FRAME_B);
  map(VA + 0x1000, FRAME_A);
  return cpu;
}

function fault(cpu: Cpu): u32 {
  const fault = cpu.fault;
  cpu.fault = 0;
  return fault;
}

describe("loads and stores", () => {
  it("of every size move exactly their bytes, zero-extended", () => {
    const cpu = prepare();
    for (let size: u32 = 1; size <= 8; size <<= 1) {
      poke(FRAME_B, 0xffffffffffffffff);
      storeData(cpu, VA, size, 0x1122334455667788);
      const mask: u64 = u64.MAX_VALUE >> (64 - 8 * size);
      expect(peek(FRAME_B)).toBe((0x1122334455667788 & mask) | ~mask);
      expect(loadData(cpu, VA, size)).toBe(0x1122334455667788 & mask);
    }
  });
  it("that cross pages use both frames, at every split", () => {
    for (let size: u32 = 2; size <= 8; size <<= 1) {
      for (let first: u32 = 1; first < size; first++) {
        const cpu = prepare();
        const value: u64 = 0x8877665544332211 & (u64.MAX_VALUE >> (64 - 8 * size));
        const va = VA + 0x1000 - first;
        storeData(cpu, va, size, value);
        expect(loadData(cpu, va, size)).toBe(value);
        for (let i: u32 = 0; i < size; i++) {
          const pa = i < first ? FRAME_B + 0x1000 - first + i : FRAME_A + i - first;
          expect(loadPhysical(pa, 1)).toBe((value >> (8 * i)) & 0xff);
        }
      }
    }
  });
});

describe("a store that crosses into a page it may not write", () => {
  it("changes nothing, and CR2 is the second page", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_B);
    map(VA + 0x1000, FRAME_A, USER & ~W);
    const before = peek(FRAME_B + 0xff8);
    storeData(cpu, VA + 0xffc, 8, 0);
    expect(cpu.faultCode).toBe(7);
    expect(fault(cpu)).not.toBe(0);
    expect(cpu.cr2).toBe(VA + 0x1000);
    expect(peek(FRAME_B + 0xff8)).toBe(before);
    expect(peek(FRAME_A)).toBe(FRAME_A >> 12);
  });
  it("faults on the first page first", () => {
    const cpu = powerOn(SKYLAKE);
    storeData(cpu, VA + 0xffc, 8, 0);
    expect(fault(cpu)).not.toBe(0);
    expect(cpu.cr2).toBe(VA + 0xffc);
  });
});

describe("write intent", () => {
  it("faults as a store does, and sets D, but changes no data", () => {
    for (let i = 0; i < 2; i++) {
      const cpu = powerOn(i ? NONE : SKYLAKE);
      map(VA, FRAME_B, P | W | U);
      expect(loadForWrite(cpu, VA, 4)).toBe((FRAME_B >> 12) & 0xffffffff);
      expect(peek(wordOf(VA)) & (A | D)).toBe(A | D);
      map(VA + 0x1000, FRAME_A, P | W | U);
      probeWrite(cpu, VA + 0xffe, 4);
      expect(peek(wordOf(VA + 0x1000)) & (A | D)).toBe(A | D);
      expect(peek(FRAME_A)).toBe(FRAME_A >> 12);
      map(VA + 0x2000, FRAME_A, P | U);
      loadForWrite(cpu, VA + 0x2000, 4);
      expect(cpu.faultCode).toBe(7);
      fault(cpu);
      probeWrite(cpu, VA + 0x1ffe, 4);
      expect(cpu.cr2).toBe(VA + 0x2000);
      expect(fault(cpu)).not.toBe(0);
    }
  });
});

describe("a non-canonical address", () => {
  it("is #GP(0), and #SS(0) through SS, also if only its last byte is not canonical", () => {
    const cpu = prepare();
    const edge: u64 = 0x7ffffffffffc;
    map(0x7ffffffff000, FRAME_A);
    loadData(cpu, 0x800000000000, 1);
    expect(fault(cpu)).toBe(0x100 | GP);
    storeData(cpu, 0xffff7fffffffffff, 1, 0);
    expect(fault(cpu)).toBe(0x100 | GP);
    loadStack(cpu, 0x800000000000, 8);
    expect(fault(cpu)).toBe(0x100 | SSF);
    storeStack(cpu, edge, 8, 0);
    expect(fault(cpu)).toBe(0x100 | SSF);
    loadData(cpu, edge, 4);
    expect(fault(cpu)).toBe(0);
    fetchTranslate(cpu, 0x800000000000);
    expect(fault(cpu)).toBe(0x100 | GP);
    expect(cpu.faultCode).toBe(0);
  });
});

describe("the processor's own accesses", () => {
  it("are a supervisor's at CPL 3", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A, KERNEL);
    expect(loadSystem(cpu, VA, 8)).toBe(FRAME_A >> 12);
    storeSystem(cpu, VA, 8, 3);
    expect(peek(FRAME_A)).toBe(3);
    expect(fault(cpu)).toBe(0);
    expect(touch(cpu, VA, READ)).toBe(5);
  });
  it("leave nothing in the user's front table", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A, KERNEL);
    loadSystem(cpu, VA, 8);
    expect(frontReads(cpu, VA)).toBe(false);
  });
  it("are refused user pages by SMAP, and AC does not help", () => {
    const cpu = prepare();
    cpu.cr4 |= CR4_SMAP;
    become(cpu, 0, true);
    expect(touch(cpu, VA, READ)).toBe(-1);
    loadSystem(cpu, VA, 8);
    expect(cpu.faultCode).toBe(1);
    expect(fault(cpu)).not.toBe(0);
  });
});

describe("physical memory beyond RAM", () => {
  it("reads as ones, ignores stores, and stays out of the front cache", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, RAM);
    expect(loadData(cpu, VA, 4)).toBe(0xffffffff);
    storeData(cpu, VA, 4, 0);
    expect(loadData(cpu, VA, 8)).toBe(u64.MAX_VALUE);
    expect(frontReads(cpu, VA)).toBe(false);
    expect(loadPhysical(RAM - 4, 8)).toBe(u64.MAX_VALUE);
    storePhysical(0xfffffffff8, 8, 1);
    expect(fetchTranslate(cpu, VA)).toBe(RAM);
  });
});

describe("a frame with a flag", () => {
  it("has no write tag in any context, and gets one back without it", () => {
    const cpu = prepare();
    touch(cpu, VA, WRITE);
    become(cpu, 0);
    touch(cpu, VA, WRITE);
    expect(frontWrites(cpu, VA)).toBe(true);
    flagFrame(<u32>(FRAME_B >> 12), FRAME_WATCHED);
    expect(frontWrites(cpu, VA)).toBe(false);
    expect(frontReads(cpu, VA)).toBe(true);
    become(cpu, 3);
    expect(frontWrites(cpu, VA)).toBe(false);
    touch(cpu, VA, WRITE);
    expect(frontWrites(cpu, VA)).toBe(false);
    unflagFrame(<u32>(FRAME_B >> 12), FRAME_WATCHED);
    touch(cpu, VA, WRITE);
    expect(frontWrites(cpu, VA)).toBe(true);
  });
  it("is no longer clean after one store", () => {
    const cpu = prepare();
    touch(cpu, VA, WRITE);
    flagAllClean();
    expect(frontWrites(cpu, VA)).toBe(false);
    touch(cpu, VA, WRITE);
    expect(frameFlags(<u32>(FRAME_B >> 12)) & FRAME_CLEAN).toBe(0);
    expect(frameFlags(<u32>(FRAME_A >> 12)) & FRAME_CLEAN).toBe(FRAME_CLEAN);
  });
  it("loses its decoded code to a store into the 64 bytes around it, and to no other", () => {
    const cpu = prepare();
    noteCode(FRAME_B + 0x7e, 4);
    storeData(cpu, VA + 0x3f, 1, 0);
    storeData(cpu, VA + 0xc0, 8, 0);
    expect(cpu.codeChanged).toBe(0);
    storeData(cpu, VA + 0x80, 1, 0);
    expect(cpu.codeChanged).toBe(1);
    expect(counter(C_CODE_WRITES)).toBe(1);
    expect(frameFlags(<u32>(FRAME_B >> 12)) & FRAME_CODE).toBe(0);
    noteCode(FRAME_B, 4096);
    storeData(cpu, VA + 0xfff, 1, 0);
    expect(counter(C_CODE_WRITES)).toBe(2);
  });
  it("keeps the head of its code pages", () => {
    prepare();
    setCodePageOf(5, 0x1234);
    expect(codePageOf(5)).toBe(0x1234);
    expect(codePageOf(6)).toBe(0);
  });
});

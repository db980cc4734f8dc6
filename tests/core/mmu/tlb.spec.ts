// Geometry of the presets, replacement, and what is counted of it.

import { Cpu, cpuAt, CR4_PGE } from "../../../assembly/cpu/state";
import { ROLE_L1D, ROLE_L1I, ROLE_L2D, ROLE_L2I, ROLE_PSC } from "../../../assembly/mmu/presets";
import { tlbEntry, tlbPlaces } from "../../../assembly/mmu/list";
import { dropDerived, writeCr3 } from "../../../assembly/mmu/invalidate";
import { ANSWER_BASE, TLB_NAMES_BASE, TLB_NAMES_SIZE } from "../../../assembly/memory-map";
import { machine, STOP_TLB_FULL } from "../../../assembly/global";
import { FAULT_STOP } from "../../../assembly/cpu/fault";
import { loadData } from "../../../assembly/mmu/access";
import {
  C_CYCLES_MEMORY, C_DTLB_MISSES, C_ITLB_MISSES, C_STLB_HITS, C_TLB_EVICTIONS, C_TLB_FILLS, C_WALKS_DATA, C_WALKS_INSTRUCTION,
} from "../../../assembly/probe/counters";
import { COST_SLOW_TIER } from "../../../assembly/probe/cost";
import {
  powerOn, map, touch, wordOf, counter, held, heldInAll, change, frontReads, forgetFront, poke, peek, SKYLAKE, ZEN3, STICKY, NONE, READ, WRITE, FETCH,
  USER, G, FRAME_A, FRAME_B, FRAME_C, ROOT,
} from "./machine";

const BASE: u64 = 0x10000000000;

function touchedCpu(): Cpu {
  return cpuAt(0);
}

function otherCpu(): Cpu {
  return cpuAt(1);
}

/** Maps `n` pages at BASE, `stride` pages apart, and touches each once. */
function touchPages(preset: u32, n: u64, stride: u64 = 1, kind: u32 = READ): void {
  const cpu = powerOn(preset);
  for (let i: u64 = 0; i < n; i++) {
    map(BASE + (i * stride << 12), FRAME_A + ((i & 255) << 12));
    touch(cpu, BASE + (i * stride << 12), kind);
  }
}

describe("a look-up by name", () => {
  it("tells pages apart that are 16 TiB from each other, whose names are equal", () => {
    for (let preset = SKYLAKE; preset <= STICKY; preset++) {
      const cpu = powerOn(preset);
      const far = BASE + (<u64>1 << 44);
      map(BASE, FRAME_A);
      map(far, FRAME_B);
      for (let round = 0; round < 3; round++) {
        forgetFront(cpu);
        expect(loadData(cpu, BASE, 8)).toBe(FRAME_A >> 12);
        expect(loadData(cpu, far, 8)).toBe(FRAME_B >> 12);
      }
      expect(counter(C_TLB_FILLS)).toBe(2);
      expect(counter(C_DTLB_MISSES)).toBe(2);
    }
  });
  it("finds after a restore what was held before, for the names are made anew", () => {
    touchPages(SKYLAKE, 40);
    memory.fill(TLB_NAMES_BASE, 0x55, TLB_NAMES_SIZE / 64);
    dropDerived();
    for (let i: u64 = 0; i < 40; i++) touch(touchedCpu(), BASE + (i << 12));
    expect(counter(C_TLB_FILLS)).toBe(40);
    expect(counter(C_DTLB_MISSES)).toBe(40);
  });
});

describe("skylake", () => {
  it("has 64 small data pages in the first level and 1536 in the second", () => {
    touchPages(SKYLAKE, 64);
    const cpu = touchedCpu();
    expect(heldInAll(cpu, ROLE_L1D)).toBe(64);
    touchPages(SKYLAKE, 1600);
    expect(heldInAll(cpu, ROLE_L1D)).toBe(64);
    expect(heldInAll(cpu, ROLE_L2D)).toBe(1536);
    expect(counter(C_TLB_EVICTIONS)).toBe(64);
    expect(counter(C_TLB_FILLS)).toBe(1600);
    expect(counter(C_DTLB_MISSES)).toBe(1600);
    expect(counter(C_WALKS_DATA)).toBe(1600);
  });
  it("keeps four small data pages of a set, and evicts none from the second level for a fifth", () => {
    touchPages(SKYLAKE, 5, 16);
    expect(heldInAll(touchedCpu(), ROLE_L1D)).toBe(4);
    expect(heldInAll(touchedCpu(), ROLE_L2D)).toBe(5);
    expect(counter(C_TLB_EVICTIONS)).toBe(0);
    touch(touchedCpu(), BASE);
    expect(counter(C_STLB_HITS)).toBe(1);
    expect(counter(C_WALKS_DATA)).toBe(5);
  });
  it("keeps twelve pages of a second-level set, and evicts the thirteenth's victim", () => {
    touchPages(SKYLAKE, 13, 128);
    expect(heldInAll(touchedCpu(), ROLE_L2D)).toBe(12);
    expect(counter(C_TLB_EVICTIONS)).toBe(1);
  });
  it("has 128 small pages for instructions, and shares the second level with data", () => {
    touchPages(SKYLAKE, 130, 1, FETCH);
    const cpu = touchedCpu();
    expect(heldInAll(cpu, ROLE_L1I)).toBe(128);
    expect(heldInAll(cpu, ROLE_L2D)).toBe(130);
    expect(tlbPlaces(cpu, ROLE_L2I)).toBe(0);
    expect(counter(C_ITLB_MISSES)).toBe(130);
    expect(counter(C_WALKS_INSTRUCTION)).toBe(130);
    touch(cpu, BASE + 0x81000, READ);
    expect(counter(C_WALKS_DATA)).toBe(0);
    expect(counter(C_STLB_HITS)).toBe(1);
  });
  it("keeps 2 MiB and 1 GiB pages in places of their own", () => {
    const cpu = powerOn(SKYLAKE);
    for (let i: u64 = 0; i < 40; i++) {
      map(BASE + (i << 21), 0xa00000, USER, 2);
      touch(cpu, BASE + (i << 21));
    }
    expect(heldInAll(cpu, ROLE_L1D)).toBe(32);
    for (let i: u64 = 0; i < 6; i++) {
      map((i + 1) << 30, 0, USER, 3);
      touch(cpu, (i + 1) << 30);
    }
    expect(heldInAll(cpu, ROLE_L1D)).toBe(36);
    expect(heldInAll(cpu, ROLE_L2D)).toBe(46);
  });
});

describe("zen3", () => {
  it("has 64 pages of any size in each first level, 2048 and 512 in the second levels", () => {
    touchPages(ZEN3, 70, 16);
    const cpu = touchedCpu();
    expect(heldInAll(cpu, ROLE_L1D)).toBe(64);
    expect(heldInAll(cpu, ROLE_L2D)).toBe(70);
    touchPages(ZEN3, 2100);
    expect(heldInAll(cpu, ROLE_L2D)).toBe(2048);
    touchPages(ZEN3, 600, 1, FETCH);
    expect(heldInAll(cpu, ROLE_L1I)).toBe(64);
    expect(heldInAll(cpu, ROLE_L2I)).toBe(512);
    expect(heldInAll(cpu, ROLE_L2D)).toBe(0);
  });
  it("does not keep 1 GiB pages in the second level", () => {
    const cpu = powerOn(ZEN3);
    map(1 << 30, 0, USER, 3);
    touch(cpu, 1 << 30);
    expect(heldInAll(cpu, ROLE_L1D)).toBe(1);
    expect(heldInAll(cpu, ROLE_L2D)).toBe(0);
  });
});

describe("none", () => {
  it("walks for every access and fills nothing, the front cache neither", () => {
    const cpu = powerOn(NONE);
    map(BASE, FRAME_A);
    touch(cpu, BASE);
    touch(cpu, BASE);
    touch(cpu, BASE, WRITE);
    touch(cpu, BASE, FETCH);
    expect(counter(C_WALKS_DATA)).toBe(3);
    expect(counter(C_WALKS_INSTRUCTION)).toBe(1);
    expect(counter(C_TLB_FILLS)).toBe(0);
    expect(frontReads(cpu, BASE)).toBe(false);
    change(cpu, wordOf(BASE), 0);
    expect(touch(cpu, BASE)).toBe(4);
  });
});

describe("sticky", () => {
  it("evicts nothing: ten thousand pages changed in memory are all still used", () => {
    const cpu = powerOn(STICKY);
    for (let i: u64 = 0; i < 10000; i++) {
      map(BASE + (i << 12), FRAME_A + ((i & 255) << 12));
      touch(cpu, BASE + (i << 12));
    }
    for (let i: u64 = 0; i < 10000; i++) change(cpu, wordOf(BASE + (i << 12)), 0);
    let faults = 0;
    for (let i: u64 = 0; i < 10000; i++) {
      if (touch(cpu, BASE + (i << 12)) >= 0) faults++;
    }
    expect(faults).toBe(0);
    expect(counter(C_WALKS_DATA)).toBe(10000);
    expect(counter(C_TLB_EVICTIONS)).toBe(0);
    expect(heldInAll(cpu, ROLE_L2D)).toBe(10000);
    expect(heldInAll(cpu, ROLE_PSC)).toBe(22);
  });
  it("gives back what flushes ended, so that flushing for ever does not fill it", () => {
    const cpu = powerOn(STICKY);
    map(BASE, FRAME_A);
    for (let i = 0; i < 5000; i++) {
      touch(cpu, BASE);
      writeCr3(cpu, ROOT);
    }
    expect(tlbPlaces(cpu, ROLE_L2D)).toBeLessThan(16);
    expect(machine().stopRequested).toBe(0);
  });
  it("stops the run by name when it is full, rather than drop anything", () => {
    const cpu = powerOn(STICKY);
    map(BASE, FRAME_A);
    touch(cpu, BASE);
    // Pages without end: every PDE of every GiB region leads to one and the same page table.
    for (let i: u64 = 0; i < 512; i++) poke((wordOf(BASE) & ~0xfff) + i * 8, FRAME_A | USER);
    const pd = wordOf(BASE, 2) & ~0xfff;
    for (let i: u64 = 0; i < 512; i++) poke(pd + i * 8, peek(wordOf(BASE, 2)));
    for (let i: u64 = 0; i < 512; i++) poke((wordOf(BASE, 3) & ~0xfff) + i * 8, peek(wordOf(BASE, 3)));
    let pages: u64 = 0;
    while (!machine().stopRequested && pages < 2000000) {
      loadData(cpu, BASE + (pages << 12), 8);
      pages++;
    }
    expect(machine().stopReason).toBe(STOP_TLB_FULL);
    expect(pages).toBeGreaterThan(1300000);
    expect(cpu.fault).toBe(FAULT_STOP);
    cpu.fault = 0;
    change(cpu, wordOf(BASE, 4), 0);
    expect(touch(cpu, BASE + 0x12345000)).toBe(-1);
  });
  it("keeps the entries of CPUs apart", () => {
    const cpu = powerOn(STICKY, 2);
    map(BASE, FRAME_A);
    touch(cpu, BASE);
    expect(held(cpu, ROLE_L2D, BASE)).toBe(1);
    expect(heldInAll(otherCpu(), ROLE_L2D)).toBe(0);
  });
});

describe("replacement", () => {
  it("takes the place of a dead entry before a live one", () => {
    touchPages(SKYLAKE, 12, 128);
    const cpu = touchedCpu();
    cpu.cr4 |= CR4_PGE;
    writeCr3(cpu, ROOT);
    touch(cpu, BASE);
    touch(cpu, BASE + (<u64>128 << 12));
    expect(counter(C_TLB_EVICTIONS)).toBe(0);
    expect(heldInAll(cpu, ROLE_L2D)).toBe(2);
  });
  it("does not depend on what the front cache answered", () => {
    // Using the first page again and again does not save it from the fifth of its set: the front cache may have answered.
    touchPages(SKYLAKE, 5, 16);
    const misses = counter(C_DTLB_MISSES);
    const cpu = powerOn(SKYLAKE);
    for (let i: u64 = 0; i < 5; i++) {
      map(BASE + (i * 16 << 12), FRAME_A);
      forgetFront(cpu);
      touch(cpu, BASE + (i * 16 << 12));
      forgetFront(cpu);
      touch(cpu, BASE);
    }
    expect(counter(C_DTLB_MISSES)).toBe(misses + 1);
  });
});

describe("an entry", () => {
  it("is listed with what it maps, its rights, its source and its PCID", () => {
    const cpu = powerOn(SKYLAKE);
    cpu.cr4 |= CR4_PGE;
    map(0xffff800000201000, FRAME_B, USER | G);
    touch(cpu, 0xffff800000201000);
    let place: u32 = 0;
    while (!tlbEntry(cpu, ROLE_L1D, place)) place++;
    expect(load<u64>(ANSWER_BASE)).toBe(0xffff800000201000);
    expect(load<u64>(ANSWER_BASE, 8)).toBe(FRAME_B);
    expect(load<u64>(ANSWER_BASE, 16)).toBe(4096);
    expect(load<u32>(ANSWER_BASE, 24)).toBe(3 | 8 | 16);
    expect(load<u64>(ANSWER_BASE, 32)).toBe(wordOf(0xffff800000201000));
  });
});

describe("the slow tier", () => {
  it("is charged for data pages that come into the first level, and for no others", () => {
    const cpu = powerOn(SKYLAKE);
    machine().slowFrom = FRAME_C;
    map(BASE, FRAME_C);
    map(BASE + 0x1000, FRAME_A);
    touch(cpu, BASE);
    touch(cpu, BASE);
    touch(cpu, BASE + 0x1000);
    expect(counter(C_CYCLES_MEMORY)).toBe(COST_SLOW_TIER);
  });
});

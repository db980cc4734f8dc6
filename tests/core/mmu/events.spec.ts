// The event ring: what the MMU tells of, in order, when it is asked to.

import { ANSWER_BASE, EVENT_BASE } from "../../../assembly/memory-map";
import { debug, selectEvents } from "../../../assembly/debug/state";
import { Cpu, cpuAt } from "../../../assembly/cpu/state";
import { flushAll, invlpg } from "../../../assembly/mmu/invalidate";
import { countStale } from "../../../assembly/mmu/lifetime";
import { tlbEntry, tlbPlaces } from "../../../assembly/mmu/list";
import { ROLE_L1D, ROLE_L2D } from "../../../assembly/mmu/presets";
import { STALE_DIVERGED_READ } from "../../../assembly/mmu/classify";
import {
  emit, EVENT_BYTES, EVENT_CAPACITY, EVENT_FILL, EVENT_HALT, EVENT_INVALIDATE, EVENT_STALE_USE, EVENT_TABLE_WRITE, EVENT_WALK,
  EVENT_DROP, EVENT_MARK, EVENT_UNMARK, INVALIDATE_PAGE, LEFT_ALL, LEFT_EVICTED, LEFT_PAGE,
} from "../../../assembly/probe/events";
import { powerOn, map, touch, wordOf, change, NONE, SKYLAKE, USER, FRAME_A, FRAME_B } from "./machine";

const VA: u64 = 0x400000;

/** Records the kinds of `mask`. */
function record(mask: u32): void {
  debug().recorded = mask;
  selectEvents();
}

function kindAt(n: u32): u32 {
  return load<u16>(EVENT_BASE + n * EVENT_BYTES, 16);
}

function field(n: u32, offset: u32): u64 {
  return load<u64>(EVENT_BASE + n * EVENT_BYTES + offset);
}

describe("events", () => {
  it("tell the story of a stale use, step by step, with who and where", () => {
    const cpu = powerOn(SKYLAKE, 2);
    map(VA, FRAME_A);
    record((1 << EVENT_WALK) | (1 << EVENT_FILL) | (1 << EVENT_STALE_USE) | (1 << EVENT_TABLE_WRITE) | (1 << EVENT_INVALIDATE));
    cpu.sliceStart = 1000;
    touch(cpu, VA);
    change(cpuAt(1), wordOf(VA), FRAME_B | USER);
    touch(cpu, VA);
    invlpg(cpu, VA);
    expect(debug().eventCount).toBe(5);
    expect(kindAt(0)).toBe(EVENT_WALK);
    expect(kindAt(1)).toBe(EVENT_FILL);
    expect(field(1, 40)).toBe(FRAME_A);
    expect(kindAt(2)).toBe(EVENT_TABLE_WRITE);
    expect(load<u16>(EVENT_BASE + 2 * EVENT_BYTES, 18)).toBe(1);
    expect(field(2, 32)).toBe(wordOf(VA));
    expect(field(2, 48)).toBe(FRAME_B | USER);
    expect(kindAt(3)).toBe(EVENT_STALE_USE);
    expect(field(3, 0)).toBe(1000);
    expect(field(3, 48)).toBe(STALE_DIVERGED_READ | (1 << 16));
    expect(kindAt(4)).toBe(EVENT_INVALIDATE);
    expect(field(4, 32)).toBe(INVALIDATE_PAGE);
  });
  it("are not recorded unless their kind is asked for", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A);
    record(1 << EVENT_WALK);
    touch(cpu, VA);
    invlpg(cpu, VA);
    expect(debug().eventCount).toBe(1);
    expect(kindAt(0)).toBe(EVENT_WALK);
    expect(field(0, 48)).toBe(4 << 8);
  });
  it("keep the newest when the ring is full", () => {
    const cpu = powerOn(SKYLAKE);
    record(1 << EVENT_HALT);
    for (let i: u32 = 0; i < EVENT_CAPACITY + 3; i++) emit(EVENT_HALT, cpu, i, 0, 0);
    expect(debug().eventCount).toBe(EVENT_CAPACITY + 3);
    expect(field(2, 32)).toBe(EVENT_CAPACITY + 2);
    expect(field(3, 32)).toBe(3);
  });
});

/** How many 4 KiB pages the data side of `cpu` holds: those of L2, and those that are in L1 alone. */
function held(cpu: Cpu): u32 {
  const pages = new Set<u64>();
  const roles: u32[] = [ROLE_L1D, ROLE_L2D];
  for (let r = 0; r < roles.length; r++) {
    for (let place: u32 = 0; place < tlbPlaces(cpu, roles[r]); place++) {
      if (tlbEntry(cpu, roles[r], place)) pages.add(load<u64>(ANSWER_BASE));
    }
  }
  return pages.size;
}

/** Reason of a departure that event `n` tells. */
function why(n: u32): u64 {
  return (field(n, 48) >> 8) & 0xff;
}

describe("events of an entry's life", () => {
  it("tell that it became stale, who did it, and that an invalidation took it", () => {
    const cpu = powerOn(SKYLAKE, 2);
    map(VA, FRAME_A);
    touch(cpu, VA);
    record((1 << EVENT_MARK) | (1 << EVENT_UNMARK) | (1 << EVENT_DROP));
    change(cpuAt(1), wordOf(VA), FRAME_B | USER);
    invlpg(cpu, VA);
    expect(kindAt(0)).toBe(EVENT_MARK);
    expect(load<u16>(EVENT_BASE, 18)).toBe(0);
    expect(field(0, 32)).toBe(VA);
    expect(field(0, 40)).toBe(wordOf(VA) | (FRAME_A >> 12) << 32);
    expect(<u64>field(0, 48) >> 40).toBe(1);
    expect(kindAt(1)).toBe(EVENT_UNMARK);
    expect(why(1)).toBe(LEFT_PAGE);
    expect(kindAt(2)).toBe(EVENT_DROP);
    expect(why(2)).toBe(LEFT_PAGE);
    // INVLPG ends the paging-structure entries of the PCID as well: three levels led to the page.
    expect(debug().eventCount).toBe(6);
  });
  it("tell that it is right again if the word was changed back", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A);
    touch(cpu, VA);
    record((1 << EVENT_MARK) | (1 << EVENT_UNMARK));
    change(cpu, wordOf(VA), FRAME_B | USER);
    change(cpu, wordOf(VA), FRAME_A | USER);
    touch(cpu, VA);
    expect(debug().eventCount).toBe(2);
    expect(kindAt(1)).toBe(EVENT_UNMARK);
    expect(why(1)).toBe(0);
  });
  it("tell once of each entry that a flush ends, for all presets", () => {
    for (let preset = SKYLAKE; preset < NONE; preset++) {
      const cpu = powerOn(preset, 2);
      for (let i: u64 = 0; i < 4; i++) {
        map(VA + (i << 12), FRAME_A + (i << 12));
        touch(cpu, VA + (i << 12));
        touch(cpuAt(1), VA + (i << 12));
      }
      record(1 << EVENT_DROP);
      flushAll(cpu);
      flushAll(cpu);
      // Four pages, and PML4E, PDPTE and PDE.
      expect(debug().eventCount).toBe(7);
      for (let n: u32 = 0; n < 7; n++) expect(why(n)).toBe(LEFT_ALL);
    }
  });
  it("tell of an eviction when the last slot is taken", () => {
    const cpu = powerOn(SKYLAKE);
    record((1 << EVENT_DROP) | (1 << EVENT_FILL));
    let fills: u32 = 0;
    let drops: u32 = 0;
    for (let i: u64 = 0; i < 4096; i++) {
      map(VA + (i << 12), FRAME_A);
      touch(cpu, VA + (i << 12));
    }
    for (let n: u32 = 0; n < <u32>debug().eventCount; n++) {
      if (kindAt(n) == EVENT_FILL) fills++;
      else if (((field(n, 48) & 7) == 0) && why(n) == LEFT_EVICTED) drops++;
    }
    expect(fills).toBe(4096);
    expect(drops).toBe(4096 - held(cpu));
  });
  it("count stale entries that were there before anybody asked", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A);
    touch(cpu, VA);
    change(cpu, wordOf(VA), FRAME_B | USER);
    record(1 << EVENT_UNMARK);
    countStale();
    flushAll(cpu);
    expect(debug().eventCount).toBe(1);
    expect(why(0)).toBe(LEFT_ALL);
  });
});

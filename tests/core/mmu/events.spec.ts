// The event ring: what the MMU tells of, in order, when it is asked to.

import { EVENT_BASE } from "../../../assembly/memory-map";
import { debug, selectEvents } from "../../../assembly/debug/state";
import { cpuAt } from "../../../assembly/cpu/state";
import { invlpg } from "../../../assembly/mmu/invalidate";
import { STALE_DIVERGED_READ } from "../../../assembly/mmu/classify";
import {
  emit, EVENT_BYTES, EVENT_CAPACITY, EVENT_FILL, EVENT_HALT, EVENT_INVALIDATE, EVENT_STALE_USE, EVENT_TABLE_WRITE, EVENT_WALK,
  INVALIDATE_PAGE,
} from "../../../assembly/probe/events";
import { powerOn, map, touch, wordOf, change, SKYLAKE, USER, FRAME_A, FRAME_B } from "./machine";

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
    record(u32.MAX_VALUE);
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

// Marks, and the five classes of stale use, with the page-table words changed by another CPU's stores.

import { Cpu, cpuAt } from "../../../assembly/cpu/state";
import { fetchTranslate } from "../../../assembly/mmu/fetch";
import { loadData, loadForWrite, probeWrite, storeData } from "../../../assembly/mmu/access";
import { frameFlags, FRAME_PT } from "../../../assembly/mmu/frames";
import { invlpg } from "../../../assembly/mmu/invalidate";
import {
  C_PT_WRITES, C_STALE_BENIGN, C_STALE_DIVERGED_READ, C_STALE_LOST_WRITE, C_STALE_PERMISSION, C_STALE_REUSED_FRAME, C_WALKS_DATA,
} from "../../../assembly/probe/counters";
import {
  powerOn, map, touch, read, poke, peek, wordOf, change, counter, frontReads, frontWrites, newTable, SKYLAKE, ZEN3, STICKY, READ, WRITE, FETCH,
  USER, A, D, P, U, W, FRAME_A, FRAME_B, FRAME_C, PS,
} from "./machine";

const VA: u64 = 0x400000;
const ELSEWHERE: u64 = 0x605000;

function other(): Cpu {
  return cpuAt(1);
}

/** VA is mapped to FRAME_A and cached by CPU 0. */
function prepare(preset: u32, flags: u64 = USER): Cpu {
  const cpu = powerOn(preset, 2);
  map(VA, FRAME_A, flags);
  map(ELSEWHERE, FRAME_C);
  touch(cpu, ELSEWHERE);
  touch(cpu, VA);
  return cpu;
}

/** Counts of CPU 0: benign, permission, diverged-read, lost-write, reused-frame, one decimal digit each. */
function classes(): u64 {
  return counter(C_STALE_BENIGN) * 10000 + counter(C_STALE_PERMISSION) * 1000 + counter(C_STALE_DIVERGED_READ) * 100
    + counter(C_STALE_LOST_WRITE) * 10 + counter(C_STALE_REUSED_FRAME);
}

function inPresets(check: (preset: u32) => void): void {
  check(SKYLAKE);
  check(ZEN3);
  check(STICKY);
}

describe("a load through a changed word", () => {
  it("reads the old frame, and is a diverged-read if the bytes differ", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      change(other(), wordOf(VA), FRAME_B | USER);
      expect(read(cpu, VA)).toBe(FRAME_A >> 12);
      expect(classes()).toBe(100);
      expect(read(cpu, VA + 8)).toBe(FRAME_A >> 12);
      expect(classes()).toBe(200);
    });
  });
  it("is benign if the bytes read are equal, whatever the rest of the page holds", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      change(other(), wordOf(VA), FRAME_B | USER);
      poke(FRAME_B, FRAME_A >> 12);
      expect(read(cpu, VA)).toBe(FRAME_A >> 12);
      expect(classes()).toBe(10000);
      loadData(cpu, VA + 6, 4);
      expect(classes()).toBe(10100);
    });
  });
  it("is a use without permission if nothing is mapped any more", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      change(other(), wordOf(VA), 0);
      expect(read(cpu, VA)).toBe(FRAME_A >> 12);
      expect(classes()).toBe(1000);
    });
  });
  it("is a use without permission if the same frame is no longer the user's, and benign if only W went", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      change(other(), wordOf(VA), FRAME_A | P | W | A | D);
      touch(cpu, VA);
      expect(classes()).toBe(1000);
      change(other(), wordOf(VA), FRAME_A | P | U | A | D);
      touch(cpu, VA);
      expect(classes()).toBe(11000);
    });
  });
  it("counts nothing after an invalidation, and reads the new frame", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      change(other(), wordOf(VA), FRAME_B | USER);
      invlpg(cpu, VA);
      expect(read(cpu, VA)).toBe(FRAME_B >> 12);
      expect(classes()).toBe(0);
      expect(frontReads(cpu, VA)).toBe(true);
    });
  });
});

describe("a store through a changed word", () => {
  it("goes to the old frame, and is a lost-write", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      change(other(), wordOf(VA), FRAME_B | USER);
      storeData(cpu, VA, 8, 5);
      expect(peek(FRAME_A)).toBe(5);
      expect(peek(FRAME_B)).toBe(FRAME_B >> 12);
      expect(classes()).toBe(10);
    });
  });
  it("is benign if the same frame may still be written, a use without permission if not", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      change(other(), wordOf(VA), FRAME_A | (USER & ~D));
      storeData(cpu, VA, 8, 5);
      expect(classes()).toBe(10000);
      change(other(), wordOf(VA), FRAME_A | (USER & ~W));
      storeData(cpu, VA, 8, 6);
      expect(classes()).toBe(11000);
    });
  });
  it("of a read-modify-write counts its load and its store, once each", () => {
    const cpu = prepare(SKYLAKE);
    change(other(), wordOf(VA), FRAME_B | USER);
    expect(loadForWrite(cpu, VA, 8)).toBe(FRAME_A >> 12);
    expect(classes()).toBe(100);
    storeData(cpu, VA, 8, 1);
    expect(classes()).toBe(110);
  });
  it("that is only a probe counts nothing", () => {
    const cpu = prepare(SKYLAKE);
    change(other(), wordOf(VA), FRAME_B | USER);
    probeWrite(cpu, VA, 8);
    expect(cpu.fault).toBe(0);
    expect(classes()).toBe(0);
  });
  it("through a clean entry walks, so it sees memory as it is", () => {
    inPresets((preset) => {
      const cpu = prepare(preset, USER & ~D);
      change(other(), wordOf(VA), FRAME_B | (USER & ~D));
      storeData(cpu, VA, 8, 5);
      expect(peek(FRAME_B)).toBe(5);
      expect(classes()).toBe(0);
      expect(peek(wordOf(VA)) & D).toBe(D);
    });
  });
  it("that crosses pages counts no use of the first when the second refuses", () => {
    const cpu = prepare(SKYLAKE);
    change(other(), wordOf(VA), FRAME_B | USER);
    storeData(cpu, VA + 0xffc, 8, 1);
    expect(cpu.fault).not.toBe(0);
    expect(classes()).toBe(0);
  });
});

describe("a frame that went to somebody else", () => {
  it("is reused when another user word begins to map it after the change", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      change(other(), wordOf(VA), FRAME_B | USER);
      change(other(), wordOf(ELSEWHERE), FRAME_A | USER);
      touch(cpu, VA);
      touch(cpu, VA, WRITE);
      expect(classes()).toBe(2);
    });
  });
  it("is not reused for a supervisor word, nor for one that mapped it before", () => {
    const cpu = prepare(SKYLAKE);
    change(other(), wordOf(ELSEWHERE), FRAME_A | USER);
    change(other(), wordOf(VA), FRAME_B | USER);
    touch(cpu, VA);
    expect(classes()).toBe(100);
    const again = prepare(SKYLAKE);
    change(other(), wordOf(VA), FRAME_B | USER);
    change(other(), wordOf(ELSEWHERE), FRAME_A | (USER & ~U));
    touch(again, VA);
    expect(classes()).toBe(100);
  });
  it("is not reused any more when the other word has let go of it", () => {
    const cpu = prepare(SKYLAKE);
    change(other(), wordOf(VA), FRAME_B | USER);
    change(other(), wordOf(ELSEWHERE), FRAME_A | USER);
    change(other(), wordOf(ELSEWHERE), 0);
    touch(cpu, VA);
    expect(classes()).toBe(100);
  });
  it("is reused when a large user page begins to cover it", () => {
    const cpu = prepare(SKYLAKE);
    change(other(), wordOf(VA), 0);
    change(other(), wordOf(0x800000, 2), 0xa00000 | USER | PS);
    touch(cpu, VA);
    expect(classes()).toBe(1);
  });
  it("is reused when it becomes a page table", () => {
    const cpu = prepare(SKYLAKE);
    change(other(), wordOf(VA), FRAME_B | USER);
    change(other(), wordOf(0x800000, 2), FRAME_A | USER);
    touch(cpu, VA);
    expect(classes()).toBe(1);
  });
  it("has a new owner by a table that was filled before it was linked", () => {
    const cpu = prepare(SKYLAKE);
    const table = newTable();
    poke(table, FRAME_A | USER);
    change(other(), wordOf(VA), FRAME_B | USER);
    touch(cpu, VA);
    expect(classes()).toBe(100);
    change(other(), wordOf(0x800000, 2), table | USER);
    touch(cpu, VA);
    expect(classes()).toBe(101);
  });
});

describe("a mark", () => {
  it("takes the page out of the front caches until the entry is right again", () => {
    const cpu = prepare(SKYLAKE);
    touch(cpu, VA, WRITE);
    expect(frontReads(cpu, VA)).toBe(true);
    expect(frontWrites(cpu, VA)).toBe(true);
    change(other(), wordOf(VA), FRAME_B | USER);
    expect(frontReads(cpu, VA)).toBe(false);
    expect(frontWrites(cpu, VA)).toBe(false);
    touch(cpu, VA);
    expect(frontReads(cpu, VA)).toBe(false);
    change(other(), wordOf(VA), FRAME_A | USER);
    touch(cpu, VA);
    expect(classes()).toBe(100);
    expect(frontReads(cpu, VA)).toBe(true);
  });
  it("is not made by a change of A alone", () => {
    const cpu = prepare(SKYLAKE);
    change(other(), wordOf(VA), FRAME_A | (USER & ~A));
    expect(frontReads(cpu, VA)).toBe(true);
    expect(counter(C_PT_WRITES, 1)).toBe(0);
    change(other(), wordOf(VA), FRAME_A | (USER & ~A));
    expect(classes()).toBe(0);
  });
  it("is taken off without a stale use when the change came to nothing, and the next change marks again", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      change(other(), wordOf(VA), 0);
      change(other(), wordOf(VA), FRAME_A | USER);
      touch(cpu, VA);
      expect(classes()).toBe(0);
      change(other(), wordOf(VA), FRAME_B | USER);
      touch(cpu, VA);
      expect(classes()).toBe(100);
    });
  });
  it("reaches every CPU, and the CPU that makes the change", () => {
    const cpu = prepare(SKYLAKE);
    touch(other(), VA);
    change(other(), wordOf(VA), FRAME_B | USER);
    touch(cpu, VA);
    touch(other(), VA);
    expect(classes()).toBe(100);
    expect(counter(C_STALE_DIVERGED_READ, 1)).toBe(1);
  });
  it("reaches entries made through an upper word that changed, at every level", () => {
    inPresets((preset) => {
      for (let level: u32 = 2; level <= 4; level++) {
        const cpu = prepare(preset);
        change(other(), wordOf(VA, level), 0);
        expect(read(cpu, VA)).toBe(FRAME_A >> 12);
        expect(classes()).toBe(1000);
      }
    });
  });
  it("reaches large pages", () => {
    inPresets((preset) => {
      for (let level: u32 = 2; level <= 3; level++) {
        const cpu = powerOn(preset, 2);
        map(0x40000000, 0, USER, level);
        touch(cpu, 0x40001000);
        change(other(), wordOf(0x40000000, level), 0);
        expect(touch(cpu, 0x40000000)).toBe(-1);
        expect(classes()).toBe(1000);
      }
    });
  });
  it("passes from a paging-structure entry to what is filled through it", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      map(VA + 0x1000, FRAME_B);
      const table = newTable();
      poke(table + 8, FRAME_C | USER);
      change(other(), wordOf(VA, 2), table | USER);
      // The old table is walked still: it has no entry for this page, but the paging-structure cache leads there.
      expect(read(cpu, VA + 0x1000)).toBe(FRAME_B >> 12);
      expect(classes()).toBe(100);
    });
  });
  it("follows an entry that is right by way of other words", () => {
    const cpu = prepare(SKYLAKE);
    const table = newTable();
    poke(table, FRAME_A | USER);
    change(other(), wordOf(VA, 2), table | USER);
    touch(cpu, VA);
    expect(classes()).toBe(0);
    expect(frontReads(cpu, VA)).toBe(true);
    change(other(), table, FRAME_B | USER);
    touch(cpu, VA);
    expect(classes()).toBe(100);
  });
  it("applies to instruction fetch", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      touch(cpu, VA, FETCH);
      change(other(), wordOf(VA), FRAME_B | USER);
      expect(fetchTranslate(cpu, VA)).toBe(FRAME_A);
      expect(classes()).toBe(100);
      expect(load<u64>(<usize>cpu.fetch + ((<u32>VA >>> 8) & 0x7f0))).toBe(u64.MAX_VALUE);
    });
  });
});

describe("a frame of page tables", () => {
  it("is known as one once a walk has read it, and its changes are counted", () => {
    const cpu = prepare(SKYLAKE);
    for (let level: u32 = 1; level <= 4; level++) expect(frameFlags(<u32>(wordOf(VA, level) >> 12)) & FRAME_PT).toBe(FRAME_PT);
    change(cpu, wordOf(VA) + 64, 2);
    change(cpu, wordOf(VA) + 64, 2);
    expect(counter(C_PT_WRITES)).toBe(1);
  });
  it("is forgotten when it is only written for long, and known again by the next walk", () => {
    const cpu = prepare(SKYLAKE);
    invlpg(cpu, VA);
    const frame = <u32>(wordOf(VA) >> 12);
    for (let i: u64 = 0; i < 600; i++) change(cpu, wordOf(VA) + 8 + (i & 255) * 8, 0);
    expect(frameFlags(frame) & FRAME_PT).toBe(0);
    touch(cpu, VA);
    expect(frameFlags(frame) & FRAME_PT).toBe(FRAME_PT);
  });
  it("is not forgotten while an entry depends on it", () => {
    const cpu = prepare(SKYLAKE);
    for (let i: u64 = 0; i < 2000; i++) change(cpu, wordOf(VA) + 8 + (i & 255) * 8, i);
    change(cpu, wordOf(VA), FRAME_B | USER);
    touch(cpu, VA);
    expect(classes()).toBe(100);
  });
  it("sees stores of every size, and unaligned ones that touch two words", () => {
    const cpu = prepare(SKYLAKE);
    map(VA + 0x1000, FRAME_B);
    map(0x7000000, wordOf(VA) & ~0xfff);
    touch(cpu, VA + 0x1000);
    storeData(cpu, 0x7000000 + (wordOf(VA) & 0xfff) + 1, 1, 0x1000 >> 8);
    expect(frontReads(cpu, VA)).toBe(false);
    touch(cpu, VA + 0x1000);
    storeData(cpu, 0x7000000 + (wordOf(VA) & 0xfff) + 6, 4, 0x00010000);
    expect(frontReads(cpu, VA + 0x1000)).toBe(false);
  });
});

describe("walks", () => {
  it("are not made by stale uses: classification leaves no trace in the counters", () => {
    const cpu = prepare(SKYLAKE);
    change(other(), wordOf(VA), FRAME_B | USER);
    const walks = counter(C_WALKS_DATA);
    touch(cpu, VA, READ);
    touch(cpu, VA, WRITE);
    expect(counter(C_WALKS_DATA)).toBe(walks);
  });
});

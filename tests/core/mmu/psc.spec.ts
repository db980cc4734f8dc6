// Paging-structure caches: which words they save, what they may go on leading to, and what ends that.

import { cpuAt } from "../../../assembly/cpu/state";
import { invlpg, writeCr3 } from "../../../assembly/mmu/invalidate";
import { ROLE_PSC } from "../../../assembly/mmu/presets";
import { C_STALE_DIVERGED_READ, C_WALK_REFERENCES } from "../../../assembly/probe/counters";
import {
  powerOn, withPcids, map, touch, read, poke, peek, wordOf, change, counter, heldInAll, newTable, SKYLAKE, ZEN3, STICKY, NONE, READ, WRITE,
  USER, P, W, U, A, FRAME_A, FRAME_B, ROOT,
} from "./machine";

const VA: u64 = 0x10000400000;
const KEEP: u64 = 0x8000000000000000;

/** Words that a walk for `va` reads now. */
function references(va: u64, kind: u32 = READ): u64 {
  const before = counter(C_WALK_REFERENCES);
  touch(cpuAt(0), va, kind);
  return counter(C_WALK_REFERENCES) - before;
}

function inPresets(check: (preset: u32) => void): void {
  check(SKYLAKE);
  check(ZEN3);
  check(STICKY);
}

describe("paging-structure caches", () => {
  it("let a walk begin at the deepest table that an earlier walk went through", () => {
    inPresets((preset) => {
      powerOn(preset);
      map(VA, FRAME_A);
      map(VA + 0x1000, FRAME_A);
      map(VA + 0x200000, FRAME_A);
      map(VA + 0x40000000, FRAME_A);
      map(VA + 0x8000000000, FRAME_A);
      expect(references(VA)).toBe(4);
      expect(references(VA + 0x1000)).toBe(1);
      expect(references(VA + 0x200000)).toBe(2);
      expect(references(VA + 0x40000000)).toBe(3);
      expect(references(VA + 0x8000000000)).toBe(4);
      expect(references(VA + 0x1000)).toBe(0);
    });
  });
  it("hold no word that maps a page, and none that is not present", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, 0xa00000, USER, 2);
    touch(cpu, VA);
    expect(heldInAll(cpu, ROLE_PSC)).toBe(2);
    touch(cpu, VA + 0x200000);
    expect(heldInAll(cpu, ROLE_PSC)).toBe(0);
  });
  it("are not filled by a walk that faults", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A);
    expect(touch(cpu, VA + 0x1000)).toBe(4);
    expect(heldInAll(cpu, ROLE_PSC)).toBe(0);
  });
  it("do not exist in the preset none", () => {
    const cpu = powerOn(NONE);
    map(VA, FRAME_A);
    expect(references(VA)).toBe(4);
    expect(references(VA)).toBe(4);
    expect(heldInAll(cpu, ROLE_PSC)).toBe(0);
  });
  it("go on leading to the old table until INVLPG of any address", () => {
    inPresets((preset) => {
      const cpu = powerOn(preset);
      map(VA, FRAME_A);
      map(VA + 0x1000, FRAME_A);
      touch(cpu, VA);
      const table = newTable();
      poke(table + 8, FRAME_B | USER);
      change(cpu, wordOf(VA, 2), table | USER);
      expect(read(cpu, VA + 0x1000)).toBe(FRAME_A >> 12);
      invlpg(cpu, 0x5000);
      // The translation made through the old table is another matter: it is dropped by its own address.
      expect(read(cpu, VA + 0x1000)).toBe(FRAME_A >> 12);
      invlpg(cpu, VA + 0x1000);
      expect(read(cpu, VA + 0x1000)).toBe(FRAME_B >> 12);
    });
  });
  it("are marked by changes that come after they were found again behind an INVLPG", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A);
    map(VA + 0x1000, FRAME_A);
    touch(cpu, VA);
    invlpg(cpu, VA);
    touch(cpu, VA);
    const table = newTable();
    poke(table + 8, FRAME_B | USER);
    change(cpu, wordOf(VA, 2), table | USER);
    expect(read(cpu, VA + 0x1000)).toBe(FRAME_A >> 12);
    expect(counter(C_STALE_DIVERGED_READ)).toBe(1);
  });
  it("are read anew behind an INVLPG when the word changed in between", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A);
    touch(cpu, VA);
    const table = newTable();
    poke(table, FRAME_B | USER);
    change(cpu, wordOf(VA, 2), table | USER);
    invlpg(cpu, VA);
    expect(read(cpu, VA)).toBe(FRAME_B >> 12);
    expect(counter(C_STALE_DIVERGED_READ)).toBe(0);
    poke(table + 8, FRAME_A | USER);
    expect(references(VA + 0x1000)).toBe(1);
  });
  it("keep the rights that the upper words had", () => {
    inPresets((preset) => {
      const cpu = powerOn(preset);
      map(VA, FRAME_A);
      map(VA + 0x1000, FRAME_A);
      poke(wordOf(VA, 2), peek(wordOf(VA, 2)) & ~W);
      touch(cpu, VA);
      change(cpu, wordOf(VA, 2), peek(wordOf(VA, 2)) | W);
      expect(touch(cpu, VA + 0x1000, WRITE)).toBe(7);
      // The fault dropped what led to it.
      expect(touch(cpu, VA + 0x1000, WRITE)).toBe(-1);
    });
  });
  it("belong to one PCID", () => {
    inPresets((preset) => {
      const cpu = powerOn(preset);
      withPcids(cpu);
      map(VA, FRAME_A);
      touch(cpu, VA);
      writeCr3(cpu, ROOT | 5 | KEEP);
      expect(references(VA)).toBe(4);
      writeCr3(cpu, ROOT | KEEP);
      expect(references(VA + 0x1000)).toBe(1);
    });
  });
  it("are dropped by a fault for the words that it used, not for others", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A);
    map(VA + 0x8000000000, FRAME_A);
    touch(cpu, VA);
    touch(cpu, VA + 0x8000000000);
    expect(heldInAll(cpu, ROLE_PSC)).toBe(6);
    touch(cpu, VA + 0x1000);
    expect(heldInAll(cpu, ROLE_PSC)).toBe(3);
  });
  it("spare the words above from having A set again", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A);
    map(VA + 0x1000, FRAME_A, P | W | U);
    touch(cpu, VA);
    poke(wordOf(VA, 3), peek(wordOf(VA, 3)) & ~A);
    touch(cpu, VA + 0x1000);
    expect(peek(wordOf(VA, 3)) & A).toBe(0);
    expect(peek(wordOf(VA + 0x1000)) & A).toBe(A);
  });
  it("have the sizes of the preset, and replace in turn", () => {
    const cpu = powerOn(SKYLAKE);
    // Six regions of 512 GiB, in tables that are all the same.
    for (let i: u64 = 0; i < 6; i++) {
      map(i << 39, FRAME_A);
      touch(cpu, i << 39);
    }
    // PML4E and PDPTE caches hold four each; the PDEs fall into one set of four.
    expect(heldInAll(cpu, ROLE_PSC)).toBe(12);
    expect(references((<u64>1 << 39) + 0x1000)).toBe(4);
    expect(references((<u64>5 << 39) + 0x1000)).toBe(1);
  });
});

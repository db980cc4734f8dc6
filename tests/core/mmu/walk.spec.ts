// Every outcome of a walk against an expectation made here from SDM 3A 4.6 (rights), 4.5 (reserved bits), 4.7 (error
// codes) and 4.8 (A and D), by other means than the walk's own.

import { CR0_WP, CR4_PGE, CR4_SMAP, CR4_SMEP, EFER_NXE, Cpu } from "../../../assembly/cpu/state";
import { controlsChanged } from "../../../assembly/mmu/invalidate";
import { flagAllClean, frameFlags, FRAME_CLEAN } from "../../../assembly/mmu/frames";
import { C_DIRTY_WALKS, C_WALKS_DATA, C_WALK_REFERENCES, C_WALKS_FAULTED, C_WALKS_INSTRUCTION } from "../../../assembly/probe/counters";
import { physicalOf } from "../../../assembly/mmu/walk";
import {
  powerOn, touch, map, wordOf, poke, peek, become, counter, read, SKYLAKE, NONE, READ, WRITE, FETCH, P, W, U, A, D, G, NX, FRAME_A, RAM,
} from "./machine";

const VA: u64 = 0x7f8040201000;

/** Error code that the manual demands for a page with these rights, or -1. */
function demanded(kind: u32, user: bool, pageW: bool, pageU: bool, pageNx: bool, wp: bool, smep: bool, smap: bool, ac: bool): i32 {
  let fault: bool;
  if (user) {
    if (!pageU) fault = true;
    else if (kind == READ) fault = false;
    else if (kind == WRITE) fault = !pageW;
    else fault = pageNx;
  } else if (kind == FETCH) {
    fault = pageNx || (pageU && smep);
  } else {
    const smapFault = pageU && smap && !ac;
    fault = smapFault || (kind == WRITE && !pageW && wp);
  }
  if (!fault) return -1;
  return 1 | (kind == WRITE ? 2 : 0) | (user ? 4 : 0) | (kind == FETCH ? 16 : 0);
}

/** Runs all combinations of rights at the last level and above, mode and control bits for pages of `level`. Returns how many differ. */
function sweepRights(preset: u32, level: u32): i32 {
  let wrong = 0;
  for (let control: u32 = 0; control < 16; control++) {
    const cpu = powerOn(preset);
    if (!(control & 1)) cpu.cr0 &= ~CR0_WP;
    if (control & 2) cpu.cr4 |= CR4_SMEP;
    if (control & 4) cpu.cr4 |= CR4_SMAP;
    const ac = (control & 8) != 0;
    for (let upper: u32 = 0; upper < 8; upper++) {
      for (let leaf: u32 = 0; leaf < 8; leaf++) {
        // A new page for every combination, in tables of its own for each `upper`.
        const va = (<u64>upper << 39) | (<u64>leaf << 30) | 0x1000;
        const pa = level == 3 ? 0 : FRAME_A;
        map(va, pa, rights(leaf), level);
        poke(wordOf(va, 4), (peek(wordOf(va, 4)) & ~(W | U | NX | P)) | rights(upper));
        const both = (upper & leaf & 3) | ((upper | leaf) & 4);
        for (let mode: u32 = 0; mode < 2; mode++) {
          for (let kind = READ; kind <= FETCH; kind++) {
            become(cpu, mode ? 3 : 0, ac);
            const want = demanded(
              kind, mode == 1, (both & 1) != 0, (both & 2) != 0, (both & 4) != 0, (control & 1) != 0, (control & 2) != 0, (control & 4) != 0, ac,
            );
            if (touch(cpu, va, kind) != want) wrong++;
            // The second time the TLB may answer.
            if (touch(cpu, va, kind) != want) wrong++;
          }
        }
      }
    }
  }
  return wrong;
}

function rights(bits: u32): u64 {
  return P | (bits & 1 ? W : 0) | (bits & 2 ? U : 0) | (bits & 4 ? NX : 0);
}

/** Whether bit `bit` of a present word at `level` must be 0; `large`: the word maps a page above level 1. */
function mustBeZero(bit: u32, level: u32, large: bool, nxe: bool): bool {
  if (bit == 63) return !nxe;
  if (bit >= 52) return false;
  if (bit >= 40) return true;
  if (bit == 7) return level == 4;
  if (large && level == 2) return bit >= 13 && bit <= 20;
  if (large && level == 3) return bit >= 13 && bit <= 29;
  return false;
}

/** Sets each bit in the word at `level` of a page of `pageLevel`. Returns how many outcomes differ from the manual's. */
function sweepReserved(pageLevel: u32, level: u32, nxe: bool): i32 {
  let wrong = 0;
  for (let bit: u32 = 6; bit < 64; bit++) {
    // Address bits lead elsewhere and PS makes another page of it: only those that must be 0 say something.
    const zero = mustBeZero(bit, level, level == pageLevel && level > 1, nxe);
    if (bit >= 12 && bit < 40 && !zero) continue;
    if (bit == 7 && level < 4) continue;
    const cpu = powerOn(NONE);
    if (!nxe) cpu.efer &= ~EFER_NXE;
    map(VA, pageLevel == 3 ? 0 : pageLevel == 2 ? 0xa00000 : FRAME_A, P | W | U, pageLevel);
    poke(wordOf(VA, level), peek(wordOf(VA, level)) | ((<u64>1) << bit));
    if (touch(cpu, VA, READ) != (zero ? 13 : -1)) wrong++;
    if (touch(cpu, VA, WRITE) != (zero ? 15 : -1)) wrong++;
  }
  return wrong;
}

describe("rights", () => {
  it("are those of the manual for 4 KiB pages, with and without TLBs", () => {
    expect(sweepRights(NONE, 1)).toBe(0);
    expect(sweepRights(SKYLAKE, 1)).toBe(0);
  });
  it("are those of the manual for 2 MiB pages", () => {
    expect(sweepRights(NONE, 2)).toBe(0);
    expect(sweepRights(SKYLAKE, 2)).toBe(0);
  });
  it("are those of the manual for 1 GiB pages", () => {
    expect(sweepRights(NONE, 3)).toBe(0);
    expect(sweepRights(SKYLAKE, 3)).toBe(0);
  });
  it("follow WP, SMEP, SMAP and NXE at once, whatever is cached", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A, P | U | NX | A);
    become(cpu, 0);
    expect(touch(cpu, VA, READ)).toBe(-1);
    expect(touch(cpu, VA, WRITE)).toBe(3);
    setControls(cpu, cpu.cr0 & ~CR0_WP, cpu.cr4, cpu.efer);
    expect(touch(cpu, VA, WRITE)).toBe(-1);
    setControls(cpu, cpu.cr0 | CR0_WP, cpu.cr4, cpu.efer);
    expect(touch(cpu, VA, WRITE)).toBe(3);
    setControls(cpu, cpu.cr0, cpu.cr4 | CR4_SMAP, cpu.efer);
    expect(touch(cpu, VA, READ)).toBe(1);
    become(cpu, 0, true);
    expect(touch(cpu, VA, READ)).toBe(-1);
  });
});

function setControls(cpu: Cpu, cr0: u64, cr4: u64, efer: u64): void {
  const before0 = cpu.cr0;
  const before4 = cpu.cr4;
  const beforeEfer = cpu.efer;
  cpu.cr0 = cr0;
  cpu.cr4 = cr4;
  cpu.efer = efer;
  controlsChanged(cpu, before0, before4, beforeEfer);
}

describe("reserved bits", () => {
  it("fault with RSVD at every level of a 4 KiB page", () => {
    for (let level: u32 = 1; level <= 4; level++) {
      expect(sweepReserved(1, level, true)).toBe(0);
      expect(sweepReserved(1, level, false)).toBe(0);
    }
  });
  it("fault with RSVD at every level of a 2 MiB page", () => {
    for (let level: u32 = 2; level <= 4; level++) {
      expect(sweepReserved(2, level, true)).toBe(0);
      expect(sweepReserved(2, level, false)).toBe(0);
    }
  });
  it("fault with RSVD at every level of a 1 GiB page", () => {
    for (let level: u32 = 3; level <= 4; level++) {
      expect(sweepReserved(3, level, true)).toBe(0);
      expect(sweepReserved(3, level, false)).toBe(0);
    }
  });
  it("do not matter in a word that is not present, whose fault has P clear", () => {
    for (let level: u32 = 1; level <= 4; level++) {
      const cpu = powerOn(SKYLAKE);
      map(VA, FRAME_A);
      poke(wordOf(VA, level), u64.MAX_VALUE & ~P);
      expect(touch(cpu, VA, READ)).toBe(4);
      expect(touch(cpu, VA, WRITE)).toBe(6);
      expect(touch(cpu, VA, FETCH)).toBe(20);
    }
  });
  it("are what a table beyond the end of RAM is made of", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A);
    poke(wordOf(VA, 2), <u64>RAM | P | W | U);
    expect(touch(cpu, VA, READ)).toBe(13);
  });
});

describe("error codes", () => {
  it("have I/D only with NXE or SMEP", () => {
    const cpu = powerOn(NONE);
    cpu.efer &= ~EFER_NXE;
    expect(touch(cpu, VA, FETCH)).toBe(4);
    cpu.cr4 |= CR4_SMEP;
    expect(touch(cpu, VA, FETCH)).toBe(20);
  });
});

describe("A and D", () => {
  it("are set by a load and a store in every word of the walk as the manual has it, for all page sizes", () => {
    for (let level: u32 = 1; level <= 3; level++) {
      for (let kind = READ; kind <= FETCH; kind++) {
        const cpu = powerOn(NONE);
        map(VA, 0, P | W | U, level);
        for (let above = level + 1; above <= 4; above++) poke(wordOf(VA, above), peek(wordOf(VA, above)) & ~(A | D));
        expect(touch(cpu, VA, kind)).toBe(-1);
        expect(peek(wordOf(VA, level)) & (A | D)).toBe(kind == WRITE ? A | D : A);
        for (let above = level + 1; above <= 4; above++) expect(peek(wordOf(VA, above)) & (A | D)).toBe(A);
      }
    }
  });
  it("stay as they are when the walk faults", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A, P | U);
    for (let above: u32 = 2; above <= 4; above++) poke(wordOf(VA, above), peek(wordOf(VA, above)) & ~(A | D));
    expect(touch(cpu, VA, WRITE)).toBe(7);
    for (let level: u32 = 1; level <= 4; level++) expect(peek(wordOf(VA, level)) & (A | D)).toBe(0);
  });
  it("are written only when they change: tables that have them stay clean", () => {
    const cpu = powerOn(NONE);
    map(VA, FRAME_A);
    flagAllClean();
    expect(touch(cpu, VA, READ)).toBe(-1);
    expect(touch(cpu, VA, WRITE)).toBe(-1);
    for (let level: u32 = 1; level <= 4; level++) expect(frameFlags(<u32>(wordOf(VA, level) >> 12)) & FRAME_CLEAN).toBe(FRAME_CLEAN);
    expect(frameFlags(<u32>(FRAME_A >> 12)) & FRAME_CLEAN).toBe(0);
  });
  it("take a walk of their own for the first store through a clean entry, and none after", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A, P | W | U);
    touch(cpu, VA, READ);
    expect(counter(C_WALKS_DATA)).toBe(1);
    touch(cpu, VA, WRITE);
    expect(counter(C_WALKS_DATA)).toBe(2);
    expect(counter(C_DIRTY_WALKS)).toBe(1);
    touch(cpu, VA, WRITE);
    expect(counter(C_WALKS_DATA)).toBe(2);
    expect(counter(C_DIRTY_WALKS)).toBe(1);
  });
});

describe("a walk", () => {
  it("adds the offset within each page size", () => {
    for (let level: u32 = 1; level <= 3; level++) {
      const cpu = powerOn(NONE);
      const base: u64 = level == 3 ? 0 : 0xa00000;
      map(VA, base, P | U, level);
      const offset = VA & (((<u64>1) << (3 + 9 * level)) - 1);
      poke((base + offset) % RAM, 77);
      if (base + offset < <u64>RAM) expect(read(cpu, VA)).toBe(77);
      expect(physicalOf(cpu, VA)).toBe(<i64>(base + offset));
    }
  });
  it("counts itself and the words that it read, by what it was for", () => {
    const cpu = powerOn(NONE);
    map(VA, FRAME_A);
    touch(cpu, VA, READ);
    touch(cpu, VA, FETCH);
    expect(counter(C_WALKS_DATA)).toBe(1);
    expect(counter(C_WALKS_INSTRUCTION)).toBe(1);
    expect(counter(C_WALK_REFERENCES)).toBe(8);
    touch(cpu, VA + 0x1000, READ);
    expect(counter(C_WALKS_FAULTED)).toBe(1);
  });
  it("leaves no trace when it is only a look", () => {
    const cpu = powerOn(SKYLAKE);
    map(VA, FRAME_A, P | W | U | G);
    cpu.cr4 |= CR4_PGE;
    flagAllClean();
    expect(physicalOf(cpu, VA + 5)).toBe(<i64>FRAME_A + 5);
    expect(physicalOf(cpu, VA + 0x1000)).toBe(-1);
    expect(peek(wordOf(VA)) & (A | D)).toBe(0);
    expect(counter(C_WALKS_DATA)).toBe(0);
    expect(frameFlags(<u32>(wordOf(VA) >> 12))).toBe(FRAME_CLEAN);
  });
});

// What each operation drops and what it leaves (SDM 3A 4.10.4.1), for entries of this PCID, of another, and global ones;
// in each preset that holds anything. A translation has been dropped if a changed page table is seen.

import { Cpu, CR4_PCIDE, CR4_PGE, CR4_SMEP, CR0_PG } from "../../../assembly/cpu/state";
import { tlbOf } from "../../../assembly/mmu/generation";
import { controlsChanged, flushAll, flushNonGlobal, invlpg, invpcid, writeCr3 } from "../../../assembly/mmu/invalidate";
import { ROLE_L1D, ROLE_L1I, ROLE_L2D, ROLE_PSC } from "../../../assembly/mmu/presets";
import {
  C_CR3_FLUSH, C_CR3_KEEP, C_CR4_FLUSH, C_INVLPG, C_INVPCID, C_TLB_INVALIDATIONS,
} from "../../../assembly/probe/counters";
import {
  powerOn, withPcids, map, touch, read, poke, wordOf, counter, held, heldInAll, SKYLAKE, ZEN3, STICKY, FETCH, ROOT, USER, G,
  FRAME_A, FRAME_B, P, frontReads,
} from "./machine";

const PLAIN: u64 = 0x400000; // mapped in PCID 0 (ROOT) and, to other frames, in PCID 1
const OTHER: u64 = 0x405000;
const GLOBAL: u64 = 0x8000400000;
const KEEP: u64 = 0x8000000000000000;
const ROOT_1: u64 = 0x180000;

// What survives, as bits.
const PLAIN_0: u32 = 1;
const OTHER_0: u32 = 2;
const PLAIN_1: u32 = 4;
const GLOBALS: u32 = 8;
const ALL: u32 = 15;

/** PCID 0 and PCID 1 both have entries; PCID 0 is in use. Then all page tables are emptied behind the TLB's back. */
function prepare(preset: u32): Cpu {
  const cpu = powerOn(preset);
  withPcids(cpu);
  map(PLAIN, FRAME_A);
  map(OTHER, FRAME_A + 0x1000);
  map(GLOBAL, FRAME_A + 0x2000, USER | G);
  map(PLAIN, FRAME_B, USER, 1, ROOT_1);
  map(GLOBAL, FRAME_A + 0x2000, USER | G, 1, ROOT_1);
  writeCr3(cpu, ROOT_1 | 1 | KEEP);
  touch(cpu, PLAIN);
  writeCr3(cpu, ROOT | KEEP);
  touch(cpu, PLAIN);
  touch(cpu, OTHER);
  touch(cpu, GLOBAL);
  touch(cpu, PLAIN, FETCH);
  poke(wordOf(PLAIN), 0);
  poke(wordOf(OTHER), 0);
  poke(wordOf(GLOBAL), 0);
  poke(wordOf(PLAIN, 1, ROOT_1), 0);
  return cpu;
}

/** Which of the four translations can still be used. */
function survivors(cpu: Cpu): u32 {
  const cr3 = cpu.cr3;
  let bits: u32 = 0;
  writeCr3(cpu, ROOT | KEEP);
  if (touch(cpu, PLAIN) < 0) bits |= PLAIN_0;
  if (touch(cpu, OTHER) < 0) bits |= OTHER_0;
  if (touch(cpu, GLOBAL) < 0) bits |= GLOBALS;
  writeCr3(cpu, ROOT_1 | 1 | KEEP);
  if (touch(cpu, PLAIN) < 0) bits |= PLAIN_1;
  writeCr3(cpu, cr3 | KEEP);
  return bits;
}

function controls(cpu: Cpu, cr4: u64): void {
  const before = cpu.cr4;
  cpu.cr4 = cr4;
  controlsChanged(cpu, cpu.cr0, before, cpu.efer);
}

/** Runs `check` in the three presets that cache. */
function inPresets(check: (preset: u32) => void): void {
  check(SKYLAKE);
  check(ZEN3);
  check(STICKY);
}

describe("nothing", () => {
  it("drops nothing: entries are used though memory has lost them", () => {
    inPresets((preset) => { expect(survivors(prepare(preset))).toBe(ALL); });
  });
});

describe("INVLPG", () => {
  it("drops the page in the PCID in use and no other page or PCID", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      invlpg(cpu, PLAIN + 0x123);
      expect(counter(C_INVLPG)).toBe(1);
      expect(touch(cpu, PLAIN, FETCH)).toBe(20);
      expect(survivors(cpu)).toBe(ALL & ~PLAIN_0);
    });
  });
  it("drops a global page, whatever PCID is in use", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      writeCr3(cpu, ROOT_1 | 1 | KEEP);
      invlpg(cpu, GLOBAL);
      expect(survivors(cpu)).toBe(ALL & ~GLOBALS);
    });
  });
  it("drops all paging-structure entries of the PCID in use, those of others not", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      const before = heldInAll(cpu, ROLE_PSC);
      invlpg(cpu, 0x12345000);
      // PCID 0 walked in two 512 GiB regions, PCID 1 in one.
      expect(before).toBe(9);
      expect(heldInAll(cpu, ROLE_PSC)).toBe(3);
    });
  });
  it("drops a large page by any address in it", () => {
    inPresets((preset) => {
      const cpu = powerOn(preset);
      map(0x40000000, 0xa00000, USER, 2);
      touch(cpu, 0x40000000);
      touch(cpu, 0x40000000, FETCH);
      poke(wordOf(0x40000000, 2), 0);
      expect(touch(cpu, 0x40003000)).toBe(-1);
      invlpg(cpu, 0x401ff000);
      expect(touch(cpu, 0x40003000)).toBe(4);
      expect(touch(cpu, 0x40003000, FETCH)).toBe(20);
    });
  });
  it("counts the entries that it dropped", () => {
    const cpu = powerOn(SKYLAKE);
    map(PLAIN, FRAME_A);
    touch(cpu, PLAIN);
    touch(cpu, PLAIN, FETCH);
    invlpg(cpu, PLAIN);
    expect(counter(C_TLB_INVALIDATIONS)).toBe(1);
    invlpg(cpu, PLAIN);
    expect(counter(C_TLB_INVALIDATIONS)).toBe(1);
    expect(held(cpu, ROLE_L1D, PLAIN) + held(cpu, ROLE_L1I, PLAIN) + held(cpu, ROLE_L2D, PLAIN)).toBe(0);
  });
});

describe("MOV to CR3", () => {
  it("without bit 63 drops the new PCID's entries but not global ones nor another PCID's", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      const flushes = counter(C_CR3_FLUSH);
      writeCr3(cpu, ROOT);
      expect(counter(C_CR3_FLUSH)).toBe(flushes + 1);
      expect(survivors(cpu)).toBe(PLAIN_1 | GLOBALS);
    });
  });
  it("without bit 63 to another PCID leaves those of the PCID that it left", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      writeCr3(cpu, ROOT_1 | 1);
      expect(survivors(cpu)).toBe(ALL & ~PLAIN_1);
    });
  });
  it("with bit 63 drops nothing, and CR3 reads back without that bit", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      const keeps = counter(C_CR3_KEEP);
      writeCr3(cpu, ROOT | KEEP);
      expect(counter(C_CR3_KEEP)).toBe(keeps + 1);
      expect(cpu.cr3).toBe(ROOT);
      expect(survivors(cpu)).toBe(ALL);
    });
  });
  it("never lets one PCID use an entry of another", () => {
    inPresets((preset) => {
      const cpu = powerOn(preset);
      withPcids(cpu);
      map(PLAIN, FRAME_A);
      map(PLAIN, FRAME_B, USER, 1, ROOT_1);
      expect(read(cpu, PLAIN)).toBe(FRAME_A >> 12);
      writeCr3(cpu, ROOT_1 | 1 | KEEP);
      expect(frontReads(cpu, PLAIN)).toBe(false);
      expect(read(cpu, PLAIN)).toBe(FRAME_B >> 12);
      writeCr3(cpu, ROOT | KEEP);
      expect(read(cpu, PLAIN)).toBe(FRAME_A >> 12);
    });
  });
  it("without PCIDs drops all that is not global", () => {
    inPresets((preset) => {
      const cpu = powerOn(preset);
      cpu.cr4 |= CR4_PGE;
      map(PLAIN, FRAME_A);
      map(GLOBAL, FRAME_B, USER | G);
      touch(cpu, PLAIN);
      touch(cpu, GLOBAL);
      poke(wordOf(PLAIN), 0);
      poke(wordOf(GLOBAL), 0);
      writeCr3(cpu, ROOT);
      expect(touch(cpu, PLAIN)).toBe(4);
      expect(touch(cpu, GLOBAL)).toBe(-1);
    });
  });
});

describe("INVPCID", () => {
  it("of type 0 drops one address of the PCID named, not a global page", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      invpcid(cpu, 0, 1, PLAIN);
      invpcid(cpu, 0, 0, GLOBAL);
      expect(counter(C_INVPCID)).toBe(2);
      expect(survivors(cpu)).toBe(ALL & ~PLAIN_1);
    });
  });
  it("of type 0 drops one address of the PCID in use", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      invpcid(cpu, 0, 0, OTHER);
      expect(survivors(cpu)).toBe(ALL & ~OTHER_0);
    });
  });
  it("of type 1 drops one PCID but not global pages", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      invpcid(cpu, 1, 1, 0);
      expect(survivors(cpu)).toBe(ALL & ~PLAIN_1);
      const again = prepare(preset);
      invpcid(again, 1, 0, 0);
      expect(survivors(again)).toBe(PLAIN_1 | GLOBALS);
    });
  });
  it("of type 2 drops everything", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      invpcid(cpu, 2, 0, 0);
      expect(survivors(cpu)).toBe(0);
    });
  });
  it("of type 3 drops every PCID but not global pages", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      invpcid(cpu, 3, 0, 0);
      expect(survivors(cpu)).toBe(GLOBALS);
    });
  });
});

describe("CR4 and CR0", () => {
  it("drop everything when PGE changes", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      const flushes = counter(C_CR4_FLUSH);
      controls(cpu, cpu.cr4 & ~CR4_PGE);
      controls(cpu, cpu.cr4 | CR4_PGE);
      expect(counter(C_CR4_FLUSH)).toBe(flushes + 2);
      expect(survivors(cpu)).toBe(0);
    });
  });
  it("drop everything when PCIDE goes to 0", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      controls(cpu, cpu.cr4 & ~CR4_PCIDE);
      controls(cpu, cpu.cr4 | CR4_PCIDE);
      expect(survivors(cpu)).toBe(0);
    });
  });
  it("drop the PCID in use when SMEP goes to 1, and nothing when it goes to 0", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      controls(cpu, cpu.cr4 | CR4_SMEP);
      expect(survivors(cpu)).toBe(PLAIN_1 | GLOBALS);
      const again = prepare(preset);
      again.cr4 |= CR4_SMEP;
      controls(again, again.cr4 & ~CR4_SMEP);
      expect(survivors(again)).toBe(ALL);
    });
  });
  it("drop everything when paging is turned off, and linear is physical then", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      cpu.cr0 &= ~CR0_PG;
      controlsChanged(cpu, cpu.cr0 | CR0_PG, cpu.cr4, cpu.efer);
      expect(read(cpu, FRAME_B)).toBe(FRAME_B >> 12);
      expect(frontReads(cpu, FRAME_B)).toBe(true);
      cpu.cr0 |= CR0_PG;
      controlsChanged(cpu, cpu.cr0 & ~CR0_PG, cpu.cr4, cpu.efer);
      expect(frontReads(cpu, FRAME_B)).toBe(false);
      expect(survivors(cpu)).toBe(0);
    });
  });
  it("drop nothing for other bits", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      controls(cpu, cpu.cr4 ^ 0x10800);
      expect(survivors(cpu)).toBe(ALL);
    });
  });
});

describe("a page fault", () => {
  it("drops the entries of its address, global or not, and of no other", () => {
    inPresets((preset) => {
      const cpu = prepare(preset);
      // The entry is user and readable: only an access that it refuses walks and faults.
      map(PLAIN, FRAME_A, P);
      map(PLAIN + 0x1000, FRAME_A, P | 4);
      touch(cpu, PLAIN + 0x1000);
      poke(wordOf(PLAIN + 0x1000), 0);
      expect(touch(cpu, PLAIN + 0x1000, 1)).toBe(6);
      expect(touch(cpu, PLAIN + 0x1000)).toBe(4);
      expect(survivors(cpu)).toBe(ALL);
    });
  });
});

describe("the last generation number", () => {
  it("empties the CPU's TLBs and goes on, under any kind of flush", () => {
    for (let what = 0; what < 4; what++) {
      const cpu = prepare(SKYLAKE);
      tlbOf(cpu).last = u32.MAX_VALUE - 1;
      for (let i = 0; i < 4; i++) {
        if (what == 0) invlpg(cpu, 0x123000);
        else if (what == 1) writeCr3(cpu, ROOT_1 | 1);
        else if (what == 2) flushNonGlobal(cpu);
        else flushAll(cpu);
      }
      expect(tlbOf(cpu).last).toBeLessThan(100);
      expect(survivors(cpu)).toBe(0);
      map(PLAIN, FRAME_A);
      map(PLAIN, FRAME_B, USER, 1, ROOT_1);
      writeCr3(cpu, ROOT | KEEP);
      expect(read(cpu, PLAIN)).toBe(FRAME_A >> 12);
      writeCr3(cpu, ROOT_1 | 1 | KEEP);
      expect(read(cpu, PLAIN)).toBe(FRAME_B >> 12);
    }
  });
});

describe("a whole flush", () => {
  it("leaves globals or nothing", () => {
    const cpu = prepare(SKYLAKE);
    flushNonGlobal(cpu);
    expect(survivors(cpu)).toBe(GLOBALS);
    flushAll(cpu);
    expect(survivors(cpu)).toBe(0);
    expect(heldInAll(cpu, ROLE_L2D) + heldInAll(cpu, ROLE_L1D) + heldInAll(cpu, ROLE_L1I) + heldInAll(cpu, ROLE_PSC)).toBe(0);
  });
});

// The front caches as a whole: after thousands of random operations on two CPUs every filled slot must still be covered by a live,
// unmarked entry of the first level, in the right context; and every value read must be one that TLBs permit.

import {
  ANSWER_BASE, FRONT_BASE, FRONT_STRIDE, RAM_BASE,
} from "../../../assembly/memory-map";
import { Cpu, cpuAt } from "../../../assembly/cpu/state";
import { dropFetchSlots, FRONT_MASK } from "../../../assembly/mmu/front";
import { frameFlags } from "../../../assembly/mmu/frames";
import { invlpg, invpcid, writeCr3 } from "../../../assembly/mmu/invalidate";
import { tlbEntry, tlbPlaces } from "../../../assembly/mmu/list";
import { ROLE_L1D, ROLE_L1I } from "../../../assembly/mmu/presets";
import {
  powerOn, withPcids, map, touch, become, wordOf, change, frontReads, frontWrites, SKYLAKE, ZEN3, STICKY, READ, WRITE, FETCH, ROOT, USER, KERNEL, D,
  FRAME_A, G, PS,
} from "./machine";

const BASE: u64 = 0x40000000;
const ROOT_1: u64 = 0x180000;
const KEEP: u64 = 0x8000000000000000;
const NO_PAGE: u64 = u64.MAX_VALUE;

let seed: u32 = 1;

function random(below: u32): u32 {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % below;
}

/** Pages 0 to 199 are small, 200 to 203 large; each in both roots. */
function page(n: u32): u64 {
  return n < 200 ? BASE + (<u64>n << 12) : BASE + 0x40000000 + (<u64>(n - 200) << 21);
}

function randomWord(n: u32): u64 {
  const flags = (random(3) ? USER : KERNEL) & (random(3) ? u64.MAX_VALUE : ~D) | (random(4) ? 0 : G);
  return n < 200 ? (FRAME_A + (<u64>random(256) << 12)) | flags : 0xa00000 | (<u64>random(2) << 21) | flags | PS;
}

/** Whether CPU `cpu` has a live unmarked entry in `role` that maps `va` to `pa`, with the flags `need` of mmu/entry.ts. */
function covered(cpu: Cpu, role: u32, va: u64, pa: u64, need: u32): bool {
  for (let place: u32 = 0; place < tlbPlaces(cpu, role); place++) {
    if (!tlbEntry(cpu, role, place)) continue;
    const mask = load<u64>(ANSWER_BASE, 16) - 1;
    const flags = load<u32>(ANSWER_BASE, 24);
    if ((load<u64>(ANSWER_BASE) ^ va) & ~mask || load<u64>(ANSWER_BASE, 8) + (va & mask) != pa) continue;
    if (flags & 32 || (flags & need) != need) continue;
    if (flags & 16 || load<u32>(ANSWER_BASE, 28) == (<u32>cpu.cr3 & 0xfff)) return true;
  }
  return false;
}

/** Slots of one of the three data tables. */
const TABLE_SLOTS: u32 = FRONT_MASK / 32 + 1;

/** How many filled slots of `cpu` are not what they should be. */
function wrongSlots(cpu: Cpu): i32 {
  let wrong = 0;
  const front = FRONT_BASE + cpu.index * FRONT_STRIDE;
  for (let n: u32 = 0; n < 3 * TABLE_SLOTS; n++) {
    const slot = front + n * 32;
    const tag = load<u64>(slot);
    const writeTag = load<u64>(slot, 8);
    if (tag == NO_PAGE) {
      if (writeTag != NO_PAGE) wrong++;
      continue;
    }
    const at = <u32>tag + load<u32>(slot, 16);
    const user: u32 = n / TABLE_SLOTS == 1 ? 2 : 0;
    if (!covered(cpu, ROLE_L1D, tag, at - RAM_BASE, user)) wrong++;
    if (writeTag == NO_PAGE) continue;
    if (writeTag != tag || frameFlags((at - RAM_BASE) >> 12) || !covered(cpu, ROLE_L1D, tag, at - RAM_BASE, user | 9)) wrong++;
  }
  for (let n: u32 = 0; n < 256; n++) {
    const slot = front + 3 * TABLE_SLOTS * 32 + n * 16;
    const tag = load<u64>(slot);
    if (tag == NO_PAGE) continue;
    const user: u32 = n >= 128 ? 2 : 0;
    if (!covered(cpu, ROLE_L1I, tag, <u64>load<u32>(slot, 12) << 12, user)) wrong++;
  }
  return wrong;
}

function step(): void {
  const cpu = cpuAt(random(2));
  const n = random(204);
  const va = page(n) + (n < 200 ? 0 : <u64>random(512) << 12);
  const what = random(100);
  if (what < 40) touch(cpu, va, READ);
  else if (what < 60) touch(cpu, va, WRITE);
  else if (what < 75) touch(cpu, va, FETCH);
  else if (what < 85) change(cpu, wordOf(page(n), n < 200 ? 1 : 2, random(2) ? ROOT : ROOT_1), randomWord(n));
  else if (what < 90) become(cpu, random(2) * 3, random(2) == 1);
  else if (what < 94) invlpg(cpu, va);
  else if (what < 97) {
    const second = random(2);
    writeCr3(cpu, (second ? ROOT_1 | 1 : ROOT) | (random(4) ? KEEP : 0));
  } else if (what < 98) invpcid(cpu, random(4), random(2), va);
  else dropFetchSlots(cpu);
}

function run(preset: u32): i32 {
  const first = powerOn(preset, 2);
  seed = 12345 + preset;
  withPcids(first);
  withPcids(cpuAt(1));
  for (let n: u32 = 0; n < 204; n++) {
    for (let root: u32 = 0; root < 2; root++) {
      const word = randomWord(n);
      map(page(n), word & ~0xfff, word & 0xfff, n < 200 ? 1 : 2, root ? ROOT_1 : ROOT);
    }
  }
  let wrong = 0;
  for (let i = 0; i < 6000; i++) {
    step();
    if (i % 20 == 0) wrong += wrongSlots(first) + wrongSlots(cpuAt(1));
  }
  return wrong;
}

describe("the front caches", () => {
  it("hold a subset of the first level through random work, under skylake", () => { expect(run(SKYLAKE)).toBe(0); });
  it("hold a subset of the first level through random work, under zen3", () => { expect(run(ZEN3)).toBe(0); });
  it("hold a subset of the first level through random work, under sticky", () => { expect(run(STICKY)).toBe(0); });

  it("are filled by use, in the context of the use only", () => {
    const cpu = powerOn(SKYLAKE);
    map(BASE, FRAME_A);
    touch(cpu, BASE);
    expect(frontReads(cpu, BASE)).toBe(true);
    become(cpu, 0);
    expect(frontReads(cpu, BASE)).toBe(false);
    become(cpu, 0, true);
    expect(frontReads(cpu, BASE)).toBe(false);
    become(cpu, 3);
    expect(frontReads(cpu, BASE)).toBe(true);
  });
  it("take stores only when D is set", () => {
    const cpu = powerOn(SKYLAKE);
    map(BASE, FRAME_A, USER & ~D);
    touch(cpu, BASE);
    expect(frontReads(cpu, BASE)).toBe(true);
    expect(frontWrites(cpu, BASE)).toBe(false);
    touch(cpu, BASE, WRITE);
    expect(frontWrites(cpu, BASE)).toBe(true);
  });
  it("lead to the byte that the hot loop wants", () => {
    const cpu = powerOn(SKYLAKE);
    const va: u64 = 0xffffffff80203000;
    map(va, FRAME_A + 0x3000, USER);
    touch(cpu, va);
    const slot = <usize>cpu.front + ((<u32>va >>> 7) & FRONT_MASK);
    expect(<u32>va + 0x10 + load<u32>(slot, 16)).toBe(RAM_BASE + <u32>FRAME_A + 0x3010);
  });
});

// A machine for the specs of mmu/: 32 MiB of RAM, CPUs in long mode on page tables built here, no instructions.

import {
  ANSWER_BASE, COUNTER_BASE, COUNTER_SIZE, COUNTER_STRIDE, CPU_BASE, CPU_SIZE, DEBUG_BASE, FRAME_BASE, FRAME_STRIDE, GLOBAL_BASE, GLOBAL_SIZE,
  PCID_BASE, PCID_STRIDE, REVERSE_BASE, REVERSE_SIZE, STICKY_BASE, TLB_BASE, TLB_STRIDE,
} from "../../../assembly/memory-map";
import { machine, ramAt } from "../../../assembly/global";
import {
  AC, Cpu, cpuAt, CR0_PE, CR0_PG, CR0_WP, CR4_PAE, CR4_PCIDE, CR4_PGE, EFER_LMA, EFER_LME, EFER_NXE, MODE_64,
} from "../../../assembly/cpu/state";
import { PF } from "../../../assembly/cpu/fault";
import { fetchTranslate } from "../../../assembly/mmu/fetch";
import { loadData, storeData } from "../../../assembly/mmu/access";
import { tlbEntry, tlbPlaces } from "../../../assembly/mmu/list";
import { resetTlbs, writeCr3 } from "../../../assembly/mmu/invalidate";
import { dropFront, selectFront } from "../../../assembly/mmu/front";
import { storeRam } from "../../../assembly/mmu/physical";

export const RAM: u32 = 32 << 20;
/** Root of the tables that CPUs start on; further tables follow it. */
export const ROOT: u64 = 0x100000;
/** Data frames that specs use, each filled with its own number. */
export const FRAME_A: u64 = 0xa00000;
export const FRAME_B: u64 = 0xb00000;
export const FRAME_C: u64 = 0xc00000;

export const P: u64 = 1;
export const W: u64 = 2;
export const U: u64 = 4;
export const A: u64 = 0x20;
export const D: u64 = 0x40;
export const PS: u64 = 0x80;
export const G: u64 = 0x100;
export const NX: u64 = 0x8000000000000000;
/** User, writable, A and D set: a translation that no access needs to touch. */
export const USER: u64 = 0x67;
/** The same for the supervisor. */
export const KERNEL: u64 = 0x63;

export const SKYLAKE: u32 = 0;
export const ZEN3: u32 = 1;
export const STICKY: u32 = 2;
export const NONE: u32 = 3;

let nextTable: u64 = 0;

/** Power-on of `cpus` CPUs with TLB `preset`: long mode, CPL 3, empty page tables at ROOT. */
export function powerOn(preset: u32, cpus: u32 = 1): Cpu {
  memory.fill(ramAt(0), 0, RAM);
  memory.fill(GLOBAL_BASE, 0, GLOBAL_SIZE);
  memory.fill(COUNTER_BASE, 0, COUNTER_SIZE);
  memory.fill(CPU_BASE, 0, CPU_SIZE);
  memory.fill(TLB_BASE, 0, 4 * TLB_STRIDE);
  memory.fill(PCID_BASE, 0, 4 * PCID_STRIDE);
  memory.fill(STICKY_BASE, 0, 4 << 20);
  memory.fill(FRAME_BASE, 0, (RAM >> 12) * FRAME_STRIDE);
  memory.fill(REVERSE_BASE, 0, REVERSE_SIZE);
  memory.fill(DEBUG_BASE, 0, 4096);
  const g = machine();
  g.cpus = cpus;
  g.ramSize = RAM;
  g.preset = preset;
  nextTable = ROOT + 0x1000;
  for (let i: u32 = 0; i < cpus; i++) {
    const cpu = cpuAt(i);
    cpu.index = i;
    cpu.mode = MODE_64;
    cpu.cpl = 3;
    cpu.cr0 = CR0_PE | CR0_PG | CR0_WP;
    cpu.cr4 = CR4_PAE;
    cpu.efer = EFER_LMA | EFER_LME | EFER_NXE;
    cpu.cr3 = ROOT;
  }
  resetTlbs();
  for (let pa = FRAME_A; pa < FRAME_C + 0x100000; pa += 8) poke(pa, pa >> 12);
  return cpuAt(0);
}

/** Turns on PCIDs and global pages. */
export function withPcids(cpu: Cpu): void {
  cpu.cr4 |= CR4_PCIDE | CR4_PGE;
  writeCr3(cpu, cpu.cr3);
}

export function poke(pa: u64, value: u64): void {
  store<u64>(ramAt(pa), value);
}

export function peek(pa: u64): u64 {
  return load<u64>(ramAt(pa));
}

/** A zeroed frame for a table. */
export function newTable(): u64 {
  nextTable += 0x1000;
  return nextTable - 0x1000;
}

function wordIn(table: u64, va: u64, level: u32): u64 {
  return table + ((va >> (3 + 9 * level)) & 511) * 8;
}

/** Physical address of the word for `va` at `level` (4 is the PML4E), under `root`; tables on the way are made, with all rights. */
export function wordOf(va: u64, level: u32 = 1, root: u64 = ROOT): u64 {
  let word = wordIn(root, va, 4);
  for (let at: u32 = 3; at >= level; at--) {
    if (!(peek(word) & P)) poke(word, newTable() | USER);
    word = wordIn(peek(word) & 0xfffffff000, va, at);
  }
  return word;
}

/** Maps `va` to `pa` before the machine runs: nobody notices. Level 2 and 3 make large pages. */
export function map(va: u64, pa: u64, flags: u64 = USER, level: u32 = 1, root: u64 = ROOT): void {
  poke(wordOf(va, level, root), pa | flags | (level > 1 ? PS : 0));
}

/** `cpu` stores `value` into the page-table word at `word`. */
export function change(cpu: Cpu, word: u64, value: u64): void {
  storeRam(cpu, word, 8, value);
}

export function counter(id: u32, cpu: u32 = 0): u64 {
  return load<u64>(COUNTER_BASE + cpu * COUNTER_STRIDE + (id << 3));
}

/** Changes CPL and AC. */
export function become(cpu: Cpu, cpl: u32, ac: bool = false): void {
  cpu.cpl = cpl;
  cpu.system = ac ? AC : 0;
  selectFront(cpu);
}

export const READ: u32 = 0;
export const WRITE: u32 = 1;
export const FETCH: u32 = 2;

/** Does access `kind` to `va` from the slow path. Returns -1, or the error code of the #PF that it raised; clears the fault. */
export function touch(cpu: Cpu, va: u64, kind: u32 = READ): i32 {
  if (kind == READ) loadData(cpu, va, 8);
  else if (kind == WRITE) storeData(cpu, va, 8, 0x1234);
  else fetchTranslate(cpu, va);
  const fault = cpu.fault;
  cpu.fault = 0;
  if (!fault) return -1;
  return fault == (0x100 | PF) && cpu.cr2 == va ? <i32>cpu.faultCode : -2;
}

/** What a load of 8 bytes at `va` gives. */
export function read(cpu: Cpu, va: u64): u64 {
  return loadData(cpu, va, 8);
}

/** Whether the hot loop would be answered by the front cache for a load at `va`. */
export function frontReads(cpu: Cpu, va: u64): bool {
  return load<u64>(<usize>cpu.front + ((<u32>va >>> 7) & 0x1fe0)) == (va & ~0xfff);
}

/** The same for a store. */
export function frontWrites(cpu: Cpu, va: u64): bool {
  return load<u64>(<usize>cpu.front + ((<u32>va >>> 7) & 0x1fe0), 8) == (va & ~0xfff);
}

/** Empties front caches, which must never matter. */
export function forgetFront(cpu: Cpu): void {
  dropFront(cpu);
}

/** How many live entries structure `role` holds for the page or table at `va`, of any PCID. */
export function held(cpu: Cpu, role: u32, va: u64): u32 {
  let found: u32 = 0;
  for (let place: u32 = 0; place < tlbPlaces(cpu, role); place++) {
    if (!tlbEntry(cpu, role, place)) continue;
    if (((va ^ load<u64>(ANSWER_BASE)) & ~(load<u64>(ANSWER_BASE, 16) - 1)) == 0) found++;
  }
  return found;
}

/** How many live entries structure `role` holds in all. */
export function heldInAll(cpu: Cpu, role: u32): u32 {
  let found: u32 = 0;
  for (let place: u32 = 0; place < tlbPlaces(cpu, role); place++) {
    if (tlbEntry(cpu, role, place)) found++;
  }
  return found;
}

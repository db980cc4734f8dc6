// Which cached entries are alive. An entry carries the generation that its PCID had when it was made (or, if it
// is global, the CPU's global one); a flush gives the PCID a new generation and leaves the entries where they are.
// Generations of one CPU are numbered in one sequence, so a number says by itself which PCID it belongs to, and a
// look-up compares it with at most two. Used inside mmu/ only.

import { Cpu, CR4_PCIDE } from "../cpu/state";
import { machine } from "../global";
import { TLB_BASE, TLB_STRIDE, PCID_BASE, PCID_STRIDE } from "../memory-map";
import { KIND_2M, KIND_4K, KIND_PDE, PRESET_STICKY } from "./presets";
import { Entry, kindOf, ENTRY_GLOBAL } from "./entry";
import { leavingWanted, tellFlush } from "./lifetime";
import { exhausted } from "./pool";
import { LEFT_ALL, LEFT_NON_GLOBAL, LEFT_PAGE, LEFT_PCID } from "../probe/events";

/** Head of a CPU's TLB region. */
@unmanaged
export class TlbState {
  /** Generations that a look-up in the current context takes: of the PCID, of globals, of the PCID's paging-structure entries. */
  current: u32;
  global: u32;
  structure: u32;
  /** Generations up to this one are dead whatever the PCID table says: how all PCIDs are flushed at once. */
  floor: u32;
  /** Last generation given out. */
  last: u32;
  pcid: u32;
  /** Entries taken from this CPU's pool so far, and the list of those given back. */
  poolUsed: u32;
  poolFree: u32;
  /** For 4 KiB, 2 MiB and 1 GiB pages: which GiB regions, hashed to 64, had one filled since everything was last flushed. */
  small: u64;
  large: u64;
  huge: u64;
  /** The same for pages of any size that an instruction was fetched from. */
  fetched: u64;
  /** Kinds of paging-structure entries (1 << (kind - KIND_PDE)) that may be alive under `structure`. */
  structures: u32;
  /** How often translations, and paging-structure entries, of any PCID have died by a flush: what tlb.ts knows of full sets holds as long. */
  translationEnds: u32;
  structureEnds: u32;
}

const ALL_STRUCTURES: u32 = 7;

/** `structures` of a new generation. In the sticky preset look-ups go on: they give back the dead entries that they meet. */
@inline
function noStructures(): u32 {
  return machine().preset == PRESET_STICKY ? ALL_STRUCTURES : 0;
}

@inline
function regionOf(va: u64): u64 {
  return ((va >> 30) ^ (va >> 36) ^ (va >> 42)) & 63;
}

/** Kinds of pages (1 << KIND_*) that may be cached around `va`: others need not be looked for. */
@inline
export function kindsAround(t: TlbState, va: u64): u32 {
  const region = regionOf(va);
  return (<u32>(t.small >> region) & 1) | ((<u32>(t.large >> region) & 1) << 1) | ((<u32>(t.huge >> region) & 1) << 2);
}

/** A page of `kind` around `va` is filled. */
@inline
export function noteKind(t: TlbState, va: u64, kind: u32): void {
  const bit = (<u64>1) << regionOf(va);
  if (kind == KIND_4K) t.small |= bit;
  else if (kind == KIND_2M) t.large |= bit;
  else t.huge |= bit;
}

/** Whether paging-structure entries of `kind` may be alive under `t.structure`. */
@inline
export function mayHold(t: TlbState, kind: u32): bool {
  return (t.structures & (1 << (kind - KIND_PDE))) != 0;
}

/** An instruction is fetched through an entry around `va`. */
@inline
export function noteFetch(t: TlbState, va: u64): void {
  t.fetched |= (<u64>1) << regionOf(va);
}

/** Whether the structures that serve instruction fetch only may hold something around `va`. */
@inline
export function fetchedAround(t: TlbState, va: u64): bool {
  return ((t.fetched >> regionOf(va)) & 1) != 0;
}

@inline
export function tlbOf(cpu: Cpu): TlbState {
  return changetype<TlbState>(TLB_BASE + cpu.index * TLB_STRIDE);
}

/** A new generation. */
function fresh(cpu: Cpu): u32 {
  const t = tlbOf(cpu);
  if (t.last == u32.MAX_VALUE) exhausted(cpu);
  t.last++;
  return t.last;
}

@inline
function pcidRow(cpuIndex: u32, pcid: u32): usize {
  return PCID_BASE + cpuIndex * PCID_STRIDE + (pcid << 3);
}

/** The generation that entries of `pcid` must have, 0 if none can be alive. */
export function translationGeneration(cpuIndex: u32, pcid: u32): u32 {
  const t = changetype<TlbState>(TLB_BASE + cpuIndex * TLB_STRIDE);
  const generation = load<u32>(pcidRow(cpuIndex, pcid));
  return generation > t.floor ? generation : 0;
}

/** The same for its paging-structure entries. */
export function structureGeneration(cpuIndex: u32, pcid: u32): u32 {
  const t = changetype<TlbState>(TLB_BASE + cpuIndex * TLB_STRIDE);
  const generation = load<u32>(pcidRow(cpuIndex, pcid), 4);
  return generation > t.floor ? generation : 0;
}

/** Whether something with these properties is alive on CPU `cpuIndex`. */
export function generationAlive(cpuIndex: u32, generation: u32, pcid: u32, isGlobal: bool, isStructure: bool): bool {
  if (!generation) return false;
  if (isGlobal) return generation == changetype<TlbState>(TLB_BASE + cpuIndex * TLB_STRIDE).global;
  return generation == (isStructure ? structureGeneration(cpuIndex, pcid) : translationGeneration(cpuIndex, pcid));
}

export function entryAlive(e: Entry): bool {
  return generationAlive(e.cpu, e.generation, e.pcid, (e.flags & ENTRY_GLOBAL) != 0, kindOf(e) >= KIND_PDE);
}

/** The PCID in use: CR3 bits 11..0 with CR4.PCIDE, else 0 (SDM 3A 4.10.1). */
@inline
export function pcidOf(cpu: Cpu): u32 {
  return cpu.cr4 & CR4_PCIDE ? <u32>cpu.cr3 & 0xfff : 0;
}

/** Makes the generations of the PCID in use the ones that look-ups take. Call when CR3 or CR4.PCIDE changed. */
export function selectPcid(cpu: Cpu): void {
  const t = tlbOf(cpu);
  const pcid = pcidOf(cpu);
  const row = pcidRow(cpu.index, pcid);
  if (load<u32>(row) <= t.floor) store<u32>(row, fresh(cpu));
  t.structures = ALL_STRUCTURES;
  if (load<u32>(row, 4) <= t.floor) {
    store<u32>(row, fresh(cpu), 4);
    t.structures = noStructures();
  }
  t.pcid = pcid;
  t.current = load<u32>(row);
  t.structure = load<u32>(row, 4);
}

/** Entries of both sorts have died. */
@inline
function noteEnd(t: TlbState): void {
  t.translationEnds++;
  t.structureEnds++;
}

/** Ends the paging-structure entries of the PCID in use. */
export function endStructures(cpu: Cpu): void {
  const t = tlbOf(cpu);
  if (leavingWanted()) tellFlush(cpu, LEFT_PAGE, t.pcid);
  t.structure = fresh(cpu);
  t.structures = noStructures();
  t.structureEnds++;
  store<u32>(pcidRow(cpu.index, t.pcid), t.structure, 4);
}

/** Ends the non-global translations and the paging-structure entries of `pcid`. */
export function endPcid(cpu: Cpu, pcid: u32): void {
  const row = pcidRow(cpu.index, pcid);
  if (leavingWanted()) tellFlush(cpu, LEFT_PCID, pcid);
  store<u32>(row, 0);
  store<u32>(row, 0, 4);
  noteEnd(tlbOf(cpu));
  selectPcid(cpu);
}

/** Ends everything but global translations, of every PCID. */
export function endNonGlobal(cpu: Cpu): void {
  if (leavingWanted()) tellFlush(cpu, LEFT_NON_GLOBAL, 0);
  tlbOf(cpu).floor = fresh(cpu);
  noteEnd(tlbOf(cpu));
  selectPcid(cpu);
}

/** Ends everything. */
export function endAll(cpu: Cpu): void {
  const t = tlbOf(cpu);
  if (leavingWanted()) tellFlush(cpu, LEFT_ALL, 0);
  t.floor = fresh(cpu);
  t.global = fresh(cpu);
  noteEnd(t);
  t.small = t.large = t.huge = t.fetched = 0;
  selectPcid(cpu);
}

// Loads and stores by linear address: the one slow path behind the front caches. Called by the hot loop when a front
// cache misses, by cold handlers, and (loadSystem, storeSystem) by what the processor does of its own accord.
// After any of these look at `cpu.fault`: if it is set, nothing was changed and the value means nothing.

import { Cpu, CR0_PG } from "../cpu/state";
import { raiseCode, GP, SSF } from "../cpu/fault";
import { loadedLinear, loadedPhysical, storedLinear, watchesAccesses } from "../debug/access";
import { machine, frameAt, ramAt } from "../global";
import { mmioRead, mmioWrite } from "../apic/mmio";
import { exploredLoad, exploredStore } from "../explore/memory";
import { exploration } from "../explore/state";
import { chosenPhysical, trackedPage, usedChoice, usedWalk } from "../explore/translations";
import { entryAt, physicalIn, ENTRY_DIRTY, ENTRY_STALE, RIGHTS, NO_SLOT } from "./entry";
import { fillFront, frontList, frontRead, frontWrite, supervisorTable, UNPAGED_LIST } from "./front";
import { inRam, readRam, storeRam, writeRam } from "./physical";
import { PRESET_NONE, ROLE_L1D } from "./presets";
import { allowed, ACCESS_IMPLICIT, ACCESS_INTENT, ACCESS_PROBE, ACCESS_READ, ACCESS_WRITE } from "./rights";
import { slotEntry } from "./layout";
import { noteUse, translate, useEntry, usedEntry, walked } from "./translate";

/** Bits 63..47 of a linear address are equal (SDM 1 3.3.7.1). */
@inline
function canonical(va: u64): bool {
  return <u64>(<i64>(va << 16) >> 16) == va;
}

@inline
function crosses(va: u64, size: u32): bool {
  return (<u32>va & 0xfff) + size > 4096;
}

/** Both ends must be canonical; an end that wraps past 2^64 is address 0 again, which is. */
@inline
function refusedAddress(cpu: Cpu, va: u64, size: u32, vector: u32): bool {
  if (canonical(va) && canonical(va + size - 1)) return false;
  raiseCode(cpu, vector, 0);
  return true;
}

/** Front-cache table that may answer for `access`. */
@inline
function tableOf(cpu: Cpu, access: u32): u32 {
  return access & ACCESS_IMPLICIT ? supervisorTable(cpu) : cpu.front;
}

/**
 * Physical address for a store to `va` if the front cache answers for loads there, so that the entry is in L1, unmarked
 * and known by its slot; all ones if it does not, or if stores need more. Stores to a flagged frame all come here.
 */
@inline
function storeThroughList(cpu: Cpu, va: u64, access: u32): u64 {
  const list = frontList(tableOf(cpu, access), va);
  if (list == UNPAGED_LIST) return u64.MAX_VALUE;
  const at = slotEntry(cpu.index, list);
  const e = entryAt(at);
  const pa = physicalIn(e, va);
  // Without a flag the write tag is to be entered.
  if (!(e.flags & ENTRY_DIRTY) || !load<u8>(frameAt(pa)) || !allowed(cpu, e.flags & RIGHTS, access)) return u64.MAX_VALUE;
  noteUse(at);
  return pa;
}

/** Physical address for `access` to `size` bytes at `va` in one page; enters the page into the front cache. */
function translateData(cpu: Cpu, va: u64, size: u32, access: u32): u64 {
  if (!(cpu.cr0 & CR0_PG)) {
    if (inRam(va, 1) && machine().preset != PRESET_NONE) fillFront(cpu, tableOf(cpu, access), va, va, UNPAGED_LIST, !load<u8>(frameAt(va)));
    return va;
  }
  if (exploration().on) {
    const t = trackedPage(exploration(), va);
    if (t >= 0) return translateTracked(cpu, va, size, access, t);
  }
  const listed = access & ACCESS_WRITE ? storeThroughList(cpu, va, access) : u64.MAX_VALUE;
  if (listed != u64.MAX_VALUE) return listed;
  const pa = translate(cpu, ROLE_L1D, va, size, access);
  if (cpu.fault) return 0;
  enterFront(cpu, va, pa, access);
  return pa;
}

/** The same for a page whose translations an exploration chooses. */
function translateTracked(cpu: Cpu, va: u64, size: u32, access: u32, t: u32): u64 {
  if (usedChoice(cpu, t, va, access)) return cpu.fault ? 0 : chosenPhysical(va);
  const pa = translate(cpu, ROLE_L1D, va, size, access);
  usedWalk(cpu, t);
  return pa;
}

/**
 * The front cache may answer for a page of RAM whose entry is in L1 and unmarked. For stores it answers after the first
 * one if a load's walk brought the page in: the frame's record then costs a host cache miss, and nobody may ever store.
 */
function enterFront(cpu: Cpu, va: u64, pa: u64, access: u32): void {
  if (!usedEntry || !inRam(pa, 1)) return;
  const e = entryAt(usedEntry);
  if (e.flags & ENTRY_STALE || e.l1d == NO_SLOT) return;
  const writable = ((access & ACCESS_WRITE) != 0 || !walked) && (e.flags & ENTRY_DIRTY) != 0 && !load<u8>(frameAt(pa)) && allowed(cpu, e.flags & RIGHTS, ACCESS_WRITE | access & ACCESS_IMPLICIT);
  fillFront(cpu, tableOf(cpu, access), va, pa, e.l1d, writable);
}

function readAt(cpu: Cpu, pa: u64, size: u32, access: u32): u64 {
  if (exploration().on && inRam(pa, size)) return exploredLoad(cpu, pa, size, access & ACCESS_WRITE);
  return inRam(pa, size) ? readRam(ramAt(pa), size) : mmioRead(cpu, pa, size);
}

/** What a store of `value` at `pa` replaces; of a register, which reading may change, that is not asked. */
function valueBefore(pa: u64, size: u32, value: u64): u64 {
  return inRam(pa, size) ? readRam(ramAt(pa), size) : value;
}

function writeAt(cpu: Cpu, pa: u64, size: u32, value: u64): void {
  if (exploration().on && inRam(pa, size)) exploredStore(cpu, pa, size, value);
  else if (inRam(pa, size)) storeRam(cpu, pa, size, value);
  else mmioWrite(cpu, pa, size, value);
}

/** Bytes of an access that begins in one page and ends in the next. */
function loadCrossing(cpu: Cpu, va: u64, size: u32, access: u32): u64 {
  const first: u32 = 4096 - (<u32>va & 0xfff);
  const low = translateData(cpu, va, first, access);
  if (cpu.fault) return 0;
  const high = translateData(cpu, va + first, size - first, access);
  if (cpu.fault) return 0;
  let value: u64 = 0;
  for (let i: u32 = 0; i < size; i++) {
    const pa = i < first ? low + i : high + i - first;
    value |= readAt(cpu, pa, 1, access) << (i << 3);
  }
  if (watchesAccesses()) {
    loadedLinear(cpu, va, size, value);
    loadedPhysical(cpu, low, first, value & (u64.MAX_VALUE >> (64 - (first << 3))));
    loadedPhysical(cpu, high, size - first, value >> (first << 3));
  }
  return value;
}

function storeCrossing(cpu: Cpu, va: u64, size: u32, value: u64, access: u32): void {
  const first: u32 = 4096 - (<u32>va & 0xfff);
  // Marked entries are only used once it is certain that neither page refuses.
  const low = translateData(cpu, va, first, access | ACCESS_PROBE);
  if (cpu.fault) return;
  const lowEntry = usedEntry;
  const high = translateData(cpu, va + first, size - first, access | ACCESS_PROBE);
  if (cpu.fault) return;
  const highEntry = usedEntry;
  if (cpu.cr0 & CR0_PG) {
    useEntry(cpu, lowEntry, va, first, access);
    useEntry(cpu, highEntry, va + first, size - first, access);
  }
  let before: u64 = 0;
  for (let i: u32 = 0; i < size; i++) {
    const pa = i < first ? low + i : high + i - first;
    if (watchesAccesses()) before |= valueBefore(pa, 1, (value >> (i << 3)) & 0xff) << (i << 3);
    writeAt(cpu, pa, 1, (value >> (i << 3)) & 0xff);
  }
  if (watchesAccesses()) storedLinear(cpu, va, size, before, value);
}

@inline
function loadAs(cpu: Cpu, va: u64, size: u32, access: u32, vector: u32): u64 {
  const table = tableOf(cpu, access);
  const at = access & ACCESS_WRITE ? frontWrite(table, va, size) : frontRead(table, va, size);
  return at ? readRam(at, size) : loadSlow(cpu, va, size, access, vector);
}

function loadSlow(cpu: Cpu, va: u64, size: u32, access: u32, vector: u32): u64 {
  if (refusedAddress(cpu, va, size, vector)) return 0;
  if (crosses(va, size)) return loadCrossing(cpu, va, size, access);
  const pa = translateData(cpu, va, size, access);
  if (cpu.fault) return 0;
  const value = readAt(cpu, pa, size, access);
  if (watchesAccesses()) {
    loadedLinear(cpu, va, size, value);
    loadedPhysical(cpu, pa, size, value);
  }
  return value;
}

@inline
function storeAs(cpu: Cpu, va: u64, size: u32, value: u64, access: u32, vector: u32): void {
  const at = frontWrite(tableOf(cpu, access), va, size);
  if (at) writeRam(at, size, value);
  else storeSlow(cpu, va, size, value, access, vector);
}

function storeSlow(cpu: Cpu, va: u64, size: u32, value: u64, access: u32, vector: u32): void {
  if (refusedAddress(cpu, va, size, vector)) return;
  if (crosses(va, size)) return storeCrossing(cpu, va, size, value, access);
  const pa = translateData(cpu, va, size, access);
  if (cpu.fault) return;
  if (watchesAccesses()) storeWatched(cpu, va, pa, size, value);
  else writeAt(cpu, pa, size, value);
}

function storeWatched(cpu: Cpu, va: u64, pa: u64, size: u32, value: u64): void {
  const before = valueBefore(pa, size, value);
  writeAt(cpu, pa, size, value);
  storedLinear(cpu, va, size, before, value);
}

/** Reads 1, 2, 4 or 8 bytes, zero-extended, with the rights of CPL and AC. */
export function loadData(cpu: Cpu, va: u64, size: u32): u64 {
  return loadAs(cpu, va, size, ACCESS_READ, GP);
}

/** Writes 1, 2, 4 or 8 bytes. Of a store that crosses pages both are checked before either is written. */
export function storeData(cpu: Cpu, va: u64, size: u32, value: u64): void {
  storeAs(cpu, va, size, value, ACCESS_WRITE, GP);
}

/** Reads with write intent: rights are checked and D is set as for a store, so the storeData that follows cannot fault. */
export function loadForWrite(cpu: Cpu, va: u64, size: u32): u64 {
  return loadAs(cpu, va, size, ACCESS_WRITE | ACCESS_INTENT, GP);
}

/** Faults as a store would, and sets A and D as it would; changes no data. */
export function probeWrite(cpu: Cpu, va: u64, size: u32): void {
  if (refusedAddress(cpu, va, size, GP)) return;
  const access = ACCESS_WRITE | ACCESS_PROBE;
  if (!crosses(va, size)) {
    translateData(cpu, va, size, access);
    return;
  }
  const first: u32 = 4096 - (<u32>va & 0xfff);
  translateData(cpu, va, first, access);
  if (!cpu.fault) translateData(cpu, va + first, size - first, access);
}

/** As loadData, storeData and loadForWrite for an operand in SS: a non-canonical address is #SS(0). */
export function loadStack(cpu: Cpu, va: u64, size: u32): u64 {
  return loadAs(cpu, va, size, ACCESS_READ, SSF);
}

export function storeStack(cpu: Cpu, va: u64, size: u32, value: u64): void {
  storeAs(cpu, va, size, value, ACCESS_WRITE, SSF);
}

export function loadStackForWrite(cpu: Cpu, va: u64, size: u32): u64 {
  return loadAs(cpu, va, size, ACCESS_WRITE | ACCESS_INTENT, SSF);
}

/** Implicit supervisor accesses: descriptor tables, TSS, the stack that a delivery switches to. AC does not lift SMAP for them. */
export function loadSystem(cpu: Cpu, va: u64, size: u32): u64 {
  return loadAs(cpu, va, size, ACCESS_IMPLICIT, GP);
}

export function storeSystem(cpu: Cpu, va: u64, size: u32, value: u64): void {
  storeAs(cpu, va, size, value, ACCESS_IMPLICIT | ACCESS_WRITE, GP);
}

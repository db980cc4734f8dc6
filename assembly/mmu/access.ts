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
import { walkedData } from "../explore/walks";
import { chosenPhysical, trackedPage, usedChoice, usedWalk } from "../explore/translations";
import { RAM_BASE } from "../memory-map";
import { Entry, entryAt, ENTRY_DIRTY, ENTRY_STALE, RIGHTS, NO_SLOT } from "./entry";
import { fillFront, frontPermits, frontRead, frontWrite, openWrites, supervisorTable, UNPAGED_LIST } from "./front";
import { inRam, readRam, storeRam, writeRam } from "./physical";
import { PRESET_NONE } from "./presets";
import { allowed, ACCESS_IMPLICIT, ACCESS_INTENT, ACCESS_PROBE, ACCESS_READ, ACCESS_WRITE } from "./rights";
import { physical, translateData, useEntry, walked } from "./translate";

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

/** The entry that the last translation used; 0 if none is kept: paging is off, or the preset is none. */
let usedEntry: usize = 0;

/** Physical address for `access` to `size` bytes at `va` in one page; enters the page into the front cache. */
function physicalFor(cpu: Cpu, va: u64, size: u32, access: u32): u64 {
  usedEntry = 0;
  if (!(cpu.cr0 & CR0_PG)) {
    if (inRam(va, 1) && machine().preset != PRESET_NONE) {
      fillFront(cpu, tableOf(cpu, access), va, va, UNPAGED_LIST, true, !load<u8>(frameAt(va)));
    }
    return va;
  }
  if (exploration().on) {
    const t = trackedPage(exploration(), cpu, va);
    return t < 0 ? walkedData(cpu, va, access) : translateTracked(cpu, va, size, access, t);
  }
  const at = translateData(cpu, va, access);
  if (cpu.fault) return 0;
  const pa = physical;
  if (at) {
    usedEntry = at;
    if (!(access & ACCESS_PROBE)) useEntry(cpu, at, va, size, access);
    enterFront(cpu, va, pa, entryAt(at), access);
  }
  return pa;
}

/** The same for a page whose translations an exploration chooses. */
function translateTracked(cpu: Cpu, va: u64, size: u32, access: u32, t: u32): u64 {
  if (usedChoice(cpu, t, va, size, access)) return cpu.fault ? 0 : chosenPhysical(va);
  translateData(cpu, va, access);
  usedWalk(cpu, t, access);
  return physical;
}

/**
 * The front cache may answer for a page of RAM whose entry is in L1 and unmarked. For stores it answers after the first
 * one if a load's walk brought the page in: the frame's record then costs a host cache miss, and nobody may ever store.
 */
function enterFront(cpu: Cpu, va: u64, pa: u64, e: Entry, access: u32): void {
  const flags = e.flags;
  if (flags & ENTRY_STALE) return;
  if (!inRam(pa, 1)) return;
  const list = <u32>e.l1d;
  if (list == NO_SLOT) return;
  if (walked) {
    if (!(access & ACCESS_WRITE)) return fillFront(cpu, tableOf(cpu, access), va, pa, list, false, false);
  }
  const permit = (flags & ENTRY_DIRTY) != 0 && allowed(cpu, flags & RIGHTS, ACCESS_WRITE | access & ACCESS_IMPLICIT);
  const open = permit && !load<u8>(frameAt(pa));
  fillFront(cpu, tableOf(cpu, access), va, pa, list, permit, open);
}

/**
 * The front cache did not answer an access of the hot loop to `size` bytes at `va`. True if it does now, or if `cpu.fault` is
 * set; false if the access needs more than that: then its cold handler finds the translation in L1.
 */
export function refill(cpu: Cpu, va: u64, size: u32, access: u32): bool {
  if (access & ACCESS_WRITE) {
    const at = frontPermits(cpu.front, va, size);
    if (at) return opened(cpu.front, va, at);
  }
  if (!canonical(va)) return false;
  if (crosses(va, size)) return false;
  if (machine().preset == PRESET_NONE) return false;
  const at = translateData(cpu, va, access);
  if (cpu.fault) return true;
  enterFront(cpu, va, physical, entryAt(at), access);
  // A walk that sets A or D may change code.
  if (cpu.codeChanged) return false;
  return (access & ACCESS_WRITE ? frontWrite(cpu.front, va, size) : frontRead(cpu.front, va, size)) != 0;
}

/** Opens the page of `va`, whose frame is at linear-memory address `at`, for stores, unless the frame has a flag. */
@inline
function opened(table: u32, va: u64, at: usize): bool {
  if (load<u8>(frameAt(<u64>at - RAM_BASE))) return false;
  openWrites(table, va);
  return true;
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
  const low = physicalFor(cpu, va, first, access);
  if (cpu.fault) return 0;
  const high = physicalFor(cpu, va + first, size - first, access);
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
  const low = physicalFor(cpu, va, first, access | ACCESS_PROBE);
  if (cpu.fault) return;
  const lowEntry = usedEntry;
  const high = physicalFor(cpu, va + first, size - first, access | ACCESS_PROBE);
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
  const at = access & ACCESS_WRITE ? frontPermits(table, va, size) : frontRead(table, va, size);
  return at ? readRam(at, size) : loadSlow(cpu, va, size, access, vector);
}

function loadSlow(cpu: Cpu, va: u64, size: u32, access: u32, vector: u32): u64 {
  if (refusedAddress(cpu, va, size, vector)) return 0;
  if (crosses(va, size)) return loadCrossing(cpu, va, size, access);
  const pa = physicalFor(cpu, va, size, access);
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
  const table = tableOf(cpu, access);
  const at = frontPermits(table, va, size);
  if (at) {
    if (opened(table, va, at)) writeRam(at, size, value);
    else storeRam(cpu, <u64>at - RAM_BASE, size, value);
    return;
  }
  if (refusedAddress(cpu, va, size, vector)) return;
  if (crosses(va, size)) return storeCrossing(cpu, va, size, value, access);
  const pa = physicalFor(cpu, va, size, access);
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
    physicalFor(cpu, va, size, access);
    return;
  }
  const first: u32 = 4096 - (<u32>va & 0xfff);
  physicalFor(cpu, va, first, access);
  if (!cpu.fault) physicalFor(cpu, va + first, size - first, access);
}

/** Linear-memory address of the `size` bytes at `va`, if the processor may load them of its own accord without more ado; else 0. */
@inline
export function systemBytes(cpu: Cpu, va: u64, size: u32): usize {
  return frontRead(supervisorTable(cpu), va, size);
}

/** The same for storing. */
@inline
export function systemRoom(cpu: Cpu, va: u64, size: u32): usize {
  return frontWrite(supervisorTable(cpu), va, size);
}

/** The same for loading with the rights of CPL and AC. */
@inline
export function dataBytes(cpu: Cpu, va: u64, size: u32): usize {
  return frontRead(cpu.front, va, size);
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

// What the architecture drops, and when: SDM 3A 4.10.4.1, one function for each row. Called by the handlers of
// cpu/system/ after their checks, and by mmu/translate.ts for #PF. The counters of these events are kept here.
//
// A flush gives PCIDs new generations (mmu/generation.ts) and leaves the entries to be found dead; only single pages are
// looked for. The front caches are emptied by every flush. Whatever is dropped, the CPU's next fetch is translated anew.

import { exploration } from "../explore/state";
import { droppedAll, droppedPage, droppedPcid, loaded } from "../explore/spaces";
import { Cpu, count, cpuAt, CR0_PG, CR4_PAE, CR4_PCIDE, CR4_PGE, CR4_SMEP, NO_FRAME } from "../cpu/state";
import {
  C_CR3_FLUSH, C_CR3_KEEP, C_CR4_FLUSH, C_CYCLES_INVALIDATE, C_INVLPG, C_INVPCID, C_TLB_INVALIDATIONS,
} from "../probe/counters";
import { charge, COST_INVALIDATE_ALL, COST_INVALIDATE_PAGE, COST_SWITCH } from "../probe/cost";
import {
  emit, EVENT_CR3, EVENT_INVALIDATE, INVALIDATE_ALL, INVALIDATE_NON_GLOBAL, INVALIDATE_PAGE, INVALIDATE_PCID,
  INVALIDATE_PCID_PAGE, LEFT_EVICTED, LEFT_FAULT, LEFT_PAGE,
} from "../probe/events";
import { machine } from "../global";
import { entryAt, tagOf } from "./entry";
import { dropFront, resetFront } from "./front";
import {
  TlbState, ALL_STRUCTURES, endAll, endNonGlobal, endPcid, endStructures, fetchedAround, kindsAround, pcidOf, selectPcid, structureGeneration, tlbOf, translationGeneration,
} from "./generation";
import { deriveNames, layOut } from "./layout";
import { leavingWanted, tellLeft } from "./lifetime";
import { KIND_4K, KIND_PDE, PRESET_STICKY, ROLE_L1D, ROLE_L1I, ROLE_L2D, ROLE_L2I, splitSecondLevel } from "./presets";
import { dropEntry } from "./replace";
import { sizeChains } from "./reverse";
import { findSticky } from "./sticky";
import { endStructuresOf, findPage, secondOf } from "./tlb";

/** Structures that hold translations, a bit for each role. */
export const ALL_ROLES: u32 = (1 << ROLE_L1D) | (1 << ROLE_L1I) | (1 << ROLE_L2D) | (1 << ROLE_L2I);
const FETCH_ROLES: u32 = (1 << ROLE_L1I) | (1 << ROLE_L2I);

/** The structures that an access through first level `role` looks into. */
@inline
export function rolesOf(role: u32): u32 {
  return (1 << role) | (1 << secondOf(role));
}

/** Drops the translations of `va` that have generation `g1` or `g2`, of every page size, from the structures `roles`, for LEFT_* `why`. */
function dropTranslations(cpu: Cpu, t: TlbState, va: u64, g1: u32, g2: u32, roles: u32, why: u64): void {
  if (!fetchedAround(t, va)) roles &= ~FETCH_ROLES;
  else if (!splitSecondLevel()) roles &= ~(1 << ROLE_L2I);
  if (!roles) return;
  const kinds = kindsAround(t, va);
  if (kinds & (1 << KIND_4K)) dropPages(cpu, t, KIND_4K, va, g1, g2, roles, why);
  for (let large = kinds & ~(1 << KIND_4K); large; large &= large - 1) dropPages(cpu, t, <u32>ctz(large), va, g1, g2, roles, why);
}

/** The same for pages of `kind`. */
@inline
function dropPages(cpu: Cpu, t: TlbState, kind: u32, va: u64, g1: u32, g2: u32, roles: u32, why: u64): void {
  if (roles & (1 << ROLE_L1D)) dropFound(cpu, findPage(t, ROLE_L1D, kind, va, g1, g2), why);
  if (roles & (1 << ROLE_L1I)) dropFound(cpu, findPage(t, ROLE_L1I, kind, va, g1, g2), why);
  if (roles & (1 << ROLE_L2D)) {
    if (machine().preset == PRESET_STICKY) dropFound(cpu, findSticky(cpu.index, tagOf(va, kind), g1, g2), why);
    else dropFound(cpu, findPage(t, ROLE_L2D, kind, va, g1, g2), why);
  }
  if (roles & (1 << ROLE_L2I)) dropFound(cpu, findPage(t, ROLE_L2I, kind, va, g1, g2), why);
}

@inline
function dropFound(cpu: Cpu, at: usize, why: u64): void {
  if (!at) return;
  if (leavingWanted()) tellLeft(entryAt(at), why);
  dropEntry(entryAt(at));
  count(cpu, C_TLB_INVALIDATIONS);
}

/** Nothing is taken for known before the TLBs are asked again: neither what the front caches hold, nor where the code page is. */
function forget(cpu: Cpu): void {
  cpu.codeFrame = NO_FRAME;
  dropFront(cpu);
}

/**
 * #PF: the address's translations in the PCID in use and global ones, and the paging-structure entries that led to it:
 * those from kind `deepest` up, where the walk began; KIND_PML4E + 1 if that was CR3. `roles` are the structures that
 * may hold one: those that were just looked into need not be again.
 */
export function dropPage(cpu: Cpu, va: u64, deepest: u32, roles: u32): void {
  const t = tlbOf(cpu);
  cpu.codeFrame = NO_FRAME;
  dropTranslations(cpu, t, va, t.current, t.global, roles, LEFT_FAULT);
  endStructuresOf(cpu.index, va, t.structure, t.structures & (ALL_STRUCTURES << (deepest - KIND_PDE)), LEFT_FAULT);
}

/** INVLPG: the page in the PCID in use, global or not, and all paging-structure entries of that PCID. */
export function invlpg(cpu: Cpu, va: u64): void {
  const t = tlbOf(cpu);
  cpu.codeFrame = NO_FRAME;
  count(cpu, C_INVLPG);
  charge(cpu, C_CYCLES_INVALIDATE, COST_INVALIDATE_PAGE);
  emit(EVENT_INVALIDATE, cpu, INVALIDATE_PAGE, va, t.pcid);
  if (exploration().on) return droppedPage(cpu, va);
  dropTranslations(cpu, t, va, t.current, t.global, ALL_ROLES, LEFT_PAGE);
  endStructures(cpu);
}

/** Forgets the page in the PCID in use for no reason, as a TLB may at any time (SDM 3A 4.10.2.2). */
export function evictPage(cpu: Cpu, va: u64): void {
  const t = tlbOf(cpu);
  dropTranslations(cpu, t, va, t.current, t.global, ALL_ROLES, LEFT_EVICTED);
  endStructures(cpu);
}

/** INVPCID of `type` 0 one address, 1 one PCID, 2 all with globals, 3 all without. The caller has checked the operands. */
export function invpcid(cpu: Cpu, type: u32, pcid: u32, va: u64): void {
  cpu.codeFrame = NO_FRAME;
  count(cpu, C_INVPCID);
  charge(cpu, C_CYCLES_INVALIDATE, type ? COST_INVALIDATE_ALL : COST_INVALIDATE_PAGE);
  if (exploration().on) return exploredInvpcid(cpu, type, pcid, va);
  switch (type) {
    case 0:
      emit(EVENT_INVALIDATE, cpu, INVALIDATE_PCID_PAGE, va, pcid);
      dropInPcid(cpu, pcid, va);
      break;
    case 1:
      emit(EVENT_INVALIDATE, cpu, INVALIDATE_PCID, 0, pcid);
      endPcid(cpu, pcid);
      forget(cpu);
      break;
    case 2:
      emit(EVENT_INVALIDATE, cpu, INVALIDATE_ALL, 0, 0);
      flushAll(cpu);
      break;
    default:
      emit(EVENT_INVALIDATE, cpu, INVALIDATE_NON_GLOBAL, 0, 0);
      flushNonGlobal(cpu);
  }
}

/** While exploring there are no TLBs, but what they may hold. A tracked page is never global. */
function exploredInvpcid(cpu: Cpu, type: u32, pcid: u32, va: u64): void {
  if (type < 2) droppedPcid(cpu, pcid, va, type == 1);
  else droppedAll(cpu);
}

function dropInPcid(cpu: Cpu, pcid: u32, va: u64): void {
  const t = tlbOf(cpu);
  const generation = translationGeneration(cpu.index, pcid);
  if (generation) dropTranslations(cpu, t, va, generation, generation, ALL_ROLES, LEFT_PAGE);
  const structure = structureGeneration(cpu.index, pcid);
  if (structure) endStructuresOf(cpu.index, va, structure, structure == t.structure ? t.structures : ALL_STRUCTURES, LEFT_PAGE);
}

/** MOV to CR3: the value becomes CR3; without bit 63 the new PCID loses its non-global entries. The caller has checked it. */
export function writeCr3(cpu: Cpu, value: u64): void {
  const keep = (value >> 63) != 0 && (cpu.cr4 & CR4_PCIDE) != 0;
  emit(EVENT_CR3, cpu, value, cpu.cr3, 0);
  cpu.cr3 = value & 0x7fffffffffffffff;
  if (keep) {
    count(cpu, C_CR3_KEEP);
    charge(cpu, C_CYCLES_INVALIDATE, COST_SWITCH);
  } else {
    count(cpu, C_CR3_FLUSH);
    charge(cpu, C_CYCLES_INVALIDATE, COST_INVALIDATE_ALL);
    emit(EVENT_INVALIDATE, cpu, INVALIDATE_PCID, 0, pcidOf(cpu));
  }
  if (exploration().on) {
    loaded(cpu, keep);
  } else if (keep) {
    selectPcid(cpu);
  } else {
    endPcid(cpu, pcidOf(cpu));
  }
  forget(cpu);
}

/**
 * What a change of CR0, CR4 or EFER, which `cpu` holds already, does to cached translations. PG, PGE, and PCIDE going
 * to 0 drop everything; PAE, and SMEP going to 1, what belongs to the PCID in use. Other bits (WP, SMAP, NXE ...)
 * change what entries permit, not the entries: then the front caches are emptied.
 */
export function controlsChanged(cpu: Cpu, oldCr0: u64, oldCr4: u64, oldEfer: u64): void {
  const cr4 = oldCr4 ^ cpu.cr4;
  cpu.codeFrame = NO_FRAME;
  if (exploration().on) return exploredControls(cpu, cr4, oldCr0 ^ cpu.cr0, oldCr4);
  if ((oldCr0 ^ cpu.cr0) & CR0_PG || cr4 & CR4_PGE || cr4 & oldCr4 & CR4_PCIDE) {
    count(cpu, C_CR4_FLUSH);
    emit(EVENT_INVALIDATE, cpu, INVALIDATE_ALL, 0, 0);
    flushAll(cpu);
  } else if (cr4 & CR4_PAE || cr4 & cpu.cr4 & CR4_SMEP) {
    count(cpu, C_CR4_FLUSH);
    emit(EVENT_INVALIDATE, cpu, INVALIDATE_PCID, 0, pcidOf(cpu));
    endPcid(cpu, pcidOf(cpu));
    forget(cpu);
  } else if (cr4 | (oldCr0 ^ cpu.cr0) | (oldEfer ^ cpu.efer)) {
    forget(cpu);
  }
}

/** The same while exploring; efer says nothing of what is cached. */
function exploredControls(cpu: Cpu, cr4: u64, cr0: u64, oldCr4: u64): void {
  if (cr0 & CR0_PG || cr4 & CR4_PGE || cr4 & oldCr4 & CR4_PCIDE) droppedAll(cpu);
  else if (cr4 & CR4_PAE || cr4 & cpu.cr4 & CR4_SMEP) droppedPcid(cpu, pcidOf(cpu), 0, true);
  if (cr4 | cr0) dropFront(cpu);
}

/** Drops the non-global translations and the paging-structure entries of every PCID. */
export function flushNonGlobal(cpu: Cpu): void {
  endNonGlobal(cpu);
  forget(cpu);
}

/** Drops everything that is cached. */
export function flushAll(cpu: Cpu): void {
  endAll(cpu);
  forget(cpu);
}

/** Empty TLBs on every CPU, for the preset that `machine()` names. Their region must be zero, as memory is at power-on. */
export function resetTlbs(): void {
  sizeChains();
  for (let i: u32 = 0; i < machine().cpus; i++) {
    layOut(i);
    endAll(cpuAt(i));
  }
  resetFront();
}

/** Makes what is derived anew, whatever lies there: after a restore. */
export function dropDerived(): void {
  for (let i: u32 = 0; i < machine().cpus; i++) deriveNames(i);
  resetFront();
}

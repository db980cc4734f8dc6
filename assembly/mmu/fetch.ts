// Translation for instruction fetch. Called by cpu/lookup.ts when a fetch slot does not answer, and by cpu/block.ts.
//
// A page of code is translated when control comes to it from another page, and once more for each turn. In between, the frame
// that was found is `cpu.codeFrame`, whatever becomes of the TLB entry: how often the page is looked up depends on what is
// decoded and linked, which is not state, so none of these look-ups may touch a TLB. A processor may use a translation that it
// has cached until it must drop it (SDM 3A 4.10.2.3, 4.10.4.1): what invalidates on this CPU (mmu/invalidate.ts), and a change of
// CPL or mode (cpu/system/mode.ts), sets NO_FRAME. Instructions that do so end their block, so that a look-up follows at once.

import { Cpu, CR0_PG, NO_FRAME } from "../cpu/state";
import { raiseCode, GP } from "../cpu/fault";
import { machine, ramAt } from "../global";
import { entryAt, physicalIn, ENTRY_STALE, NO_SLOT, RIGHTS } from "./entry";
import { fetchSlot, fillFetch } from "./front";
import { kindsAround, tlbOf } from "./generation";
import { inRam } from "./physical";
import { PRESET_NONE, ROLE_L1I } from "./presets";
import { allowed, ACCESS_FETCH } from "./rights";
import { findFirst } from "./tlb";
import { physical, translateFetch, useEntry } from "./translate";
import { physicalOf } from "./walk";

/** Bytes that a fetch through a stale entry is compared by: a fetch block, as far as it lies in the page. */
const FETCH_BLOCK: u32 = 16;

/** Makes the page of `va`, where the next instruction begins, the one that is executed; check `cpu.fault`. */
export function arrive(cpu: Cpu, va: u64): void {
  if ((va & ~0xfff) == cpu.page && cpu.codeFrame != NO_FRAME) return reopen(cpu, va);
  const pa = fetchTranslate(cpu, va);
  if (cpu.fault) return;
  cpu.page = va & ~0xfff;
  cpu.codeFrame = <u32>(pa >> 12);
}

/** Fills the fetch slot of the page being executed if a translation now would find the same without changing anything. */
function reopen(cpu: Cpu, va: u64): void {
  const pa = (<u64>cpu.codeFrame << 12) + (va & 0xfff);
  if (!(cpu.cr0 & CR0_PG)) return enterFetch(cpu, va, pa, machine().preset != PRESET_NONE);
  const t = tlbOf(cpu);
  const at = findFirst(t, ROLE_L1I, va, kindsAround(t, va));
  if (!at) return;
  const e = entryAt(at);
  if (physicalIn(e, va) == pa && allowed(cpu, e.flags & RIGHTS, ACCESS_FETCH)) enterFetch(cpu, va, pa, !(e.flags & ENTRY_STALE));
}

/**
 * Physical address of the instruction byte at `va`; check `cpu.fault`. A stale entry is used once each time that control
 * comes to its page. The fetch slot of `va` is filled if the frame is RAM and an unmarked entry is kept in L1: otherwise every
 * transfer to the page comes to `arrive`.
 */
export function fetchTranslate(cpu: Cpu, va: u64): u64 {
  if (<u64>(<i64>(va << 16) >> 16) != va) {
    raiseCode(cpu, GP, 0);
    return 0;
  }
  if (!(cpu.cr0 & CR0_PG)) {
    enterFetch(cpu, va, va, machine().preset != PRESET_NONE);
    return va;
  }
  const at = translateFetch(cpu, va);
  if (cpu.fault) return 0;
  const pa = physical;
  if (!at) return pa;
  const left: u32 = 4096 - (<u32>va & 0xfff);
  if ((va & ~0xfff) != cpu.page) useEntry(cpu, at, va, left < FETCH_BLOCK ? left : FETCH_BLOCK, ACCESS_FETCH);
  const e = entryAt(at);
  enterFetch(cpu, va, pa, !(e.flags & ENTRY_STALE) && e.l1i != NO_SLOT);
  return pa;
}

/** A slot that is right already keeps its code page. */
function enterFetch(cpu: Cpu, va: u64, pa: u64, kept: bool): void {
  if (kept && inRam(pa, 1) && load<u64>(fetchSlot(cpu, va)) != (va & ~0xfff)) fillFetch(cpu, va, <u32>(pa >> 12));
}

/** Copies up to `length` bytes of code at `va` to linear memory at `to`, with no effect on the machine; returns how many. */
export function peekCode(cpu: Cpu, va: u64, to: usize, length: u32): u32 {
  for (let i: u32 = 0; i < length; i++) {
    const pa = physicalOf(cpu, va + i);
    if (pa < 0 || !inRam(pa, 1)) return i;
    store<u8>(to + i, load<u8>(ramAt(pa)));
  }
  return length;
}

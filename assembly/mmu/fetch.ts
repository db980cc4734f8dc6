// Translation for instruction fetch. Called by cpu/code.ts when a fetch slot does not answer.

import { Cpu, CR0_PG } from "../cpu/state";
import { raiseCode, GP } from "../cpu/fault";
import { machine, ramAt } from "../global";
import { entryAt, ENTRY_STALE, NO_SLOT } from "./entry";
import { fetchSlot, fillFetch } from "./front";
import { inRam } from "./physical";
import { PRESET_NONE, ROLE_L1I } from "./presets";
import { ACCESS_FETCH, ACCESS_PROBE } from "./rights";
import { translate, useEntry, usedEntry } from "./translate";
import { physicalOf } from "./walk";

/** Bytes that a fetch through a stale entry is compared by: a fetch block, as far as it lies in the page. */
const FETCH_BLOCK: u32 = 16;

/**
 * Physical address of the instruction byte at `va`; check `cpu.fault`. A stale entry is used once each time that control
 * comes to its page, not at each look-up there: how many of those there are depends on how a run is cut. The fetch slot of `va` is filled if the frame is
 * RAM and an unmarked entry is kept in L1: otherwise every transfer to the page comes back here.
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
  const left: u32 = 4096 - (<u32>va & 0xfff);
  const size = left < FETCH_BLOCK ? left : FETCH_BLOCK;
  const pa = translate(cpu, ROLE_L1I, va, size, ACCESS_FETCH | ACCESS_PROBE);
  if (cpu.fault) return 0;
  if (usedEntry) {
    if ((va & ~0xfff) != cpu.page) useEntry(cpu, usedEntry, va, size, ACCESS_FETCH);
    const e = entryAt(usedEntry);
    enterFetch(cpu, va, pa, !(e.flags & ENTRY_STALE) && e.l1i != NO_SLOT);
  }
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

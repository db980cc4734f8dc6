// What a CPU's TLBs and paging-structure caches hold, as the core lists it (assembly/mmu/list.ts). Looking
// changes nothing: neither replacement nor counters.

import { ANSWER_BASE } from "../../assembly/memory-map.js";
import type { CoreExports } from "./core.js";

/** The structures, in the order of the core's ROLE_* (assembly/mmu/presets.ts). */
export const TLB_STRUCTURES = ["l1d", "l1i", "l2", "l2i", "psc"] as const;
export type TlbStructure = (typeof TLB_STRUCTURES)[number];

/** What an entry translates, in the order of the core's KIND_*: a page, or an upper level's entry. */
export const TLB_KINDS = ["4K", "2M", "1G", "pde", "pdpte", "pml4e"] as const;
export type TlbKind = (typeof TLB_KINDS)[number];

export interface TlbEntry {
  readonly structure: TlbStructure;
  readonly kind: TlbKind;
  readonly linear: bigint;
  readonly physical: bigint;
  /** Bytes of linear addresses that the entry covers. */
  readonly covers: bigint;
  readonly pcid: number;
  readonly global: boolean;
  readonly writable: boolean;
  readonly user: boolean;
  readonly executable: boolean;
  readonly dirty: boolean;
  /** Set if a page-table word that the entry was made from has changed since. */
  readonly stale?: { readonly sinceStep: bigint; readonly changedBy: number };
  /** Physical address of the page-table word. */
  readonly source: bigint;
  readonly filledAt: bigint;
  readonly filledBy: bigint;
}

/** Bits of an answer's flags: RIGHT_* and ENTRY_* of assembly/mmu/entry.ts. */
export const TLB_FLAGS = { W: 1, U: 2, NX: 4, DIRTY: 8, GLOBAL: 16, STALE: 32 } as const;

function readAnswer(view: DataView, structure: TlbStructure): TlbEntry {
  const big = (offset: number) => view.getBigUint64(ANSWER_BASE + offset, true);
  const flags = view.getUint32(ANSWER_BASE + 24, true);
  const has = (flag: number) => (flags & flag) !== 0;
  return {
    structure,
    kind: TLB_KINDS[view.getUint32(ANSWER_BASE + 68, true)] ?? "4K",
    linear: big(0),
    physical: big(8),
    covers: big(16),
    pcid: view.getUint32(ANSWER_BASE + 28, true),
    global: has(TLB_FLAGS.GLOBAL),
    writable: has(TLB_FLAGS.W),
    user: has(TLB_FLAGS.U),
    executable: !has(TLB_FLAGS.NX),
    dirty: has(TLB_FLAGS.DIRTY),
    ...(has(TLB_FLAGS.STALE)
      ? { stale: { sinceStep: big(56), changedBy: view.getUint32(ANSWER_BASE + 64, true) } }
      : {}),
    source: big(32),
    filledAt: big(40),
    filledBy: big(48),
  };
}

/** Every live entry of `structures` of `cpu`. */
export function listTlb(core: CoreExports, memory: ArrayBuffer, cpu: number, structures: readonly TlbStructure[]): TlbEntry[] {
  const view = new DataView(memory);
  const entries: TlbEntry[] = [];
  for (const structure of structures) {
    const role = TLB_STRUCTURES.indexOf(structure);
    const places = core.tlbPlaces(cpu, role);
    for (let place = 0; place < places; place++) {
      if (core.tlbEntry(cpu, role, place)) entries.push(readAnswer(view, structure));
    }
  }
  return entries;
}

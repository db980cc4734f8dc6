// The page walk as the processor would make it now, from memory alone: TLBs and paging-structure caches have no part
// in it, and nothing is set by it.

import type { Machine } from "../../machine/index.js";
import type { PageRights, TableWord, Walk } from "./types.js";
import { coverShift, decodeWord, LEVELS } from "./word.js";

const CR0_PG = 1n << 31n;
const CR4_PCIDE = 1n << 17n;
const EFER_NXE = 1n << 11n;
const ROOT = 0x000f_ffff_ffff_f000n;
const ENTRIES_MASK = 0x1ffn;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** Bits 63 to 47 are equal (SDM 1 3.3.7.1). */
export const isCanonical = (address: bigint): boolean => u64(BigInt.asIntN(48, address)) === u64(address);

/** The word at physical address `at`, or undefined outside RAM. */
export function readWord(machine: Machine, at: bigint): bigint | undefined {
  if (at + 8n > BigInt(machine.options.memory)) return undefined;
  const bytes = machine.readPhysical(Number(at), 8);
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}

/** Rights are those that every word on the way grants (SDM 3A 4.6.1). */
function rightsOf(levels: readonly TableWord[], globalPages: boolean): PageRights {
  return {
    writable: levels.every((word) => word.flags.includes("W")),
    user: levels.every((word) => word.flags.includes("U")),
    executable: !levels.some((word) => word.flags.includes("NX")),
    global: globalPages && (levels.at(-1)?.flags.includes("G") ?? false),
  };
}

export interface PagingState {
  readonly paging: boolean;
  readonly root: bigint;
  readonly pcid: number;
  readonly nxe: boolean;
  readonly globalPages: boolean;
}

export function pagingState(machine: Machine, cpu: number): PagingState {
  const cr3 = machine.register(cpu, "cr3");
  const cr4 = machine.register(cpu, "cr4");
  return {
    paging: (machine.register(cpu, "cr0") & CR0_PG) !== 0n,
    root: cr3 & ROOT,
    pcid: cr4 & CR4_PCIDE ? Number(cr3 & 0xfffn) : 0,
    nxe: (machine.register(cpu, "efer") & EFER_NXE) !== 0n,
    globalPages: (cr4 & 0x80n) !== 0n,
  };
}

/** Walks the tables for `address` from CR3 of `cpu`, or from `root`: another address space's. */
export function walk(machine: Machine, cpu: number, address: bigint, root?: bigint): Walk {
  const state = pagingState(machine, cpu);
  const linear = u64(address);
  const about = { cpu, address: linear, root: root ?? state.root, pcid: state.pcid };
  if (!state.paging && root === undefined) return { ...about, levels: [], outcome: { kind: "no-paging", physical: linear } };
  if (!isCanonical(linear)) return { ...about, levels: [], outcome: { kind: "not-canonical" } };
  const levels: TableWord[] = [];
  let table = about.root;
  for (const level of LEVELS) {
    const shift = coverShift(level);
    const at = table + ((linear >> shift) & ENTRIES_MASK) * 8n;
    const value = readWord(machine, at);
    if (value === undefined) return { ...about, levels, outcome: { kind: "outside-ram", level } };
    const word = decodeWord(level, Number(at), value, state.nxe);
    levels.push(word);
    if (!word.present) return { ...about, levels, outcome: { kind: "not-present", level } };
    if (word.reserved !== undefined) return { ...about, levels, outcome: { kind: "reserved-bit", level } };
    if (word.leaf) {
      const pageSize = Number(1n << shift);
      const physical = word.physical! + (linear & BigInt(pageSize - 1));
      const rights = rightsOf(levels, state.globalPages);
      return { ...about, levels, outcome: { kind: "mapped", physical, pageSize, rights } };
    }
    table = word.physical!;
  }
  throw new Error("a walk ends at a PTE");
}

// What TLBs and paging-structure caches hold, each entry with what the page tables say now.

import type { Machine, TlbEntry, TlbKind, TlbStructure } from "../../machine/index.js";
import type { SymbolTable } from "../symbols/types.js";
import type { TableLevel, TlbView } from "./types.js";
import { pagingState, readWord, walk } from "./walk.js";
import { decodeWord } from "./word.js";

export interface TlbFilter {
  readonly structures?: readonly TlbStructure[];
  /** Only entries that cover this linear address. */
  readonly address?: bigint;
  /** Only entries of which a word has changed. */
  readonly stale?: boolean;
  readonly symbols?: SymbolTable | undefined;
}

type Difference = NonNullable<TlbView["changed"]>["differs"][number];

const LEVEL_OF: Readonly<Record<TlbKind, TableLevel>> = {
  "4K": "PTE", "2M": "PDE", "1G": "PDPTE", pde: "PDE", pdpte: "PDPTE", pml4e: "PML4E",
};

const isTable = (entry: TlbEntry): boolean => entry.kind.startsWith("p");

export const covers = (entry: TlbEntry, address: bigint): boolean =>
  BigInt.asUintN(64, address - entry.linear) < entry.covers;

/** The entry's rights are those of its whole walk, so they are compared with those of a whole walk. */
function differences(machine: Machine, cpu: number, entry: TlbEntry): Difference[] {
  const { levels, outcome } = walk(machine, cpu, entry.linear);
  const level = LEVEL_OF[entry.kind];
  const word = levels.find((w) => w.level === level);
  if (isTable(entry)) {
    if (!word?.present || word.reserved !== undefined) return ["not-mapped"];
    return word.leaf || word.physical !== entry.physical ? ["table"] : [];
  }
  if (outcome.kind !== "mapped") return ["not-mapped"];
  const { rights, physical, pageSize } = outcome;
  const found: Difference[] = [];
  if (BigInt(pageSize) !== entry.covers) found.push("size");
  if (physical !== entry.physical) found.push("frame");
  if (rights.writable !== entry.writable) found.push("writable");
  if (rights.user !== entry.user) found.push("user");
  if (rights.executable !== entry.executable) found.push("executable");
  return found;
}

/** What the last word alone says, for an entry of another address space, whose root is not known. */
function differencesOfWord(entry: TlbEntry, word: NonNullable<TlbView["word"]>): Difference[] {
  if (!word.present || word.reserved !== undefined) return ["not-mapped"];
  if (isTable(entry)) return word.leaf || word.physical !== entry.physical ? ["table"] : [];
  if (!word.leaf) return ["size"];
  const found: Difference[] = [];
  if (word.physical !== entry.physical) found.push("frame");
  if (entry.writable && !word.flags.includes("W")) found.push("writable");
  if (entry.user && !word.flags.includes("U")) found.push("user");
  if (entry.executable && word.flags.includes("NX")) found.push("executable");
  return found;
}

function viewOf(machine: Machine, cpu: number, pcid: number, entry: TlbEntry, symbols: SymbolTable | undefined): TlbView {
  const value = readWord(machine, entry.source);
  const word = value === undefined ? undefined : decodeWord(LEVEL_OF[entry.kind], Number(entry.source), value);
  const filledAtSymbol = symbols?.at(entry.filledBy);
  const current = entry.global || entry.pcid === pcid;
  const differs = () => (current || !word ? differences(machine, cpu, entry) : differencesOfWord(entry, word));
  return {
    ...entry, cpu,
    ...(filledAtSymbol ? { filledAtSymbol } : {}),
    ...(word ? { word } : {}),
    ...(entry.stale
      ? { changed: { atStep: entry.stale.sinceStep, byCpu: entry.stale.changedBy, differs: differs() } }
      : {}),
  };
}

/** What `cpu` holds. An entry that is in several structures is listed in each. */
export function tlbView(machine: Machine, cpu: number, filter: TlbFilter = {}): TlbView[] {
  const { address, stale, symbols } = filter;
  const { pcid } = pagingState(machine, cpu);
  return machine
    .tlb(cpu, filter.structures)
    .filter((entry) => (address === undefined || covers(entry, address)) && (!stale || entry.stale !== undefined))
    .map((entry) => viewOf(machine, cpu, pcid, entry, symbols));
}

/** True if the entry says something else than the page tables do: a change that was undone leaves a mark but no lie. */
export const isStale = (view: TlbView): boolean => (view.changed?.differs.length ?? 0) > 0;

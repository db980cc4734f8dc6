// All that bears on one linear address: the words that map it, and for each CPU what it holds instead.

import type { Machine } from "../../machine/index.js";
import type { SymbolTable } from "../symbols/types.js";
import { isStale, tlbView } from "./tlb.js";
import type { WhyPage } from "./types.js";
import { walk } from "./walk.js";

/**
 * The page around `address`, seen from `cpu`. TLB entries on any CPU count if they are for the same page: global, or
 * made from one of the walk's words, or of the address space that `cpu` has loaded.
 */
export function whyPage(machine: Machine, cpu: number, address: bigint, symbols?: SymbolTable): WhyPage {
  const here = walk(machine, cpu, address);
  const words = here.levels.map((word) => word.wordAddress);
  const root = (other: number): bigint => walk(machine, other, address).root;
  const holders = Array.from({ length: machine.options.cpus }, (_, other) => {
    const sameSpace = root(other) === here.root;
    const pcid = walk(machine, other, address).pcid;
    const entries = tlbView(machine, other, { address, symbols }).filter(
      (entry) => entry.global || words.includes(Number(entry.source)) || (sameSpace && entry.pcid === pcid),
    );
    return { cpu: other, entries, stale: entries.filter(isStale) };
  });
  const ipis = machine.pendingIpis().filter((ipi) => holders[ipi.to]?.stale.length);
  return { walk: here, words, holders, ipis };
}

// Page-table words of a scenario's pages: where they are, and what they say in a few words.

import type { Machine } from "../../machine/index.js";
import type { SymbolTable } from "../../debug/symbols/index.js";

const PRESENT = 1n;
const WRITABLE = 2n;
const LARGE = 0x80n;
const DIRTY = 0x40n;
const ACCESSED = 0x20n;
const ADDRESS = 0x000f_ffff_ffff_f000n;

/** Physical address of the word that decides about linear address `address` under the top-level table at `root`. */
export function leafOf(machine: Machine, root: number, address: bigint): number | undefined {
  const ram = machine.ramView();
  let table = BigInt(root);
  for (let level = 4n; ; level--) {
    const at = Number(table + ((address >> (3n + 9n * level)) & 511n) * 8n);
    if (at + 8 > ram.byteLength) return undefined;
    const word = ram.getBigUint64(at, true);
    if (level === 1n || (level < 4n && word & LARGE)) return at;
    if (!(word & PRESENT)) return undefined;
    table = word & ADDRESS;
  }
}

/** Page-table words as a reader of tables wants them. */
export class WordText {
  readonly #fastMemory: number;
  readonly #hint: bigint;

  constructor(fastMemory: number, symbols: SymbolTable) {
    this.#fastMemory = fastMemory;
    const bit = symbols.enumerator("_PAGE_BIT_PROTNONE");
    this.#hint = bit === undefined ? 0n : 1n << bit;
  }

  /** Which node a physical address belongs to. */
  node(physical: bigint): string {
    return `node ${physical < BigInt(this.#fastMemory) ? 0 : 1}`;
  }

  /** `node 1 rw`, `none`, `migration entry`. */
  of(word: bigint): string {
    if (word === 0n) return "none";
    const rights = word & WRITABLE ? "rw" : "ro";
    if (word & PRESENT) return `${this.node(word & ADDRESS)} ${rights}${word & DIRTY ? " dirty" : ""}`;
    return word & this.#hint ? `${this.node(word & ADDRESS)}, no access` : "migration entry";
  }

  /** Whether two words differ in more than that a walk has been there. */
  differ(a: bigint, b: bigint): boolean {
    return ((a ^ b) & ~(ACCESSED | DIRTY)) !== 0n;
  }
}

// Which functions were inlined at an address (DWARF 5, 3.3.8): the compiler's frames between a function of the symbol
// table and the instruction. For this room only.

import type { InlinedCall } from "../types.js";
import { AT, TAG } from "./constants.js";
import type { DebugInfo, Entry } from "./info.js";
import type { Lines } from "./lines.js";
import type { AddressRange } from "./ranges.js";
import type { Unit } from "./units.js";

const MOST_DEPTH = 64;
const WANTED: ReadonlySet<number> = new Set([
  AT.sibling, AT.name, AT.lowPc, AT.highPc, AT.ranges, AT.abstractOrigin, AT.specification, AT.callFile, AT.callLine,
]);

interface Scope {
  readonly entry: Entry;
  readonly ranges: readonly AddressRange[];
}

const contains = (ranges: readonly AddressRange[], address: bigint): boolean =>
  ranges.some((range) => address >= range.start && address < range.end);

export class Inlines {
  readonly #info: DebugInfo;
  readonly #lines: Lines;
  readonly #functions = new Map<Unit, readonly Scope[]>();

  constructor(info: DebugInfo, lines: Lines) {
    this.#info = info;
    this.#lines = lines;
  }

  /** Innermost first. */
  at(address: bigint): InlinedCall[] {
    for (const root of this.#lines.unitsAt(address)) {
      const home = this.#functionsOf(root).find((one) => contains(one.ranges, address));
      if (home) return this.#inside(home.entry, root, address, 0).reverse();
    }
    return [];
  }

  #functionsOf(root: Entry): readonly Scope[] {
    let found = this.#functions.get(root.unit);
    if (!found) {
      found = [...this.#info.children(root, WANTED)]
        .filter((entry) => entry.tag === TAG.subprogram)
        .map((entry) => ({ entry, ranges: this.#lines.rangesOf(entry, root) }));
      this.#functions.set(root.unit, found);
    }
    return found;
  }

  /** Outermost first. */
  #inside(parent: Entry, root: Entry, address: bigint, depth: number): InlinedCall[] {
    if (depth > MOST_DEPTH) return [];
    for (const entry of this.#info.children(parent, WANTED)) {
      const inlined = entry.tag === TAG.inlined;
      if (!inlined && entry.tag !== TAG.lexicalBlock) continue;
      if (!contains(this.#lines.rangesOf(entry, root), address)) continue;
      const inner = this.#inside(entry, root, address, depth + 1);
      return inlined ? [this.#call(entry), ...inner] : inner;
    }
    return [];
  }

  #call(entry: Entry): InlinedCall {
    const name = this.#info.inherited(entry, (e) => e.text(AT.name)) ?? "?";
    const file = this.#lines.fileOf(entry.unit, entry.number(AT.callFile) ?? 0);
    const line = entry.number(AT.callLine);
    return { name, ...(file !== undefined && line !== undefined ? { caller: { file, line } } : {}) };
  }
}

// The symbols of one ELF file, by name and by address. For this room only.

import type { ElfFile, ElfSymbol } from "./elf.js";
import type { SymbolAt, SymbolInfo } from "./types.js";

const STT_NOTYPE = 0;
const STT_OBJECT = 1;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const STB_LOCAL = 0;
const SHN_UNDEF = 0;
const SHN_ABS = 0xfff1;

/** A symbol that is somewhere; `order` sorts like its address, as far as a double tells addresses apart. */
interface Placed {
  readonly info: SymbolInfo;
  readonly end: bigint;
  readonly order: number;
}

const KINDS: Readonly<Record<number, SymbolInfo["kind"]>> = {
  [STT_NOTYPE]: "label", [STT_OBJECT]: "object", [STT_FUNC]: "function", [STT_GNU_IFUNC]: "function",
};

/** Names that tools make: local labels, and the marks by which assemblers tell data from code. */
const isMade = (name: string): boolean => name === "" || name.startsWith(".L") || name.startsWith("$");

export class Names {
  readonly #byName = new Map<string, SymbolInfo>();
  readonly #unsorted: Placed[] = [];
  #byAddress: readonly Placed[] | undefined;
  #sorted: string[] | undefined;

  constructor(elf: ElfFile) {
    for (const symbol of elf.symbols()) this.#add(elf, symbol);
  }

  /** By address; of those at one address the best name is the last. */
  get #placed(): readonly Placed[] {
    this.#byAddress ??= this.#unsorted.sort((a, b) => a.order - b.order || compare(a.info.address, b.info.address) || rank(a.info) - rank(b.info));
    return this.#byAddress;
  }

  #add(elf: ElfFile, symbol: ElfSymbol): void {
    const kind = KINDS[symbol.type];
    if (kind === undefined || symbol.section === SHN_UNDEF || isMade(symbol.name)) return;
    const { name, value: address, size } = symbol;
    const info: SymbolInfo = { name, address, size, kind, global: symbol.binding !== STB_LOCAL, module: elf.name };
    const known = this.#byName.get(name);
    if (!known || (info.global && !known.global)) this.#byName.set(name, info);
    const home = symbol.section === SHN_ABS ? undefined : elf.loaded(symbol.section);
    // A linker script's symbol may be counted to a section that it is not in.
    if (home && address >= home.start && address <= home.end) this.#unsorted.push({ info, end: home.end, order: Number(address) });
  }

  resolve(name: string): SymbolInfo | undefined {
    return this.#byName.get(name);
  }

  at(address: bigint): SymbolAt | undefined {
    let low = 0;
    let high = this.#placed.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#placed[middle]!.info.address <= address) low = middle + 1;
      else high = middle;
    }
    // A name without a size holds until the next one, or the end of its section.
    for (let i = low - 1; i >= 0 && i >= low - 8; i--) {
      const { end, info } = this.#placed[i]!;
      const reach = info.size > 0 ? info.address + BigInt(info.size) : end;
      if (address < reach) return { ...info, offset: Number(address - info.address) };
    }
    return undefined;
  }

  /** All names, sorted. */
  all(): readonly string[] {
    this.#sorted ??= [...this.#byName.keys()].sort();
    return this.#sorted;
  }
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Which of two names at one address says more: a sized, global function or object. */
function rank(symbol: SymbolInfo): number {
  return (symbol.size > 0 ? 4 : 0) + (symbol.global ? 2 : 0) + (symbol.kind === "label" ? 0 : 1);
}

// Everything that the page tables of a CPU map, as ranges: what QEMU calls `info mem`, with physical addresses.

import type { Machine } from "../../machine/index.js";
import type { Mapping, PageRights, TableWord } from "./types.js";
import { pagingState, rightsOf } from "./walk.js";
import { coverShift, decodeWord, LEVELS } from "./word.js";

const ENTRIES = 512;
const TABLE_BYTES = 4096;

interface Page {
  readonly start: bigint;
  readonly size: bigint;
  readonly physical: bigint;
  readonly rights: PageRights;
}

const sameRights = (a: PageRights, b: PageRights): boolean =>
  a.writable === b.writable && a.user === b.user && a.executable === b.executable && a.global === b.global;

/** Joins what lies side by side with the same rights; a run that is not contiguous in memory has no physical address. */
class Runs {
  readonly done: Mapping[] = [];
  #run: { start: bigint; end: bigint; rights: PageRights; sizes: Set<number>; first: bigint; contiguous: boolean } | undefined;

  add(page: Page): void {
    const run = this.#run;
    if (run && run.end === page.start && sameRights(run.rights, page.rights)) {
      run.contiguous &&= run.first + (run.end - run.start) === page.physical;
      run.end += page.size;
      run.sizes.add(Number(page.size));
      return;
    }
    this.finish();
    const { start, size, physical: first, rights } = page;
    this.#run = { start, end: start + size, rights, sizes: new Set([Number(size)]), first, contiguous: true };
  }

  finish(): Mapping[] {
    const run = this.#run;
    this.#run = undefined;
    if (run) {
      const { start, end, rights, first } = run;
      const pageSizes = [...run.sizes].sort((a, b) => a - b);
      this.done.push({ start, end, rights, pageSizes, ...(run.contiguous ? { physical: first } : {}) });
    }
    return this.done;
  }
}

export interface MappingsOptions {
  /** Another address space than that of CR3. */
  readonly root?: bigint;
  /** Only what overlaps with addresses from `from` to before `to`. */
  readonly from?: bigint;
  readonly to?: bigint;
}

/** What is mapped on `cpu`, by address. */
export function mappings(machine: Machine, cpu: number, options: MappingsOptions = {}): Mapping[] {
  const state = pagingState(machine, cpu);
  const { root = state.root, from = 0n, to = 1n << 64n } = options;
  const runs = new Runs();
  if (!state.paging && options.root === undefined) return [];

  const visit = (table: bigint, depth: number, base: bigint, above: readonly TableWord[]): void => {
    if (table + BigInt(TABLE_BYTES) > BigInt(machine.options.memory)) return;
    const bytes = machine.readPhysical(Number(table), TABLE_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset, TABLE_BYTES);
    const level = LEVELS[depth]!;
    const size = 1n << coverShift(level);
    for (let i = 0; i < ENTRIES; i++) {
      const value = view.getBigUint64(i * 8, true);
      const start = BigInt.asUintN(64, BigInt.asIntN(48, base + BigInt(i) * size));
      if ((value & 1n) === 0n || start >= to || start + size <= from) continue;
      const word = decodeWord(level, Number(table) + i * 8, value, state.nxe);
      if (word.reserved !== undefined) continue;
      const words = [...above, word];
      if (word.leaf) runs.add({ start, size, physical: word.physical!, rights: rightsOf(words, state.globalPages) });
      else visit(word.physical!, depth + 1, start, words);
    }
  };
  visit(root, 0, 0n, []);
  return runs.finish();
}

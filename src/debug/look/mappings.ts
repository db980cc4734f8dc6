// Everything that the page tables of a CPU map, as ranges: what QEMU calls `info mem`, with physical addresses.

import { UserError } from "../../errors.js";
import type { Machine } from "../../machine/index.js";
import type { Mapping, PageRights, TableWord } from "./types.js";
import { pagingState } from "./walk.js";
import { coverShift, decodeWord, LEVELS } from "./word.js";

const ENTRIES = 512;
/** Tables may refer to each other in circles, through which there are more ways than anyone can wait for. */
const MOST_TABLES = 2048;
const TABLE_BYTES = 4096;
const PRESENT = 1;

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

/** `above`, the rights so far, AND those of `word`; G counts in the word that maps the page only. */
function narrowed(above: PageRights, word: TableWord, globalPages: boolean): PageRights {
  const { flags, leaf } = word;
  return {
    writable: above.writable && flags.includes("W"), user: above.user && flags.includes("U"),
    executable: above.executable && !flags.includes("NX"), global: leaf && globalPages && flags.includes("G"),
  };
}

/** What is mapped on `cpu`, by address. */
export function mappings(machine: Machine, cpu: number, options: MappingsOptions = {}): Mapping[] {
  const state = pagingState(machine, cpu);
  const { root = state.root, from = 0n, to = 1n << 64n } = options;
  const runs = new Runs();
  if (!state.paging && options.root === undefined) return [];

  let tables = 0;
  const visit = (table: number, depth: number, base: bigint, above: PageRights): void => {
    if (table + TABLE_BYTES > machine.options.memory) return;
    if (++tables > MOST_TABLES) {
      throw new UserError(`there are more than ${MOST_TABLES} page tables on the way, or some that contain themselves: ask for a smaller range`);
    }
    const bytes = machine.readPhysical(table, TABLE_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset, TABLE_BYTES);
    const level = LEVELS[depth]!;
    const size = 1n << coverShift(level);
    for (let i = 0; i < ENTRIES; i++) {
      const low = view.getUint32(i * 8, true);
      if ((low & PRESENT) === 0) continue;
      const start = BigInt.asUintN(64, BigInt.asIntN(48, base + BigInt(i) * size));
      if (start >= to || start + size <= from) continue;
      const word = decodeWord(level, table + i * 8, view.getBigUint64(i * 8, true), state.nxe);
      if (word.reserved !== undefined) continue;
      const rights = narrowed(above, word, state.globalPages);
      if (word.leaf) runs.add({ start, size, physical: word.physical!, rights });
      else visit(Number(word.physical), depth + 1, start, rights);
    }
  };
  visit(Number(root), 0, 0n, { writable: true, user: true, executable: true, global: false });
  return runs.finish();
}

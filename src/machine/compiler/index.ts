// The compiler to Wasm: makes functions of the blocks that the core finds hot, between two calls of `run`. It changes how fast a
// machine runs and nothing else. docs/compiler.md tells how it works; nothing in it needs Node.

import { COMPILER_BASE } from "../../../assembly/memory-map.js";
import { COMPILER_ASKED, COMPILER_GENERATION, COMPILER_HOT_AT, COMPILER_LIST } from "../../../assembly/cpu/header.js";
import { Decoded } from "./decoded.js";
import { compileRegion, type Region } from "./region.js";
import type { Templates } from "./templates.js";
import { moduleOf } from "./wasm.js";

export { Templates } from "./templates.js";

/** What the compiler needs of the core (assembly/cpu/compiled.ts). */
export interface CompilerCore {
  readonly table: WebAssembly.Table;
  install(record: number, index: number, entry: number): void;
  uninstall(record: number): void;
}

/** When to compile. */
export interface Thresholds {
  /** Heat of a block that is compiled: steps of the slices that ended before it. */
  readonly hotAt: number;
  /** Records in a function that is worth while though it has no loop: calling it costs some five. */
  readonly leastRecords: number;
}

/** Heat that comes of half a millisecond of interpreting, which is less than compiling costs. */
const WORTH_WHILE: Thresholds = { hotAt: 150_000, leastRecords: 8 };

/** Functions at a time. When they are used up, all go. */
const FUNCTIONS = 512;
const WASM_PAGE = 65536;

export class Compiler {
  readonly #view: DataView;
  readonly #decoded: Decoded;
  readonly #first: number;
  #used = 0;
  #generation = 0;
  #installed = new Set<number>();

  constructor(
    readonly core: CompilerCore,
    readonly memory: WebAssembly.Memory,
    readonly templates: Templates,
    readonly thresholds = WORTH_WHILE,
  ) {
    this.#view = new DataView(memory.buffer);
    this.#decoded = new Decoded(memory.buffer, templates);
    this.#first = core.table.grow(FUNCTIONS);
    this.#set(COMPILER_HOT_AT, thresholds.hotAt);
  }

  /** Compiles what the core asked for since the last call, and says how many functions that made. Not while a `run` is under way. */
  compile(): number {
    const asked = this.#get(COMPILER_ASKED);
    if (asked === 0) return 0;
    this.#set(COMPILER_ASKED, 0);
    this.#makeRoom(asked);
    const regions: Region[] = [];
    const compiled = new Set<number>();
    for (let i = 0; i < asked; i++) {
      const root = this.#get(COMPILER_LIST + 4 * i);
      // It may have become part of the region of one that was asked for before it.
      if (compiled.has(root) || this.#decoded.isCompiled(root)) continue;
      const self = this.#first + this.#used + regions.length;
      const region = compileRegion(this.templates, this.#decoded, root, self, this.thresholds.leastRecords);
      if (!region) continue;
      regions.push(region);
      for (const record of region.entries.keys()) compiled.add(record);
    }
    if (regions.length > 0) this.#install(regions);
    return regions.length;
  }

  /** Makes one module of all regions: an instance costs more than a function. */
  #install(regions: readonly Region[]): void {
    const bytes = moduleOf(this.memory.buffer.byteLength / WASM_PAGE, regions);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: this.memory } });
    regions.forEach(({ entries }, i) => {
      const index = this.#first + this.#used++;
      this.core.table.set(index, exports[i]);
      for (const [record, entry] of entries) {
        this.core.install(record, index, entry);
        this.#installed.add(record);
      }
    });
  }

  #makeRoom(functions: number): void {
    const generation = this.#get(COMPILER_GENERATION);
    const dropped = generation !== this.#generation;
    this.#generation = generation;
    if (!dropped && this.#used + functions <= FUNCTIONS) return;
    // Of code that the core has dropped nothing is left to take back.
    if (!dropped) for (const record of this.#installed) this.core.uninstall(record);
    this.#installed = new Set();
    for (let i = 0; i < this.#used; i++) this.core.table.set(this.#first + i, null);
    this.#used = 0;
  }

  #get(field: number): number {
    return this.#view.getUint32(COMPILER_BASE + field, true);
  }

  #set(field: number, value: number): void {
    this.#view.setUint32(COMPILER_BASE + field, value, true);
  }
}

// Snapshots of a machine: the pages of linear memory that hold its state, shared with the snapshot before where
// they did not change. Which frames of RAM changed the core knows by their flag FRAME_CLEAN (assembly/mmu/frames.ts);
// the rest of the state is small, and is compared. What is derived (front caches, decoded code) is left out and made
// again on demand. Used by machine.ts, and nobody else.

import * as map from "../../assembly/memory-map.js";
import type { CoreExports } from "./core.js";
import type { CheckedOptions } from "./options.js";
import { Page, PageTable, ZERO_PAGE } from "./pages.js";

const PAGE = map.PAGE_SIZE;
const PAGE_WORDS = PAGE / 4;
const FIRST_FRAME = map.RAM_BASE / PAGE;

/** FRAME_CLEAN in the flags byte, which comes first in a frame's record; a test holds the two together. */
export const FRAME_CLEAN = 8;

/** All that a machine was at one position of its run. */
export interface Snapshot {
  readonly options: CheckedOptions;
  /** Pages of linear memory, by number; those that hold no state are zero. */
  readonly pages: PageTable;
}

interface Region {
  readonly base: number;
  readonly size: number;
}

/** The regions marked S in the memory map, as far as this machine uses them. RAM is not among them. */
function smallRegions({ cpus, memory }: CheckedOptions, stickyBytes: number): Region[] {
  return [
    { base: map.GLOBAL_BASE, size: map.GLOBAL_SIZE },
    { base: map.DEVICE_BASE, size: map.DEVICE_SIZE },
    { base: map.COUNTER_BASE, size: cpus * map.COUNTER_STRIDE },
    { base: map.CPU_BASE, size: cpus * map.CPU_STRIDE },
    { base: map.TLB_BASE, size: cpus * map.TLB_STRIDE },
    { base: map.PCID_BASE, size: cpus * map.PCID_STRIDE },
    { base: map.STICKY_BASE, size: stickyBytes },
    { base: map.FRAME_BASE, size: (memory / PAGE) * map.FRAME_STRIDE },
    { base: map.REVERSE_BASE, size: map.REVERSE_SIZE },
  ];
}

function* pagesOf(regions: readonly Region[]): Generator<number> {
  for (const { base, size } of regions) {
    const end = Math.ceil((base + size) / PAGE);
    for (let number = Math.floor(base / PAGE); number < end; number++) yield number;
  }
}

/** Takes and puts back the snapshots of one machine. */
export class Snapshots {
  readonly #options: CheckedOptions;
  readonly #core: CoreExports;
  readonly #buffer: ArrayBuffer;
  /** The same bytes; a Buffer, because that compares fast. */
  readonly #memory: Buffer;
  readonly #words: Int32Array;
  /** The snapshot that was taken or put back last: frames that are clean are as they are in it. */
  #last: Snapshot | undefined;
  /** Before there is one: frames that the host wrote. Until the first step no others can hold anything. */
  readonly #loaded = new Set<number>();

  constructor(options: CheckedOptions, core: CoreExports, memory: ArrayBuffer) {
    this.#options = options;
    this.#core = core;
    this.#buffer = memory;
    this.#memory = Buffer.from(memory);
    this.#words = new Int32Array(memory);
  }

  take(): Snapshot {
    const last = this.#lastPages();
    const changes: [number, Page][] = [];
    for (const frame of this.#dirtyFrames()) {
      changes.push([FIRST_FRAME + frame, this.#copy(FIRST_FRAME + frame)]);
    }
    // Before the frame table is copied: in every snapshot all frames are clean.
    this.#core.markAllClean();
    for (const number of this.#smallPages()) {
      if (!this.#equals(number, last.get(number))) changes.push([number, this.#copy(number)]);
    }
    return (this.#last = { options: this.#options, pages: last.with(changes) });
  }

  /** Makes linear memory what it was; the caller then has the core drop what is derived. */
  put({ options, pages }: Snapshot): void {
    const numbers = new Set<number>();
    for (const frame of this.#dirtyFrames()) numbers.add(FIRST_FRAME + frame);
    for (const number of pages.differences(this.#lastPages())) if (number >= FIRST_FRAME) numbers.add(number);
    for (const number of numbers) this.#putPage(number, pages.get(number));
    const stickyBytes = this.#core.stickyBytes();
    for (const number of this.#smallPages()) this.#putPage(number, pages.get(number));
    // What the sticky preset used then may be more than it does now.
    const more = { base: map.STICKY_BASE + stickyBytes, size: this.#core.stickyBytes() - stickyBytes };
    for (const number of pagesOf([more])) this.#putPage(number, pages.get(number));
    this.#last = { options, pages };
  }

  /** The host has written into RAM itself. */
  wrote(address: number, size: number): void {
    for (let frame = Math.floor(address / PAGE); frame * PAGE < address + size; frame++) {
      this.#memory[map.FRAME_BASE + frame * map.FRAME_STRIDE]! &= ~FRAME_CLEAN;
      if (!this.#last) this.#loaded.add(frame);
    }
  }

  /** Before the first snapshot: memory at power-on. */
  #lastPages(): PageTable {
    return this.#last?.pages ?? PageTable.empty(Math.ceil(this.#memory.length / PAGE));
  }

  /** Frames of RAM that may have changed since then. */
  #dirtyFrames(): Iterable<number> {
    if (!this.#last && this.#core.steps() === 0n) return this.#loaded;
    const flags = this.#memory;
    const frames = this.#options.memory / PAGE;
    const dirty: number[] = [];
    for (let frame = 0, at = map.FRAME_BASE; frame < frames; frame++, at += map.FRAME_STRIDE) {
      if (!(flags[at]! & FRAME_CLEAN)) dirty.push(frame);
    }
    return dirty;
  }

  /** Numbers of the pages outside RAM that hold state. */
  #smallPages(): Iterable<number> {
    return pagesOf(smallRegions(this.#options, this.#core.stickyBytes()));
  }

  #equals(number: number, { bytes }: Page): boolean {
    return this.#memory.compare(bytes, 0, PAGE, number * PAGE, (number + 1) * PAGE) === 0;
  }

  #isZero(number: number): boolean {
    const end = (number + 1) * PAGE_WORDS;
    for (let at = number * PAGE_WORDS; at < end; at++) if (this.#words[at] !== 0) return false;
    return true;
  }

  #copy(number: number): Page {
    if (this.#isZero(number)) return ZERO_PAGE;
    return new Page(new Uint8Array(this.#buffer.slice(number * PAGE, (number + 1) * PAGE)));
  }

  #putPage(number: number, page: Page): void {
    // Memory that was never touched costs the host nothing, and is not touched now.
    if (!this.#equals(number, page)) this.#memory.set(page.bytes, number * PAGE);
  }
}

// A snapshot is the pages of linear memory that hold machine state and are not zero. What is derived
// (front caches, decoded code) is left out and made again on demand.

import * as map from "../../assembly/memory-map.js";
import type { CheckedOptions } from "./options.js";

export interface Snapshot {
  readonly options: CheckedOptions;
  /** Offsets of the pages in linear memory, ascending. */
  readonly offsets: Uint32Array;
  /** Their bytes, in the same order. */
  readonly bytes: Uint8Array;
}

interface Region {
  readonly base: number;
  readonly size: number;
}

/** The regions marked S in the memory map, as far as this machine uses them, and RAM. */
function stateRegions({ cpus, memory, tlb }: CheckedOptions): Region[] {
  return [
    { base: map.GLOBAL_BASE, size: map.GLOBAL_SIZE },
    { base: map.DEVICE_BASE, size: map.DEVICE_SIZE },
    { base: map.COUNTER_BASE, size: cpus * map.COUNTER_STRIDE },
    { base: map.CPU_BASE, size: cpus * map.CPU_STRIDE },
    { base: map.TLB_BASE, size: cpus * map.TLB_STRIDE },
    { base: map.PCID_BASE, size: cpus * map.PCID_STRIDE },
    { base: map.STICKY_BASE, size: tlb === "sticky" ? map.STICKY_SIZE : 0 },
    { base: map.FRAME_BASE, size: (memory / map.PAGE_SIZE) * map.FRAME_STRIDE },
    { base: map.REVERSE_BASE, size: map.REVERSE_SIZE },
    { base: map.RAM_BASE, size: memory },
  ];
}

function* pagesOf(options: CheckedOptions): Generator<number> {
  for (const { base, size } of stateRegions(options)) {
    const first = Math.floor(base / map.PAGE_SIZE) * map.PAGE_SIZE;
    for (let at = first; at < base + size; at += map.PAGE_SIZE) yield at;
  }
}

const WORDS = map.PAGE_SIZE / 4;

function isZero(words: Int32Array, offset: number): boolean {
  const first = offset >>> 2;
  for (let i = first; i < first + WORDS; i++) if (words[i] !== 0) return false;
  return true;
}

export function takeSnapshot(options: CheckedOptions, memory: ArrayBuffer): Snapshot {
  const words = new Int32Array(memory);
  const offsets = Uint32Array.from(pagesOf(options)).filter((at) => !isZero(words, at));
  const bytes = new Uint8Array(offsets.length * map.PAGE_SIZE);
  offsets.forEach((at, i) => bytes.set(new Uint8Array(memory, at, map.PAGE_SIZE), i * map.PAGE_SIZE));
  return { options, offsets, bytes };
}

/** Puts `snapshot` into the memory of a machine that was made with the same options. */
export function putSnapshot(snapshot: Snapshot, memory: ArrayBuffer): void {
  const words = new Int32Array(memory);
  const all = new Uint8Array(memory);
  let next = 0;
  for (const at of pagesOf(snapshot.options)) {
    if (snapshot.offsets[next] === at) {
      all.set(snapshot.bytes.subarray(next * map.PAGE_SIZE, (next + 1) * map.PAGE_SIZE), at);
      next++;
    } else if (!isZero(words, at)) {
      all.fill(0, at, at + map.PAGE_SIZE);
    }
  }
}

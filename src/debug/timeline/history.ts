// The snapshots that are kept of a run, in order of their steps, within a limit of bytes. When it is reached they are
// thinned: what goes is what leaves the smallest gap for its distance from the present, so that gaps grow with
// distance. The first is never dropped, so every step can be reached; nor are the newest. Used by timeline.ts.

import { UserError } from "../../errors.js";
import { PageLedger } from "../../machine/pages.js";
import type { Snapshot } from "../../machine/index.js";
import { formatSize, MiB } from "../../units.js";

export const DEFAULT_HISTORY = 512 * MiB;
/** Below this, history is a handful of snapshots of a small guest, and every step back is a long run. */
export const LEAST_HISTORY = 16 * MiB;

/** However little they differ, more snapshots than this are not worth looking through. */
const MOST_ENTRIES = 4096;
const NEWEST_KEPT = 2;

export interface Entry {
  readonly step: number;
  /** How many inputs of the log had been applied. */
  readonly applied: number;
  readonly snapshot: Snapshot;
}

export class History {
  readonly limit: number;
  readonly #ledger = new PageLedger();
  readonly #entries: Entry[] = [];
  #thinned = 0;

  constructor(limit = DEFAULT_HISTORY) {
    if (!(limit >= LEAST_HISTORY)) {
      throw new UserError(`the history needs at least ${formatSize(LEAST_HISTORY)}, not ${formatSize(limit)}`);
    }
    this.limit = limit;
  }

  get bytes(): number {
    return this.#ledger.bytes;
  }

  get count(): number {
    return this.#entries.length;
  }

  get thinned(): number {
    return this.#thinned;
  }

  /** The newest that is not after `step`. */
  nearest(step: number): Entry | undefined {
    return this.#entries[this.#after(step) - 1];
  }

  /** Keeps `entry` for a present at its step, and makes room for it. One at the same step is kept instead. */
  add(entry: Entry): void {
    const at = this.#after(entry.step);
    const before = this.#entries[at - 1];
    if (before?.step === entry.step) return;
    this.#entries.splice(at, 0, entry);
    this.#ledger.add(entry.snapshot.pages);
    while (this.bytes > this.limit || this.count > MOST_ENTRIES) {
      if (this.count <= 1 + NEWEST_KEPT) break;
      this.#remove(this.#leastMissed(entry.step));
      this.#thinned++;
    }
  }

  /** Forgets what comes after the present: another future begins. */
  dropFuture(step: number, applied: number): void {
    for (let last = this.#entries.at(-1); last && (last.step > step || last.applied > applied); last = this.#entries.at(-1)) {
      this.#remove(this.count - 1);
    }
  }

  /** Index of the first entry after `step`. */
  #after(step: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle]!.step <= step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #leastMissed(present: number): number {
    let best = 1;
    let least = Infinity;
    for (let i = 1; i < this.count - NEWEST_KEPT; i++) {
      const gap = this.#entries[i + 1]!.step - this.#entries[i - 1]!.step;
      const harm = gap / (1 + Math.abs(present - this.#entries[i]!.step));
      if (harm < least) [best, least] = [i, harm];
    }
    return best;
  }

  #remove(at: number): void {
    const [entry] = this.#entries.splice(at, 1);
    this.#ledger.remove(entry!.snapshot.pages);
  }
}

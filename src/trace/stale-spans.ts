// From a change of a page-table word to the end of the last TLB entry that it made stale: which changes have entries left.

import type { MachineEvent } from "../machine/index.js";
import { entryValues, type EntryValues } from "./describe.js";

export interface StaleSpan {
  /** When the word changed. */
  readonly clock: bigint;
  readonly step: bigint;
  readonly cpu: number;
  /** Physical address of the word, and what was in it; of a change that was not seen only where the entry came from. */
  readonly word: bigint;
  readonly old?: bigint;
  readonly new?: bigint;
  /** Entries that are stale because of it now, and at the most. */
  live: number;
  most: number;
}

/** Paging-structure entries by the bits that they cover, deepest first: what is filled through a stale one is stale. */
const ABOVE = [["pde", 21n], ["pdpte", 30n], ["pml4e", 39n]] as const;

const key = (cpu: number, kind: string, linear: bigint, pcid: number): string => `${cpu} ${kind} ${linear} ${pcid}`;

export class StaleSpans {
  readonly #ofEntry = new Map<string, StaleSpan[]>();
  #lastWrite: MachineEvent | undefined;
  #spanOfWrite: StaleSpan | undefined;
  /** Entries that are stale now, on all CPUs. */
  live = 0;

  /** Takes notice of `event`; gives a span that ends with it. */
  see(event: MachineEvent): StaleSpan | undefined {
    if (event.kind === "table_write") {
      this.#lastWrite = event;
      this.#spanOfWrite = undefined;
    } else if (event.kind === "mark") {
      this.#marked(event);
    } else if (event.kind === "unmark") {
      return this.#unmarked(event);
    }
    return undefined;
  }

  /** Spans that have not ended. */
  open(): StaleSpan[] {
    return [...new Set([...this.#ofEntry.values()].flat())];
  }

  #marked(event: MachineEvent): void {
    const entry = entryValues(event);
    const span = this.#cause(event, entry);
    const at = key(event.cpu, entry.kind, entry.linear, entry.pcid);
    const spans = this.#ofEntry.get(at);
    if (spans) spans.push(span);
    else this.#ofEntry.set(at, [span]);
    span.live++;
    span.most = Math.max(span.most, span.live);
    this.live++;
  }

  #unmarked(event: MachineEvent): StaleSpan | undefined {
    const entry = entryValues(event);
    const at = key(event.cpu, entry.kind, entry.linear, entry.pcid);
    const spans = this.#ofEntry.get(at);
    const span = spans?.shift();
    if (!span) return undefined;
    if (spans!.length === 0) this.#ofEntry.delete(at);
    span.live--;
    this.live--;
    return span.live === 0 ? span : undefined;
  }

  /** What made the entry stale: the change in the same step; or that of the structure that it was filled through. */
  #cause(event: MachineEvent, entry: EntryValues): StaleSpan {
    const write = this.#lastWrite;
    if (write && write.step === event.step && write.by === event.by) return (this.#spanOfWrite ??= spanOf(write));
    for (const [kind, shift] of ABOVE) {
      const [above] = this.#ofEntry.get(key(event.cpu, kind, (entry.linear >> shift) << shift, entry.pcid)) ?? [];
      if (above) return above;
    }
    return { clock: event.clock, step: event.step, cpu: entry.changedBy, word: entry.word, live: 0, most: 0 };
  }
}

function spanOf({ clock, step, by, values: [word, before, after] }: MachineEvent): StaleSpan {
  return { clock, step, cpu: by, word, old: before, new: after, live: 0, most: 0 };
}

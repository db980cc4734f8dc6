// From a change of a page-table word to the end of the last TLB entry that it made stale: which changes have entries left.

import { type EventReader, type Halves, TLB_KINDS } from "../machine/index.js";

/** A copy of Halves. */
interface Word {
  readonly low: number;
  readonly high: number;
}

interface Change {
  /** When the word changed, and who did it. */
  readonly clock: number;
  readonly step: number;
  readonly cpu: number;
  /** Physical address of the word, and what was in it; of a change that was not seen only where the entry came from. */
  readonly word: Word;
  readonly old?: Word;
  readonly new?: Word;
}

export interface StaleSpan extends Change {
  /** Entries that are stale because of it now, and at the most. */
  live: number;
  most: number;
}

/**
 * Paging-structure entries, deepest first, with the bits of an address inside what they cover, in halves: what is filled
 * through a stale one is stale.
 */
const ABOVE = ([["pde", 0x1f_ffff, 0], ["pdpte", 0x3fff_ffff, 0], ["pml4e", 0xffff_ffff, 0x7f]] as const).map(([kind, low, high]) => ({
  kind: TLB_KINDS.indexOf(kind), low, high,
}));

/** TLB entries, each under a CPU, a kind and a PCID, and then its page: all of it together is more than a number can hold. */
type Pages = Map<number, StaleSpan[]>;

const copy = ({ low, high }: Halves): Word => ({ low, high });
const pageOf = (low: number, high: number): number => high * 2 ** 20 + (low >>> 12);

export class StaleSpans {
  readonly #entries = new Map<number, Pages>();
  #lastWrite: Change | undefined;
  #spanOfWrite: StaleSpan | undefined;
  /** Entries that are stale now, on all CPUs. */
  live = 0;

  /** Takes notice of `event`; gives a span that ends with it. */
  see(event: EventReader): StaleSpan | undefined {
    switch (event.kind) {
      case "table_write":
        this.#wrote(event);
        return undefined;
      case "mark":
        this.#marked(event);
        return undefined;
      case "unmark":
        return this.#unmarked(event);
      default:
        return undefined;
    }
  }

  /** Spans that have not ended. */
  open(): StaleSpan[] {
    return [...new Set([...this.#entries.values()].flatMap((pages) => [...pages.values()].flat()))];
  }

  #wrote({ clock, step, by, a, b, c }: EventReader): void {
    this.#lastWrite = { clock, step, cpu: by, word: copy(a), old: copy(b), new: copy(c) };
    this.#spanOfWrite = undefined;
  }

  #marked(event: EventReader): void {
    const span = this.#cause(event);
    const pages = this.#pagesOf(event, kindOf(event));
    const page = pageOf(event.a.low, event.a.high);
    const spans = pages.get(page);
    if (spans) spans.push(span);
    else pages.set(page, [span]);
    span.live++;
    span.most = Math.max(span.most, span.live);
    this.live++;
  }

  #unmarked(event: EventReader): StaleSpan | undefined {
    const pages = this.#pagesOf(event, kindOf(event));
    const page = pageOf(event.a.low, event.a.high);
    const spans = pages.get(page);
    const span = spans?.shift();
    if (!span) return undefined;
    if (spans!.length === 0) pages.delete(page);
    span.live--;
    this.live--;
    return span.live === 0 ? span : undefined;
  }

  /** What made the entry stale: the change in the same step; or that of the structure that it was filled through. */
  #cause(event: EventReader): StaleSpan {
    const write = this.#lastWrite;
    if (write && write.step === event.step && write.cpu === event.by) return (this.#spanOfWrite ??= { ...write, live: 0, most: 0 });
    const { low, high } = event.a;
    for (const covered of ABOVE) {
      const page = pageOf(low & ~covered.low, (high & ~covered.high) >>> 0);
      const above = this.#pagesOf(event, covered.kind).get(page)?.[0];
      if (above) return above;
    }
    const word = { low: event.b.low, high: 0 };
    return { clock: event.clock, step: event.step, cpu: event.c.bits(40, 8), word, live: 0, most: 0 };
  }

  #pagesOf({ cpu, c }: EventReader, kind: number): Pages {
    const at = (cpu * 256 + kind) * 65536 + c.bits(16, 16);
    let pages = this.#entries.get(at);
    if (!pages) this.#entries.set(at, (pages = new Map()));
    return pages;
  }
}

const kindOf = ({ c }: EventReader): number => c.bits(0, 8);

// A persistent table of 4 KiB pages: a table with some pages changed shares all others with the one it was made
// from. Snapshots (snapshot.ts) are such tables, and what a set of them holds is counted here.
//
//   PageTable -> chunks of 64 pages (256 KiB) -> pages
//
// Pages and chunks are shared by identity and never changed, so dropping a table frees exactly what only it had.

import { PAGE_SIZE } from "../../assembly/memory-map.js";

const CHUNK_PAGES = 64;
const POINTER_BYTES = 8;

/** The bytes of one page. */
export class Page {
  /** Chunks of counted tables that have it: PageLedger's business. */
  holders = 0;

  constructor(readonly bytes: Uint8Array) {}
}

export const ZERO_PAGE = new Page(new Uint8Array(PAGE_SIZE));

class Chunk {
  /** Counted tables that have it: PageLedger's business. */
  holders = 0;

  constructor(readonly pages: readonly Page[]) {}
}

const ZERO_CHUNK = new Chunk(new Array<Page>(CHUNK_PAGES).fill(ZERO_PAGE));

/** The pages of a stretch of memory, by number. */
export class PageTable {
  private constructor(readonly chunks: readonly Chunk[]) {}

  /** `pages` pages of zeros. */
  static empty(pages: number): PageTable {
    return new PageTable(new Array<Chunk>(Math.ceil(pages / CHUNK_PAGES)).fill(ZERO_CHUNK));
  }

  get(number: number): Page {
    return this.chunks[Math.floor(number / CHUNK_PAGES)]!.pages[number % CHUNK_PAGES]!;
  }

  /** This table with other pages at some numbers. */
  with(changes: readonly (readonly [number: number, page: Page])[]): PageTable {
    const chunks = this.chunks.slice();
    const open = new Map<number, Page[]>();
    for (const [number, page] of changes) {
      const at = Math.floor(number / CHUNK_PAGES);
      let pages = open.get(at);
      if (!pages) open.set(at, (pages = chunks[at]!.pages.slice()));
      pages[number % CHUNK_PAGES] = page;
    }
    for (const [at, pages] of open) chunks[at] = new Chunk(pages);
    return new PageTable(chunks);
  }

  /** Numbers of the pages in which this table and `other` may differ, ascending: those that they do not share. */
  *differences(other: PageTable): Generator<number> {
    for (const [at, chunk] of this.chunks.entries()) {
      const others = other.chunks[at]!;
      if (chunk === others) continue;
      for (let i = 0; i < CHUNK_PAGES; i++) {
        if (chunk.pages[i] !== others.pages[i]) yield at * CHUNK_PAGES + i;
      }
    }
  }
}

/** Counts what tables hold together, shared pages once. A table belongs to one ledger at the most. */
export class PageLedger {
  #bytes = 0;

  /** Bytes of pages, chunks and directories. */
  get bytes(): number {
    return this.#bytes;
  }

  add(table: PageTable): void {
    this.#bytes += table.chunks.length * POINTER_BYTES;
    for (const chunk of table.chunks) {
      if (chunk === ZERO_CHUNK || chunk.holders++ > 0) continue;
      this.#bytes += CHUNK_PAGES * POINTER_BYTES;
      for (const page of chunk.pages) {
        if (page !== ZERO_PAGE && page.holders++ === 0) this.#bytes += PAGE_SIZE;
      }
    }
  }

  remove(table: PageTable): void {
    this.#bytes -= table.chunks.length * POINTER_BYTES;
    for (const chunk of table.chunks) {
      if (chunk === ZERO_CHUNK || --chunk.holders > 0) continue;
      this.#bytes -= CHUNK_PAGES * POINTER_BYTES;
      for (const page of chunk.pages) {
        if (page !== ZERO_PAGE && --page.holders === 0) this.#bytes -= PAGE_SIZE;
      }
    }
  }
}

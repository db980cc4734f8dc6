// Rows of a kernel run's table, and how many become few enough to be read.

import type { Row } from "./execution.js";

/** A row that may still be merged with its neighbour. */
export interface Draft {
  readonly step: number;
  readonly column: number;
  what: string;
  readonly notes: string[];
  /** How much a reader would miss it. */
  readonly weight: number;
  stale?: boolean;
  /** The operation of its column that it is of. */
  op?: number;
}

/** More rows than a page of a mail has are not read. */
export const MOST_ROWS = 24;

function merge(into: Draft, next: Draft): Draft {
  const notes = [...into.notes, next.what, ...next.notes];
  const stale = into.stale === true || next.stale === true;
  return { step: into.step, column: into.column, what: into.what, notes, weight: Math.max(into.weight, next.weight), ...(stale ? { stale } : {}) };
}

/** Index of the row whose merging with the one before it costs least; undefined if no two neighbours are of one column. */
function leastMissed(rows: readonly Draft[]): number | undefined {
  let best: number | undefined;
  let least = Infinity;
  rows.forEach((row, i) => {
    const before = rows[i - 1];
    if (!before || before.column !== row.column || row.stale) return;
    const cost = row.weight * 100 + row.notes.length + before.notes.length;
    if (cost < least) [best, least] = [i, cost];
  });
  return best;
}

/** At most MOST_ROWS rows if neighbours of one column, merged, or the least of all, left out, make them so few. */
export function fewer(drafts: readonly Draft[]): Row[] {
  const rows = [...drafts];
  while (rows.length > MOST_ROWS) {
    const at = leastMissed(rows);
    if (at !== undefined) rows.splice(at - 1, 2, merge(rows[at - 1]!, rows[at]!));
    else {
      const least = Math.min(...rows.map(({ weight }) => weight));
      if (least >= 2) break;
      rows.splice(rows.findIndex(({ weight }) => weight === least), 1);
    }
  }
  return rows.map(({ step, column, what, notes, stale }) => ({ step: `#${step}`, cells: [{ column, what, notes, ...(stale ? { stale } : {}) }] }));
}

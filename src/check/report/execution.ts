// An execution as people draw them in mails: a column for each CPU, a row for each event, step numbers on the left. This is
// the one model of such tables; execution-text.ts, execution-markdown.ts and execution-html.ts show it.

import { viewTransition } from "../../machine/index.js";
import type { Schedule } from "../schedule/schedule.js";
import { replay } from "../schedule/replay.js";
import type { EventText, Subject } from "../subject.js";

/** What one column has in a row. */
export interface Cell extends EventText {
  readonly column: number;
}

export interface Row {
  /** `#12`. */
  readonly step: string;
  readonly cells: readonly Cell[];
}

export interface Execution {
  /** What it shows. */
  readonly shows: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** The rows of `schedule`, each transition one, which `subject` stands at the beginning of and is put back to; an Error if it departs. */
export function transitionsOf(schedule: Schedule, subject: Subject): Execution {
  const start = subject.system.mark();
  const rows: Row[] = [];
  const verdict = replay(schedule, subject, (transition) => {
    const { cpu: column } = viewTransition(transition);
    const happened = subject.describe(transition);
    return () => rows.push({ step: `#${rows.length + 1}`, cells: [{ column, ...happened() }] });
  });
  subject.system.undo(start);
  if (verdict.kind === "departed") throw new Error(`the execution departs at step ${verdict.step}: ${verdict.why}`);
  return { shows: schedule.shows, columns: Array.from({ length: subject.columns }, (_, i) => `P${i}`), rows };
}

/** The lines of a cell; the last says so if it is a stale use. */
export const linesOf = ({ what, notes, stale }: EventText): string[] => [what, ...notes.map((note) => `  ${note}`), ...(stale ? [STALE] : [])];

/** The mark of a stale use. */
export const STALE = "^^^ STALE";

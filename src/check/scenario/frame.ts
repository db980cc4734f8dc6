// What all scenarios look like, whatever their columns do: herd's form. The first word says which kind it is.
//
//   KIND name
//   "what is at stake, and where it comes from"
//   settings, a line each
//   { initial state }
//    P0       | P1       ;
//    an event | an event ;
//   exists (proposition)

import { Source } from "./source.js";

export const KINDS = ["X86_64", "Translation", "Kernel"] as const;
export type Kind = (typeof KINDS)[number];

export interface Frame {
  readonly kind: Kind;
  readonly name: string;
  /** The sentence in quotes; empty if there is none. */
  readonly stake: string;
  /** The lines between the sentence and the initial state that are not empty. herd's tests have notes there. */
  readonly settings: readonly Source[];
  readonly initial: Source;
  /** The cells of each column that are not empty. */
  readonly columns: readonly (readonly Source[])[];
  readonly condition: Source;
}

export const MOST_COLUMNS = 8;

/** Comments, `(* ... *)`, become blanks, so that places stay right. */
function withoutComments(text: string): string {
  return text.replaceAll(/\(\*[\s\S]*?\*\)/g, (comment) => comment.replaceAll(/[^\n]/g, " "));
}

/** The rows of the table, each with its cells. */
function readRows(source: Source): Source[][] {
  const rows: Source[][] = [];
  let start = 0;
  const { text } = source;
  while (start < text.length) {
    const end = text.indexOf(";", start);
    if (end < 0) {
      if (text.slice(start).trim()) source.fail(start + text.slice(start).search(/\S/), 'expected ";" at the end of the row');
      break;
    }
    const cells: Source[] = [];
    for (let at = start; at <= end; ) {
      const bar = text.indexOf("|", at);
      const stop = bar < 0 || bar > end ? end : bar;
      cells.push(source.part(at, stop));
      at = stop + 1;
    }
    rows.push(cells);
    start = end + 1;
  }
  return rows;
}

function readHeader(source: Source, header: readonly Source[] | undefined): number {
  if (!header) source.fail(0, "expected the columns: P0 | P1 ... ;");
  header.forEach((cell, i) => {
    if (!/^P\d+$/.test(cell.text)) cell.fail(0, `expected the name of a column, P${i}`);
    if (cell.text !== `P${i}`) cell.fail(0, `expected P${i}: columns are numbered from 0 on`);
  });
  if (header.length > MOST_COLUMNS) header[MOST_COLUMNS]!.fail(0, `a test has at most ${MOST_COLUMNS} columns, not ${header.length}`);
  return header.length;
}

function readColumns(table: Source): Source[][] {
  const rows = readRows(table);
  const width = readHeader(table, rows[0]);
  const columns: Source[][] = Array.from({ length: width }, () => []);
  for (const row of rows.slice(1)) {
    if (row.length > width) row[width]!.fail(0, `the table has ${width} columns, not ${row.length}`);
    row.forEach((cell, i) => {
      if (cell.text) columns[i]!.push(cell);
    });
  }
  return columns;
}

/** The sentence in quotes that may stand at `start`, and where it ends. */
function readStake(source: Source, start: number): { stake: string; end: number } {
  const quote = /\s*"/y;
  quote.lastIndex = start;
  if (!quote.test(source.text)) return { stake: "", end: start };
  const from = quote.lastIndex;
  const end = source.text.indexOf('"', from);
  if (end < 0) source.fail(from - 1, 'expected a quotation mark at the end of the sentence');
  return { stake: source.text.slice(from, end).replaceAll(/\s+/g, " ").trim(), end: end + 1 };
}

/** The lines of [from, to) of `source` that have something in them. */
function readSettings(source: Source, from: number, to: number): Source[] {
  const lines: Source[] = [];
  for (let at = from; at < to; ) {
    const newline = source.text.indexOf("\n", at);
    const end = newline < 0 || newline > to ? to : newline;
    const line = source.part(at, end);
    if (line.text) lines.push(line);
    at = end + 1;
  }
  return lines;
}

/** Takes a scenario's text apart; `file` is for messages. */
export function readFrame(file: string, text: string): Frame {
  const source: Source = new Source(file, withoutComments(text));
  const whole = source.text;
  const head = /^\s*(\S+)[ \t]+(\S.*)?\n/.exec(whole);
  const kind = KINDS.find((word) => word === head?.[1]);
  if (!head || !kind) source.fail(Math.max(0, whole.search(/\S/)), `expected ${KINDS.slice(0, -1).join(", ")} or ${KINDS.at(-1)}, and a name`);
  const { stake, end } = readStake(source, head[0].length);
  const open = whole.indexOf("{", end);
  if (open < 0) source.fail(whole.length, 'expected "{" and the initial state');
  const close = whole.indexOf("}", open);
  if (close < 0) source.fail(open, 'expected "}" at the end of the initial state');
  const final = /(^|\n)\s*(?=(locations|filter|~\s*exists|exists|forall)\b)/.exec(whole.slice(close));
  if (!final) source.fail(whole.length, "expected a condition: exists, ~exists or forall");
  const conditionAt = close + final.index + final[0].length;
  if (/^(locations|filter)\b/.test(whole.slice(conditionAt))) source.fail(conditionAt, "expected exists, ~exists or forall");
  return {
    kind, name: head[2]?.trim() ?? file, stake,
    settings: readSettings(source, end, open),
    initial: source.part(open + 1, close),
    columns: readColumns(source.part(close + 1, close + final.index)),
    condition: source.part(conditionAt, whole.length),
  };
}

// Tables in sections, for a terminal and for a Markdown document. Every command that prints figures uses this.

import Table from "cli-table3";

export interface TableContent {
  readonly head: readonly string[];
  readonly align: readonly ("left" | "right")[];
  readonly sections: readonly { readonly title: string; readonly rows: readonly (readonly string[])[] }[];
}

/** The table with ruled lines. Sections without rows are left out. */
export function table(content: TableContent): string {
  const out = new Table({
    head: [...content.head],
    colAligns: [...content.align],
    style: { head: [], border: [], compact: true },
  });
  for (const { title, rows } of content.sections) {
    if (rows.length === 0) continue;
    out.push([{ content: `-- ${title}`, colSpan: content.head.length }], ...rows.map((row) => [...row]));
  }
  return out.toString();
}

/** How wide each column is to be, frames included, so that all are `most` wide at the most; undefined if they are anyway. */
function widths(lines: readonly (readonly string[])[], most: number): number[] | undefined {
  const wanted = lines[0]!.map((_, column) => 2 + Math.max(...lines.flatMap((cells) => cells[column]!.split("\n").map((line) => line.length))));
  const room = most - wanted.length - 1;
  const fits = () => wanted.reduce((sum, width) => sum + width, 0) <= room;
  if (fits()) return undefined;
  // The widest give way until all are in.
  while (!fits()) wanted[wanted.indexOf(Math.max(...wanted))]!--;
  return wanted;
}

/**
 * A table of columns side by side, as a schedule is drawn: ruled between columns only, cells may have several lines, and
 * long ones are wrapped so that it is `most` characters wide.
 */
export function columnsTable(head: readonly string[], rows: readonly (readonly string[])[], most = Infinity): string {
  const colWidths = widths([head, ...rows], most);
  const out = new Table({
    head: [...head], style: { head: [], border: [], compact: true }, ...(colWidths ? { colWidths, wordWrap: true } : {}),
  });
  out.push(...rows.map((row) => [...row]));
  return out.toString();
}

/** A table in sections as Markdown: one table, with section titles in bold. */
export function markdownTable(content: TableContent): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const lines = [line(content.head), line(content.align.map((side) => (side === "right" ? "---:" : "---")))];
  for (const { title, rows } of content.sections) {
    if (rows.length === 0) continue;
    lines.push(line([`**${title}**`, ...content.head.slice(1).map(() => "")]), ...rows.map(line));
  }
  return lines.join("\n");
}

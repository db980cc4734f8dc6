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

const longest = (cell: string): number => Math.max(...cell.split("\n").map((line) => line.length));

/** How wide the text of each column may be so that the table is `most` wide at the most: the widest give way. */
function widths(lines: readonly (readonly string[])[], most: number): number[] {
  const wanted = lines[0]!.map((_, column) => Math.max(1, ...lines.map((cells) => longest(cells[column]!))));
  const room = Math.max(most - 3 * wanted.length - 1, wanted.length);
  while (wanted.reduce((sum, width) => sum + width, 0) > room) wanted[wanted.indexOf(Math.max(...wanted))]!--;
  return wanted;
}

/** `line` in pieces of at most `width` characters, broken at blanks, or within names, if that can be; what follows is indented as it was. */
function wrapped(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const indent = /^ */.exec(line)![0].slice(0, Math.floor(width / 2));
  const blank = line.lastIndexOf(" ", width);
  const part = line.lastIndexOf("_", width - 1) + 1;
  const at = [blank, part].find((end) => end > indent.length) ?? width;
  return [line.slice(0, at), ...wrapped(indent + line.slice(at).trimStart(), width)];
}

/**
 * A table of columns side by side, as a schedule is drawn: ruled between columns only, cells may have several lines, and
 * long ones are wrapped so that it is `most` characters wide.
 */
export function columnsTable(head: readonly string[], rows: readonly (readonly string[])[], most = Infinity): string {
  const room = widths([head, ...rows], most);
  const out = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  out.push(...rows.map((row) => row.map((cell, i) => cell.split("\n").flatMap((line) => wrapped(line, room[i]!)).join("\n"))));
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

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

/** A table of columns side by side, as a schedule is drawn: ruled between columns only, cells may have several lines. */
export function columnsTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const out = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
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

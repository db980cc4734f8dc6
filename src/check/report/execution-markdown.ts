// An execution as a table of Markdown: code in cells, a stale use in bold.

import { type Cell, type Execution, STALE } from "./execution.js";

/** `text` as code, whatever it has in it. */
function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 ? " " : "";
  return `${fence}${pad}${text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ")}${pad}${fence}`;
}

const cellMarkdown = ({ what, notes, stale }: Cell): string =>
  [what, ...notes].map(code).concat(stale ? [`**${STALE.replaceAll("^", "").trim()}**`] : []).join("<br>");

export function executionMarkdown({ columns, rows }: Execution): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(["", ...columns]),
    line(["---:", ...columns.map(() => "---")]),
    ...rows.map(({ step, cells }) =>
      line([step, ...columns.map((_, column) => cells.filter((cell) => cell.column === column).map(cellMarkdown).join("<br>"))])),
  ].join("\n");
}

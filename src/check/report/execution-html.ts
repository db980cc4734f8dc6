// An execution as a page of its own: no script, nothing from elsewhere, readable in light and dark.

import { pasteSchedule } from "../schedule/file.js";
import { type Cell, type Execution, STALE } from "./execution.js";
import type { Report } from "./report.js";

const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { border-left: 1px solid #8886; padding: .2rem .6rem; text-align: left; vertical-align: top; }
  th { border-bottom: 2px solid #8888; }
  tr:nth-child(even) td { background: #8881; }
  td:first-child, th:first-child { border-left: 0; color: #888; text-align: right; white-space: nowrap; }
  td { font: 13px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
  .note { color: #888; padding-left: 1em; }
  .stale { background: #d33; color: #fff; border-radius: .2em; padding: 0 .3em; }
  pre { background: #8881; overflow-x: auto; padding: .6rem; }
  .paste { overflow-wrap: anywhere; white-space: pre-wrap; }
`;

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character]!);

function cellHtml({ what, notes, stale }: Cell): string {
  const lines = [`<div>${escape(what)}</div>`, ...notes.map((note) => `<div class="note">${escape(note)}</div>`)];
  if (stale) lines.push(`<div><strong class="stale">${STALE.replaceAll("^", "").trim()}</strong></div>`);
  return lines.join("");
}

function tableHtml({ columns, rows }: Execution): string[] {
  const body = rows.map(({ step, cells }) => {
    const each = columns.map((_, column) => `<td>${cells.filter((cell) => cell.column === column).map(cellHtml).join("")}</td>`);
    return `<tr><td>${escape(step)}</td>${each.join("")}</tr>`;
  });
  return [
    `<table><thead><tr><th></th>${columns.map((name) => `<th>${escape(name)}</th>`).join("")}</tr></thead><tbody>`,
    ...body,
    "</tbody></table>",
  ];
}

export function executionHtml({ title, text, shown }: Report): string {
  const lines = [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title>`,
    `<style>${STYLE}</style></head><body>`,
    `<h1>${escape(title)}</h1>`,
    `<pre>${escape(text)}</pre>`,
  ];
  if (shown) lines.push(`<p>${escape(shown.lead)}</p>`, ...tableHtml(shown.execution), `<pre class="paste">${escape(pasteSchedule(shown.schedule))}</pre>`);
  return [...lines, "</body></html>"].join("\n");
}

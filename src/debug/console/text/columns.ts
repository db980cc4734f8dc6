// Columns without lines between them, as a terminal's tools print them.

import { stripVTControlCharacters } from "node:util";
import { plainTable } from "../../../report/index.js";

type Align = "left" | "right";

const WIDTH = 80;

const widthOf = (text: string): number => stripVTControlCharacters(text).length;

/** The rows with their last column, which is not the one that matters most, cut so that lines keep within the width. */
export function cutLast(head: readonly string[], rows: readonly (readonly string[])[]): string[][] {
  const widths = head.slice(0, -1).map((title, i) => Math.max(title.length, ...rows.map((row) => widthOf(row[i] ?? ""))));
  const room = WIDTH - widths.reduce((sum, width) => sum + width + 2, 0);
  return rows.map((row) =>
    row.map((cell, i) => (i === head.length - 1 && cell.length > room ? `${cell.slice(0, room - 1)}…` : cell)),
  );
}

/** Rows under a head; `align` has a letter for each column: l or r. */
export function columns(head: readonly string[], align: string, rows: readonly (readonly string[])[]): string {
  const sides = [...align].map((letter): Align => (letter === "r" ? "right" : "left"));
  return plainTable(head, sides, rows);
}

/** Names and values, one to a line. */
export function pairs(rows: readonly (readonly [string, string])[]): string {
  return plainTable([], ["left", "left"], rows);
}

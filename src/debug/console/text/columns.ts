// Columns without lines between them, as a terminal's tools print them.

import { plainTable } from "../../../report/index.js";

export type Align = "left" | "right";

/** Rows under a head; `align` has a letter for each column: l or r. */
export function columns(head: readonly string[], align: string, rows: readonly (readonly string[])[]): string {
  const sides = [...align].map((letter): Align => (letter === "r" ? "right" : "left"));
  return plainTable(head, sides, rows);
}

/** Names and values, one to a line. */
export function pairs(rows: readonly (readonly [string, string])[]): string {
  return plainTable([], ["left", "left"], rows);
}

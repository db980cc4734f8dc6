// An execution for a terminal: ruled, at most 100 columns wide.

import { columnsTable } from "../../report/index.js";
import { type Execution, linesOf } from "./execution.js";

export const TEXT_WIDTH = 100;

export function executionText({ columns, rows }: Execution): string {
  const body = rows.map(({ step, cells }) => [
    step, ...columns.map((_, column) => cells.filter((cell) => cell.column === column).flatMap(linesOf).join("\n")),
  ]);
  return columnsTable(["", ...columns], body, TEXT_WIDTH);
}

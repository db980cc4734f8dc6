// An execution as people write it in mails: a column for each CPU, a row for each event.

import type { WitnessRow } from "../witness.js";
import { columnsTable } from "../../report/index.js";

const cell = ({ what, value, buffer }: WitnessRow): string =>
  [what, ...(value ? [`  ${value}`] : []), ...(buffer.length > 0 ? [`  waiting: ${buffer.join(", ")}`] : [])].join("\n");

export function witnessText(rows: readonly WitnessRow[], columns: number): string {
  const head = ["", ...Array.from({ length: columns }, (_, cpu) => `P${cpu}`)];
  const body = rows.map((row, i) => [`#${i + 1}`, ...Array.from({ length: columns }, (_, cpu) => (cpu === row.cpu ? cell(row) : ""))]);
  return columnsTable(head, body);
}

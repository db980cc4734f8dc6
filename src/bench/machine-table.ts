// What `bench machine` measured, as a table. The JSON holds every run; the table the medians.

import type { TableContent } from "../report/index.js";
import type { MachineBenchResult } from "./machine.js";
import type { Row } from "./machine-measure.js";

function rate(row: Row, value: number): string {
  return row.benchmark.unit === "instructions" ? (value / 1e6).toFixed(1) : Math.round(value).toLocaleString("en-US");
}

function cells(row: Row): string[] {
  const { benchmark, own, other, instructionsPerOperation, checksum } = row;
  const compared = other
    ? [rate(row, other.median), other.ratio.toFixed(other.ratio < 10 ? 2 : 0), other.checksumEqual ? "equal" : "DIFFERS"]
    : [];
  return [benchmark.title, rate(row, own.median), ...compared, instructionsPerOperation.toFixed(1), checksum];
}

export function machineTable({ rows, against }: MachineBenchResult): TableContent {
  const having = (unit: string) => rows.filter((row) => row.benchmark.unit === unit).map(cells);
  const compared = against === undefined ? [] : ["QEMU", "ratio", "checksums"];
  return {
    head: ["", "shootdown", ...compared, "instructions/op", "checksum"],
    align: ["left", "right", ...compared.map(() => "right" as const), "right", "right"],
    sections: [
      { title: "million instructions a second", rows: having("instructions") },
      { title: "operations a second", rows: having("operations") },
    ],
  };
}

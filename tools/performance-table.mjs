// Puts the table of a `bench machine --json` run into docs/performance.md, between its two marks, with
// the machine it was taken on.
//
//   node dist/shootdown.js bench machine --vs qemu --json bench.json
//   node tools/performance-table.mjs bench.json

import { readFileSync, writeFileSync } from "node:fs";
import { at } from "./build/paths.mjs";
import { ToolError, runTool } from "./build/errors.mjs";

const begin = "<!-- bench machine: begin -->";
const end = "<!-- bench machine: end -->";

await runTool(async () => {
  const [file] = process.argv.slice(2);
  if (!file) throw new ToolError("usage: node tools/performance-table.mjs FILE.json", 2);
  const { machineTable, markdownTable } = await import("../dist/index.js");
  const result = JSON.parse(readFileSync(file, "utf8"));
  const { cpu, cores, node } = result.host;
  const taken = `Taken on ${cores} cores of ${cpu}, Node ${node}${result.against ? `, against ${result.against}` : ""}; medians of three.`;
  const document = at("docs/performance.md");
  const text = readFileSync(document, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new ToolError(`docs/performance.md has no ${begin} ... ${end}`);
  const table = `${taken}\n\n${markdownTable(machineTable(result))}`;
  writeFileSync(document, `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`);
});

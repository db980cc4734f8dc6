// `shootdown bench explore`: how fast the checker explores.

import { Command } from "commander";
import { markdownTable, measureExplorer, table } from "../index.js";
import { writeJson } from "./files.js";

interface ExploreFlags {
  readonly json?: string;
  readonly markdown?: boolean;
}

const ROUNDS = 3;
const SECONDS = 2;

export function benchExploreCommand(): Command {
  return new Command("explore")
    .description("measure how fast the checker explores")
    .option("--json <file>", "also write all figures to FILE")
    .option("--markdown", "print the table as Markdown")
    .action(run);
}

const large = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

async function run(flags: ExploreFlags): Promise<void> {
  const figures = await measureExplorer(ROUNDS, SECONDS);
  const content = {
    head: ["", "a second of processor time"],
    align: ["left", "right"] as const,
    sections: [{
      title: `medians of ${ROUNDS} rounds of ${SECONDS} s`,
      rows: [
        [`states of ${figures.programs} translation programs (${large.format(figures.states)} states)`, large.format(figures.statesPerSecond)],
        [`executions of ${figures.events} transitions, made again from a restored start`, large.format(figures.runsPerSecond)],
      ],
    }],
  };
  process.stdout.write(`${flags.markdown ? markdownTable(content) : table(content)}\n`);
  if (flags.json !== undefined) await writeJson(flags.json, figures);
}

// `shootdown check FILE...`: explores litmus tests and prints their final states as herd does.

import { Command } from "commander";
import { exploreLitmus, litmusText, parseLitmus } from "../index.js";
import { readInput } from "./files.js";
import { FAILED } from "./status.js";

interface CheckFlags {
  readonly storeBuffers: boolean;
  readonly json?: boolean;
}

const HELP = `
Exit status: 0; 1 if a condition with ~exists or forall is not met, or an exists cannot be; 2 for a test that cannot be read.`;

export function checkCommand(): Command {
  return new Command("check")
    .description("explore litmus tests: every order in which CPUs and their store buffers may act")
    .argument("<files...>", "litmus tests for X86_64, in herd's form")
    .option("--no-store-buffers", "every store is seen at once: sequential consistency")
    .option("--json", "one line of JSON for each test")
    .addHelpText("after", HELP)
    .action(check);
}

async function check(files: readonly string[], flags: CheckFlags): Promise<void> {
  // All of them are read before the first is run: a mistake in the last one should not cost the time of the others.
  const tests = [];
  for (const file of files) tests.push(parseLitmus(file, new TextDecoder().decode(await readInput(file))));
  for (const [i, litmus] of tests.entries()) {
    const result = await exploreLitmus(litmus, flags);
    if (!result.ok) process.exitCode = FAILED;
    if (flags.json) process.stdout.write(`${JSON.stringify({ version: 1, file: files[i], ...result })}\n`);
    else process.stdout.write(`${i > 0 ? "\n" : ""}${litmusText(litmus, result, flags.storeBuffers)}\n`);
  }
}

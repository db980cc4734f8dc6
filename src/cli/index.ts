// The program `shootdown`. One file per command; this one puts them together and turns errors into one
// line and an exit status.

import { isMainThread } from "node:worker_threads";
import { Command, CommanderError } from "commander";
import { FailedRun, UserError } from "../index.js";
import { benchCommand } from "./bench.js";
import { bootCommand } from "./boot.js";
import { checkCommand } from "./check.js";
import { debugCommand } from "./debug.js";
import { recordCommand } from "./record.js";
import { replayCommand } from "./replay.js";
import { FAILED, USAGE } from "./status.js";
import { version } from "./version.js";

const program = new Command("shootdown")
  .description("An x86-64 SMP machine whose TLBs are real: boots a kernel, and measures what TLB shootdowns cost.")
  .version(version, "-V, --version", "print the version")
  .addCommand(bootCommand())
  .addCommand(debugCommand())
  .addCommand(recordCommand())
  .addCommand(replayCommand())
  .addCommand(benchCommand())
  .addCommand(checkCommand());

/** Commander reports on its own unless told otherwise; messages of ours have one form. */
function quiet(command: Command): void {
  command
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ outputError: () => {}, writeErr: () => {} });
  command.commands.forEach(quiet);
}

function oneLine(error: unknown): string | undefined {
  if (error instanceof UserError || error instanceof FailedRun) return error.message;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return undefined; // help or version was asked for
    if (error.code === "commander.help") return "a command is missing: see shootdown --help";
    return error.message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ");
  }
  throw error;
}

async function main(): Promise<void> {
  // A reader that goes away (`shootdown ... | head`) ends the program quietly, as it does others.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(141);
    throw error;
  });
  quiet(program);
  try {
    await program.parseAsync();
  } catch (error) {
    const message = oneLine(error);
    if (message === undefined) return;
    process.stderr.write(`shootdown: ${message}\n`);
    process.exit(error instanceof FailedRun ? FAILED : USAGE);
  }
}

// The worker threads of a benchmark run this same file (src/bench/migrate-worker.ts).
if (isMainThread) await main();

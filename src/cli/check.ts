// `shootdown check FILE...`: explores litmus tests and prints their final states as herd does; or, with --programs, runs
// translation programs and prints their outcomes as JSON lines.

import { Command, Option } from "commander";
import {
  bounded, exhaustive, exploreLitmus, litmusText, parsePrograms, parseScenario, pct, ProgramRunner, random, startProgress, type Strategy,
  UserError,
} from "../index.js";
import { readInput } from "./files.js";
import { seedOption, wholeOption } from "./options.js";
import { FAILED } from "./status.js";

const STRATEGIES = ["exhaustive", "bounded", "pct", "random"] as const;

interface CheckFlags {
  readonly storeBuffers: boolean;
  readonly json?: boolean;
  readonly programs?: string;
  readonly strategy: (typeof STRATEGIES)[number];
  readonly preemptions: number;
  readonly runs: number;
  readonly depth: number;
  readonly seed: number;
  readonly witness?: boolean;
}

const HELP = `
Exit status: 0; 1 if a condition with ~exists or forall is not met, or an exists cannot be; 2 for a test that cannot be read.`;

export function checkCommand(): Command {
  return new Command("check")
    .description("explore litmus tests: every order in which CPUs, store buffers and TLBs may act")
    .argument("[files...]", "litmus tests for X86_64, in herd's form")
    .option("--no-store-buffers", "every store is seen at once: sequential consistency")
    .addOption(new Option("--strategy <name>", "how to choose among orders").choices(STRATEGIES).default("exhaustive"))
    .addOption(wholeOption("--preemptions <n>", "bounded: executions with at most this many preemptions", 2, 0, 1000))
    .addOption(wholeOption("--runs <n>", "pct, random: executions to draw", 1000, 1, 1_000_000_000))
    .addOption(wholeOption("--depth <n>", "pct: orderings that a bug takes", 3, 1, 100))
    .addOption(seedOption("seeds what is drawn"))
    .option("--witness", "show an execution that leads to what the condition asks about")
    .option("--json", "one line of JSON for each test")
    .option("--programs <file>", "translation programs in their compact form, one to a line; prints outcomes as JSON lines")
    .addHelpText("after", HELP)
    .action(check);
}

function strategyOf(flags: CheckFlags): Strategy {
  switch (flags.strategy) {
    case "bounded":
      return bounded(flags.preemptions);
    case "pct":
      return pct(flags.runs, flags.depth, flags.seed);
    case "random":
      return random(flags.runs, flags.seed);
    default:
      return exhaustive;
  }
}

const readText = async (file: string): Promise<string> => new TextDecoder().decode(await readInput(file));

async function check(files: readonly string[], flags: CheckFlags): Promise<void> {
  if (flags.programs !== undefined) {
    if (files.length > 0) throw new UserError("--programs takes one file, and no litmus tests besides");
    return checkPrograms(flags.programs);
  }
  if (files.length === 0) throw new UserError("a file is missing: litmus tests, or --programs");
  await checkLitmus(files, flags);
}

async function checkLitmus(files: readonly string[], flags: CheckFlags): Promise<void> {
  // All of them are read before the first is run: a mistake in the last one should not cost the time of the others.
  const tests = [];
  for (const file of files) {
    const scenario = parseScenario(file, await readText(file));
    if (scenario.kind !== "litmus") throw new UserError(`${file}: scenarios for ${scenario.kind}s are not run`);
    tests.push(scenario);
  }
  const strategy = strategyOf(flags);
  const progress = startProgress("check");
  for (const [i, litmus] of tests.entries()) {
    const { storeBuffers, witness = false } = flags;
    const result = await exploreLitmus(litmus, {
      storeBuffers, witness, strategy,
      progress: ({ states, transitions, depth }) => {
        progress.update(undefined, `${litmus.name}: ${states === undefined ? "" : `${states} states, `}${transitions} transitions, depth ${depth}`);
      },
    });
    if (!result.ok) process.exitCode = FAILED;
    if (flags.json) process.stdout.write(`${JSON.stringify({ version: 1, file: files[i], ...result })}\n`);
    else process.stdout.write(`${i > 0 ? "\n" : ""}${litmusText(litmus, result, storeBuffers)}\n`);
  }
  progress.done();
}

/** How many programs are run between two writes. */
const BATCH = 256;

async function checkPrograms(file: string): Promise<void> {
  const programs = parsePrograms(file, await readText(file));
  const runner = new ProgramRunner();
  const progress = startProgress("check");
  try {
    for (let first = 0; first < programs.length; first += BATCH) {
      const lines = [];
      for (const program of programs.slice(first, first + BATCH)) {
        const { outcomes, spurious } = await runner.run(program);
        lines.push(`${JSON.stringify({ p: program.text, o: outcomes, s: spurious })}\n`);
      }
      if (!process.stdout.write(lines.join(""))) await new Promise<void>((done) => process.stdout.once("drain", done));
      progress.update((first + lines.length) / programs.length, `${first + lines.length} of ${programs.length} programs`);
    }
  } finally {
    progress.done();
  }
}

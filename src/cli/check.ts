// `shootdown check FILE...`: explores scenarios and prints their final states as herd does; or, with --programs, runs
// translation programs and prints their outcomes as JSON lines.

import { Command, Option } from "commander";
import {
  bounded, exhaustive, exploreLitmus, type Form, type LitmusFound, litmusReport, type LitmusResult, type LitmusTest, parsePrograms, parseScenario, pct,
  ProgramRunner, random, type SavedLitmus, type Schedule, scenarioHash, type Strategy, UserError,
} from "../index.js";
import { addReportOptions, type ReportFlags, Reports, replaySchedule } from "./check-report.js";
import { addSearchOptions, readSearch, type SearchFlags, Watch, writeSearch } from "./check-search.js";
import { readInput } from "./files.js";
import { seedOption, wholeOption } from "./options.js";
import { FAILED } from "./status.js";

const STRATEGIES = ["exhaustive", "bounded", "pct", "random"] as const;

interface CheckFlags extends SearchFlags, ReportFlags {
  readonly storeBuffers: boolean;
  readonly json?: boolean;
  readonly programs?: string;
  readonly strategy: (typeof STRATEGIES)[number];
  readonly preemptions: number;
  readonly runs: number;
  readonly depth: number;
  readonly seed: number;
  readonly witness?: boolean;
  readonly eager?: boolean;
}

const HELP = `
Exit status: 0; 1 if a condition with ~exists or forall is not met, or an exists cannot be; 2 for a scenario that cannot be read;
130 after Ctrl-C, which ends a search and prints what it has covered.`;

export function checkCommand(): Command {
  return addReportOptions(addSearchOptions(new Command("check")))
    .description("explore scenarios: every order in which CPUs, store buffers and TLBs may act")
    .argument("[files...]", "scenarios: X86_64 (litmus tests), Translation")
    .option("--no-store-buffers", "every store is seen at once: sequential consistency")
    .addOption(new Option("--strategy <name>", "how to choose among orders").choices(STRATEGIES).default("exhaustive"))
    .addOption(wholeOption("--preemptions <n>", "bounded: executions with at most this many preemptions", 2, 0, 1000))
    .addOption(wholeOption("--runs <n>", "pct, random: executions to draw", 1000, 1, 1_000_000_000))
    .addOption(wholeOption("--depth <n>", "pct: orderings that a bug takes", 3, 1, 100))
    .addOption(seedOption("seeds what is drawn"))
    .option("--witness", "show an execution that leads to what the condition asks about")
    .option("--json", "one line of JSON for each test")
    .option("--programs <file>", "translation programs in their compact form, one to a line; prints outcomes as JSON lines")
    .option("--lazy", "--programs: a TLB holds what may still be used, decided at the use (default)")
    .addOption(new Option("--eager", "--programs: TLB fills and evictions are steps of their own").conflicts("lazy"))
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
  if (flags.replay !== undefined) {
    if (files.length > 0 || flags.programs !== undefined) throw new UserError("--replay takes one schedule, which holds its scenario: no files besides");
    return replaySchedule(flags.replay, flags);
  }
  if (flags.programs !== undefined) {
    if (files.length > 0) throw new UserError("--programs takes one file, and no litmus tests besides");
    return checkPrograms(flags.programs, flags.eager ? "eager" : "lazy");
  }
  if (files.length === 0) throw new UserError("a file is missing: litmus tests, or --programs");
  await checkLitmus(files, flags);
}

interface Test {
  readonly file: string;
  readonly text: string;
  readonly litmus: LitmusTest;
}

async function checkLitmus(files: readonly string[], flags: CheckFlags): Promise<void> {
  if (files.length > 1 && flags.resume !== undefined) throw new UserError("--resume goes on with one search, and so takes one test");
  // All of them are read before the first is run: a mistake in the last one should not cost the time of the others.
  const tests: Test[] = [];
  for (const file of files) {
    const text = await readText(file);
    const litmus = parseScenario(file, text);
    if (litmus.kind === "kernel") throw new UserError(`${file}: Kernel scenarios are not explored`);
    tests.push({ file, text, litmus });
  }
  if (tests.length > 1 && flags.scheduleOut !== undefined) throw new UserError("--schedule-out keeps one schedule, and so takes one test");
  if (tests.length > 1 && flags.format === "html") throw new UserError("--format html makes one page, and so takes one test");
  const reports = new Reports(flags);
  let schedule: Schedule | undefined;
  const watch = new Watch();
  try {
    for (const [i, { file, litmus, text }] of tests.entries()) {
      if (watch.interrupted) {
        process.stderr.write(`shootdown: ${tests.length - i} of ${tests.length} tests were not begun\n`);
        break;
      }
      const result = await search({ file, litmus, text }, flags, watch);
      if (!result.ok) process.exitCode = FAILED;
      if (flags.json) process.stdout.write(`${JSON.stringify({ version: 1, file, ...result })}\n`);
      else reports.add(litmusReport(litmus, result, flags.storeBuffers));
      schedule = result.witness?.schedule;
    }
    await reports.done(schedule);
  } finally {
    watch.done();
  }
}

async function search({ litmus, text }: Test, flags: CheckFlags, watch: Watch): Promise<LitmusResult> {
  const { storeBuffers } = flags;
  const witness = flags.witness === true || flags.scheduleOut !== undefined;
  const strategy = strategyOf(flags);
  const scenario = scenarioHash(text, `store buffers ${storeBuffers ? "on" : "off"}`);
  const resume = flags.resume === undefined ? undefined : await readSearch<LitmusFound>(flags.resume, scenario, strategy.title);
  let saved: SavedLitmus | undefined;
  const result = await exploreLitmus(litmus, {
    storeBuffers, witness, strategy, progress: watch.search(litmus.name), save: (run) => void (saved = run),
    ...(resume ? { resume } : {}),
  });
  if (saved && flags.save !== undefined) await writeSearch(flags.save, { scenario, strategy: strategy.title, ...saved });
  return result;
}

/** How many programs are run between two writes. */
const BATCH = 256;

async function checkPrograms(file: string, form: Form): Promise<void> {
  const programs = parsePrograms(file, await readText(file));
  const runner = new ProgramRunner(form);
  const watch = new Watch();
  try {
    for (let first = 0; first < programs.length && !watch.interrupted; first += BATCH) {
      const lines = [];
      for (const program of programs.slice(first, first + BATCH)) {
        const { outcomes, spurious } = await runner.run(program);
        lines.push(`${JSON.stringify({ p: program.text, o: outcomes, s: spurious })}\n`);
      }
      if (!process.stdout.write(lines.join(""))) await new Promise<void>((done) => process.stdout.once("drain", done));
      await new Promise<void>((done) => setImmediate(done));
      watch.update((first + lines.length) / programs.length, `${first + lines.length} of ${programs.length} programs`);
    }
  } finally {
    watch.done();
  }
}

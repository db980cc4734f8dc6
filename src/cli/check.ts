// `shootdown check FILE...`: explores scenarios of every kind, and shows what came out; or, with --programs, runs translation
// programs; or, with --replay, makes a schedule again.

import { Command, Option } from "commander";
import {
  type CheckedScenario, findingsText, type KernelScenario, parseScenario, type Scenario, type Schedule, shippedScenarios, UserError,
} from "../index.js";
import { addKernelOptions, checkKernelFlags, checkPolicies, type KernelFlags } from "./check-kernel.js";
import { checkLitmus, type LitmusFlags } from "./check-litmus.js";
import { checkPrograms } from "./check-programs.js";
import { addReportOptions, type Checked, type ReportFlags, Reports, replaySchedule } from "./check-report.js";
import { addSearchOptions, Watch } from "./check-search.js";
import { addStrategyOptions, DEFAULT_PREEMPTIONS } from "./check-strategy.js";
import { readText, writeText } from "./files.js";
import { FAILED } from "./status.js";

interface CheckFlags extends KernelFlags, LitmusFlags, ReportFlags {
  readonly scheduleOut?: string;
  readonly json?: boolean;
  readonly programs?: string;
  readonly eager?: boolean;
  readonly all?: boolean;
  readonly report?: string;
}

const HELP = `
Exit status: 0; 1 if a condition with ~exists or forall is not met, or an exists cannot be, or if a Kernel scenario does not
come out as it says; 2 for a scenario that cannot be read; 130 after Ctrl-C, which ends a search and prints what it has
covered.`;

export function checkCommand(): Command {
  const command = new Command("check")
    .description("explore scenarios: every order in which CPUs, store buffers and TLBs may act")
    .argument("[files...]", "scenarios: X86_64 (litmus tests), Translation, Kernel")
    .option("--store-buffers", "stores wait in buffers (default, but for Kernel scenarios)")
    .option("--no-store-buffers", "every store is seen at once: sequential consistency");
  addKernelOptions(addReportOptions(addSearchOptions(addStrategyOptions(command))));
  return command
    .option("--witness", "show an execution that leads to what the condition asks about")
    .option("--all", "instead of files: every scenario that is shipped")
    .option("--report <file>", "write what was found as a document, in Markdown")
    .option("--json", "one line of JSON for each result")
    .option("--programs <file>", "translation programs in their compact form, one to a line; prints outcomes as JSON lines")
    .option("--lazy", "--programs: a TLB holds what may still be used, decided at the use (default)")
    .addOption(new Option("--eager", "--programs: TLB fills and evictions are steps of their own").conflicts("lazy"))
    .addHelpText("after", HELP)
    .action(check);
}

/** The command that makes a report, as far as it decides what is in it. */
function commandOf({ preemptions, strategy, timeout, all, report }: CheckFlags): string {
  const words = ["shootdown", "check", all ? "--all" : "FILES"];
  if (strategy !== undefined) words.push("--strategy", strategy);
  if (preemptions !== DEFAULT_PREEMPTIONS) words.push("--preemptions", String(preemptions));
  if (timeout !== undefined) words.push("--timeout", String(timeout));
  return [...words, "--report", report].join(" ");
}

async function check(files: readonly string[], flags: CheckFlags): Promise<void> {
  if (flags.replay !== undefined) {
    if (files.length > 0 || flags.programs !== undefined) throw new UserError("--replay takes one schedule, which holds its scenario: no files besides");
    return replaySchedule(flags.replay, flags);
  }
  if (flags.programs !== undefined) {
    if (files.length > 0) throw new UserError("--programs takes one file, and no scenarios besides");
    return checkPrograms(flags.programs, flags.eager ? "eager" : "lazy");
  }
  if (flags.all) {
    if (files.length > 0) throw new UserError("--all takes every scenario that is shipped: no files besides");
    return checkScenarios(await shippedScenarios(), flags);
  }
  if (files.length === 0) throw new UserError("a file is missing: scenarios, --all, or --programs");
  const texts = [];
  for (const file of files) texts.push({ file, text: await readText(file) });
  await checkScenarios(texts, flags);
}

interface Read {
  readonly file: string;
  readonly scenario: Scenario;
}

interface Text {
  readonly file: string;
  readonly text: string;
}

function readScenarios(files: readonly Text[], flags: CheckFlags): Read[] {
  if (files.length > 1 && flags.resume !== undefined) throw new UserError("--resume goes on with one search, and so takes one scenario");
  if (files.length > 1 && flags.scheduleOut !== undefined) throw new UserError("--schedule-out keeps one schedule, and so takes one scenario");
  if (files.length > 1 && flags.format === "html") throw new UserError("--format html makes one page, and so takes one scenario");
  const read = files.map(({ file, text }) => ({ file, scenario: parseScenario(file, text) }));
  checkKernelFlags(flags, read.map(({ scenario }) => scenario).filter((scenario): scenario is KernelScenario => scenario.kind === "kernel"));
  return read;
}

async function* results(scenario: Scenario, flags: CheckFlags, watch: Watch): AsyncGenerator<Checked> {
  if (scenario.kind === "kernel") yield* checkPolicies(scenario, flags, watch);
  else yield await checkLitmus(scenario, flags, watch);
}

async function checkScenarios(files: readonly Text[], flags: CheckFlags): Promise<void> {
  // All of them are read before the first is run: a mistake in the last one should not cost the time of the others.
  const read = readScenarios(files, flags);
  const reports = new Reports(flags);
  const all: CheckedScenario[] = [];
  let kept: Schedule | undefined;
  const watch = new Watch();
  try {
    for (const [i, { file, scenario }] of read.entries()) {
      if (watch.interrupted) {
        process.stderr.write(`shootdown: ${read.length - i} of ${read.length} scenarios were not begun\n`);
        break;
      }
      let since = performance.now();
      for await (const { ok, json, report, schedule, found } of results(scenario, flags, watch)) {
        all.push({ ...found, file, seconds: (performance.now() - since) / 1000 });
        since = performance.now();
        if (!ok) process.exitCode = FAILED;
        if (flags.json) process.stdout.write(`${JSON.stringify({ version: 1, file, ...json })}\n`);
        else reports.add(report);
        kept ??= schedule;
      }
    }
    await reports.done(kept);
    if (flags.report !== undefined) await writeText(flags.report, findingsText(all, commandOf(flags)));
  } finally {
    watch.done();
  }
}

// `shootdown debug IMAGE`: the debugger's console on an image, or on a schedule that a check has found; on a terminal, from a
// script or from a pipe.

import { createInterface } from "node:readline";
import { Command, Option } from "commander";
import {
  DebugConsole, DEFAULT_HISTORY, formatSize, openSession, parseSize, type Pc, type Reply, stage, type SymbolTable, symbolsOf, UserError,
} from "../index.js";
import { loadSchedule } from "./check-report.js";
import { DebugGdb } from "./debug-gdb.js";
import { DebugOutput } from "./debug-output.js";
import { runPrompt } from "./debug-prompt.js";
import { readInput } from "./files.js";
import { checkGdbFlags, type GdbFlags, gdbNowaitOption, gdbOption } from "./gdb-run.js";
import { addImageOptions, type ImageFlags, loadPc } from "./image-options.js";
import { checked, type TraceFlags, traceFrom, traceKindsOption, traceOption } from "./options.js";
import { traceSchedule } from "./trace-schedule.js";

interface DebugFlags extends ImageFlags, TraceFlags, Pick<GdbFlags, "gdb" | "gdbNowait"> {
  readonly schedule?: string;
  readonly symbols?: readonly string[];
  readonly script?: string;
  readonly echo?: boolean;
  readonly json?: boolean;
  readonly history: number;
}

/** 128 + SIGINT, as shells say it. */
const INTERRUPTED = 130;

const HELP = `
The machine stands before its first instruction; "help" lists the commands. Where standard input is no
terminal, commands are read from it. Colours go away with NO_COLOR and where output is no terminal.
Exit status: 0; 2 for wrong usage, an image that cannot be booted, or a line of a script that fails; 130 for
a script that Ctrl-C ended.`;

export function debugCommand(): Command {
  return addImageOptions(new Command("debug"), "[image]")
    .description("boot an image under the debugger: step any CPU, forwards and backwards, and see what each TLB holds")
    .option("--schedule <schedule>", "instead of an image: what check has found, from its file or as it was pasted")
    .option("--symbols <elf>", "read symbols and debug information of this file too; may be repeated",
      (file: string, files: string[] = []) => [...files, file])
    .option("--script <file>", "run the commands in FILE, then leave")
    .option("--echo", "show prompts and commands before their output, as on a terminal")
    .option("--json", "answer every command with one line of JSON")
    .addOption(
      new Option("--history <size>", "memory for the past")
        .default(DEFAULT_HISTORY, formatSize(DEFAULT_HISTORY))
        .argParser(checked(parseSize)),
    )
    .addOption(traceOption())
    .addOption(traceKindsOption())
    .addOption(gdbOption())
    .addOption(gdbNowaitOption())
    .addHelpText("after", HELP)
    .action(debug);
}

interface Subject {
  readonly pc: Pc;
  readonly symbols?: SymbolTable;
  /** Said before the greeting. */
  readonly word?: string;
}

const moreSymbols = (flags: DebugFlags) =>
  Promise.all((flags.symbols ?? []).map(async (name) => ({ name, bytes: await readInput(name) })));

async function bootSubject(image: string, flags: DebugFlags): Promise<Subject> {
  const { pc, bytes } = await loadPc(image, flags);
  const symbols = await symbolsOf({ image: bytes, path: image, commandLine: flags.append, more: await moreSymbols(flags) });
  return { pc, ...(symbols ? { symbols } : {}) };
}

async function scheduleSubject(fileOrText: string, flags: TraceFlags): Promise<Subject> {
  const { trace } = traceFrom(flags);
  const schedule = await loadSchedule(fileOrText);
  const staged = await stage(schedule);
  if (trace) await traceSchedule(staged, trace);
  const { pc, symbols, end } = staged;
  const word = `The schedule goes from here to #${end}, and shows ${schedule.shows}; then the machine goes on by itself.`;
  return { pc, word, ...(symbols ? { symbols } : {}) };
}

/** The options that say what is booted: a schedule has all of that in it. */
const OF_IMAGES = ["cpus", "memory", "fastMemory", "append", "initrd", "tlb", "seed", "compile", "symbols"];

async function subjectOf(image: string | undefined, flags: DebugFlags, command: Command): Promise<Subject> {
  if (flags.schedule === undefined) {
    if (image === undefined) throw new UserError("an image is missing, or --schedule");
    if (flags.trace !== undefined || flags.traceKinds !== undefined) throw new UserError("--trace goes with --schedule; of an image, boot and bench write traces");
    return bootSubject(image, flags);
  }
  if (image !== undefined) throw new UserError("--schedule says what is run: no image besides");
  const given = OF_IMAGES.find((name) => command.getOptionValueSource(name) === "cli");
  if (given !== undefined) throw new UserError(`--schedule says what is run: nothing else may, such as ${command.options.find((option) => option.attributeName() === given)!.long}`);
  return scheduleSubject(flags.schedule, flags);
}

async function debug(image: string | undefined, flags: DebugFlags, command: Command): Promise<void> {
  checkGdbFlags({ ...(flags.gdb ? { gdb: flags.gdb } : {}), ...(flags.gdbNowait ? { gdbNowait: true } : {}) });
  const script = flags.script === undefined ? undefined : await readInput(flags.script);
  const { pc, symbols, word } = await subjectOf(image, flags, command);
  const session = openSession(pc, { history: flags.history, ...(symbols ? { symbols } : {}) });
  const isTerminal = process.stdout.isTTY === true;
  const colours = isTerminal && !process.env["NO_COLOR"] && !flags.json;
  const console = new DebugConsole({ session, colours, ...(symbols ? { symbols } : {}) });
  const output = new DebugOutput(session, console, { json: flags.json ?? false, colours });
  if (word !== undefined && !flags.json) await output.line(word);
  const gdb = new DebugGdb(session, symbols, console);
  try {
    if (flags.gdb) await gdb.open(flags.gdb, flags.gdbNowait ?? false);
    if (script === undefined && isTerminal && process.stdin.isTTY === true) await runPrompt(console, output);
    else await runScript(script, { console, output, gdb, name: flags.script ?? "standard input", flags, interrupted: false });
  } finally {
    await gdb.close();
  }
}

/** Runs the lines of a script, or of standard input. */
async function runScript(script: Uint8Array | undefined, run: Run): Promise<void> {
  const lines =
    script === undefined ? createInterface({ input: process.stdin }) : Buffer.from(script).toString("utf8").split(/\r?\n/);
  const interrupt = () => {
    run.interrupted = true;
    run.console.interrupt();
    run.gdb.giveUp();
  };
  process.on("SIGINT", interrupt);
  try {
    await runLines(lines, run);
    await run.gdb.free();
    if (run.interrupted) process.exitCode = INTERRUPTED;
  } finally {
    process.removeListener("SIGINT", interrupt);
  }
}

interface Run {
  readonly console: DebugConsole;
  readonly output: DebugOutput;
  readonly gdb: DebugGdb;
  /** Of the script, for messages. */
  readonly name: string;
  readonly flags: DebugFlags;
  /** Ctrl-C ends the command under way, and the script with it. */
  interrupted: boolean;
}

/** Carries out `lines` until one fails; only a program that talks JSON through a pipe can go on after that. */
async function runLines(lines: Iterable<string> | AsyncIterable<string>, run: Run): Promise<void> {
  const { console, output, name, flags } = run;
  const goesOn = flags.json === true && flags.script === undefined;
  let number = 0;
  if (flags.echo) await output.line(console.greeting());
  for await (const line of lines) {
    number++;
    await run.gdb.free();
    if (run.interrupted) return;
    if (flags.echo && line.trim() !== "") await output.line(`${console.prompt}${line}`);
    const reply: Reply = await console.execute(line);
    await output.reply(reply);
    if (reply.error !== undefined && !goesOn) throw new UserError(`${name}:${number}: ${reply.error}`);
    if (console.done || run.interrupted) return;
  }
}

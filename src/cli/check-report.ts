// What `shootdown check` shows and keeps: reports in a format, schedules in a file, and schedules made again.

import { type Command, Option } from "commander";
import {
  type CheckedScenario, executionOf, formatReport, isPasted, openSubject, readPasted, readSchedule, replay, type Report, REPORT_FORMATS, type ReportFormat,
  scenarioOf, type Schedule, stage, writeSchedule,
} from "../index.js";
import { readInput, writeText } from "./files.js";
import { type TraceFlags, traceFrom, traceKindsOption, traceOption } from "./options.js";
import { FAILED } from "./status.js";
import { traceSchedule } from "./trace-schedule.js";

export interface ReportFlags extends TraceFlags {
  readonly format: ReportFormat;
  readonly output?: string;
  readonly scheduleOut?: string;
  readonly replay?: string;
}

type Without<T> = T extends unknown ? Omit<T, "file" | "seconds"> : never;
export type Found = Without<CheckedScenario>;

/** What came of one exploration. */
export interface Checked {
  /** Whether it is as it should be. */
  readonly ok: boolean;
  /** For --json. */
  readonly json: object;
  /** For --report: all but the file and the time. */
  readonly found: Found;
  readonly report: Report;
  /** An execution to keep, if one was found and asked for. */
  readonly schedule?: Schedule | undefined;
}

export const addReportOptions = (command: Command): Command =>
  command
    .addOption(new Option("--format <name>", "how results are shown").choices(REPORT_FORMATS).default("text"))
    .option("--output <file>", "write results to FILE instead of stdout")
    .option("--schedule-out <file>", "keep the execution that --witness shows: a schedule, for --replay and for debug --schedule")
    .addOption(traceOption())
    .addOption(traceKindsOption())
    .option("--replay <schedule>", "make a schedule again, from its file or as it was pasted, and say whether it is the same");

/** Takes reports as they come, and shows them at once unless they go into a file. */
export class Reports {
  readonly #flags: ReportFlags;
  readonly #texts: string[] = [];

  constructor(flags: ReportFlags) {
    this.#flags = flags;
  }

  add(report: Report): void {
    const text = `${this.#texts.length > 0 ? "\n" : ""}${formatReport(this.#flags.format, report)}\n`;
    this.#texts.push(text);
    if (this.#flags.output === undefined) process.stdout.write(text);
  }

  /** Writes what goes into files. `schedule`: what --schedule-out keeps, if anything was found. */
  async done(schedule: Schedule | undefined): Promise<void> {
    const { output, scheduleOut } = this.#flags;
    if (output !== undefined) await writeText(output, this.#texts.join(""));
    if (scheduleOut === undefined) return;
    if (schedule) await writeText(scheduleOut, writeSchedule(schedule));
    else process.stderr.write(`shootdown: ${scheduleOut} was not written: there is no execution to keep\n`);
  }
}

/** The schedule in a file of this name, or in the text itself if it was pasted. */
export async function loadSchedule(fileOrText: string): Promise<Schedule> {
  return isPasted(fileOrText) ? readPasted(fileOrText) : readSchedule(await readInput(fileOrText), fileOrText);
}

/** Makes a schedule again: the same, or where it departs, with status 1. */
export async function replaySchedule(fileOrText: string, flags: ReportFlags): Promise<void> {
  const { trace } = traceFrom(flags);
  const schedule = await loadSchedule(fileOrText);
  const subject = await openSubject(schedule.start);
  const start = subject.system.mark();
  const verdict = replay(schedule, subject);
  subject.system.undo(start);
  if (verdict.kind === "departed") {
    process.stderr.write(`shootdown: another execution: it departs at step ${verdict.step}: ${verdict.why}\n`);
    process.exitCode = FAILED;
    return;
  }
  const text = `The same execution: ${schedule.transitions.length} steps, hash ${schedule.hash}`;
  if (trace) await traceSchedule(await stage(schedule), trace);
  const reports = new Reports(flags);
  reports.add({
    title: scenarioOf(schedule.start).name, text,
    shown: { lead: `It shows ${schedule.shows}`, execution: await executionOf(schedule, subject), schedule },
  });
  await reports.done(schedule);
}

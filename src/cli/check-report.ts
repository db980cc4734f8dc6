// What `shootdown check` shows and keeps: reports in a format, schedules in a file, and schedules made again.

import { writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import {
  executionOf, formatReport, isPasted, openSubject, readPasted, readSchedule, replay, type Report, REPORT_FORMATS, type ReportFormat,
  scenarioOf, type Schedule, UserError, writeSchedule,
} from "../index.js";
import { readInput } from "./files.js";
import { FAILED } from "./status.js";

export interface ReportFlags {
  readonly format: ReportFormat;
  readonly output?: string;
  readonly scheduleOut?: string;
  readonly replay?: string;
}

/** What came of one exploration. */
export interface Checked {
  /** Whether it is as it should be. */
  readonly ok: boolean;
  /** For --json. */
  readonly json: object;
  readonly report: Report;
  /** An execution to keep, if one was found and asked for. */
  readonly schedule?: Schedule | undefined;
}

export const addReportOptions = (command: Command): Command =>
  command
    .addOption(new Option("--format <name>", "how results are shown").choices(REPORT_FORMATS).default("text"))
    .option("--output <file>", "write results to FILE instead of stdout")
    .option("--schedule-out <file>", "keep the execution that --witness shows: a schedule, for --replay and for debug --schedule")
    .option("--replay <schedule>", "make a schedule again, from its file or as it was pasted, and say whether it is the same");

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new UserError(`${file} cannot be written: ${(error as Error).message}`);
  }
}

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
    if (output !== undefined) await write(output, this.#texts.join(""));
    if (scheduleOut === undefined) return;
    if (schedule) await write(scheduleOut, writeSchedule(schedule));
    else process.stderr.write(`shootdown: ${scheduleOut} was not written: there is no execution to keep\n`);
  }
}

/** The schedule in a file of this name, or in the text itself if it was pasted. */
export async function loadSchedule(fileOrText: string): Promise<Schedule> {
  return isPasted(fileOrText) ? readPasted(fileOrText) : readSchedule(await readInput(fileOrText), fileOrText);
}

/** Makes a schedule again: the same, or where it departs, with status 1. */
export async function replaySchedule(fileOrText: string, flags: ReportFlags): Promise<void> {
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
  const reports = new Reports(flags);
  reports.add({
    title: scenarioOf(schedule.start).name, text,
    shown: { lead: `It shows ${schedule.shows}`, execution: await executionOf(schedule, subject), schedule },
  });
  await reports.done(schedule);
}

// What the searches of `shootdown check` have in common on the command line: a line of progress, Ctrl-C, which ends a search
// but not the report of what it covered, and files that carry a search over.

import { constants } from "node:os";
import { writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { decodeSearch, encodeSearch, type EndSearch, type SavedRun, type Standing, startProgress, UserError } from "../index.js";
import { readInput } from "./files.js";
import { timeoutOption } from "./options.js";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export interface SearchFlags {
  readonly save?: string;
  readonly resume?: string;
  readonly timeout?: number;
}

export const addSearchOptions = (command: Command): Command =>
  command
    .addOption(new Option("--save <file>", "save the search that Ctrl-C interrupts"))
    .addOption(timeoutOption("end each search after this many seconds of the host's time"))
    .addOption(new Option("--resume <file>", "go on with a search that was saved"));

const large = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 120 ? `${whole} s` : whole < 7200 ? `${Math.round(whole / 60)} min` : `${Math.round(whole / 3600)} h`;
}

/** How far a search is, after `seconds` in which it came from `began` to `now`. */
export function standingText(began: Standing, now: Standing, seconds: number): string {
  const sampled = now.states === undefined;
  const done = sampled ? now.executions - began.executions : now.states - (began.states ?? 0);
  const fraction = now.fraction === undefined ? 0 : now.fraction - (began.fraction ?? 0);
  return [
    sampled ? `${large.format(now.executions)} executions` : `${large.format(now.states)} states`,
    `depth ${large.format(now.depth)}`,
    ...(now.frontier === undefined ? [] : [`frontier ${large.format(now.frontier)}`]),
    `${large.format(done / seconds)} a second`,
    ...(fraction > 0 ? [`${duration((seconds * (1 - now.fraction!)) / fraction)} left`] : []),
  ].join(", ");
}

/** Shows how far searches are, and ends them when a signal comes. A second signal ends the program as it would any. */
export class Watch {
  readonly #progress = startProgress("check");
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#signal = signal;
    this.#stopListening();
  };
  #signal: NodeJS.Signals | undefined;

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  get interrupted(): boolean {
    return this.#signal !== undefined;
  }

  /** For one search, which may take `timeout` seconds: shows how far it is, and says when it is to end. */
  search(name: string, timeout = Infinity): (standing: Standing) => EndSearch {
    let began: Standing | undefined;
    const at = performance.now();
    return (standing) => {
      began ??= standing;
      const seconds = (performance.now() - at) / 1000;
      this.#progress.update(standing.fraction, `${name}: ${standingText(began, standing, seconds)}`);
      return seconds > timeout ? `its ${timeout} s were over` : this.interrupted;
    };
  }

  /** For what is counted alone. */
  update(fraction: number, note: string): void {
    this.#progress.update(fraction, note);
  }

  /** After a signal the status to leave with is that of a program which it ended. */
  done(): void {
    this.#progress.done();
    this.#stopListening();
    if (this.#signal) process.exitCode = 128 + constants.signals[this.#signal];
  }

  #stopListening(): void {
    for (const signal of SIGNALS) process.removeListener(signal, this.#onSignal);
  }
}

/** The search in `file`, which is to be one of `scenario` by `strategy`. */
export const readSearch = async <Found>(file: string, scenario: string, strategy: string): Promise<SavedRun<Found>> =>
  decodeSearch<Found>(file, await readInput(file), scenario, strategy);

export async function writeSearch(file: string, run: SavedRun<unknown>): Promise<void> {
  try {
    await writeFile(file, encodeSearch(run));
  } catch (error) {
    throw new UserError(`${file} cannot be written: ${(error as Error).message}`);
  }
}

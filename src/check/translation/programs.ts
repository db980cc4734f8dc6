// A file of translation programs, one to a line, run in order.

import { exhaustive } from "../explore/exhaustive.js";
import type { Strategy } from "../explore/strategy.js";
import { Source } from "../scenario/source.js";
import { MOST_CPUS, parseProgram, type Program } from "./program.js";
import { type Form, type Outcomes, TranslationRunner } from "./runner.js";

/** Reads programs; empty lines and those that begin with # are left out. */
export function parsePrograms(file: string, text: string): Program[] {
  return text.split("\n").flatMap((line, i) =>
    line.trim() === "" || line.trimStart().startsWith("#") ? [] : [parseProgram(new Source(file, line, { line: i + 1, column: 1 }))]);
}

/** CPUs that `program` needs, those that it only flushes among them. */
function cpusOf(program: Program): number {
  const flushed = program.columns.flat().map((event) => (event.kind === "flush" ? event.cpu + 1 : 0));
  return Math.max(program.columns.length, ...flushed);
}

/** Runs programs one at a time, each on a machine with as many CPUs as it needs. */
export class ProgramRunner {
  readonly #runners: (TranslationRunner | undefined)[] = [];

  constructor(readonly form: Form = "lazy", readonly strategy: Strategy = exhaustive) {}

  async run(program: Program): Promise<Outcomes> {
    const cpus = Math.min(cpusOf(program), MOST_CPUS);
    const runner = (this.#runners[cpus] ??= await TranslationRunner.create(cpus, this.form, this.strategy));
    return runner.run(program);
  }
}

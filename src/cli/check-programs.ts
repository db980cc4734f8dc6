// `shootdown check --programs FILE`: runs translation programs in their compact form.

import { type Form, parsePrograms, ProgramRunner } from "../index.js";
import { Watch } from "./check-search.js";
import { readText } from "./files.js";

/** How many programs are run between two writes. */
const BATCH = 256;

/** Prints the outcomes of the programs in `file` as JSON lines. */
export async function checkPrograms(file: string, form: Form): Promise<void> {
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

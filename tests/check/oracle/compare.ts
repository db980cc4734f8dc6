// The machine against the oracle on one program. For oracle.test.ts and the full comparison (all.ts).

import { type Outcomes, parseProgram, ProgramRunner, Source } from "shootdown";
import { oracle, type Verdict } from "./oracle.js";

/** The machine in both its forms: as it is used, and with TLB fills and evictions as steps of their own. */
export const bothForms = (): readonly ProgramRunner[] => [new ProgramRunner("lazy"), new ProgramRunner("eager")];

function difference(machine: Outcomes, model: Verdict): string {
  const missing = (from: readonly string[], what: readonly string[]): string => what.filter((outcome) => !from.includes(outcome)).join(", ");
  return [
    ["only the machine", missing(model.outcomes, machine.outcomes)],
    ["only the oracle", missing(machine.outcomes, model.outcomes)],
    ["only the machine, by the spurious #PF", missing(model.spurious, machine.spurious)],
    ["only the oracle, by the spurious #PF", missing(machine.spurious, model.spurious)],
  ].filter(([, outcomes]) => outcomes !== "").map(([who, outcomes]) => `${who}: ${outcomes}`).join("; ");
}

/** What one has and the other has not, a line for each of `runners` that does not agree with the oracle. */
export async function disagreements(runners: readonly ProgramRunner[], text: string): Promise<string[]> {
  const program = parseProgram(new Source("program", text));
  const model = oracle(program);
  const found: string[] = [];
  for (const runner of runners) {
    const different = difference(await runner.run(program), model);
    if (different !== "") found.push(`${text} (${runner.form}): ${different}`);
  }
  return found;
}

// The machine against the oracle on one program. For oracle.test.ts and the full comparison (all.ts).

import { parseProgram, type ProgramRunner, Source } from "shootdown";
import { oracle } from "./oracle.js";

/** What one of the two has and the other has not, in a line; undefined if they agree. */
export async function disagreement(runner: ProgramRunner, text: string): Promise<string | undefined> {
  const program = parseProgram(new Source("program", text));
  const machine = await runner.run(program);
  const model = oracle(program);
  const missing = (from: readonly string[], what: readonly string[]): string => what.filter((outcome) => !from.includes(outcome)).join(", ");
  const parts = [
    ["only the machine", missing(model.outcomes, machine.outcomes)],
    ["only the oracle", missing(machine.outcomes, model.outcomes)],
    ["only the machine, by the spurious #PF", missing(model.spurious, machine.spurious)],
    ["only the oracle, by the spurious #PF", missing(machine.spurious, model.spurious)],
  ].filter(([, outcomes]) => outcomes !== "");
  return parts.length === 0 ? undefined : `${text}: ${parts.map(([who, outcomes]) => `${who}: ${outcomes}`).join("; ")}`;
}

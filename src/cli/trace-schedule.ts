// A trace of a schedule: what `check --replay` and `debug --schedule` write for --trace.

import { type Stage, Tracer, type TraceOptions } from "../index.js";

/** Steps between two writes to the file. */
const CHUNK = 1_000_000;

/** Plays what is staged to its end, records it, and goes back to its beginning. */
export async function traceSchedule({ pc: { machine }, end }: Stage, trace: TraceOptions): Promise<void> {
  const start = machine.snapshot();
  const tracer = await Tracer.open(machine, trace);
  try {
    while (machine.steps < end) {
      machine.run(Math.min(CHUNK, end - machine.steps));
      await tracer.flush();
    }
  } finally {
    await tracer.close();
  }
  machine.restore(start);
}

// A run with its serial line on the terminal: what `boot` and `record` have in common.

import type { Stop } from "../index.js";
import type { Console } from "./console.js";
import type { End } from "./status.js";

/** What is run: a machine, or a recorder in front of one. */
export interface Runner {
  readonly steps: number;
  run(steps: number): Stop;
}

export interface Limits {
  readonly maxInstructions?: number;
  readonly timeout?: number;
}

/** Steps between looks at the terminal: some 10 ms. A run does not depend on how it is cut into pieces. */
const CHUNK = 2_000_000;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Carries out `run` with signals going to the terminal. Everything the guest sent has been written then. */
export async function onTerminal(terminal: Console, run: () => Promise<End>): Promise<End> {
  const onSignal = (signal: NodeJS.Signals) => terminal.leave({ kind: "signal", signal });
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await run();
  } finally {
    await terminal.close();
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  }
}

/** Runs until the guest, a limit or the user ends it. `waiting` is how much input the guest has not taken yet. */
export async function runToEnd(runner: Runner, waiting: () => number, terminal: Console, limits: Limits): Promise<End> {
  const deadline = limits.timeout === undefined ? Infinity : performance.now() + limits.timeout * 1000;
  const limit = limits.maxInstructions ?? Infinity;
  for (;;) {
    const stop = runner.run(Math.min(CHUNK, limit - runner.steps));
    await terminal.flush();
    // Gives the event loop its turn: input, signals, timers.
    await new Promise((done) => setImmediate(done));
    if (terminal.end) return terminal.end;
    if (stop.kind !== "limit" && stop.kind !== "idle") return stop;
    if (runner.steps >= limit) return { kind: "limit" };
    if (performance.now() >= deadline) return { kind: "timeout", seconds: limits.timeout! };
    if (stop.kind === "idle" && waiting() === 0) {
      if (terminal.inputEnded) return stop;
      await terminal.waitForInput(Number.isFinite(deadline) ? deadline - performance.now() : undefined);
    }
  }
}

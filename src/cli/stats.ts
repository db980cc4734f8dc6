// The counters of a run, for `--stats`.

import { COUNTER_HELP, COUNTER_NAMES, isModelled, type Machine, table } from "../index.js";
import type { End } from "./status.js";

/** Every counter that is not zero: the sum over the CPUs, and what it counts. */
export function statsTable(machine: Machine): string {
  const totals = machine.counters();
  const shown = COUNTER_NAMES.filter((name) => totals[name] !== 0);
  const rows = (modelled: boolean) =>
    shown.filter((name) => isModelled(name) === modelled)
      .map((name) => [name, totals[name].toLocaleString("en-US"), COUNTER_HELP[name]]);
  return table({
    head: ["counter", "all CPUs", "what it counts"],
    align: ["left", "right", "left"],
    sections: [
      { title: "counted", rows: rows(false) },
      { title: "modelled", rows: rows(true) },
    ],
  });
}

/** Everything known about the run, as one line of JSON. */
export function statsJson(machine: Machine, end: End): string {
  const { cpus, memory, tlb, seed } = machine.options;
  return JSON.stringify({
    version: 1,
    options: { cpus, memory, tlb, seed: String(seed) },
    stop: plain(end),
    steps: machine.steps,
    ticks: Number(machine.clock),
    stateHash: machine.stateHash().toString(16).padStart(16, "0"),
    counters: { total: machine.counters(), cpus: Array.from({ length: cpus }, (_, cpu) => machine.counters(cpu)) },
  });
}

/** The end with numbers that JSON can hold. */
function plain(end: End): unknown {
  return {
    ...end,
    ...("rip" in end ? { rip: `0x${end.rip.toString(16)}` } : {}),
    ...("bytes" in end ? { bytes: [...end.bytes] } : {}),
  };
}

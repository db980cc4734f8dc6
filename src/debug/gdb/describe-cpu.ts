// What a CPU does, in a few words: gdb shows them beside its thread.

import type { Machine } from "../../machine/index.js";

/** By the numbers of the pseudo registers `activity` and `mode` (assembly/cpu/state.ts). */
const ACTIVITIES = ["running", "halted", "waits for a start-up IPI", "shut down"];
const MODES = ["16-bit", "32-bit", "64-bit"];

export function describeCpu(machine: Machine, cpu: number): string {
  const activity = Number(machine.register(cpu, "activity"));
  const words = [ACTIVITIES[activity] ?? `activity ${activity}`];
  if (activity < 2) words.push(MODES[Number(machine.register(cpu, "mode"))] ?? "", `ring ${machine.register(cpu, "cpl")}`);
  return words.join(", ");
}

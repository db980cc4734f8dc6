// How `shootdown boot` can end, and the exit statuses, which scripts rely on.

import { constants } from "node:os";
import { describeStop, type Stop } from "../index.js";

export const FAILED = 1;
export const USAGE = 2;
const LIMIT = 124; // as timeout(1) has it
const BROKEN = 70; // EX_SOFTWARE of sysexits(3)

/** The machine's stops, and those that only the program around it knows. */
export type End =
  | Stop
  | { readonly kind: "timeout"; readonly seconds: number }
  | { readonly kind: "left" }
  /** gdb's `kill`. */
  | { readonly kind: "killed" }
  | { readonly kind: "signal"; readonly signal: NodeJS.Signals };

/** The status to leave with. isa-debug-exit gives what QEMU gives. */
export function exitStatus(end: End): number {
  switch (end.kind) {
    case "exit":
      return end.status;
    case "power-off":
    case "reset":
    case "left":
    case "killed":
      return 0;
    case "limit":
    case "timeout":
    case "idle":
      return LIMIT;
    case "signal":
      return 128 + constants.signals[end.signal];
    default:
      return BROKEN;
  }
}

/** True if the machine cannot go on, or would wait for ever: something to look at rather than an end. */
export const isFailure = (end: End): boolean => end.kind === "idle" || exitStatus(end) === BROKEN;

/** The end in one line. */
export function describeEnd(end: End): string {
  switch (end.kind) {
    case "timeout":
      return `the limit of ${end.seconds} s was reached`;
    case "left":
      return "left by Ctrl-A X";
    case "killed":
      return "ended by gdb";
    case "signal":
      return `stopped by ${end.signal}`;
    default:
      return describeStop(end);
  }
}

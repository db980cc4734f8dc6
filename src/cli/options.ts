// Options that several commands have, so that they are spelled and checked alike.

import { InvalidArgumentError, Option } from "commander";
import {
  DEFAULT_TRACE_KINDS, type EventKind, FLUSH_POLICIES, formatSize, MAX_CPUS, parseSize, parseTraceKinds, parseWhole, TLB_PRESETS, traceFormat,
  type TraceOptions, UserError,
} from "../index.js";

/** Makes an option's parser from a function that throws UserError. */
export function checked<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof UserError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}

const LARGEST = Number.MAX_SAFE_INTEGER;

export const cpusOption = (fallback: number): Option =>
  new Option("--cpus <n>", `number of CPUs, 1 to ${MAX_CPUS}`)
    .default(fallback)
    .argParser(checked((text) => parseWhole(text, "the number of CPUs", 1, MAX_CPUS)));

export const memoryOption = (fallback: number): Option =>
  new Option("--memory <size>", "RAM, such as 512M or 1G; a bare number is in MiB")
    .default(fallback, formatSize(fallback))
    .argParser(checked(parseSize));

export const fastMemoryOption = (): Option =>
  new Option("--fast-memory <size>", "how much of it is the fast node (default: a quarter)").argParser(checked(parseSize));

export const tlbOption = (): Option =>
  new Option("--tlb <preset>", "geometry of the TLBs").choices(TLB_PRESETS).default("skylake");

/** A whole number from `least` to `most`. */
export const wholeOption = (flags: string, description: string, fallback: number, least: number, most: number): Option =>
  new Option(flags, description).default(fallback).argParser(checked((text) => parseWhole(text, flags.split(" ")[0]!, least, most)));

export const seedOption = (description = "seeds the lengths of the scheduler's turns"): Option =>
  new Option("--seed <n>", description)
    .default(1)
    .argParser(checked((text) => parseWhole(text, "the seed", 0, LARGEST)));

export const noCompileOption = (): Option =>
  new Option("--no-compile", "interpret all guest code: slower, and otherwise the same");

export const maxInstructionsOption = (): Option =>
  new Option("--max-instructions <n>", "stop after this many steps: instructions retired and interrupts taken")
    .argParser(checked((text) => parseWhole(text, "the limit of instructions", 1, LARGEST)));

export const timeoutOption = (description = "stop after this many seconds of the host's time"): Option =>
  new Option("--timeout <seconds>", description).argParser(
    checked((text) => {
      const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
      if (!(seconds > 0 && seconds < 1e9)) throw new UserError(`the timeout must be a positive number of seconds, not "${text}"`);
      return seconds;
    }),
  );

/** Flags of a command that can write a trace. */
export interface TraceFlags {
  readonly trace?: string;
  readonly traceKinds?: EventKind[];
}

export const traceOption = (): Option =>
  new Option("--trace <file>", "record events: .pftrace, .perfetto-trace or .pb for Perfetto, .jsonl as JSON lines").argParser(
    checked((file) => {
      traceFormat(file);
      return file;
    }),
  );

export const traceKindsOption = (): Option =>
  new Option("--trace-kinds <list>", "which events, separated by commas (default: all but walk, fill and drop)").argParser(
    checked(parseTraceKinds),
  );

/** What the two options above ask for. */
export function traceFrom({ trace: file, traceKinds: kinds }: TraceFlags): { trace?: TraceOptions } {
  if (file === undefined && kinds !== undefined) throw new UserError("--trace-kinds says what --trace FILE records, which is missing");
  return file === undefined ? {} : { trace: { file, kinds: kinds ?? DEFAULT_TRACE_KINDS } };
}

/** Names of flush policies, separated by commas. */
export function parsePolicies(text: string): string[] {
  const policies = text.split(",").map((policy) => policy.trim());
  for (const policy of policies) {
    if (!(FLUSH_POLICIES as readonly string[]).includes(policy)) {
      throw new UserError(`there is no flush policy "${policy}": choose from ${FLUSH_POLICIES.join(", ")}`);
    }
  }
  return policies;
}

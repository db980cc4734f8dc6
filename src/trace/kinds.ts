// What a trace may hold: the machine's events by name, and which of them it holds if nothing is said.

import { UserError } from "../errors.js";
import { EVENT_KINDS, type EventKind } from "../machine/index.js";

/** Of these a run has so many that writing them is most of its time. */
const MANY: readonly EventKind[] = ["walk", "fill", "drop"];

export const DEFAULT_TRACE_KINDS: readonly EventKind[] = EVENT_KINDS.filter((kind) => !MANY.includes(kind));

/** Kinds from a list with commas; `default` and `all` stand for several. */
export function parseTraceKinds(text: string): EventKind[] {
  const kinds = new Set<EventKind>();
  for (const name of text.split(",").map((part) => part.trim())) {
    const known = EVENT_KINDS.find((kind) => kind === name);
    if (known) kinds.add(known);
    else if (name === "default") DEFAULT_TRACE_KINDS.forEach((kind) => kinds.add(kind));
    else if (name === "all") EVENT_KINDS.forEach((kind) => kinds.add(kind));
    else throw new UserError(`there is no kind of event "${name}": choose from default, all, ${EVENT_KINDS.join(", ")}`);
  }
  return [...kinds];
}

export interface TraceOptions {
  readonly file: string;
  readonly kinds: readonly EventKind[];
}

const FORMATS = { ".pftrace": "perfetto", ".perfetto-trace": "perfetto", ".pb": "perfetto", ".jsonl": "jsonl" } as const;
export type TraceFormat = (typeof FORMATS)[keyof typeof FORMATS];

/** How `file` is written: its ending says it. */
export function traceFormat(file: string): TraceFormat {
  for (const [ending, format] of Object.entries(FORMATS)) if (file.endsWith(ending)) return format;
  throw new UserError(`a trace ends in ${Object.keys(FORMATS).join(", ")}, which says how it is written: not "${file}"`);
}

/** `file` for one of several runs: `churn.pftrace` becomes `churn.sync.pftrace`. */
export function traceFileFor(file: string, run: string): string {
  const ending = Object.keys(FORMATS).find((known) => file.endsWith(known)) ?? "";
  return `${file.slice(0, file.length - ending.length)}.${run}${ending}`;
}

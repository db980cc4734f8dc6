// Events of the machine in a few words: for `events`, and for why the run halted. What their values are is said in
// assembly/probe/events.ts.

import { type EventKind, TLB_KINDS } from "../../../machine/index.js";
import type { SymbolTable } from "../../symbols/index.js";
import { hex, placeText } from "./numbers.js";

/** Classes of stale use, in the order of assembly/mmu/classify.ts. */
export const STALE_CLASSES = ["benign", "permission", "diverged-read", "lost-write", "reused-frame"] as const;
const ACCESSES = ["load", "store", "fetch"] as const;
const EXCEPTIONS: Readonly<Record<number, string>> = {
  0: "#DE", 1: "#DB", 2: "NMI", 3: "#BP", 4: "#OF", 5: "#BR", 6: "#UD", 7: "#NM", 8: "#DF", 10: "#TS", 11: "#NP", 12: "#SS",
  13: "#GP", 14: "#PF", 16: "#MF", 17: "#AC", 18: "#MC", 19: "#XM", 21: "#CP",
};

export const exceptionName = (vector: number): string => EXCEPTIONS[vector] ?? `vector ${vector}`;

/** The vector of an exception's name, without regard to case and #. */
export function exceptionVector(name: string): number | undefined {
  const wanted = name.replace(/^#/, "").toUpperCase();
  const found = Object.entries(EXCEPTIONS).find(([, text]) => text.replace("#", "") === wanted);
  return found && Number(found[0]);
}

/** Why an entry left, by the core's LEFT_*. */
export const LEFT_REASONS: Readonly<Record<string, readonly [number, string]>> = {
  EVICTED: [1, "evicted for want of room"],
  REPLACED: [2, "replaced by what a walk found"],
  FAULT: [3, "dropped by #PF"],
  PAGE: [4, "its page is invalidated"],
  PCID: [5, "its PCID is flushed"],
  NON_GLOBAL: [6, "all but global ones are flushed"],
  ALL: [7, "everything is flushed"],
};

const leftText = (reason: number): string | undefined =>
  Object.values(LEFT_REASONS).find(([number]) => number === reason)?.[1];

/** An event in the life of a TLB entry: what it held, and why. */
function entryText(kind: EventKind, a: bigint, b: bigint, c: bigint): string {
  const pcid = (c >> 16n) & 0xffffn;
  const entry = `${TLB_KINDS[Number(c & 0xffn)] ?? ""} entry ${hex(a)} -> ${hex((b >> 32n) << 12n)}, PCID ${pcid}`;
  const left = leftText(Number((c >> 8n) & 0xffn));
  if (kind === "mark") return `${entry}: stale, CPU ${(c >> 40n) & 0xffn} wrote ${hex(b & 0xffff_ffffn)}`;
  if (kind === "unmark") return `${entry}: no longer stale${left === undefined ? ", the word is as it was" : ""}`;
  return `${entry}: ${left ?? "left"}`;
}

/** Access bits of a stale use (assembly/mmu/rights.ts). */
const accessName = (bits: number): string => ACCESSES[bits & 3] ?? "access";

interface StaleUse {
  readonly linear: bigint;
  readonly physical: bigint;
  readonly class: (typeof STALE_CLASSES)[number];
  readonly access: string;
  readonly changedBy: number;
}

function staleUse(values: readonly [bigint, bigint, bigint]): StaleUse {
  const bits = Number(values[2] & 0xffffffffn);
  return {
    linear: values[0], physical: values[1], class: STALE_CLASSES[bits & 0xff] ?? "benign", access: accessName(bits >> 8),
    changedBy: (bits >> 16) & 0xffff,
  };
}

const exceptionText = (a: bigint, b: bigint): string =>
  `${exceptionName(Number(a))}${b === 0n ? "" : ` error code ${hex(b)}`}`;

/** The event in words; `values` are its a, b and c. */
export function eventText(
  kind: EventKind,
  values: readonly [bigint, bigint, bigint],
  symbols: SymbolTable | undefined,
): string {
  const [a, b, c] = values;
  const place = (address: bigint) => placeText(address, symbols);
  switch (kind) {
    case "walk":
      return `walk of ${hex(a)} ${b === 0xffff_ffff_ffff_ffffn ? "faults" : `to ${hex(b)}`}, ${c >> 8n} words read`;
    case "fill":
      return `fill ${hex(a)} -> ${hex(b)} from word ${hex(c & 0xffff_ffffn)}`;
    case "stale_use": {
      const use = staleUse(values);
      const what = `stale ${use.access} of ${hex(use.linear)}, frame ${hex(use.physical >> 12n)}`;
      return `${what}: ${use.class}; changed by CPU ${use.changedBy}`;
    }
    case "table_write": return `page-table word ${hex(a)}: ${hex(b)} -> ${hex(c)}`;
    case "invalidate": return invalidation(Number(a), b, c);
    case "ipi_send": return `IPI sent: ICR ${hex(a)}, targets ${hex(b)}`;
    case "ipi_deliver": return `IPI of vector ${hex(a)} from CPU ${b >> 8n} arrives, sent at #${c}`;
    case "eoi": return `EOI of vector ${hex(a)}`;
    case "exception": return `${exceptionText(a, b)} at ${place(c)}`;
    case "syscall": return `SYSCALL ${a} at ${place(b)}`;
    case "cr3": return `CR3 ${hex(b)} -> ${hex(a)}`;
    case "halt": return `HLT at ${place(a)}`;
    case "mark": case "unmark": case "drop": return entryText(kind, a, b, c);
    case "interrupt": return `interrupt ${hex(a)} is taken`;
  }
}

/** By INVALIDATE_*. */
function invalidation(what: number, address: bigint, pcid: bigint): string {
  switch (what) {
    case 0: return `INVLPG of ${hex(address)}, PCID ${pcid}`;
    case 1: return `INVPCID of ${hex(address)}, PCID ${pcid}`;
    case 2: return `all of PCID ${pcid} is invalidated`;
    case 3: return "everything is invalidated";
    default: return "everything that is not global is invalidated";
  }
}

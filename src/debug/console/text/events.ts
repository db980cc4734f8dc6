// Events of the machine in a few words: for `events`, and for why the run halted. What their values are is said in
// assembly/probe/events.ts.

import type { EventKind } from "../../../machine/index.js";
import type { SymbolTable } from "../../symbols/index.js";
import { hex, placeText } from "./numbers.js";

/** Classes of stale use, in the order of assembly/mmu/classify.ts. */
export const STALE_CLASSES = ["benign", "permission", "diverged-read", "lost-write", "reused-frame"] as const;
const ACCESSES = ["load", "store", "fetch"] as const;
const INVALIDATIONS = ["INVLPG", "INVPCID of a page", "of a PCID", "of everything", "of everything not global"] as const;
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

/** Access bits of a stale use (assembly/mmu/rights.ts). */
const accessName = (bits: number): string => ACCESSES[bits & 3] ?? "access";

export interface StaleUse {
  readonly linear: bigint;
  readonly physical: bigint;
  readonly class: (typeof STALE_CLASSES)[number];
  readonly access: string;
  readonly changedBy: number;
}

export function staleUse(values: readonly [bigint, bigint, bigint]): StaleUse {
  const bits = Number(values[2] & 0xffffffffn);
  return {
    linear: values[0], physical: values[1], class: STALE_CLASSES[bits & 0xff] ?? "benign", access: accessName(bits >> 8),
    changedBy: (bits >> 16) & 0xffff,
  };
}

const exceptionText = (a: bigint, b: bigint): string => `${exceptionName(Number(a))}${b === 0n ? "" : ` error code ${hex(b)}`}`;

/** The event in words; `values` are its a, b and c. */
export function eventText(kind: EventKind, values: readonly [bigint, bigint, bigint], symbols: SymbolTable | undefined): string {
  const [a, b, c] = values;
  const place = (address: bigint) => placeText(address, symbols);
  switch (kind) {
    case "walk": return `walk of ${hex(a)} ${b === 0xffff_ffff_ffff_ffffn ? "faults" : `to ${hex(b)}`}, ${c >> 8n} words read`;
    case "fill": return `fill ${hex(a)} -> ${hex(b)} from word ${hex(c & 0xffff_ffffn)}`;
    case "stale_use": {
      const use = staleUse(values);
      return `stale ${use.access} of ${hex(use.linear)}, frame ${hex(use.physical >> 12n)}: ${use.class}; changed by CPU ${use.changedBy}`;
    }
    case "table_write": return `page-table word ${hex(a)}: ${hex(b)} -> ${hex(c)}`;
    case "invalidate": return invalidation(Number(a), b, c);
    case "ipi_send": return `IPI sent: ICR ${hex(a)}, targets ${hex(b)}`;
    case "ipi_deliver": return `IPI of vector ${hex(a)} arrives`;
    case "eoi": return `EOI of vector ${hex(a)}`;
    case "exception": return `${exceptionText(a, b)} at ${place(c)}`;
    case "syscall": return `SYSCALL ${a} at ${place(b)}`;
    case "cr3": return `CR3 ${hex(b)} -> ${hex(a)}`;
    case "halt": return `HLT at ${place(a)}`;
    default: return values.map((value) => hex(value)).join(" ");
  }
}

function invalidation(what: number, address: bigint, pcid: bigint): string {
  if (what === 0) return `INVLPG of ${hex(address)}, PCID ${pcid}`;
  if (what === 1) return `INVPCID of ${hex(address)}, PCID ${pcid}`;
  return `invalidation ${INVALIDATIONS[what] ?? ""}${what === 2 ? ` ${pcid}` : ""}`;
}

// A run whose order is written down beforehand, as assembly/smp/script.ts plays it. Used by machine.ts.

import { SCRIPT_BASE, SCRIPT_SIZE } from "../../assembly/memory-map.js";

export type ScriptEntry = { readonly cpu: number } & (
  /** The CPU makes so many steps: instructions, exceptions, interrupts that it has accepted. */
  | { readonly kind: "run"; readonly steps: number }
  /** The message at `place` of its queue arrives and is taken: one step. */
  | { readonly kind: "deliver"; readonly place: number }
  /** Its TLB fills the page at linear address `page`, or forgets it. No step. */
  | { readonly kind: "fill" | "forget"; readonly page: bigint }
);

const KINDS = ["run", "deliver", "fill", "forget"] as const;
const ENTRY = 16;

/** Puts `entries`, and the linear addresses of the pages that are `held`, where the core looks for them. */
export function putScript(memory: ArrayBuffer, entries: readonly ScriptEntry[], held: readonly bigint[]): void {
  if (entries.length * ENTRY + held.length * 8 > SCRIPT_SIZE) throw new RangeError(`a script has at most ${SCRIPT_SIZE / ENTRY} entries, not ${entries.length}`);
  const view = new DataView(memory, SCRIPT_BASE, SCRIPT_SIZE);
  entries.forEach((entry, i) => {
    const at = i * ENTRY;
    view.setUint8(at, KINDS.indexOf(entry.kind));
    view.setUint8(at + 1, entry.cpu);
    view.setUint32(at + 4, entry.kind === "run" ? entry.steps : entry.kind === "deliver" ? entry.place : 0, true);
    view.setBigUint64(at + 8, "page" in entry ? BigInt.asUintN(64, entry.page) : 0n, true);
  });
  held.forEach((page, n) => view.setBigUint64(SCRIPT_SIZE - 8 * (n + 1), BigInt.asUintN(64, page), true));
}

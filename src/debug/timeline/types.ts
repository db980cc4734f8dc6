// What the timeline tells those who use it: the session, and through it the console and the gdb server.

import type { RegisterName } from "../../machine/index.js";

/**
 * Something that reached the machine from outside, logged so that the past replays the same. An input of step N
 * happens before step N runs; inputs of one step in the order of the log.
 */
export type Input = (
  | { readonly kind: "serial"; readonly bytes: Uint8Array }
  | { readonly kind: "register"; readonly cpu: number; readonly register: RegisterName; readonly value: bigint }
  /** Written as by DMA, at a physical address. */
  | { readonly kind: "memory"; readonly address: number; readonly bytes: Uint8Array }
  /** `steps` steps of one CPU, out of turn, while the others were held. */
  | { readonly kind: "hold"; readonly cpu: number; readonly steps: number }
) & {
  readonly step: number;
  /** True if the machine had run idle at this step: its clock stood where an idle machine's stands. */
  readonly idle: boolean;
};

/** What is held of the past. */
export interface HistoryFigures {
  readonly snapshots: number;
  readonly inputs: number;
  /** Bytes that snapshots hold, each shared page once. */
  readonly bytes: number;
  readonly limit: number;
  /** Snapshots that were dropped to stay within the limit. */
  readonly thinned: number;
}

// What the timeline tells those who use it: the session, and through it the console and the gdb server.

import type { EventKind, RegisterName } from "../../machine/index.js";

/** Compared with one of an event's values: it matches if `(value & mask) === this.value`. */
export interface Match {
  readonly mask: bigint;
  readonly value: bigint;
}

/** Somewhere to stop, or to note. `cpu` limits it to one CPU. */
export type StopPoint =
  /** Before the instruction at this linear address. */
  | { readonly kind: "instruction"; readonly address: bigint; readonly cpu?: number }
  /** After an instruction that read or wrote any of these bytes. */
  | {
      readonly kind: "access";
      readonly space: "linear" | "physical";
      readonly address: bigint;
      readonly length: number;
      readonly read: boolean;
      readonly write: boolean;
      readonly cpu?: number;
    }
  /** After an event, if its values a, b and c match. */
  | {
      readonly kind: "event";
      readonly event: EventKind;
      readonly cpu?: number;
      readonly match?: readonly [Match?, Match?, Match?];
    };

/** A stop point was reached. */
export interface Hit {
  /** Index in the list that was set. */
  readonly point: number;
  readonly cpu: number;
  /** The instruction: about to run (instruction point), or the one that did it (access, event). */
  readonly step: number;
  readonly rip: bigint;
  readonly event?: EventKind;
  /** Access: address, old value, new value. Event: its values. */
  readonly values: readonly [bigint, bigint, bigint];
  /** Bytes of an access. */
  readonly size?: number;
}

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

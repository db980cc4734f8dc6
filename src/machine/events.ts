// Events that the core recorded, newest last. The core keeps the newest EVENT_CAPACITY of them in a ring
// (assembly/probe/events.ts, whose numbers and layout these are; a test holds them together).

import { EVENT_BASE } from "../../assembly/memory-map.js";

export const EVENT_BYTES = 56;
export const EVENT_CAPACITY = 32768;

/** Kinds in the core's order. */
export const EVENT_KINDS = [
  "walk", "fill", "stale_use", "table_write", "invalidate", "ipi_send", "ipi_deliver", "eoi", "exception", "syscall",
  "cr3", "halt", "mark", "unmark", "drop", "interrupt",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export interface MachineEvent {
  readonly kind: EventKind;
  /** Whom it happened to. */
  readonly cpu: number;
  /** Who had the turn: its step, and its instruction, brought it about. */
  readonly by: number;
  readonly rip: bigint;
  /** The step at which it happened. */
  readonly step: bigint;
  /** Virtual time of whoever had the turn. */
  readonly clock: bigint;
  /** Three values whose meaning the kind decides (assembly/probe/events.ts). */
  readonly values: readonly [bigint, bigint, bigint];
}

export function eventMask(kinds: readonly EventKind[]): number {
  return kinds.reduce((mask, kind) => mask | (1 << EVENT_KINDS.indexOf(kind)), 0);
}

/** The events with numbers from `first` to before `end`, of which those that were overwritten are missing. */
export function readEvents(memory: ArrayBuffer, first: number, end: number): MachineEvent[] {
  const view = new DataView(memory);
  const events: MachineEvent[] = [];
  for (let number = Math.max(first, end - EVENT_CAPACITY); number < end; number++) {
    const at = EVENT_BASE + (number % EVENT_CAPACITY) * EVENT_BYTES;
    const big = (offset: number) => view.getBigUint64(at + offset, true);
    events.push({
      kind: EVENT_KINDS[view.getUint16(at + 16, true)] ?? "walk",
      cpu: view.getUint16(at + 18, true),
      by: view.getUint16(at + 20, true),
      rip: big(24),
      step: big(0),
      clock: big(8),
      values: [big(32), big(40), big(48)],
    });
  }
  return events;
}

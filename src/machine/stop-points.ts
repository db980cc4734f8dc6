// Stop points: what a run stops at, or notes, besides its end. The core looks for them (assembly/debug); this file puts
// them into its tables and reads what hit (assembly/debug/layout.ts).

import { DEBUG_BASE } from "../../assembly/memory-map.js";
import * as layout from "../../assembly/debug/layout.js";
import { UserError } from "../errors.js";
import { hex } from "../units.js";
import type { CoreExports } from "./core.js";
import { EVENT_KINDS, type EventKind } from "./events.js";

/** Compared with one of an event's values: it matches if `(value & mask) === this.value`. */
export interface Match {
  readonly mask: bigint;
  readonly value: bigint;
}

/** Somewhere to stop, or to note. `cpu` limits it to one CPU. */
export type StopPoint =
  /** Before the instruction at this linear address: its offset in CS and the base of CS. */
  | { readonly kind: "instruction"; readonly address: bigint; readonly cpu?: number }
  /** After a step that read or wrote any of these bytes, by linear address or wherever it is mapped. */
  | {
      readonly kind: "access";
      readonly space: "linear" | "physical";
      readonly address: bigint;
      readonly length: number;
      readonly read: boolean;
      readonly write: boolean;
      readonly cpu?: number;
    }
  /** After a step with such an event, if its values a, b and c match. `cpu` is whom it happened to. */
  | {
      readonly kind: "event";
      readonly event: EventKind;
      readonly cpu?: number;
      readonly match?: readonly [Match?, Match?, Match?];
    };

/** A stop point was met. */
export interface Hit {
  /** Index in the list that was set. */
  readonly point: number;
  /** Who is about to run the instruction, made the access, or whom the event happened to. */
  readonly cpu: number;
  /** The step that is about to run (instruction) or that did it (access, event). */
  readonly step: number;
  /** Address of that step's instruction, as an offset in CS. */
  readonly rip: bigint;
  readonly event?: EventKind;
  /** Access: address, old value, new value. Event: its values. */
  readonly values: readonly [bigint, bigint, bigint];
  /** Bytes of an access. */
  readonly size?: number;
}

/** What a hit does: ends the run; is noted while the run goes on; nothing. */
export const STOP_POINT_MODES = ["stop", "note", "off"] as const;
export type StopPointMode = (typeof STOP_POINT_MODES)[number];

const ALL_ONES = 0xffff_ffff_ffff_ffffn;
const word = (value: bigint): bigint => BigInt.asIntN(64, value);

/** Last byte of an access point; one that reaches beyond the last address ends there. */
function lastByte(point: StopPoint & { kind: "access" }): bigint {
  if (!(point.length >= 1)) throw new RangeError("an access point is at least one byte long");
  const last = BigInt.asUintN(64, point.address) + BigInt(point.length) - 1n;
  return last > ALL_ONES ? ALL_ONES : last;
}

function add(core: CoreExports, point: StopPoint, index: number): boolean {
  const cpu = point.cpu ?? layout.ANY_CPU;
  switch (point.kind) {
    case "instruction":
      return core.addInstructionPoint(index, cpu, word(point.address)) !== 0;
    case "access": {
      const flags =
        (point.read ? layout.ON_READ : 0) | (point.write ? layout.ON_WRITE : 0) | (point.space === "physical" ? layout.PHYSICAL : 0);
      return core.addAccessPoint(index, cpu, flags, word(point.address), word(lastByte(point))) !== 0;
    }
    case "event": {
      const [a, b, c] = point.match ?? [];
      const [maskA, maskB, maskC] = [a, b, c].map((match) => word(match?.mask ?? 0n)) as [bigint, bigint, bigint];
      const [valueA, valueB, valueC] = [a, b, c].map((match) => word(match?.value ?? 0n)) as [bigint, bigint, bigint];
      const kind = EVENT_KINDS.indexOf(point.event);
      return core.addEventPoint(index, cpu, kind, maskA, valueA, maskB, valueB, maskC, valueC) !== 0;
    }
  }
}

/** In ascending order, as the core wants instructions; other points have no order. */
function byAddress([a]: readonly [StopPoint, number], [b]: readonly [StopPoint, number]): number {
  const [left, right] = [a, b].map((p) => (p.kind === "instruction" ? BigInt.asUintN(64, p.address) : -1n)) as [bigint, bigint];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Sets `points`, and no others. If there is no room for all, none is set. */
export function putStopPoints(core: CoreExports, points: readonly StopPoint[]): void {
  core.clearPoints();
  const sorted = points.map((point, index) => [point, index] as const).sort(byAddress);
  const refused = sorted.find(([point, index]) => !add(core, point, index));
  if (refused) core.clearPoints();
  core.armPoints();
  if (!refused) return;
  const { kind } = refused[0];
  const room = { instruction: layout.INSTRUCTION_CAPACITY, access: layout.ACCESS_CAPACITY, event: layout.EVENT_POINT_CAPACITY }[kind];
  throw new UserError(`there is room for ${room} stop points of kind "${kind}"`);
}

/** The hits with numbers from `first` to before `end`, of which those that were overwritten are missing. */
export function readHits(memory: ArrayBuffer, first: number, end: number): Hit[] {
  const view = new DataView(memory);
  const hits: Hit[] = [];
  for (let number = Math.max(first, end - layout.HIT_CAPACITY); number < end; number++) {
    const at = DEBUG_BASE + layout.HITS + (number % layout.HIT_CAPACITY) * layout.HIT_BYTES;
    const big = (offset: number) => view.getBigUint64(at + offset, true);
    const what = view.getUint8(at + 6);
    const event = EVENT_KINDS[what];
    hits.push({
      point: view.getUint32(at, true),
      cpu: view.getUint16(at + 4, true),
      step: Number(big(8)),
      rip: big(16),
      ...(event === undefined ? {} : { event }),
      ...(what === layout.HIT_ACCESS ? { size: view.getUint8(at + 7) } : {}),
      values: [big(24), big(32), big(40)],
    });
  }
  return hits;
}

/** Where a hit is, in words. */
export const describeHit = (hit: Hit): string => `#${hit.step} on CPU ${hit.cpu} at RIP ${hex(hit.rip)}`;

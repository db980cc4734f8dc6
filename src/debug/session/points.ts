// The points of a session, and what a hit of the machine is to them: conditions, ignore counts, temporary points.
// The machine knows only stop points; here each of those belongs to a point, or to a step under way (a guard).

import type { Hit, Machine, StopPoint } from "../../machine/index.js";
import type { Halt, Point, Points, PointSpec } from "./types.js";

/** A place that a step over a call, a return or `until` goes to. Nobody sees it as a point. */
export interface Guard {
  readonly stop: StopPoint;
  /** Called where the forward stop is. */
  readonly condition: (hit: Hit) => boolean;
}

export class PointSet implements Points {
  readonly #points = new Map<number, Point>();
  #lastId = 0;

  add(spec: PointSpec): Point {
    const { text, temporary = false, ignore = 0, condition } = spec;
    const point = { id: ++this.#lastId, spec, text, temporary, enabled: true, hits: 0, ignore, condition };
    this.#points.set(point.id, point);
    return point;
  }

  get(id: number): Point | undefined {
    return this.#points.get(id);
  }

  remove(id: number): boolean {
    return this.#points.delete(id);
  }

  enable(id: number, enabled: boolean): boolean {
    const point = this.#points.get(id);
    if (point) point.enabled = enabled;
    return point !== undefined;
  }

  list(): readonly Point[] {
    return [...this.#points.values()];
  }
}

/** A hit that counts: of a point, or of the guard. */
export type Counted = { readonly kind: "points"; readonly hits: Halt["hits"] } | { readonly kind: "guard"; readonly hit: Hit };

/** What is set in the machine for one run, and whose it is. */
export class Armed {
  readonly #points: PointSet;
  readonly #owners: (Point | Guard)[] = [];
  /** True if a hit counts by itself, so that the machine need not stop to ask. */
  readonly unconditional: boolean;

  constructor(machine: Machine, points: PointSet, guard?: Guard) {
    this.#points = points;
    const enabled = points.list().filter((point) => point.enabled);
    this.unconditional = guard === undefined && enabled.every((point) => point.condition === undefined);
    const stops: StopPoint[] = [];
    const arm = (owner: Point | Guard, stop: StopPoint) => {
      this.#owners.push(owner);
      stops.push(stop);
    };
    if (guard) arm(guard, guard.stop);
    for (const point of enabled) for (const stop of point.spec.stops) arm(point, stop);
    machine.setStopPoints(stops);
  }

  /** Whether `hit` satisfies its owner's condition, with the machine where the forward stop is. */
  holds(hit: Hit): boolean {
    return this.#owners[hit.point]!.condition?.(hit) ?? true;
  }

  /** Counts `hits`, of one step, whose conditions hold. Undefined if there is nothing to stop for. */
  count(hits: readonly Hit[]): Counted | undefined {
    const stopped: { point: Point; hit: Hit }[] = [];
    let guarded: Hit | undefined;
    const seen = new Set<Point>();
    for (const hit of hits) {
      const owner = this.#owners[hit.point]!;
      if (!("id" in owner)) {
        guarded ??= hit;
      } else if (!seen.has(owner)) {
        seen.add(owner);
        owner.hits++;
        if (owner.ignore > 0) owner.ignore--;
        else stopped.push({ point: owner, hit });
      }
    }
    for (const { point } of stopped) if (point.temporary) this.#points.remove(point.id);
    if (stopped.length > 0) return { kind: "points", hits: stopped };
    return guarded && { kind: "guard", hit: guarded };
  }
}

// The client's points among the session's. gdb takes its points out at every stop and puts them back before it
// goes on; here they change only when the machine is to run, and only those that are others than before,
// because setting points makes the core decode its code anew.

import type { Session } from "../session/index.js";
import type { Halt, Point } from "../session/types.js";
import type { StopPoint } from "../../machine/index.js";
import type { TargetPoint } from "./target.js";

const keyOf = ({ type, address, length }: TargetPoint): string => `${type} 0x${address.toString(16)} ${length}`;

function stopPoint({ type, address, length }: TargetPoint): StopPoint {
  if (type === "swbreak" || type === "hwbreak") return { kind: "instruction", address };
  return { kind: "access", space: "linear", address, length, read: type !== "watch", write: type !== "rwatch" };
}

export class SessionPoints {
  readonly #session: Session;
  readonly #inserted = new Map<string, { readonly point: Point; readonly wanted: TargetPoint }>();
  #wanted: readonly TargetPoint[] = [];

  constructor(session: Session) {
    this.#session = session;
  }

  want(points: readonly TargetPoint[]): void {
    this.#wanted = points;
  }

  /** To be called before the machine runs. */
  insert(): void {
    const wanted = new Map(this.#wanted.map((point) => [keyOf(point), point]));
    for (const [key, { point }] of this.#inserted) {
      if (wanted.has(key)) continue;
      this.#session.points.remove(point.id);
      this.#inserted.delete(key);
    }
    for (const [key, target] of wanted) {
      if (this.#inserted.has(key)) continue;
      const point = this.#session.points.add({ stops: [stopPoint(target)], text: `gdb ${key}` });
      this.#inserted.set(key, { point, wanted: target });
    }
  }

  /** Which of the client's points the session has halted at. */
  hit({ hits }: Halt): TargetPoint | undefined {
    const ids = new Set(hits.map(({ point }) => point.id));
    return [...this.#inserted.values()].find(({ point }) => ids.has(point.id))?.wanted;
  }
}

// A way to a step, in pieces. Made by Timeline.journey.

import type { Stop } from "../../machine/index.js";
import type { Timeline } from "./timeline.js";

/** A way through the known run, in pieces, so that others have their turn in between. */
export class Journey {
  constructor(
    private readonly timeline: Timeline,
    readonly to: number,
    private readonly onward: (to: number) => Stop | undefined,
  ) {}

  /** Goes on for about `steps` steps. */
  advance(steps: number): Stop | undefined | "under way" {
    const stop = this.onward(Math.min(this.to, this.timeline.now + steps));
    return stop ?? (this.timeline.now < this.to ? "under way" : undefined);
  }
}

// What turns events into the bytes of a trace.

import type { EventReader } from "../machine/index.js";
import type { Bytes } from "./bytes.js";

export interface TraceWriter {
  readonly bytes: Bytes;
  /** Writes the event at which the reader stands. */
  write(event: EventReader): void;
  /** The run is over. */
  end(): void;
}

// What turns events into the bytes of a trace.

import type { MachineEvent } from "../machine/index.js";

export interface TraceWriter {
  write(event: MachineEvent): void;
  /** The run is over. */
  end(): void;
}

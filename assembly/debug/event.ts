// Points at events: what probe/events.ts tells, compared with each point of that kind. Called by `emit` alone, if one of
// them waits for the kind.

import { Cpu } from "../cpu/state";
import { DEBUG_BASE } from "../memory-map";
import { ANY_CPU, EVENT_POINT_BYTES, EVENTS, MODE_OFF } from "./layout";
import { noteHit, stopAfter } from "./hits";
import { debug } from "./state";

/** Whether `value` is what the mask and value at `at` ask for. */
@inline
function matches(at: usize, value: u64): bool {
  return (value & load<u64>(at)) == load<u64>(at, 8);
}

/** An event of `kind` happened to `cpu`. */
export function eventHappened(kind: u32, cpu: Cpu, a: u64, b: u64, c: u64): void {
  const d = debug();
  if (d.mode == MODE_OFF || !d.running) return;
  const end = DEBUG_BASE + EVENTS + d.events * EVENT_POINT_BYTES;
  for (let at: usize = DEBUG_BASE + EVENTS; at < end; at += EVENT_POINT_BYTES) {
    const only = load<u32>(at, 8);
    if (load<u32>(at, 4) != kind || (only != ANY_CPU && only != cpu.index)) continue;
    if (!matches(at + 16, a) || !matches(at + 32, b) || !matches(at + 48, c)) continue;
    noteHit(load<u32>(at), kind, cpu.index, 0, a, b, c);
    stopAfter();
  }
}

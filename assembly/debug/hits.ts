// What a stop point that is met does: the hit goes into the ring, and in MODE_STOP the run ends, before the instruction
// or after it. Called by the other files of debug/.

import { Cpu, cpuAt, ATTENTION_STOP } from "../cpu/state";
import { stop } from "../cpu/fault";
import { machine, STOP_BREAK, STOP_NOT_IMPLEMENTED } from "../global";
import { stepOf } from "../probe/events";
import { DEBUG_BASE } from "../memory-map";
import { HITS, HIT_BYTES, HIT_CAPACITY, MODE_STOP } from "./layout";
import { debug } from "./state";

/** Puts a hit of `point` into the ring. `what` is HIT_INSTRUCTION, HIT_ACCESS or EVENT_*. */
export function noteHit(point: u32, what: u32, cpuIndex: u32, size: u32, a: u64, b: u64, c: u64): void {
  const d = debug();
  // Whoever has the turn does it, whomever it happens to.
  const doer = cpuAt(machine().current);
  const at = DEBUG_BASE + HITS + (<u32>d.hitCount & (HIT_CAPACITY - 1)) * HIT_BYTES;
  d.hitCount++;
  store<u32>(at, point);
  store<u16>(at, <u16>cpuIndex, 4);
  store<u8>(at, <u8>what, 6);
  store<u8>(at, <u8>size, 7);
  store<u64>(at, stepOf(doer), 8);
  store<u64>(at, doer.rip, 16);
  store<u64>(at, a, 24);
  store<u64>(at, b, 32);
  store<u64>(at, c, 40);
}

/** Ends the run before the instruction that `cpu` is about to run. */
export function stopBefore(cpu: Cpu): void {
  if (debug().mode == MODE_STOP) stop(cpu, STOP_BREAK, 0);
}

/** Ends the run after the step that the CPU in turn is making. */
export function stopAfter(): void {
  const g = machine();
  if (debug().mode != MODE_STOP || (g.stopRequested && g.stopReason >= STOP_NOT_IMPLEMENTED)) return;
  g.stopRequested = 1;
  g.stopReason = STOP_BREAK;
  g.stopCpu = g.current;
  cpuAt(g.current).attention |= ATTENTION_STOP;
}

// The machine, for every floor above it.

export { Machine } from "./machine.js";
export { type MachineOptions, TLB_PRESETS, type TlbPreset } from "./options.js";
export { describeStop, type CoreStop, type DeviceStop, type Stop } from "./stop.js";
export { REGISTER_NAMES, type RegisterName } from "./registers.js";
export { COUNTER_HELP, COUNTER_NAMES, type CounterName, type Counters, isModelled } from "./counters.js";
export {
  describeHit, STOP_POINT_MODES, type Hit, type Match, type StopPoint, type StopPointMode,
} from "./stop-points.js";
export { DELIVERY_MODES, type DeliveryMode, type Lapic, type LvtEntry, type PendingIpi, type RedirectionEntry } from "./chips.js";
export type { ScriptEntry } from "./script.js";
export type { Snapshot } from "./snapshot.js";
export type { Device, DeviceBus, PortRange } from "./device.js";
export { EventReader, Halves } from "./event-reader.js";
export { EVENT_KINDS, type EventKind, type MachineEvent } from "./events.js";
export { TLB_FLAGS, TLB_KINDS, TLB_STRUCTURES, type TlbEntry, type TlbKind, type TlbStructure } from "./tlb.js";
export { loadIced } from "./disassemble.js";
export {
  EXPLORED_STATUS, type Exploration, type ExplorationOptions, type ExploredStatus, inSet, type KernelExploration, NO_TRANSITIONS,
  numberTransition, STALE_USES, type StaleUse, type Transition, transitionBit, type TransitionSet, type TransitionView, viewTransition,
  type Woken,
} from "./exploration.js";

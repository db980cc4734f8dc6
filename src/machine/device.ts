// What a device is to the machine: a slice of linear memory that holds all its state, some ports, and a
// line to the interrupt controllers. Devices keep no state in JavaScript, so that a snapshot of linear
// memory is a snapshot of them.

import type { DeviceStop } from "./stop.js";

/** What the machine gives a device when it is attached. */
export interface DeviceBus {
  /** The device's own part of linear memory, zero at power-on. */
  readonly state: DataView;
  /** Virtual time in nanoseconds since power-on. */
  now(): bigint;
  /** Drives ISA interrupt line `line`. */
  setIrq(line: number, level: boolean): void;
  /** Ends the run after the current instruction. */
  stop(reason: DeviceStop): void;
}

export interface PortRange {
  readonly first: number;
  readonly count: number;
}

export interface Device {
  readonly name: string;
  /** Which slice of the DEVICE region holds its state. No two devices share one. */
  readonly slot: number;
  readonly ports: readonly PortRange[];
  /** True if `portIn` and `portOut` take any size. Otherwise wider accesses arrive as bytes, lowest port first. */
  readonly wide?: boolean;
  /** Called once, with state that is zero: sets the power-on values. */
  attach(bus: DeviceBus): void;
  portIn(port: number, size: number): number;
  portOut(port: number, value: number, size: number): void;
}

/** Reads as a floating ISA bus does. */
export const allOnes = (size: number): number => (size === 4 ? 0xffffffff : size === 2 ? 0xffff : 0xff);

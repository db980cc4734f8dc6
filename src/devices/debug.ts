// The two ports that only emulators have: the debug console (0xE9, as in Bochs and QEMU's isa-debugcon)
// and the exit port (QEMU's isa-debug-exit at 0xF4).

import type { Device, DeviceBus } from "../machine/device.js";
import { DEVICE_SLOTS } from "./slots.js";
import type { OutputListener } from "./uart.js";

// Layout of the debug console's state slice.
const SENT = 0; // u32: bytes written since power-on

export class Debugcon implements Device {
  readonly name = "debugcon";
  readonly slot = DEVICE_SLOTS.debugcon;
  readonly ports = [{ first: 0xe9, count: 1 }];
  #state!: DataView;
  #listeners: OutputListener[] = [];

  attach(bus: DeviceBus): void {
    this.#state = bus.state;
  }

  /** Calls `listener` with every byte that the guest writes, and its number. */
  onOutput(listener: OutputListener): void {
    this.#listeners.push(listener);
  }

  /** Reading gives 0xE9: so a guest tells that the port is there. */
  portIn(): number {
    return 0xe9;
  }

  portOut(_port: number, value: number): void {
    const index = this.#state.getUint32(SENT, true);
    this.#state.setUint32(SENT, index + 1, true);
    for (const listener of this.#listeners) listener(value, index);
  }
}

export class DebugExit implements Device {
  readonly name = "isa-debug-exit";
  readonly slot = DEVICE_SLOTS.debugExit;
  readonly ports = [{ first: 0xf4, count: 4 }];
  readonly wide = true;
  #bus!: DeviceBus;

  attach(bus: DeviceBus): void {
    this.#bus = bus;
  }

  portIn(): number {
    return 0;
  }

  portOut(_port: number, value: number): void {
    // What a QEMU process would leave with: exit((value << 1) | 1), of which a parent sees eight bits.
    this.#bus.stop({ kind: "exit", value, status: ((value << 1) | 1) & 0xff });
  }
}

// System control port A (0x92: fast A20 gate and reset) and the POST code port (0x80).

import type { Device, DeviceBus } from "../machine/device.js";
import { DEVICE_SLOTS } from "./slots.js";

const POST = 0x80;
const CONTROL_A = 0x92;

// Layout of the state slice.
const POST_CODE = 0;
const CONTROL = 1;

const A20 = 2;
const RESET = 1;

export class SystemControl implements Device {
  readonly name = "system control";
  readonly slot = DEVICE_SLOTS.systemControl;
  readonly ports = [
    { first: POST, count: 1 },
    { first: CONTROL_A, count: 1 },
  ];
  #bus!: DeviceBus;

  attach(bus: DeviceBus): void {
    this.#bus = bus;
    bus.state.setUint8(CONTROL, A20);
  }

  portIn(port: number): number {
    return this.#bus.state.getUint8(port === POST ? POST_CODE : CONTROL);
  }

  portOut(port: number, value: number): void {
    if (port === POST) {
      this.#bus.state.setUint8(POST_CODE, value);
      return;
    }
    if (value & RESET) {
      this.#bus.stop({ kind: "reset", by: "port 0x92" });
    } else if (!(value & A20)) {
      this.#bus.stop({ kind: "device", what: "masking of address line 20 (port 0x92)" });
    }
    this.#bus.state.setUint8(CONTROL, value & ~RESET);
  }
}

// The 8042 keyboard controller with no keyboard attached: enough for a guest that resets the machine
// through it, opens the A20 gate, or probes it and finds nothing.

import type { Device, DeviceBus } from "../machine/device.js";
import { DEVICE_SLOTS } from "./slots.js";

const DATA = 0x60;
const COMMAND = 0x64;

// Layout of the state slice.
const OUTPUT_FULL = 0;
const OUTPUT = 1;
const COMMAND_BYTE = 2;
const EXPECTS = 3; // command whose data byte comes next at 0x60, or 0
const OUTPUT_PORT = 4;

const STATUS_OUTPUT_FULL = 0x01;
const STATUS_SYSTEM = 0x04;
const STATUS_COMMAND = 0x08;
const STATUS_UNLOCKED = 0x10;
const PORT_NOT_RESET = 0x01;
const PORT_A20 = 0x02;

export class Keyboard implements Device {
  readonly name = "8042";
  readonly slot = DEVICE_SLOTS.keyboard;
  readonly ports = [
    { first: DATA, count: 1 },
    { first: COMMAND, count: 1 },
  ];
  #bus!: DeviceBus;
  #state!: DataView;

  attach(bus: DeviceBus): void {
    this.#bus = bus;
    this.#state = bus.state;
    this.#state.setUint8(OUTPUT_PORT, PORT_NOT_RESET | PORT_A20);
  }

  portIn(port: number): number {
    const s = this.#state;
    if (port === DATA) {
      s.setUint8(OUTPUT_FULL, 0);
      return s.getUint8(OUTPUT);
    }
    return (
      STATUS_SYSTEM | STATUS_UNLOCKED |
      (s.getUint8(EXPECTS) ? STATUS_COMMAND : 0) |
      (s.getUint8(OUTPUT_FULL) ? STATUS_OUTPUT_FULL : 0)
    );
  }

  portOut(port: number, value: number): void {
    if (port === COMMAND) this.#command(value);
    else this.#data(value);
  }

  #command(command: number): void {
    const s = this.#state;
    s.setUint8(EXPECTS, 0);
    switch (command) {
      case 0x20:
        this.#answer(s.getUint8(COMMAND_BYTE));
        break;
      case 0xaa: // controller self-test
        this.#answer(0x55);
        break;
      case 0xab: // keyboard interface test: clock line stuck low, since nothing is connected
        this.#answer(0x01);
        break;
      case 0xd0:
        this.#answer(s.getUint8(OUTPUT_PORT));
        break;
      case 0x60:
      case 0xd1:
        s.setUint8(EXPECTS, command);
        break;
      default:
        // 0xF0..0xFF pulse output lines low; line 0 is the processor's reset.
        if (command >= 0xf0 && !(command & 1)) this.#reset();
        break;
    }
  }

  #data(value: number): void {
    const s = this.#state;
    const command = s.getUint8(EXPECTS);
    s.setUint8(EXPECTS, 0);
    if (command === 0x60) s.setUint8(COMMAND_BYTE, value);
    if (command !== 0xd1) return; // bytes for the keyboard, which is not there
    s.setUint8(OUTPUT_PORT, value);
    if (!(value & PORT_NOT_RESET)) this.#reset();
    else if (!(value & PORT_A20)) {
      this.#bus.stop({ kind: "device", what: "masking of address line 20 (keyboard controller)" });
    }
  }

  #answer(value: number): void {
    this.#state.setUint8(OUTPUT, value);
    this.#state.setUint8(OUTPUT_FULL, 1);
  }

  #reset(): void {
    this.#bus.stop({ kind: "reset", by: "the keyboard controller" });
  }
}

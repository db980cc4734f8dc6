// ACPI fixed hardware at 0x600 (where QEMU's PC has it: PM1a event, PM1a control at 0x604, PM timer) and
// the reset control register 0xCF9. The FADT (src/boot/acpi.ts) describes these ports.

import type { Device, DeviceBus } from "../machine/device.js";
import { DEVICE_SLOTS } from "./slots.js";

export const PM1A_EVENT = 0x600;
export const PM1A_CONTROL = 0x604;
export const PM_TIMER = 0x608;
export const RESET_CONTROL = 0xcf9;
/** SLP_TYP that means S5; \_S5 in the DSDT gives the same. */
export const SLEEP_TYPE_S5 = 0;

const PM_TIMER_HZ = 3_579_545n;
const SLP_EN = 1 << 13;
const SCI_EN = 1;

// Layout of the state slice.
const ENABLE = 0; // PM1a enable, u16
const CONTROL = 2; // PM1a control, u16
const RESET = 4;

export class Power implements Device {
  readonly name = "ACPI";
  readonly slot = DEVICE_SLOTS.power;
  readonly ports = [
    { first: PM1A_EVENT, count: 4 },
    { first: PM1A_CONTROL, count: 2 },
    { first: PM_TIMER, count: 4 },
    { first: RESET_CONTROL, count: 1 },
  ];
  readonly wide = true;
  #bus!: DeviceBus;

  attach(bus: DeviceBus): void {
    this.#bus = bus;
    // The SCI is never raised, and the machine has no legacy firmware: it starts in ACPI mode.
    bus.state.setUint16(CONTROL, SCI_EN, true);
  }

  portIn(port: number, size: number): number {
    const s = this.#bus.state;
    if (port === RESET_CONTROL) return s.getUint8(RESET);
    // Status (the first two bytes) has no event that could be set.
    if (port < PM1A_CONTROL) return port >= PM1A_EVENT + 2 ? part(s.getUint16(ENABLE, true), port & 1, size) : 0;
    if (port < PM_TIMER) return part(s.getUint16(CONTROL, true), port & 1, size);
    const ticks = Number((this.#bus.now() * PM_TIMER_HZ / 1_000_000_000n) & 0xffffffn);
    return part(ticks, port & 3, size);
  }

  portOut(port: number, value: number, size: number): void {
    const s = this.#bus.state;
    if (port === RESET_CONTROL) {
      s.setUint8(RESET, value & 0x0e);
      if (value & 4) this.#bus.stop({ kind: "reset", by: "port 0xcf9" });
    } else if (port === PM1A_CONTROL && size >= 2) {
      this.#control(value & 0xffff);
    } else if (port === PM1A_CONTROL + 1) {
      this.#control((s.getUint16(CONTROL, true) & 0xff) | ((value & 0xff) << 8));
    } else if (port === PM1A_CONTROL) {
      s.setUint8(CONTROL, value | SCI_EN);
    } else if (port === PM1A_EVENT + 2) {
      s.setUint16(ENABLE, value & 0xffff, true);
    }
  }

  #control(value: number): void {
    this.#bus.state.setUint16(CONTROL, (value & ~SLP_EN) | SCI_EN, true);
    if (!(value & SLP_EN)) return;
    const type = (value >> 10) & 7;
    if (type === SLEEP_TYPE_S5) this.#bus.stop({ kind: "power-off" });
    else this.#bus.stop({ kind: "device", what: `ACPI sleep type ${type}` });
  }
}

/** `size` bytes of a register, from byte `offset` on. */
function part(value: number, offset: number, size: number): number {
  return (value >>> (8 * offset)) & (size === 4 ? 0xffffffff : (1 << (8 * size)) - 1);
}

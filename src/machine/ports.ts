// The I/O port space outside the core: which device has which port. Wide accesses to byte-wide devices
// are split as the ISA bus does.

import { allOnes, type Device } from "./device.js";

export class PortSpace {
  readonly #owners: (Device | undefined)[] = [];

  /** Gives `device` its ports; two devices on one port are a defect of whoever put them together. */
  add(device: Device): void {
    for (const { first, count } of device.ports) {
      for (let port = first; port < first + count; port++) {
        const owner = this.#owners[port];
        if (owner) throw new Error(`port 0x${port.toString(16)} of ${device.name} is taken by ${owner.name}`);
        this.#owners[port] = device;
      }
    }
  }

  read(port: number, size: number): number {
    const device = this.#owners[port];
    if (device === undefined) return allOnes(size);
    if (size === 1 || device.wide) return device.portIn(port, size);
    let value = 0;
    for (let i = 0; i < size; i++) {
      const byte = this.#owners[port + i] === device ? device.portIn(port + i, 1) : 0xff;
      value |= byte << (8 * i);
    }
    return value >>> 0;
  }

  write(port: number, value: number, size: number): void {
    const device = this.#owners[port];
    if (device === undefined) return;
    if (size === 1 || device.wide) {
      device.portOut(port, value >>> 0, size);
      return;
    }
    for (let i = 0; i < size; i++) {
      if (this.#owners[port + i] === device) device.portOut(port + i, (value >>> (8 * i)) & 0xff, 1);
    }
  }
}

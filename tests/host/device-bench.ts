// A stand-in for the machine around one device: its state slice, its interrupt line, and a clock that
// the test sets.

import type { Device } from "../../src/machine/device.ts";
import { PortSpace } from "../../src/machine/ports.ts";
import type { DeviceStop } from "../../src/machine/stop.ts";

export class DeviceBench {
  readonly ports = new PortSpace();
  readonly lines = new Map<number, boolean>();
  readonly stops: DeviceStop[] = [];
  readonly state = new DataView(new ArrayBuffer(8192));
  nanoseconds = 0n;

  constructor(device: Device) {
    this.ports.add(device);
    device.attach({
      state: this.state,
      now: () => this.nanoseconds,
      setIrq: (line, level) => this.lines.set(line, level),
      stop: (reason) => this.stops.push(reason),
    });
  }

  in(port: number, size = 1): number {
    return this.ports.read(port, size);
  }

  out(port: number, value: number, size = 1): void {
    this.ports.write(port, value, size);
  }
}

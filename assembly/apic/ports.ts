// The I/O ports of the core's own chips: PIC, ELCR, PIT, port 0x61. IN and OUT ask here first and then the host.

import { Cpu } from "../cpu/state";
import {
  readPicCommand, readPicData, writePicCommand, writePicData, readElcr, writeElcr,
} from "./pic";
import { readPitCount, writePitCount, writePitControl, readPort61, writePort61 } from "./pit";

function isClaimed(port: u32): bool {
  return (port & ~0x81) == 0x20 || (port >= 0x40 && port <= 0x43) || port == 0x61 || (port & ~1) == 0x4d0;
}

function read(cpu: Cpu, port: u32): u32 {
  if (port == 0x61) return readPort61(cpu);
  if (port == 0x43) return 0xff;
  if ((port & ~3) == 0x40) return readPitCount(cpu, port & 3);
  if ((port & ~1) == 0x4d0) return readElcr(port & 1);
  return port & 1 ? readPicData(port >> 7) : readPicCommand(port >> 7);
}

function write(cpu: Cpu, port: u32, value: u32): void {
  if (port == 0x61) writePort61(cpu, value);
  else if (port == 0x43) writePitControl(cpu, value);
  else if ((port & ~3) == 0x40) writePitCount(cpu, port & 3, value);
  else if ((port & ~1) == 0x4d0) writeElcr(port & 1, value);
  else if (port & 1) writePicData(port >> 7, value);
  else writePicCommand(port >> 7, value);
}

/** Reads `size` (1, 2, 4) bytes from `port`, byte by byte as on the ISA bus; -1 if the port is none of the core's. */
export function portIn(cpu: Cpu, port: u32, size: u32): i64 {
  if (!isClaimed(port)) return -1;
  let value: u64 = 0;
  for (let n: u32 = 0; n < size; n++) {
    const byte: u64 = isClaimed(port + n) ? read(cpu, port + n) : 0xff;
    value |= byte << (n << 3);
  }
  return value;
}

/** Writes the low `size` bytes of `value` to `port`; false if the port is none of the core's. */
export function portOut(cpu: Cpu, port: u32, size: u32, value: u32): bool {
  if (!isClaimed(port)) return false;
  for (let n: u32 = 0; n < size; n++) {
    if (isClaimed(port + n)) write(cpu, port + n, value >> (n << 3) & 0xff);
  }
  return true;
}

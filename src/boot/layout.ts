// What is where in the guest's memory when it starts: the firmware's area, the boot information, the
// memory map that the guest is told, and the check that an image keeps clear of all that.

import { UserError } from "../errors.js";
import { formatSize, hex, KiB, MiB } from "../units.js";

/** Boot information structures go where QEMU's multiboot ROM has them. */
export const BOOT_INFO = 0x9000;
export const BOOT_INFO_END = 0xa000;
/** End of conventional memory: the last KiB below 640K is the firmware's (EBDA). */
export const EBDA = 0x9fc00;
export const VIDEO = 0xa0000;
const VIDEO_END = 0xc0000;
/** Firmware tables: in the area that RSDP searches cover (ACPI 6.4, 5.2.5.1). */
export const FIRMWARE = 0xe0000;
export const FIRMWARE_END = 0xe4000;
export const HIGH_MEMORY = MiB;

export interface Range {
  readonly start: number;
  readonly size: number;
}

/** E820 types. */
export const USABLE = 1;
export const RESERVED = 2;

export interface MapEntry extends Range {
  readonly type: number;
}

/** The memory map of a machine with `memory` bytes of RAM, as QEMU's PC reports it. */
export function memoryMap(memory: number): MapEntry[] {
  const flash = 256 * KiB;
  return [
    { start: 0, size: EBDA, type: USABLE },
    { start: EBDA, size: VIDEO - EBDA, type: RESERVED },
    { start: FIRMWARE, size: HIGH_MEMORY - FIRMWARE, type: RESERVED },
    { start: HIGH_MEMORY, size: memory - HIGH_MEMORY, type: USABLE },
    { start: 2 ** 32 - flash, size: flash, type: RESERVED },
  ];
}

export const pageUp = (address: number): number => Math.ceil(address / 4096) * 4096;

/** Throws if `range` of the image is not in RAM that an image may have. */
export function checkPlacement(range: Range, memory: number, name: string): void {
  const end = range.start + range.size;
  if (end > memory) {
    throw new UserError(
      `${name} is too large for the memory: it needs ${formatSize(range.size)} at ${hex(BigInt(range.start))}, the machine has ${formatSize(memory)}`,
    );
  }
  for (const [start, stop, what] of [
    [BOOT_INFO, BOOT_INFO_END, "the boot information"],
    [EBDA, VIDEO_END, "the video memory"],
    [FIRMWARE, FIRMWARE_END, "the firmware's tables"],
  ] as const) {
    if (range.start < stop && end > start) {
      throw new UserError(`${name} loads over ${what} at ${hex(start)}-${hex(stop)}`);
    }
  }
}

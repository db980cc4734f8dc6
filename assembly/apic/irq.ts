// The board's interrupt lines: where a device's line goes. ISA lines 0 to 15 go to the PIC and to the I/O APIC,
// line 0 (the PIT) to pin 2 there, as the MADT's source override says; 16 to 23 go to the I/O APIC alone.

import { setPin } from "./ioapic";
import { setPicLine } from "./pic";

const ISA_LINES: u32 = 16;
const IRQ_CASCADE: u32 = 2;

/** Drives line `line`; true is asserted. Devices of the core and of the host call this. */
export function setIrq(line: u32, level: bool): void {
  if (line < ISA_LINES && line != IRQ_CASCADE) setPicLine(line, level);
  if (line == 0) setPin(2, level);
  else if (line != IRQ_CASCADE && line < 24) setPin(line, level);
}

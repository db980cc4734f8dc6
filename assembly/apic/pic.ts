// The pair of 8259A interrupt controllers of a PC (Intel 8259A datasheet), with the ELCR of later chipsets. The
// second one hangs on input 2 of the first; the first one's INTR goes to LINT0 of CPU 0 and to pin 0 of the I/O APIC.

import { cpuAt } from "../cpu/state";
import { DEVICES_IN_CORE } from "../global";
import { wake } from "../smp/clock";
import { lapicOf, isPresent, LVT_MASKED } from "./lapic";
import { raiseLocal, readLvt, takesExtInt, LVT_LINT0 } from "./lvt";
import { setPin } from "./ioapic";

const PIC_BASE: u32 = DEVICES_IN_CORE + 0x200;
const PIC_STRIDE: u32 = 0x40;
const CASCADE: u32 = 2;

@unmanaged
class Pic {
  /** Requests: edges seen, and lines of level-triggered inputs. */
  irr: u32;
  isr: u32;
  imr: u32;
  lines: u32;
  /** Bit set: that input is level-triggered. */
  elcr: u32;
  /** ICW2: vector of input 0. */
  base: u32;
  /** Next initialisation word expected: 0 when initialised, 2, 3 or 4. */
  expects: u32;
  /** ICW1 asked for an ICW4. */
  wantsIcw4: u32;
  autoEoi: u32;
  rotateOnAutoEoi: u32;
  specialMask: u32;
  specialNested: u32;
  poll: u32;
  readsIsr: u32;
  /** Input of the lowest priority; 7 unless rotated. */
  lowest: u32;
  /** INTR as last seen. */
  output: u32;
}

@inline
function picAt(which: u32): Pic {
  return changetype<Pic>(PIC_BASE + which * PIC_STRIDE);
}

/** Power-on: masked, as firmware leaves a PC that is to use the I/O APIC; vectors at the PC's places. */
export function resetPics(): void {
  memory.fill(PIC_BASE, 0, 2 * PIC_STRIDE);
  for (let which: u32 = 0; which < 2; which++) {
    const pic = picAt(which);
    pic.imr = 0xff;
    pic.base = which ? 0x70 : 0x08;
    pic.lowest = 7;
  }
}

/** The input of the highest priority among `inputs`, counted from the one after the lowest: 0 to 7; 8 if there is none. */
function foremost(pic: Pic, inputs: u32): u32 {
  for (let n: u32 = 1; n <= 8; n++) {
    if (inputs >> (pic.lowest + n & 7) & 1) return n - 1;
  }
  return 8;
}

/** The input that interrupts now; -1 if none does. One in service holds back itself and all below it. */
function requesting(which: u32): i32 {
  const pic = picAt(which);
  let serving = pic.isr;
  if (pic.specialMask) serving &= ~pic.imr;
  // Specially nested, the first one lets further requests of the second pass.
  if (which == 0 && pic.specialNested) serving &= ~(1 << CASCADE);
  const request = foremost(pic, pic.irr & ~pic.imr);
  if (request == 8 || request >= foremost(pic, serving)) return -1;
  return pic.lowest + 1 + request & 7;
}

function update(): void {
  const second = picAt(1);
  const first = picAt(0);
  second.output = requesting(1) >= 0 ? 1 : 0;
  const cascade: u32 = 1 << CASCADE;
  if (second.output) first.irr |= cascade;
  else first.irr &= ~cascade;
  const output: u32 = requesting(0) >= 0 ? 1 : 0;
  if (output == first.output) return;
  first.output = output;
  setPin(0, output != 0);
  const bsp = cpuAt(0);
  if (!output) return;
  if (picInterrupts(0)) wake(bsp);
  else if (isPresent(bsp) && !(lapicOf(bsp).lvtLint0 & LVT_MASKED)) raiseLocal(bsp, LVT_LINT0);
}

/** Drives input `line`, 0 to 15. */
export function setPicLine(line: u32, level: bool): void {
  const pic = picAt(line >> 3);
  const bit: u32 = 1 << (line & 7);
  const rises = level && !(pic.lines & bit);
  pic.lines = level ? pic.lines | bit : pic.lines & ~bit;
  if (pic.elcr & bit) pic.irr = level ? pic.irr | bit : pic.irr & ~bit;
  else if (rises) pic.irr |= bit;
  // An edge-triggered request that goes away before it is acknowledged was none.
  else if (!level) pic.irr &= ~bit;
  update();
}

/** Whether INTR asks CPU `index` for an interrupt: it does so through LINT0 in ExtINT mode, or past a disabled APIC. */
export function picInterrupts(index: u32): bool {
  if (index != 0 || !picAt(0).output) return false;
  const cpu = cpuAt(0);
  return !isPresent(cpu) || takesExtInt(readLvt(cpu, LVT_LINT0));
}

/** Acknowledges input `n` in one chip. */
function take(pic: Pic, n: u32): void {
  const bit: u32 = 1 << n;
  if (!pic.autoEoi) pic.isr |= bit;
  else if (pic.rotateOnAutoEoi) pic.lowest = n;
  if (!(pic.elcr & bit)) pic.irr &= ~bit;
}

function acknowledgeOne(which: u32): u32 {
  const pic = picAt(which);
  const n = requesting(which);
  // Spurious: the request is gone; input 7 without its ISR bit.
  if (n < 0) return pic.base + 7;
  take(pic, n);
  return which == 0 && n == CASCADE ? acknowledgeOne(1) : pic.base + n;
}

/** The CPU's INTA cycle: the vector of the interrupt, which is now in service. */
export function acknowledgePic(): u32 {
  const vector = acknowledgeOne(0);
  // The next request, if there is one, is a new edge of INTR.
  picAt(0).output = 0;
  update();
  return vector;
}

function writeIcw1(pic: Pic, value: u32): void {
  pic.irr = pic.lines & pic.elcr;
  pic.isr = 0;
  pic.imr = 0;
  pic.autoEoi = 0;
  pic.rotateOnAutoEoi = 0;
  pic.specialMask = 0;
  pic.specialNested = 0;
  pic.readsIsr = 0;
  pic.lowest = 7;
  pic.wantsIcw4 = value & 1;
  pic.expects = 2;
}

/** OCW2: EOI and rotation, by its upper three bits. */
function writeOcw2(pic: Pic, value: u32): void {
  const command = value >> 5;
  const specific = (command & 2) != 0;
  if (command == 0 || command == 4) {
    pic.rotateOnAutoEoi = command >> 2;
    return;
  }
  if (command == 2) return;
  let n = value & 7;
  if (!specific) {
    const first = foremost(pic, pic.isr);
    if (first == 8) return;
    n = pic.lowest + 1 + first & 7;
  }
  if (command & 1) pic.isr &= ~(1 << n);
  if (command & 4) pic.lowest = n;
}

function writeOcw3(pic: Pic, value: u32): void {
  if (value & 0x40) pic.specialMask = value >> 5 & 1;
  if (value & 2) pic.readsIsr = value & 1;
  pic.poll = value >> 2 & 1;
}

/** Writes the command port (0x20, 0xa0) of chip `which`. */
export function writePicCommand(which: u32, value: u32): void {
  const pic = picAt(which);
  if (value & 0x10) writeIcw1(pic, value);
  else if (value & 0x08) writeOcw3(pic, value);
  else writeOcw2(pic, value);
  update();
}

/** Writes the data port (0x21, 0xa1): the mask, or the initialisation word that is due. */
export function writePicData(which: u32, value: u32): void {
  const pic = picAt(which);
  switch (pic.expects) {
    case 2:
      pic.base = value & 0xf8;
      pic.expects = 3;
      return;
    case 3:
      // How the chips are wired is fixed; the word says nothing new.
      pic.expects = pic.wantsIcw4 ? 4 : 0;
      break;
    case 4:
      pic.autoEoi = value >> 1 & 1;
      pic.specialNested = value >> 4 & 1;
      pic.expects = 0;
      break;
    default:
      pic.imr = value;
  }
  update();
}

/** A read after the poll command acknowledges like an INTA cycle and gives the input's number. */
function pollRead(which: u32): u32 {
  const pic = picAt(which);
  pic.poll = 0;
  const n = requesting(which);
  if (n < 0) return 0;
  take(pic, n);
  update();
  return 0x80 | n;
}

export function readPicCommand(which: u32): u32 {
  const pic = picAt(which);
  if (pic.poll) return pollRead(which);
  return pic.readsIsr ? pic.isr : pic.irr;
}

export function readPicData(which: u32): u32 {
  const pic = picAt(which);
  return pic.poll ? pollRead(which) : pic.imr;
}

export function readElcr(which: u32): u32 {
  return picAt(which).elcr;
}

/** The inputs of the timer, keyboard, cascade, RTC and coprocessor stay edge-triggered. */
export function writeElcr(which: u32, value: u32): void {
  picAt(which).elcr = value & (which ? 0xde : 0xf8);
}

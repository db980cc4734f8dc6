// COM1: a 16550A UART. What the guest sends goes to listeners at once, each byte with its number; what the host
// writes waits, and enters the receive FIFO as the guest makes room.
//
// How many bytes were sent, written and taken is part of the state, so that a snapshot that is put back brings its
// waiting bytes back. The bytes written are in a log, which only grows: they are found again by their number. A
// write after a snapshot was put back is another future, and replaces what the log held of the old one.
//
// Line speed is not modelled: the transmitter is always empty, and a byte that has arrived counts as
// reaching the trigger level. As in QEMU, OUT2 does not gate the interrupt.

import type { Device, DeviceBus } from "../machine/device.js";
import { DEVICE_SLOTS } from "./slots.js";

const COM1 = 0x3f8;
const COM1_IRQ = 4;
const FIFO_BYTES = 16;

// Layout of the state slice.
const IER = 0;
const FCR = 1;
const LCR = 2;
const MCR = 3;
const SCRATCH = 4;
const DIVISOR = 6; // u16
const THRE_PENDING = 8; // the "transmitter empty" interrupt is waiting to be read
const OVERRUN = 9;
const DELTA_MODEM = 10; // low half of MSR: changes since it was last read
const HEAD = 11;
const COUNT = 12;
const FIFO = 16;
const SENT = 32; // u32: bytes transmitted since power-on
const WRITTEN = 36; // u32: bytes that the host has written
const TAKEN = 40; // u32: of those, the ones that have entered the FIFO

const IER_RECEIVED = 1;
const IER_EMPTY = 2;
const IER_LINE = 4;
const IER_MODEM = 8;
const LCR_DLAB = 0x80;
const MCR_LOOP = 0x10;
const FCR_ENABLE = 1;
const LSR_DATA = 0x01;
const LSR_OVERRUN = 0x02;
const LSR_EMPTY = 0x60; // holding and shift register

/** Modem status outside loopback: carrier, data set ready, clear to send. */
const MODEM_READY = 0xb0;

/** `index` counts the bytes that were sent before: in a past that is run again, bytes have the numbers they had. */
export type OutputListener = (byte: number, index: number) => void;

export class Uart implements Device {
  readonly name = "COM1";
  readonly slot = DEVICE_SLOTS.uart;
  readonly ports = [{ first: COM1, count: 8 }];
  #bus!: DeviceBus;
  #state!: DataView;
  #log = new Uint8Array(64);
  #listeners: OutputListener[] = [];

  attach(bus: DeviceBus): void {
    this.#bus = bus;
    this.#state = bus.state;
    this.#state.setUint16(DIVISOR, 1, true);
    this.#state.setUint8(MCR, 0x08);
    this.#state.setUint8(LCR, 0x03);
  }

  /** Calls `listener` with every byte that the guest transmits. */
  onTransmit(listener: OutputListener): void {
    this.#listeners.push(listener);
  }

  /** Sends `bytes` to the guest. They enter the FIFO in order, as room allows. */
  receive(bytes: Uint8Array): void {
    const written = this.#count(WRITTEN);
    if (written + bytes.length > this.#log.length) {
      const longer = new Uint8Array(2 * (written + bytes.length));
      longer.set(this.#log.subarray(0, written));
      this.#log = longer;
    }
    this.#log.set(bytes, written);
    this.#state.setUint32(WRITTEN, written + bytes.length, true);
    this.#fill();
    this.#updateIrq();
  }

  /** Bytes written that have not entered the FIFO. */
  get waiting(): number {
    return this.#count(WRITTEN) - this.#count(TAKEN);
  }

  /** Bytes transmitted since power-on. */
  get sent(): number {
    return this.#count(SENT);
  }

  #count(at: number): number {
    return this.#state.getUint32(at, true);
  }

  portIn(port: number): number {
    const s = this.#state;
    const dlab = (s.getUint8(LCR) & LCR_DLAB) !== 0;
    switch (port - COM1) {
      case 0:
        return dlab ? s.getUint8(DIVISOR) : this.#read();
      case 1:
        return dlab ? s.getUint8(DIVISOR + 1) : s.getUint8(IER);
      case 2:
        return this.#readIdentification();
      case 3:
        return s.getUint8(LCR);
      case 4:
        return s.getUint8(MCR);
      case 5:
        return this.#readLineStatus();
      case 6:
        return this.#readModemStatus();
      default:
        return s.getUint8(SCRATCH);
    }
  }

  portOut(port: number, value: number): void {
    const s = this.#state;
    const dlab = (s.getUint8(LCR) & LCR_DLAB) !== 0;
    switch (port - COM1) {
      case 0:
        if (dlab) s.setUint8(DIVISOR, value);
        else this.#transmit(value);
        break;
      case 1:
        if (dlab) s.setUint8(DIVISOR + 1, value);
        else this.#writeInterruptEnable(value);
        break;
      case 2:
        this.#writeFifoControl(value);
        break;
      case 3:
        s.setUint8(LCR, value);
        break;
      case 4:
        this.#writeModemControl(value);
        break;
      case 7:
        s.setUint8(SCRATCH, value);
        break;
      default: // LSR and MSR are read-only
        break;
    }
    this.#updateIrq();
  }

  #transmit(byte: number): void {
    const s = this.#state;
    s.setUint8(THRE_PENDING, 1);
    if (s.getUint8(MCR) & MCR_LOOP) {
      this.#push(byte);
      return;
    }
    const index = this.sent;
    s.setUint32(SENT, index + 1, true);
    for (const listener of this.#listeners) listener(byte, index);
  }

  #read(): number {
    const s = this.#state;
    const count = s.getUint8(COUNT);
    if (count === 0) return 0;
    const head = s.getUint8(HEAD);
    const byte = s.getUint8(FIFO + head);
    s.setUint8(HEAD, (head + 1) % FIFO_BYTES);
    s.setUint8(COUNT, count - 1);
    this.#fill();
    this.#updateIrq();
    return byte;
  }

  #push(byte: number): void {
    const s = this.#state;
    const count = s.getUint8(COUNT);
    if (count === this.#depth()) {
      s.setUint8(OVERRUN, 1);
      return;
    }
    s.setUint8(FIFO + ((s.getUint8(HEAD) + count) % FIFO_BYTES), byte);
    s.setUint8(COUNT, count + 1);
  }

  /** Without FIFOs the receiver holds one byte. */
  #depth(): number {
    return this.#state.getUint8(FCR) & FCR_ENABLE ? FIFO_BYTES : 1;
  }

  /** Moves waiting bytes into the receiver while it has room; nothing is received in loopback. */
  #fill(): void {
    const s = this.#state;
    if (s.getUint8(MCR) & MCR_LOOP) return;
    while (this.waiting > 0 && s.getUint8(COUNT) < this.#depth()) {
      const taken = this.#count(TAKEN);
      this.#push(this.#log[taken]!);
      s.setUint32(TAKEN, taken + 1, true);
    }
  }

  #writeInterruptEnable(value: number): void {
    const s = this.#state;
    // Enabling the interrupt while the transmitter is empty raises it: drivers start with that.
    if (value & IER_EMPTY && !(s.getUint8(IER) & IER_EMPTY)) s.setUint8(THRE_PENDING, 1);
    s.setUint8(IER, value & 0x0f);
  }

  #writeFifoControl(value: number): void {
    const s = this.#state;
    const toggled = (value ^ s.getUint8(FCR)) & FCR_ENABLE;
    if (toggled || (value & FCR_ENABLE && value & 2)) {
      s.setUint8(COUNT, 0);
      s.setUint8(HEAD, 0);
    }
    s.setUint8(FCR, value & FCR_ENABLE ? value & 0xc9 : 0);
    this.#fill();
  }

  #writeModemControl(value: number): void {
    const s = this.#state;
    const before = this.#modemLines();
    s.setUint8(MCR, value & 0x1f);
    const after = this.#modemLines();
    const trailingRing = before & 0x40 && !(after & 0x40) ? 4 : 0;
    const changed = (((before ^ after) >> 4) & 0x0b) | trailingRing;
    s.setUint8(DELTA_MODEM, s.getUint8(DELTA_MODEM) | changed);
    this.#fill();
  }

  #modemLines(): number {
    const mcr = this.#state.getUint8(MCR);
    if (!(mcr & MCR_LOOP)) return MODEM_READY;
    // Loopback: DTR to DSR, RTS to CTS, OUT1 to RI, OUT2 to DCD.
    return ((mcr & 1) << 5) | ((mcr & 2) << 3) | ((mcr & 4) << 4) | ((mcr & 8) << 4);
  }

  #readModemStatus(): number {
    const value = this.#modemLines() | this.#state.getUint8(DELTA_MODEM);
    this.#state.setUint8(DELTA_MODEM, 0);
    this.#updateIrq();
    return value;
  }

  #readLineStatus(): number {
    const s = this.#state;
    const value =
      LSR_EMPTY | (s.getUint8(COUNT) > 0 ? LSR_DATA : 0) | (s.getUint8(OVERRUN) ? LSR_OVERRUN : 0);
    s.setUint8(OVERRUN, 0);
    this.#updateIrq();
    return value;
  }

  /** The pending interrupt with the highest priority, as IIR bits 0..3. */
  #pending(): number {
    const s = this.#state;
    const enabled = s.getUint8(IER);
    if (enabled & IER_LINE && s.getUint8(OVERRUN)) return 0x06;
    if (enabled & IER_RECEIVED && s.getUint8(COUNT) > 0) return 0x04;
    if (enabled & IER_EMPTY && s.getUint8(THRE_PENDING)) return 0x02;
    if (enabled & IER_MODEM && s.getUint8(DELTA_MODEM)) return 0x00;
    return 0x01;
  }

  #readIdentification(): number {
    const s = this.#state;
    const pending = this.#pending();
    if (pending === 0x02) {
      s.setUint8(THRE_PENDING, 0);
      this.#updateIrq();
    }
    return pending | (s.getUint8(FCR) & FCR_ENABLE ? 0xc0 : 0);
  }

  #updateIrq(): void {
    this.#bus.setIrq(COM1_IRQ, this.#pending() !== 0x01);
  }
}

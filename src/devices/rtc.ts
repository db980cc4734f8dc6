// MC146818 real-time clock and CMOS memory (0x70, 0x71). The date starts at a fixed day and follows
// virtual time, so that a run does not depend on when it is made.

import type { Device, DeviceBus } from "../machine/device.js";
import { DEVICE_SLOTS } from "./slots.js";
import { KiB, MiB } from "../units.js";

/** 2024-01-01 00:00:00 UTC, in seconds. */
export const POWER_ON_DATE = 1_704_067_200;

// Layout of the state slice: CMOS memory, then these.
const CMOS_BYTES = 128;
const INDEX = CMOS_BYTES;
const OFFSET = CMOS_BYTES + 8; // i64: seconds that the guest has moved the clock by

const SECONDS = 0x00;
const MINUTES = 0x02;
const HOURS = 0x04;
const WEEKDAY = 0x06;
const DAY = 0x07;
const MONTH = 0x08;
const YEAR = 0x09;
const STATUS_A = 0x0a;
const STATUS_B = 0x0b;
const STATUS_C = 0x0c;
const STATUS_D = 0x0d;
const CENTURY = 0x32;

const B_24_HOURS = 0x02;
const B_BINARY = 0x04;
const B_INTERRUPTS = 0x70;

export class Rtc implements Device {
  readonly name = "RTC";
  readonly slot = DEVICE_SLOTS.rtc;
  readonly ports = [{ first: 0x70, count: 2 }];
  readonly #memory: number;
  readonly #cpus: number;
  #bus!: DeviceBus;
  #state!: DataView;

  constructor(memory: number, cpus: number) {
    this.#memory = memory;
    this.#cpus = cpus;
  }

  attach(bus: DeviceBus): void {
    this.#bus = bus;
    this.#state = bus.state;
    const set16 = (at: number, value: number) => this.#state.setUint16(at, value, true);
    this.#state.setUint8(STATUS_A, 0x26);
    this.#state.setUint8(STATUS_B, B_24_HOURS);
    this.#state.setUint8(STATUS_D, 0x80);
    // Memory sizes where PC firmware leaves them: KiB below 640K, KiB above 1M, 64 KiB units above 16M.
    set16(0x15, 640);
    const extended = Math.min(0xffff, Math.max(0, (this.#memory - MiB) / KiB));
    set16(0x17, extended);
    set16(0x30, extended);
    set16(0x34, Math.max(0, Math.floor((this.#memory - 16 * MiB) / (64 * KiB))));
    this.#state.setUint8(0x5f, this.#cpus - 1);
  }

  portIn(port: number): number {
    return port === 0x70 ? 0xff : this.#read(this.#state.getUint8(INDEX));
  }

  portOut(port: number, value: number): void {
    if (port === 0x70) this.#state.setUint8(INDEX, value & 0x7f);
    else this.#write(this.#state.getUint8(INDEX), value);
  }

  #read(index: number): number {
    const field = this.#field(index);
    return field === undefined ? this.#state.getUint8(index) : this.#encode(index, field);
  }

  #write(index: number, value: number): void {
    if (this.#field(index) !== undefined) this.#setField(index, value);
    else if (index === STATUS_B) this.#writeStatusB(value);
    else if (index !== STATUS_C && index !== STATUS_D) this.#state.setUint8(index, value);
  }

  #writeStatusB(value: number): void {
    if (value & B_INTERRUPTS) this.#bus.stop({ kind: "device", what: "RTC interrupts" });
    this.#state.setUint8(STATUS_B, value);
  }

  #date(): Date {
    const elapsed = this.#bus.now() / 1_000_000_000n + this.#state.getBigInt64(OFFSET, true);
    return new Date((POWER_ON_DATE + Number(elapsed)) * 1000);
  }

  /** The value of a clock register as a plain number, or undefined if `index` is not one. */
  #field(index: number): number | undefined {
    const date = this.#date();
    switch (index) {
      case SECONDS: return date.getUTCSeconds();
      case MINUTES: return date.getUTCMinutes();
      case HOURS: return date.getUTCHours();
      case WEEKDAY: return date.getUTCDay() + 1;
      case DAY: return date.getUTCDate();
      case MONTH: return date.getUTCMonth() + 1;
      case YEAR: return date.getUTCFullYear() % 100;
      case CENTURY: return Math.floor(date.getUTCFullYear() / 100);
      default: return undefined;
    }
  }

  #encode(index: number, value: number): number {
    const b = this.#state.getUint8(STATUS_B);
    const afternoon = index === HOURS && !(b & B_24_HOURS) && value >= 12;
    const shown = index === HOURS && !(b & B_24_HOURS) ? value % 12 || 12 : value;
    return (b & B_BINARY ? shown : Math.floor(shown / 10) * 16 + (shown % 10)) | (afternoon ? 0x80 : 0);
  }

  #decode(index: number, raw: number): number {
    const b = this.#state.getUint8(STATUS_B);
    const twelve = index === HOURS && !(b & B_24_HOURS);
    const digits = twelve ? raw & 0x7f : raw;
    const value = b & B_BINARY ? digits : (digits >> 4) * 10 + (digits & 15);
    return twelve ? (value % 12) + (raw & 0x80 ? 12 : 0) : value;
  }

  /** Moves the clock so that the register reads as written. */
  #setField(index: number, raw: number): void {
    const before = this.#date();
    const after = new Date(before);
    const value = this.#decode(index, raw);
    if (index === SECONDS) after.setUTCSeconds(value);
    if (index === MINUTES) after.setUTCMinutes(value);
    if (index === HOURS) after.setUTCHours(value);
    if (index === DAY) after.setUTCDate(value);
    if (index === MONTH) after.setUTCMonth(value - 1);
    if (index === YEAR) after.setUTCFullYear(Math.floor(before.getUTCFullYear() / 100) * 100 + value);
    if (index === CENTURY) after.setUTCFullYear(value * 100 + (before.getUTCFullYear() % 100));
    const moved = BigInt((after.getTime() - before.getTime()) / 1000);
    this.#state.setBigInt64(OFFSET, this.#state.getBigInt64(OFFSET, true) + moved, true);
  }
}

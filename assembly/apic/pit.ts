// The 8254 interval timer (Intel 8254 datasheet): channel 0 drives IRQ 0, channel 2's gate and output are in
// port 0x61. Modes 0, 2, 3 and 4; those that start at a rising gate (1, 5), and BCD, stop the run by name.
// A new count takes effect at once in every mode, where the chip lets modes 2 and 3 end their cycle first.

import { Cpu } from "../cpu/state";
import { notImplemented } from "../cpu/fault";
import { DEVICES_IN_CORE, NI_PIT } from "../global";
import { now, expectTimer, NEVER } from "../smp/clock";
import { setIrq } from "./irq";

const PIT_BASE: u32 = DEVICES_IN_CORE + 0x300;
const CHANNEL_STRIDE: u32 = 0x40;

/** Counts a second: a third of the NTSC colour subcarrier. */
const PIT_HERTZ: u64 = 1193182;
const TICKS_PER_SECOND: u64 = 1000000000;

/** Access modes, bits 5:4 of a control word. */
const ACCESS_LOW: u32 = 1;
const ACCESS_HIGH: u32 = 2;

@unmanaged
class Channel {
  mode: u32;
  access: u32;
  /** 1 to 65536; 0 until a count was written. */
  count: u32;
  /** Low byte of a 16-bit count that is being written; -1 if none is. */
  partial: i32;
  /** Nonzero: the next read of a 16-bit count gives the high byte. */
  highNext: u32;
  /** Latched count: -1 if none. */
  latched: i32;
  /** Latched status: -1 if none. */
  status: i32;
  gate: u32;
  /** Tick at which counting began; with the gate low, counts made by then. */
  start: u64;
  frozen: u64;
  /** Channel 0: tick of the next rise of OUT; NEVER if there is none. */
  due: u64;
}

/** The speaker's enable, which nothing hears but software reads back. */
const SPEAKER: u32 = PIT_BASE + 3 * CHANNEL_STRIDE;

@inline
function channelAt(n: u32): Channel {
  return changetype<Channel>(PIT_BASE + n * CHANNEL_STRIDE);
}

export function resetPit(): void {
  memory.fill(PIT_BASE, 0, 4 * CHANNEL_STRIDE);
  for (let n: u32 = 0; n < 3; n++) {
    const channel = channelAt(n);
    channel.access = ACCESS_LOW | ACCESS_HIGH;
    channel.partial = -1;
    channel.latched = -1;
    channel.status = -1;
    channel.gate = n == 2 ? 0 : 1;
    channel.due = NEVER;
  }
}

/** Counts in `ticks`; split so that it cannot overflow. */
function countsIn(ticks: u64): u64 {
  return ticks / TICKS_PER_SECOND * PIT_HERTZ + ticks % TICKS_PER_SECOND * PIT_HERTZ / TICKS_PER_SECOND;
}

/** Ticks after which `counts` have been made. */
function ticksOf(counts: u64): u64 {
  const rest = counts % PIT_HERTZ * TICKS_PER_SECOND;
  return counts / PIT_HERTZ * TICKS_PER_SECOND + (rest + PIT_HERTZ - 1) / PIT_HERTZ;
}

@inline
function isPeriodic(channel: Channel): bool {
  return channel.mode == 2 || channel.mode == 3;
}

function elapsed(channel: Channel, at: u64): u64 {
  return channel.gate ? countsIn(at - channel.start) : channel.frozen;
}

function currentCount(channel: Channel, at: u64): u32 {
  if (!channel.count) return 0;
  const gone = elapsed(channel, at);
  const phase = <u32>(gone % channel.count);
  if (channel.mode == 2) return channel.count - phase;
  // Mode 3 counts down by two, once for each half of the wave.
  if (channel.mode == 3) return channel.count - 2 * phase % channel.count & ~1;
  return channel.count - <u32>gone & 0xffff;
}

/** OUT of a channel. Modes 2 to 4 are high until they count down; mode 0 is low until it is through. */
function output(channel: Channel, at: u64): bool {
  if (!channel.count) return channel.mode != 0;
  const gone = elapsed(channel, at);
  switch (channel.mode) {
    case 0: return gone >= channel.count;
    case 2: return !channel.gate || gone % channel.count != channel.count - 1;
    case 3: return !channel.gate || gone % channel.count < (channel.count + 1) >> 1;
    default: return gone != channel.count;
  }
}

/** After a count began: when channel 0 interrupts. */
function schedule(channel: Channel): void {
  channel.due = channel.start + ticksOf(channel.count);
  expectTimer(channel.due);
}

function loadCount(cpu: Cpu, n: u32, value: u32): void {
  const channel = channelAt(n);
  channel.count = value ? value : 0x10000;
  channel.start = now(cpu);
  channel.frozen = 0;
  if (n != 0) return;
  if (channel.mode == 0) setIrq(0, false);
  schedule(channel);
}

/** Fires channel 0 if it is due at `clock`; gives the tick at which it is due next. */
export function firePit(clock: u64): u64 {
  const channel = channelAt(0);
  if (channel.due > clock) return channel.due;
  setIrq(0, false);
  setIrq(0, true);
  if (isPeriodic(channel)) {
    const periods = countsIn(clock - channel.start) / channel.count + 1;
    channel.due = channel.start + ticksOf(periods * channel.count);
  } else {
    channel.due = NEVER;
  }
  return channel.due;
}

function latch(cpu: Cpu, channel: Channel): void {
  if (channel.latched < 0) channel.latched = currentCount(channel, now(cpu)) & 0xffff;
}

function latchStatus(cpu: Cpu, channel: Channel): void {
  if (channel.status >= 0) return;
  const out: u32 = output(channel, now(cpu)) ? 0x80 : 0;
  const empty: u32 = channel.count ? 0 : 0x40;
  channel.status = out | empty | channel.access << 4 | channel.mode << 1;
}

/** Read-back: latches count (bit 5 clear) and status (bit 4 clear) of the channels in bits 3:1. */
function readBack(cpu: Cpu, value: u32): void {
  for (let n: u32 = 0; n < 3; n++) {
    if (!(value >> (n + 1) & 1)) continue;
    if (!(value & 0x20)) latch(cpu, channelAt(n));
    if (!(value & 0x10)) latchStatus(cpu, channelAt(n));
  }
}

/** Port 0x43. */
export function writePitControl(cpu: Cpu, value: u32): void {
  const n = value >> 6;
  if (n == 3) return readBack(cpu, value);
  const channel = channelAt(n);
  if (!(value & 0x30)) return latch(cpu, channel);
  let mode = value >> 1 & 7;
  if (mode > 5) mode -= 4;
  if (mode == 1 || mode == 5 || value & 1) return notImplemented(cpu, NI_PIT);
  channel.mode = mode;
  channel.access = value >> 4 & 3;
  channel.count = 0;
  channel.partial = -1;
  channel.highNext = 0;
  channel.latched = -1;
  channel.status = -1;
  channel.due = NEVER;
  if (n == 0 && mode == 0) setIrq(0, false);
}

/** Ports 0x40 to 0x42. */
export function writePitCount(cpu: Cpu, n: u32, value: u32): void {
  const channel = channelAt(n);
  if (channel.access == ACCESS_LOW) return loadCount(cpu, n, value);
  if (channel.access == ACCESS_HIGH) return loadCount(cpu, n, value << 8);
  if (channel.partial < 0) {
    channel.partial = value;
    return;
  }
  const low = channel.partial;
  channel.partial = -1;
  loadCount(cpu, n, low | value << 8);
}

export function readPitCount(cpu: Cpu, n: u32): u32 {
  const channel = channelAt(n);
  if (channel.status >= 0) {
    const status = channel.status;
    channel.status = -1;
    return status;
  }
  const value: u32 = channel.latched >= 0 ? channel.latched : currentCount(channel, now(cpu)) & 0xffff;
  const both = channel.access == (ACCESS_LOW | ACCESS_HIGH);
  const high = both ? channel.highNext != 0 : channel.access == ACCESS_HIGH;
  if (both) channel.highNext ^= 1;
  if (!both || high) channel.latched = -1;
  return high ? value >> 8 : value & 0xff;
}

/** Port 0x61: bit 0 gate of channel 2, bit 1 speaker, bit 4 refresh (toggles every 15 us), bit 5 output of channel 2. */
export function readPort61(cpu: Cpu): u32 {
  const channel = channelAt(2);
  const at = now(cpu);
  const out: u32 = output(channel, at) ? 0x20 : 0;
  const refresh: u32 = at / 15085 & 1 ? 0x10 : 0;
  return channel.gate | load<u32>(SPEAKER) << 1 | refresh | out;
}

export function writePort61(cpu: Cpu, value: u32): void {
  const channel = channelAt(2);
  const gate = value & 1;
  store<u32>(SPEAKER, value >> 1 & 1);
  if (gate == channel.gate) return;
  const at = now(cpu);
  if (!gate) channel.frozen = elapsed(channel, at);
  // A rising gate starts a periodic mode anew; mode 0 goes on where it was held.
  else channel.start = isPeriodic(channel) ? at : at - ticksOf(channel.frozen);
  channel.gate = gate;
}

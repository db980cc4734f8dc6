// The devices, each alone on a bench: what a driver sees.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Debugcon, DebugExit, FW_CFG, FwCfg, Keyboard, Power, Rtc, SystemControl } from "../../src/devices/index.ts";
import { PortSpace } from "../../src/machine/ports.ts";
import { DeviceBench } from "./device-bench.ts";

const MIB = 1 << 20;

test("the debug console gives the guest's bytes and answers that it is there", () => {
  const device = new Debugcon();
  const bench = new DeviceBench(device);
  const bytes: number[] = [];
  device.onOutput((byte) => bytes.push(byte));
  bench.out(0xe9, 0x41);
  assert.deepEqual(bytes, [0x41]);
  assert.equal(bench.in(0xe9), 0xe9);
});

test("isa-debug-exit gives QEMU's status for writes of every size", () => {
  for (const [size, value, status] of [[1, 0, 1], [1, 0x31, 0x63], [2, 0x1ff, 0xff], [4, 0xffffffff, 0xff]] as const) {
    const bench = new DeviceBench(new DebugExit());
    bench.out(0xf4, value, size);
    assert.deepEqual(bench.stops, [{ kind: "exit", value, status }]);
  }
});

const readItem = (bench: DeviceBench, key: number, size: number): Uint8Array => {
  bench.out(0x510, key, 2);
  return Uint8Array.from({ length: size }, () => bench.in(0x511));
};

test("fw_cfg has QEMU's signature, the CPU count and the RAM size, and no DMA interface", () => {
  const bench = new DeviceBench(new FwCfg(512 * MIB, 4));
  assert.equal(new TextDecoder().decode(readItem(bench, FW_CFG.signature, 4)), "QEMU");
  assert.deepEqual([...readItem(bench, FW_CFG.id, 4)], [1, 0, 0, 0]);
  assert.deepEqual([...readItem(bench, FW_CFG.cpus, 2)], [4, 0]);
  assert.deepEqual([...readItem(bench, FW_CFG.maxCpus, 2)], [4, 0]);
  assert.deepEqual([...readItem(bench, FW_CFG.ramSize, 8)], [0, 0, 0, 0x20, 0, 0, 0, 0]);
});

test("fw_cfg reads zero past an item's end, and selecting starts over", () => {
  const bench = new DeviceBench(new FwCfg(512 * MIB, 4));
  assert.deepEqual([...readItem(bench, FW_CFG.signature, 6)], [0x51, 0x45, 0x4d, 0x55, 0, 0]);
  assert.deepEqual([...readItem(bench, FW_CFG.signature, 1)], [0x51]);
  assert.deepEqual([...readItem(bench, 0x7777, 2)], [0, 0]);
});

test("fw_cfg lists its files by name, big-endian", () => {
  const device = new FwCfg(512 * MIB, 1);
  device.addFile("etc/e820", Uint8Array.of(1, 2, 3));
  device.addFile("etc/acpi/rsdp", Uint8Array.of(9));
  const bench = new DeviceBench(device);
  const directory = readItem(bench, FW_CFG.files, 132);
  const view = new DataView(directory.buffer);
  const name = (at: number) => new TextDecoder().decode(directory.subarray(at, at + 56)).replace(/\0+$/, "");
  assert.equal(view.getUint32(0), 2);
  assert.equal(name(12), "etc/acpi/rsdp");
  assert.equal(name(76), "etc/e820");
  assert.equal(view.getUint32(68), 3);
  assert.deepEqual([...readItem(bench, view.getUint16(72), 3)], [1, 2, 3]);
});

test("the clock shows a fixed date that follows virtual time", () => {
  const bench = new DeviceBench(new Rtc(512 * MIB, 1));
  const read = (index: number) => (bench.out(0x70, index), bench.in(0x71));
  const date = () => [0x32, 9, 8, 7, 4, 2, 0].map(read);
  assert.deepEqual(date(), [0x20, 0x24, 0x01, 0x01, 0x00, 0x00, 0x00]);
  bench.nanoseconds = 1_000_000_000n * (31n * 86400n + 3723n);
  assert.deepEqual(date(), [0x20, 0x24, 0x02, 0x01, 0x01, 0x02, 0x03]);
});

test("a clock that the guest sets goes on from there, also in binary and twelve-hour form", () => {
  const bench = new DeviceBench(new Rtc(512 * MIB, 1));
  const read = (index: number) => (bench.out(0x70, index), bench.in(0x71));
  const write = (index: number, value: number) => (bench.out(0x70, index), bench.out(0x71, value));
  write(4, 0x13);
  bench.nanoseconds = 60_000_000_000n;
  assert.deepEqual([read(4), read(2)], [0x13, 0x01]);
  write(0x0b, 0x04);
  assert.deepEqual([read(4), read(2)], [0x81, 1]);
  write(4, 0x0c);
  assert.equal(read(4), 0x0c);
  write(0x0b, 0x06);
  assert.equal(read(4), 0);
});

test("CMOS memory tells how much memory there is", () => {
  const bench = new DeviceBench(new Rtc(512 * MIB, 4));
  const read16 = (index: number) => [0, 1].reduce((n, i) => (bench.out(0x70, index + i), n | (bench.in(0x71) << (8 * i))), 0);
  assert.equal(read16(0x15), 640);
  assert.equal(read16(0x34), (496 * MIB) / 65536);
});

test("S5 at PM1a control powers off; another sleep type is named", () => {
  const bench = new DeviceBench(new Power());
  bench.out(0x604, 0x2000, 2);
  bench.out(0x604, 0x2400, 2);
  assert.deepEqual(bench.stops, [{ kind: "power-off" }, { kind: "device", what: "ACPI sleep type 1" }]);
});

test("the PM timer counts at 3.58 MHz in 24 bits", () => {
  const bench = new DeviceBench(new Power());
  bench.nanoseconds = 1_000_000_000n;
  assert.equal(bench.in(0x608, 4), 3_579_545);
  bench.nanoseconds = 10_000_000_000n;
  assert.equal(bench.in(0x608, 4), 35_795_450 & 0xffffff);
});

test("the machine is reset by port 0xCF9, the keyboard controller and port 0x92", () => {
  const power = new DeviceBench(new Power());
  power.out(0xcf9, 2);
  assert.deepEqual(power.stops, []);
  power.out(0xcf9, 6);
  const keyboard = new DeviceBench(new Keyboard());
  keyboard.out(0x64, 0xfe);
  const control = new DeviceBench(new SystemControl());
  control.out(0x92, 3);
  assert.deepEqual([power, keyboard, control].map((bench) => bench.stops[0]?.kind), ["reset", "reset", "reset"]);
});

test("the keyboard controller passes its self-test and finds no keyboard", () => {
  const bench = new DeviceBench(new Keyboard());
  bench.out(0x64, 0xaa);
  assert.equal(bench.in(0x64) & 1, 1);
  assert.equal(bench.in(0x60), 0x55);
  assert.equal(bench.in(0x64) & 1, 0);
  bench.out(0x60, 0xff);
  assert.equal(bench.in(0x64) & 1, 0);
});

test("port 0x92 keeps A20 on, and says so when the guest turns it off", () => {
  const bench = new DeviceBench(new SystemControl());
  assert.equal(bench.in(0x92), 2);
  bench.out(0x92, 0);
  assert.equal(bench.stops[0]?.kind, "device");
});

test("ports without a device read as all ones and ignore writes", () => {
  const ports = new PortSpace();
  assert.deepEqual([1, 2, 4].map((size) => ports.read(0xcf8, size)), [0xff, 0xffff, 0xffffffff]);
  ports.write(0xcf8, 0x80000000, 4);
});

test("a wide access to a byte-wide device arrives as bytes, and stays within the device", () => {
  const bench = new DeviceBench(new Rtc(512 * MIB, 1));
  bench.out(0x70, 0x1200 | 0x40, 2);
  bench.out(0x70, 0x40);
  assert.equal(bench.in(0x71), 0x12);
  assert.equal(bench.in(0x71, 2), 0xff12);
});

test("two devices cannot have the same port", () => {
  const ports = new PortSpace();
  ports.add(new DebugExit());
  assert.throws(() => ports.add(new DebugExit()), /taken/);
});

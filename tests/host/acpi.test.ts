// The firmware tables: every checksum, and what each table says about the machine.

import assert from "node:assert/strict";
import { test } from "node:test";
import { acpiTables } from "../../src/boot/acpi.ts";
import { memoryMap } from "../../src/boot/layout.ts";

const MIB = 1 << 20;
const tables = acpiTables({ cpus: 4, memory: 512 * MIB, fastMemory: 128 * MIB });
const view = new DataView(tables.bytes.buffer);
const at = (address: number) => address - tables.start;
const sum = (from: number, size: number) =>
  tables.bytes.subarray(from, from + size).reduce((total, byte) => (total + byte) & 0xff, 0);
const signature = (from: number) => new TextDecoder().decode(tables.bytes.subarray(from, from + 4));

/** Offsets of the tables that the XSDT lists, by signature. */
function listed(): Map<string, number> {
  const xsdt = at(Number(view.getBigUint64(at(tables.rsdp) + 24, true)));
  const count = (view.getUint32(xsdt + 4, true) - 36) / 8;
  const offsets = Array.from({ length: count }, (_, i) => at(Number(view.getBigUint64(xsdt + 36 + 8 * i, true))));
  return new Map(offsets.map((offset) => [signature(offset), offset]));
}

/** Entries of a MADT or SRAT: type, and where each starts. */
function entries(table: number, header: number): { type: number; start: number }[] {
  const found = [];
  const end = table + view.getUint32(table + 4, true);
  for (let start = table + header; start < end; start += view.getUint8(start + 1)) {
    found.push({ type: view.getUint8(start), start });
  }
  return found;
}

test("the root pointer is where a search finds it, and both its checksums are right", () => {
  assert.equal(tables.rsdp % 16, 0);
  assert.ok(tables.rsdp >= 0xe0000 && tables.rsdp < 0x100000);
  assert.equal(sum(at(tables.rsdp), 20), 0);
  assert.equal(sum(at(tables.rsdp), 36), 0);
});

test("every table that RSDT and XSDT list has a right checksum, and they list the same", () => {
  const rsdt = at(view.getUint32(at(tables.rsdp) + 16, true));
  const found = listed();
  assert.deepEqual([...found.keys()], ["FACP", "APIC", "SRAT", "SLIT"]);
  let i = 0;
  for (const offset of [rsdt, ...found.values()]) assert.equal(sum(offset, view.getUint32(offset + 4, true)), 0);
  for (const offset of found.values()) assert.equal(at(view.getUint32(rsdt + 36 + 4 * i++, true)), offset);
});

test("the MADT has one enabled local APIC for each CPU, the I/O APIC, and IRQ 0 at pin 2", () => {
  const found = entries(listed().get("APIC")!, 44);
  const apics = found.filter((entry) => entry.type === 0);
  assert.deepEqual(apics.map(({ start }) => view.getUint8(start + 3)), [0, 1, 2, 3]);
  assert.ok(apics.every(({ start }) => view.getUint32(start + 4, true) === 1));
  const io = found.find((entry) => entry.type === 1)!;
  assert.equal(view.getUint32(io.start + 4, true), 0xfec00000);
  const override = found.find((entry) => entry.type === 2)!;
  assert.deepEqual([view.getUint8(override.start + 3), view.getUint32(override.start + 4, true)], [0, 2]);
});

test("the SRAT splits RAM into a fast node with all CPUs and a slow one without", () => {
  const found = entries(listed().get("SRAT")!, 48);
  assert.equal(found.filter((entry) => entry.type === 0).length, 4);
  const memory = found.filter((entry) => entry.type === 1).map(({ start }) => ({
    node: view.getUint32(start + 2, true),
    base: Number(view.getBigUint64(start + 8, true)),
    size: Number(view.getBigUint64(start + 16, true)),
  }));
  assert.deepEqual(memory, [
    { node: 0, base: 0, size: 0xa0000 },
    { node: 0, base: MIB, size: 127 * MIB },
    { node: 1, base: 128 * MIB, size: 384 * MIB },
  ]);
});

test("the FADT names the power and reset ports, and the DSDT has \\_S5", () => {
  const fadt = listed().get("FACP")!;
  assert.equal(view.getUint32(fadt + 4, true), 244);
  assert.equal(view.getUint32(fadt + 64, true), 0x604);
  assert.equal(Number(view.getBigUint64(fadt + 120, true)), 0xcf9);
  assert.equal(view.getUint8(fadt + 128), 6);
  const dsdt = at(view.getUint32(fadt + 40, true));
  assert.equal(signature(dsdt), "DSDT");
  assert.equal(sum(dsdt, view.getUint32(dsdt + 4, true)), 0);
  assert.match(new TextDecoder("latin1").decode(tables.bytes.subarray(dsdt + 36)), /_S5_/);
});

test("tables of 64 CPUs stay below 1 MiB", () => {
  const many = acpiTables({ cpus: 64, memory: 512 * MIB, fastMemory: 128 * MIB });
  assert.ok(many.start + many.bytes.length <= 0x100000);
});

test("the memory map covers RAM but for the firmware's and the video area, without overlaps", () => {
  const map = memoryMap(512 * MIB);
  const usable = map.filter((entry) => entry.type === 1).reduce((total, entry) => total + entry.size, 0);
  assert.equal(usable, 511 * MIB + 0x9fc00);
  for (let i = 1; i < map.length; i++) assert.ok(map[i]!.start >= map[i - 1]!.start + map[i - 1]!.size);
});

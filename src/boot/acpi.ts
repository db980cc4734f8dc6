// The ACPI tables (ACPI 6.4, chapter 5): which CPUs and interrupt controllers there are (MADT), which
// memory is fast and which is slow (SRAT, SLIT), how to power off and reset (FADT, DSDT).
//
// Two memory nodes: node 0, fast, has the CPUs; node 1, slow, has memory only, as a CXL expander has.

import { PM1A_CONTROL, PM1A_EVENT, PM_TIMER, RESET_CONTROL, SLEEP_TYPE_S5 } from "../devices/power.js";
import { Writer } from "./bytes.js";
import { FIRMWARE, FIRMWARE_END, HIGH_MEMORY, type Range, VIDEO } from "./layout.js";

export interface Platform {
  readonly cpus: number;
  readonly memory: number;
  /** Bytes of RAM from address 0 that are the fast node. */
  readonly fastMemory: number;
}

export interface AcpiTables {
  /** Physical address of the root pointer. */
  readonly rsdp: number;
  readonly start: number;
  readonly bytes: Uint8Array;
}

const LOCAL_APIC = 0xfee00000;
const IO_APIC = 0xfec00000;
const IO_APIC_ID = 0;
const ENABLED = 1;
const SCI_IRQ = 9;
/** Distances as QEMU and most firmware give them: 10 to itself, 20 to the other node. */
const LOCAL_DISTANCE = 10;
const REMOTE_DISTANCE = 20;

const sumTo0 = (bytes: Uint8Array): number => -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;

/** A system description table: header (5.2.6), body, checksum. */
function table(signature: string, revision: number, body: Uint8Array): Uint8Array {
  const bytes = new Writer()
    .text(signature)
    .u32(36 + body.length)
    .u8(revision, 0)
    .text("SHOOTD", 6)
    .text("SHOOTDWN", 8)
    .u32(1)
    .text("SHTD")
    .u32(1)
    .bytes(body)
    .finish();
  bytes[9] = sumTo0(bytes);
  return bytes;
}

function madt({ cpus }: Platform): Uint8Array {
  const body = new Writer().u32(LOCAL_APIC, 1 /* PCAT_COMPAT: there are 8259s to mask */);
  // APIC ids below 255 have to use this structure, also where x2APIC mode is on (5.2.12.12).
  for (let cpu = 0; cpu < cpus; cpu++) body.u8(0, 8, cpu, cpu).u32(ENABLED);
  body.u8(1, 12, IO_APIC_ID, 0).u32(IO_APIC, 0);
  body.u8(2, 10, 0, 0).u32(2).u16(0); // the PIT's IRQ 0 arrives at pin 2
  body.u8(2, 10, 0, SCI_IRQ).u32(SCI_IRQ).u16(0x0d); // the SCI: active high, level
  body.u8(4, 6, 0xff).u16(0).u8(1); // NMI on LINT1 of every CPU
  return table("APIC", 4, body.finish());
}

/** The RAM of each node; node 0 has the hole between video memory and 1 MiB. */
export function memoryNodes({ memory, fastMemory }: Platform): readonly (Range & { readonly node: number })[] {
  const ranges = [
    { node: 0, start: 0, size: VIDEO },
    { node: 0, start: HIGH_MEMORY, size: fastMemory - HIGH_MEMORY },
    { node: 1, start: fastMemory, size: memory - fastMemory },
  ];
  return ranges.filter((range) => range.size > 0);
}

function srat(platform: Platform): Uint8Array {
  const body = new Writer().u32(1).zeros(8);
  for (let cpu = 0; cpu < platform.cpus; cpu++) {
    body.u8(0, 16, 0, cpu).u32(ENABLED).u8(0, 0, 0, 0).u32(0);
  }
  for (const range of memoryNodes(platform)) {
    body.u8(1, 40).u32(range.node).u16(0).u64(range.start, range.size).u32(0, ENABLED).zeros(8);
  }
  return table("SRAT", 3, body.finish());
}

function slit(): Uint8Array {
  const body = new Writer().u64(2).u8(LOCAL_DISTANCE, REMOTE_DISTANCE, REMOTE_DISTANCE, LOCAL_DISTANCE);
  return table("SLIT", 1, body.finish());
}

/** One AML object: Name (\_S5, Package (4) { SLP_TYPa, SLP_TYPb, 0, 0 }). */
function dsdt(): Uint8Array {
  const [NAME, ROOT, PACKAGE, BYTE] = [0x08, 0x5c, 0x12, 0x0a] as const;
  const elements = new Writer();
  for (const value of [SLEEP_TYPE_S5, SLEEP_TYPE_S5, 0, 0]) elements.u8(BYTE, value);
  const body = new Writer()
    .u8(NAME, ROOT)
    .text("_S5_")
    .u8(PACKAGE, 2 + elements.length, 4)
    .bytes(elements.finish());
  return table("DSDT", 2, body.finish());
}

/** FADT revision 3 (244 bytes): fixed hardware in I/O space, reset register, PC devices. */
function fadt(facs: number, dsdtAt: number): Uint8Array {
  // A generic address in I/O space; the access size is 1, 2, 3 for bytes, words, dwords (5.2.3.2).
  const io = (port: number, bits: 8 | 16 | 32) => new Writer().u8(1, bits, 0, Math.log2(bits) - 2).u64(port).finish();
  const none = new Uint8Array(12);
  const flags = (1 << 0) /* WBINVD */ | (1 << 2) /* C1 */ | (1 << 4) /* no power button */ |
    (1 << 5) /* no sleep button */ | (1 << 10) /* reset register */;
  const body = new Writer()
    .u32(facs, dsdtAt).u8(0, 0).u16(SCI_IRQ)
    .u32(0).u8(0, 0, 0, 0) // no SMI command: ACPI mode is always on
    .u32(PM1A_EVENT, 0, PM1A_CONTROL, 0, 0, PM_TIMER, 0, 0)
    .u8(4, 2, 0, 4, 0, 0, 0, 0)
    .u16(0xfff, 0xfff, 0, 0) // no C2, no C3, WBINVD flushes
    .u8(0, 0, 0, 0, 0x32 /* century register */)
    .u16(3).u8(0) // legacy devices and an 8042
    .u32(flags)
    .bytes(io(RESET_CONTROL, 8)).u8(6, 0, 0, 0)
    .u64(facs, dsdtAt)
    .bytes(io(PM1A_EVENT, 32)).bytes(none)
    .bytes(io(PM1A_CONTROL, 16)).bytes(none)
    .bytes(none)
    .bytes(io(PM_TIMER, 32))
    .bytes(none).bytes(none);
  return table("FACP", 3, body.finish());
}

function facs(): Uint8Array {
  return new Writer().text("FACS").u32(64).zeros(24).u8(1).zeros(31).finish();
}

function rsdp(rsdt: number, xsdt: number): Uint8Array {
  const bytes = new Writer()
    .text("RSD PTR ").u8(0).text("SHOOTD", 6).u8(2).u32(rsdt)
    .u32(36).u64(xsdt).u32(0)
    .finish();
  bytes[8] = sumTo0(bytes.subarray(0, 20));
  bytes[32] = sumTo0(bytes);
  return bytes;
}

/** All tables, placed from FIRMWARE on. */
export function acpiTables(platform: Platform): AcpiTables {
  const placed: { at: number; bytes: Uint8Array }[] = [];
  let next = FIRMWARE + 64; // the root pointer is first
  const place = (bytes: Uint8Array): number => {
    const at = next;
    placed.push({ at, bytes });
    next = Math.ceil((at + bytes.length) / 64) * 64;
    return at;
  };
  const fadtAt = place(fadt(place(facs()), place(dsdt())));
  const tables = [fadtAt, place(madt(platform)), place(srat(platform)), place(slit())];
  const rsdt = place(table("RSDT", 1, new Writer().u32(...tables).finish()));
  const xsdt = place(table("XSDT", 1, new Writer().u64(...tables).finish()));
  placed.push({ at: FIRMWARE, bytes: rsdp(rsdt, xsdt) });

  if (next > FIRMWARE_END) throw new RangeError("the ACPI tables are larger than their area");
  const bytes = new Uint8Array(next - FIRMWARE);
  for (const { at, bytes: part } of placed) bytes.set(part, at - FIRMWARE);
  return { rsdp: FIRMWARE, start: FIRMWARE, bytes };
}

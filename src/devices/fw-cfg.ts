// QEMU's firmware configuration device on ports 0x510 (selector) and 0x511 (data). Guests read the
// number of CPUs, the memory map, the command line and the ACPI tables through it. The DMA interface
// is absent and the id item says so (QEMU docs/specs/fw_cfg).
//
// Item contents follow from the machine's options, so the only state is the position.

import { type Device, type DeviceBus, allOnes } from "../machine/device.js";
import { DEVICE_SLOTS } from "./slots.js";

const SELECTOR = 0x510;
const DATA = 0x511;

/** Keys of the items that have fixed numbers. */
export const FW_CFG = {
  signature: 0x00,
  id: 0x01,
  ramSize: 0x03,
  nographic: 0x04,
  cpus: 0x05,
  kernelAddress: 0x07,
  kernelSize: 0x08,
  maxCpus: 0x0f,
  kernelEntry: 0x10,
  commandLineSize: 0x14,
  commandLine: 0x15,
  files: 0x19,
  firstFile: 0x20,
} as const;

const ID_TRADITIONAL = 1; // bit 1 would be the DMA interface
const FILE_NAME_BYTES = 56;
const FILE_ENTRY_BYTES = 64;

// Layout of the state slice.
const KEY = 0; // u16
const POSITION = 4; // u32

export class FwCfg implements Device {
  readonly name = "fw_cfg";
  readonly slot = DEVICE_SLOTS.fwCfg;
  // 0x512 and 0x513 belong to the device and read as zero, as on QEMU's PC.
  readonly ports = [{ first: SELECTOR, count: 4 }];
  readonly wide = true;
  #state!: DataView;
  readonly #items = new Map<number, Uint8Array>();
  readonly #files: { name: string; bytes: Uint8Array }[] = [];

  constructor(memory: number, cpus: number) {
    this.setText(FW_CFG.signature, "QEMU", false);
    this.setNumber(FW_CFG.id, ID_TRADITIONAL, 4);
    this.setNumber(FW_CFG.ramSize, memory, 8);
    this.setNumber(FW_CFG.nographic, 1, 2);
    this.setNumber(FW_CFG.cpus, cpus, 2);
    this.setNumber(FW_CFG.maxCpus, cpus, 2);
    this.#list();
  }

  attach(bus: DeviceBus): void {
    this.#state = bus.state;
  }

  setBytes(key: number, bytes: Uint8Array): void {
    this.#items.set(key, bytes);
  }

  /** A little-endian number of `size` bytes. */
  setNumber(key: number, value: number, size: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
    this.setBytes(key, bytes.subarray(0, size));
  }

  setText(key: number, text: string, terminated = true): void {
    this.setBytes(key, new TextEncoder().encode(terminated ? `${text}\0` : text));
  }

  /** Adds a file to the directory. Files are listed by name and have keys in that order. */
  addFile(name: string, bytes: Uint8Array): void {
    if (name.length >= FILE_NAME_BYTES) throw new RangeError(`fw_cfg file name "${name}" is too long`);
    this.#files.push({ name, bytes });
    this.#files.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#list();
  }

  /** The directory: a count and 64-byte entries, numbers big-endian. */
  #list(): void {
    const directory = new Uint8Array(4 + this.#files.length * FILE_ENTRY_BYTES);
    const view = new DataView(directory.buffer);
    view.setUint32(0, this.#files.length);
    this.#files.forEach(({ name, bytes }, i) => {
      const at = 4 + i * FILE_ENTRY_BYTES;
      view.setUint32(at, bytes.length);
      view.setUint16(at + 4, FW_CFG.firstFile + i);
      directory.set(new TextEncoder().encode(name), at + 8);
      this.setBytes(FW_CFG.firstFile + i, bytes);
    });
    this.setBytes(FW_CFG.files, directory);
  }

  portIn(port: number, size: number): number {
    if (port === DATA && size === 1) return this.#next();
    return port === SELECTOR ? allOnes(size) : 0;
  }

  portOut(port: number, value: number, size: number): void {
    // Bit 14 asks for write access, which no item grants; data writes are ignored since QEMU 2.4.
    if (port !== SELECTOR || size !== 2) return;
    this.#state.setUint16(KEY, value & ~0x4000, true);
    this.#state.setUint32(POSITION, 0, true);
  }

  /** The next byte of the selected item; zero past its end or if there is no such item. */
  #next(): number {
    const position = this.#state.getUint32(POSITION, true);
    const item = this.#items.get(this.#state.getUint16(KEY, true));
    if (item === undefined || position >= item.length) return 0;
    this.#state.setUint32(POSITION, position + 1, true);
    return item[position]!;
  }
}

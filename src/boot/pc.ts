// A PC: a machine with the platform's devices, firmware tables, and an image ready to run. This is what
// most users of the package want; see src/index.ts.

import { Debugcon, DebugExit, FW_CFG, FwCfg, Keyboard, type OutputListener, Power, Rtc, SystemControl, Uart } from "../devices/index.js";
import { UserError } from "../errors.js";
import { Machine, type MachineOptions } from "../machine/index.js";
import { formatSize, MiB } from "../units.js";
import { acpiTables } from "./acpi.js";
import { Writer } from "./bytes.js";
import type { LoadedImage, Module } from "./image.js";
import { memoryMap } from "./layout.js";
import { prepareImage } from "./load.js";

export interface PcOptions extends MachineOptions {
  /** Bytes of RAM, from address 0, that are the fast node (a multiple of 2 MiB). Default: a quarter. */
  readonly fastMemory?: number;
}

export interface BootOptions {
  /** Name of the image: multiboot passes it to the guest, and messages use it. Default `kernel`. */
  readonly name?: string;
  readonly commandLine?: string;
  readonly modules?: readonly Module[];
}

const NODE_UNIT = 2 * MiB;

/** One direction of the serial line each. */
export interface Serial {
  /** Calls `listener` with every byte that the guest sends, and how many it sent before. */
  onOutput(listener: OutputListener): void;
  /** Sends bytes to the guest; they wait until it reads them. */
  write(bytes: Uint8Array | string): void;
  /** Bytes written that the guest's UART has not taken yet. */
  readonly waiting: number;
  /** Bytes that the guest has sent since power-on. */
  readonly sent: number;
}

export class Pc {
  readonly machine: Machine;
  readonly fastMemory: number;
  /** COM1. */
  readonly serial: Serial;
  readonly #uart = new Uart();
  readonly #debugcon = new Debugcon();
  readonly #fwCfg: FwCfg;
  readonly #rsdp: number;

  private constructor(machine: Machine, fastMemory: number) {
    const { cpus, memory } = machine.options;
    this.machine = machine;
    this.fastMemory = fastMemory;
    machine.setSlowMemory(fastMemory);
    this.#fwCfg = new FwCfg(memory, cpus);
    const devices = [
      this.#uart, this.#debugcon, new DebugExit(), this.#fwCfg, new Rtc(memory, cpus), new Power(), new Keyboard(),
      new SystemControl(),
    ];
    for (const device of devices) machine.attach(device);
    this.serial = serialOf(this.#uart);
    this.#rsdp = this.#installTables();
  }

  /** A PC at power-on, with nothing to run yet. */
  static async create(options: PcOptions = {}): Promise<Pc> {
    const machine = await Machine.create(options);
    return new Pc(machine, checkFastMemory(options.fastMemory, machine.options.memory));
  }

  /** Calls `listener` with every byte that the guest writes to the debug console (port 0xE9). */
  onDebugOutput(listener: OutputListener): void {
    this.#debugcon.onOutput(listener);
  }

  /** Loads `image` and puts the first CPU at its entry. Faults of the image are UserErrors. */
  load(image: Uint8Array, options: BootOptions = {}): LoadedImage {
    const { name = "kernel", commandLine = "", modules = [] } = options;
    const { memory } = this.machine.options;
    const loaded = prepareImage({ image, name, commandLine, modules, memory }, this.#rsdp);
    for (const chunk of loaded.chunks) this.machine.writePhysical(chunk.start, chunk.bytes);
    this.#describeBoot(loaded, commandLine);
    this.machine.enterProtected(loaded.entry, loaded.eax, loaded.ebx);
    return loaded;
  }

  /** Puts the ACPI tables into memory and into fw_cfg; returns the address of the root pointer. */
  #installTables(): number {
    const { cpus, memory } = this.machine.options;
    const tables = acpiTables({ cpus, memory, fastMemory: this.fastMemory });
    this.machine.writePhysical(tables.start, tables.bytes);
    const map = new Writer();
    for (const entry of memoryMap(memory)) map.u64(entry.start, entry.size).u32(entry.type);
    this.#fwCfg.addFile("etc/e820", map.finish());
    this.#fwCfg.addFile("etc/acpi/rsdp", tables.bytes.subarray(0, 36));
    this.#fwCfg.addFile("etc/acpi/tables", tables.bytes.subarray(64));
    return tables.rsdp;
  }

  #describeBoot(loaded: LoadedImage, commandLine: string): void {
    const kernel = loaded.chunks.find((c) => loaded.entry >= c.start && loaded.entry < c.start + c.size)!;
    this.#fwCfg.setNumber(FW_CFG.kernelAddress, kernel.start, 4);
    this.#fwCfg.setNumber(FW_CFG.kernelSize, kernel.size, 4);
    this.#fwCfg.setNumber(FW_CFG.kernelEntry, loaded.entry, 4);
    this.#fwCfg.setNumber(FW_CFG.commandLineSize, new TextEncoder().encode(commandLine).length + 1, 4);
    this.#fwCfg.setText(FW_CFG.commandLine, commandLine);
  }
}

function serialOf(uart: Uart): Serial {
  return {
    onOutput: (listener) => uart.onTransmit(listener),
    write: (bytes) => uart.receive(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes),
    get waiting() {
      return uart.waiting;
    },
    get sent() {
      return uart.sent;
    },
  };
}

function checkFastMemory(wanted: number | undefined, memory: number): number {
  if (wanted === undefined) return Math.max(NODE_UNIT, Math.floor(memory / 4 / NODE_UNIT) * NODE_UNIT);
  if (!(wanted >= NODE_UNIT && wanted <= memory) || wanted % NODE_UNIT !== 0) {
    throw new UserError(
      `fast memory must be a multiple of ${formatSize(NODE_UNIT)} within the ${formatSize(memory)} of memory, not ${formatSize(wanted)}`,
    );
  }
  return wanted;
}

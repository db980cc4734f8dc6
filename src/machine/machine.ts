// The machine: load, run, stop, look, snapshot. Everything above this floor (devices, boot, commands)
// goes through this class, and nothing else touches the core.

import * as map from "../../assembly/memory-map.js";
import { UserError } from "../errors.js";
import { hex } from "../units.js";
import { Compiler } from "./compiler/index.js";
import { type Core, type CoreExports, instantiateCore, loadTemplates } from "./core.js";
import { COUNTER_NAMES, type Counters } from "./counters.js";
import type { Device } from "./device.js";
import { type EventKind, eventMask, type MachineEvent, readEvents } from "./events.js";
import { type CheckedOptions, checkOptions, type MachineOptions, TLB_PRESETS } from "./options.js";
import { PortSpace } from "./ports.js";
import { REGISTER_NAMES, type RegisterName, registerNumber } from "./registers.js";
import { putSnapshot, type Snapshot, takeSnapshot } from "./snapshot.js";
import { CORE_STOPS, coreStop, type DeviceStop, type Stop } from "./stop.js";
import { listTlb, TLB_STRUCTURES, type TlbEntry, type TlbStructure } from "./tlb.js";

const PAGE = map.PAGE_SIZE;
/** Steps between two looks at what there is to compile: some milliseconds. */
const COMPILE_EVERY = 1_000_000n;

export class Machine {
  readonly options: CheckedOptions;
  readonly #core: CoreExports;
  readonly #memory: ArrayBuffer;
  readonly #ports: PortSpace;
  readonly #compiler: Compiler | undefined;
  #functionsCompiled = 0;
  #deviceStop: DeviceStop | undefined;
  #eventsTaken = 0;

  private constructor(options: CheckedOptions, core: Core, ports: PortSpace, compiler: Compiler | undefined) {
    this.options = options;
    this.#core = core.exports;
    this.#memory = core.memory.buffer;
    this.#ports = ports;
    this.#compiler = compiler;
    this.#core.init(options.memory, options.cpus, TLB_PRESETS.indexOf(options.tlb), options.seed);
  }

  /** A machine at power-on: RAM zero, and all CPUs but the first waiting for a start-up IPI. */
  static async create(options: MachineOptions = {}): Promise<Machine> {
    const checked = checkOptions(options);
    const ports = new PortSpace();
    const core = await instantiateCore(checked.memory, {
      portIn: (port, size) => ports.read(port, size),
      portOut: (port, size, value) => ports.write(port, value, size),
    });
    const compiler = checked.compile ? new Compiler(core.exports, core.memory, await loadTemplates()) : undefined;
    return new Machine(checked, core, ports, compiler);
  }

  /** Connects `device` to its ports. To be done before the first run: its state is part of the machine's. */
  attach(device: Device): void {
    if (device.slot * map.DEVICE_SLICE >= map.DEVICE_SIZE) throw new RangeError(`there is no device slot ${device.slot}`);
    this.#ports.add(device);
    device.attach({
      state: new DataView(this.#memory, map.DEVICE_BASE + device.slot * map.DEVICE_SLICE, map.DEVICE_SLICE),
      now: () => this.clock,
      setIrq: (line, level) => this.#core.setIrq(line, level ? 1 : 0),
      stop: (reason) => {
        this.#deviceStop ??= reason;
        this.#core.requestStop();
      },
    });
  }

  /** Memory from physical address `from` on is slow: its latency counts in modelled cycles, and nowhere else. */
  setSlowMemory(from: number): void {
    this.#core.setSlowTier(BigInt(from));
  }

  /** Puts the first CPU into flat 32-bit protected mode at `eip`, without paging, as boot protocols demand. */
  enterProtected(eip: number, eax: number, ebx: number): void {
    this.#core.enterProtected(eip, eax, ebx);
  }

  /**
   * Runs for at most `steps` steps (instructions retired and interrupts taken, over all CPUs), exactly
   * that many if nothing else ends the run. A run that is cut into pieces is the same run.
   */
  run(steps: number | bigint): Stop {
    const reason = this.#run(BigInt(steps));
    const stop = this.#deviceStop;
    this.#deviceStop = undefined;
    return stop ?? coreStop(this.#core, reason, (cpu) => Number(this.register(cpu, "mode")));
  }

  /** Ends the run that is under way, or the next one before its first step. */
  requestStop(): void {
    this.#core.requestStop();
  }

  /** Steps done since power-on. */
  get steps(): number {
    return Number(this.#core.steps());
  }

  /** Virtual time in ticks of one nanosecond. */
  get clock(): bigint {
    return BigInt.asUintN(64, this.#core.clock());
  }

  /** How many functions the compiler has made. It is not part of the state: it depends on how the run was cut. */
  get functionsCompiled(): number {
    return this.#functionsCompiled;
  }

  /** A number for the whole state: equal runs have equal hashes at equal steps. */
  stateHash(): bigint {
    return BigInt.asUintN(64, this.#core.stateHash());
  }

  register(cpu: number, name: RegisterName): bigint {
    return BigInt.asUintN(64, this.#core.getRegister(this.#checkCpu(cpu), registerNumber(name)));
  }

  registers(cpu: number): Record<RegisterName, bigint> {
    return Object.fromEntries(REGISTER_NAMES.map((name) => [name, this.register(cpu, name)])) as Record<RegisterName, bigint>;
  }

  /** Sets a register as a debugger does: unchecked. */
  setRegister(cpu: number, name: RegisterName, value: bigint): void {
    const done = this.#core.setRegister(this.#checkCpu(cpu), registerNumber(name), BigInt.asIntN(64, value));
    if (!done) throw new RangeError(`register ${name} cannot be set`);
  }

  /** A copy of `size` bytes of RAM from physical address `address` on. */
  readPhysical(address: number, size: number): Uint8Array {
    return this.#ram(address, size).slice();
  }

  /**
   * Writes RAM from outside, as DMA does: decoded code is decoded anew, but TLBs keep what they have,
   * and entries made from page-table words written so are not marked stale.
   */
  writePhysical(address: number, bytes: Uint8Array): void {
    this.#ram(address, bytes.length).set(bytes);
    this.#core.afterRestore();
  }

  /** The physical address that the page tables give for `address` on `cpu` now, or undefined. Sets nothing. */
  physicalOf(cpu: number, address: bigint): number | undefined {
    const physical = this.#core.physicalOf(this.#checkCpu(cpu), BigInt.asIntN(64, address));
    return physical < 0n ? undefined : Number(physical);
  }

  /** A copy of memory at linear address `address` of `cpu`; throws where nothing is mapped. */
  readVirtual(cpu: number, address: bigint, size: number): Uint8Array {
    const bytes = new Uint8Array(size);
    this.#eachPage(cpu, address, size, (physical, done, part) => bytes.set(this.#ram(physical, part), done));
    return bytes;
  }

  writeVirtual(cpu: number, address: bigint, bytes: Uint8Array): void {
    this.#eachPage(cpu, address, bytes.length, (physical, done, part) =>
      this.writePhysical(physical, bytes.subarray(done, done + part)),
    );
  }

  /** Counters of `cpu`, or summed over all CPUs. They count from power-on and are never reset. */
  counters(cpu?: number): Counters {
    const cpus = cpu === undefined ? Array.from({ length: this.options.cpus }, (_, i) => i) : [this.#checkCpu(cpu)];
    const rows = cpus.map((i) => new BigUint64Array(this.#memory, map.COUNTER_BASE + i * map.COUNTER_STRIDE, COUNTER_NAMES.length));
    const entries = COUNTER_NAMES.map((name, id) => [name, rows.reduce((sum, row) => sum + Number(row[id]), 0)]);
    return Object.fromEntries(entries) as Counters;
  }

  /** What the TLBs of `cpu` hold. */
  tlb(cpu: number, structures: readonly TlbStructure[] = TLB_STRUCTURES): TlbEntry[] {
    return listTlb(this.#core, this.#memory, this.#checkCpu(cpu), structures);
  }

  /** Records events of these kinds from now on, and no others. Recording does not change the run. */
  recordEvents(kinds: readonly EventKind[]): void {
    this.#core.setEventMask(eventMask(kinds));
  }

  /** Events recorded since the last call. A run that records many should be cut: the oldest are overwritten. */
  takeEvents(): MachineEvent[] {
    const end = Number(this.#core.eventCount());
    const events = readEvents(this.#memory, this.#eventsTaken, end);
    this.#eventsTaken = end;
    return events;
  }

  /** Everything that the machine is now. Input that waits outside (serial) is not part of it. */
  snapshot(): Snapshot {
    return takeSnapshot(this.options, this.#memory);
  }

  /** Goes back to `snapshot`, which a machine with the same options must have made. */
  restore(snapshot: Snapshot): void {
    const { cpus, memory, tlb } = this.options;
    const other = snapshot.options;
    if (cpus !== other.cpus || memory !== other.memory || tlb !== other.tlb) {
      throw new UserError("the snapshot is of a machine with other options");
    }
    putSnapshot(snapshot, this.#memory);
    this.#core.afterRestore();
    this.#deviceStop = undefined;
    this.#eventsTaken = Number(this.#core.eventCount());
  }

  /**
   * A run of the core, cut so that what was found hot on the way is compiled. Cut alike without a compiler: how many blocks
   * are decoded depends on it.
   */
  #run(steps: bigint): number {
    for (let left = steps; ; left -= COMPILE_EVERY) {
      const last = left <= COMPILE_EVERY;
      const reason = this.#core.run(last ? left : COMPILE_EVERY);
      this.#functionsCompiled += this.#compiler?.compile() ?? 0;
      if (last || reason !== CORE_STOPS.BUDGET) return reason;
    }
  }

  #checkCpu(cpu: number): number {
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= this.options.cpus) throw new RangeError(`there is no CPU ${cpu}`);
    return cpu;
  }

  #ram(address: number, size: number): Uint8Array {
    if (!Number.isInteger(address) || address < 0 || size < 0 || address + size > this.options.memory) {
      throw new RangeError(`${hex(BigInt(Math.trunc(address)))} and ${size} bytes on are not in RAM`);
    }
    return new Uint8Array(this.#memory, map.RAM_BASE + address, size);
  }

  /** Calls `visit` with the physical address of each run of bytes that lies in one page. */
  #eachPage(cpu: number, address: bigint, size: number, visit: (physical: number, done: number, part: number) => void): void {
    for (let done = 0; done < size; ) {
      const at = BigInt.asUintN(64, address + BigInt(done));
      const part = Math.min(size - done, PAGE - Number(at & BigInt(PAGE - 1)));
      const physical = this.physicalOf(cpu, at);
      if (physical === undefined) throw new RangeError(`${hex(at)} is not mapped on CPU ${cpu}`);
      visit(physical, done, part);
      done += part;
    }
  }
}

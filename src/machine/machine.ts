// The machine: load, run, stop, look, snapshot. Everything above this floor (devices, boot, commands)
// goes through this class, and nothing else touches the core.

import * as map from "../../assembly/memory-map.js";
import { UserError } from "../errors.js";
import { hex } from "../units.js";
import { type Lapic, type PendingIpi, readFlights, readIoapic, readLapic, type RedirectionEntry } from "./chips.js";
import { Compiler } from "./compiler/index.js";
import { type Core, type CoreExports, instantiateCore, loadTemplates } from "./core.js";
import { COUNTER_NAMES, type Counters } from "./counters.js";
import type { Device } from "./device.js";
import { Exploration, type ExplorationOptions } from "./exploration.js";
import { EventReader } from "./event-reader.js";
import { type EventKind, eventMask, type MachineEvent, readEvents } from "./events.js";
import { type CheckedOptions, checkOptions, type MachineOptions, TLB_PRESETS } from "./options.js";
import { PortSpace } from "./ports.js";
import { REGISTER_NAMES, type RegisterName, registerNumber } from "./registers.js";
import { putScript, type ScriptEntry } from "./script.js";
import { type Snapshot, Snapshots } from "./snapshot.js";
import { CORE_STOPS, coreStop, type DeviceStop, type Stop } from "./stop.js";
import { type Hit, putStopPoints, readHits, STOP_POINT_MODES, type StopPoint, type StopPointMode } from "./stop-points.js";
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
  readonly #snapshots: Snapshots;
  #deviceStop: DeviceStop | undefined;
  #eventsTaken = 0;
  #onEvents: ((events: EventReader) => void) | undefined;
  #stopPointMode: StopPointMode = "stop";
  #hitsCleared = 0;

  private constructor(options: CheckedOptions, core: Core, ports: PortSpace, compiler: Compiler | undefined) {
    this.options = options;
    this.#core = core.exports;
    this.#memory = core.memory.buffer;
    this.#ports = ports;
    this.#compiler = compiler;
    this.#snapshots = new Snapshots(options, core.exports, this.#memory);
    this.#core.init(options.memory, options.cpus, TLB_PRESETS.indexOf(options.tlb), options.seed);
  }

  /** A machine at power-on: RAM zero, and all CPUs but the first waiting for a start-up IPI. */
  static async create(options: MachineOptions = {}): Promise<Machine> {
    const checked = checkOptions(options);
    const ports = new PortSpace();
    let machine: Machine | undefined;
    const core = await instantiateCore(checked.memory, {
      portIn: (port, size) => ports.read(port, size),
      portOut: (port, size, value) => ports.write(port, value, size),
      eventsFull: () => machine?.drainEvents(),
    });
    const compiler = checked.compile ? new Compiler(core.exports, core.memory, await loadTemplates()) : undefined;
    machine = new Machine(checked, core, ports, compiler);
    return machine;
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
    return this.#stopOf(() => this.#run(BigInt(steps)));
  }

  /**
   * Lets `cpu` alone make `steps` steps, out of turn, while all others are held; the clock goes on, and timers fire. The
   * run after it is another one than without it. A CPU that waits for an interrupt waits until the next is due; if none
   * can be, the stop is "idle".
   */
  runCpu(cpu: number, steps: number): Stop {
    return this.#stopOf(() => this.#core.runAlone(this.#checkCpu(cpu), BigInt(steps)), cpu);
  }

  /** Runs as `run` does until `cpu` has made `steps` steps, or all together `most` ("limit"). */
  runUntilStepped(cpu: number, steps: number, most = Number.MAX_SAFE_INTEGER): Stop {
    return this.#stopOf(() => this.#core.runUntilStepped(this.#checkCpu(cpu), BigInt(steps), BigInt(most)), cpu);
  }

  #stopOf(run: () => number, stepped = 0): Stop {
    const before = Number(this.#core.hitCount());
    const reason = run();
    const stop = this.#deviceStop;
    this.#deviceStop = undefined;
    return stop ?? coreStop(this.#core, reason, {
      modeOf: (cpu) => Number(this.register(cpu, "mode")),
      hits: () => readHits(this.#memory, before, Number(this.#core.hitCount())),
      stepped,
    });
  }

  /**
   * Stops at these points from now on, and at no others. They do not change the run, are no part of the state and stay
   * when a snapshot is put back. Going on from an instruction point does not hit it again before the CPU has made a step.
   */
  setStopPoints(points: readonly StopPoint[]): void {
    for (const { cpu } of points) if (cpu !== undefined) this.#checkCpu(cpu);
    putStopPoints(this.#core, points);
  }

  /** "stop": a hit ends the run. "note": the run goes on, and `noted` has the newest hits. "off": points are passed by. */
  get stopPointMode(): StopPointMode {
    return this.#stopPointMode;
  }

  set stopPointMode(mode: StopPointMode) {
    this.#stopPointMode = mode;
    this.#core.setHitMode(STOP_POINT_MODES.indexOf(mode));
  }

  /** Hits since `clearNoted`, oldest first; of very many the newest. */
  noted(): readonly Hit[] {
    return readHits(this.#memory, this.#hitsCleared, Number(this.#core.hitCount()));
  }

  clearNoted(): void {
    this.#hitsCleared = Number(this.#core.hitCount());
  }

  /** Instruction points at which `cpu` stands now count as met: going on does not hit them, as after a stop at them. */
  passStopPoints(cpu: number): void {
    this.#core.passPointsHere(this.#checkCpu(cpu));
  }

  /** Number of the last step that `cpu` made; undefined if it has made none. */
  lastStep(cpu: number): number | undefined {
    const after = Number(this.#core.lastStep(this.#checkCpu(cpu)));
    return after === 0 ? undefined : after - 1;
  }

  /** The CPU that has the turn, or had it last. */
  get currentCpu(): number {
    return this.#core.currentCpu();
  }

  lapic(cpu: number): Lapic {
    return readLapic(this.#core, this.#checkCpu(cpu), this.register(cpu, "apic_base"));
  }

  ioapic(): RedirectionEntry[] {
    return readIoapic(this.#core);
  }

  /** IPIs that were sent and have not been accepted. */
  pendingIpis(): PendingIpi[] {
    return readFlights(this.#core, this.#memory, this.options.cpus);
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

  /** Puts `cpu` into flat 64-bit mode at `rip` with the page tables at `cr3`: how a bare program begins. */
  enterLong(cpu: number, rip: number, rsp: number, cr3: number): void {
    this.#core.enterLong(this.#checkCpu(cpu), BigInt(rip), BigInt(rsp), BigInt(cr3));
  }

  /** RAM itself, by physical address: what is written here no CPU's decoded code or TLB takes notice of. */
  ramView(): DataView {
    return new DataView(this.#memory, map.RAM_BASE, this.options.memory);
  }

  /** Begins an exploration from the state as it is now. One at a time. */
  explore(options: ExplorationOptions): Exploration {
    return new Exploration(this.#core, this.#memory, options);
  }

  /**
   * The runs that follow are in the order of `entries`, while time stands still; then the schedule goes on. What a script does
   * not foresee ends it: a CPU that waits, `runCpu`. Stale translations are used of the `held` pages alone, by linear address.
   */
  play(entries: readonly ScriptEntry[], held: readonly bigint[] = []): void {
    for (const { cpu } of entries) this.#checkCpu(cpu);
    putScript(this.#memory, entries, held);
    this.#core.beginScript(entries.length, held.length);
  }

  /** Whether entries of a script are still to come. */
  get scripted(): boolean {
    return this.#core.scripted() !== 0;
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
    this.#snapshots.wrote(address, bytes.length);
    this.#core.afterWrite();
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
    this.#core.tookEvents();
    return events;
  }

  /** Hands over every event that is recorded, in order, none lost: whenever the ring is full, and at `drainEvents`. */
  onEvents(listener: ((events: EventReader) => void) | undefined): void {
    this.#onEvents = listener;
    this.#eventsTaken = Number(this.#core.eventCount());
    this.#core.wantEveryEvent(listener ? 1 : 0);
  }

  drainEvents(): void {
    if (!this.#onEvents) return;
    const first = this.#eventsTaken;
    this.#eventsTaken = Number(this.#core.eventCount());
    this.#onEvents(new EventReader(this.#memory, first, this.#eventsTaken));
    this.#core.tookEvents();
  }

  /** Everything that the machine is now. It shares with the snapshot before what did not change. */
  snapshot(): Snapshot {
    return this.#snapshots.take();
  }

  /** Goes back to `snapshot`, which a machine with the same options must have made. */
  restore(snapshot: Snapshot): void {
    const { cpus, memory, tlb } = this.options;
    const other = snapshot.options;
    if (cpus !== other.cpus || memory !== other.memory || tlb !== other.tlb) {
      throw new UserError("the snapshot is of a machine with other options");
    }
    this.#snapshots.put(snapshot);
    this.#core.afterRestore();
    this.#deviceStop = undefined;
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

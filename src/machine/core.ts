// Loads the core and says what it exports. Nothing outside src/machine touches it.

import { readFile } from "node:fs/promises";
import { RAM_BASE } from "../../assembly/memory-map.js";
import { UserError } from "../errors.js";
import { wantHugePages } from "./huge-pages.js";
import { type CompilerCore, Templates } from "./compiler/index.js";

/** What assembly/index.ts exports, as far as the host uses it. 64-bit numbers are bigints. */
export interface CoreExports extends CompilerCore {
  init(ramBytes: number, cpus: number, preset: number, seed: bigint): void;
  enterProtected(eip: number, eax: number, ebx: number): void;
  run(maxSteps: bigint): number;
  requestStop(): void;
  ramBase(): number;
  setIrq(line: number, level: number): void;
  clock(): bigint;
  steps(): bigint;
  stateHash(): bigint;
  getRegister(cpu: number, id: number): bigint;
  setRegister(cpu: number, id: number, value: bigint): number;
  physicalOf(cpu: number, va: bigint): bigint;
  tlbPlaces(cpu: number, role: number): number;
  tlbEntry(cpu: number, role: number, place: number): number;
  setEventMask(mask: number): void;
  wantEveryEvent(all: number): void;
  tookEvents(): void;
  eventCount(): bigint;
  setSlowTier(from: bigint): void;
  afterRestore(): void;
  afterWrite(): void;
  clearPoints(): void;
  addInstructionPoint(point: number, cpu: number, address: bigint): number;
  addAccessPoint(point: number, cpu: number, flags: number, first: bigint, last: bigint): number;
  addEventPoint(
    point: number, cpu: number, kind: number,
    maskA: bigint, a: bigint, maskB: bigint, b: bigint, maskC: bigint, c: bigint,
  ): number;
  armPoints(): void;
  setHitMode(mode: number): void;
  hitCount(): bigint;
  passPointsHere(cpu: number): void;
  runAlone(cpu: number, steps: bigint): number;
  runUntilStepped(cpu: number, steps: bigint, most: bigint): number;
  lastStep(cpu: number): bigint;
  currentCpu(): number;
  chipRegister(cpu: number, register: number): bigint;
  flights(cpu: number): number;
  flight(cpu: number, n: number): void;
  markAllClean(): void;
  stickyBytes(): number;
  enterLong(cpu: number, rip: bigint, rsp: bigint, cr3: bigint): void;
  exploreBegin(buffers: number, handlers: number): void;
  exploreSpurious(may: number): void;
  exploreEager(eager: number): number;
  exploreInterrupted(cpus: number): void;
  exploreOverflowed(): number;
  exploreTrack(page: bigint, word: number): number;
  exploreEnabled(): number;
  exploreTake(transition: number, limit: number): number;
  exploreTakeAll(count: number, limit: number, room: number): number;
  exploreGoOn(cpu: number, limit: number): number;
  exploreEnd(): void;
  beginScript(entries: number, held: number): void;
  scripted(): number;
  exploreForget(): void;
  exploreHash(half: number): bigint;
  exploreMade(): number;
  exploreTracked(): number;
  exploreTrackedPage(t: number): bigint;
  exploreTrackedValue(t: number): bigint;
  exploreOldValue(cpu: number, t: number, n: number): bigint;
  exploreShare(pa: bigint, bytes: number): number;
  exploreBuffered(cpu: number): number;
  exploreBufferedAt(cpu: number, n: number): bigint;
  exploreBufferedValue(cpu: number, n: number): bigint;
  exploreStatus(cpu: number): number;
  exploreVector(cpu: number): number;
  exploreKernel(end: bigint, over0: bigint, over1: bigint, over2: bigint, full: number): void;
  exploreTrackEverywhere(page: bigint): number;
  exploreEnterSpaces(): void;
  exploreConflicts(): number;
  exploreIsFocus(pa: bigint): number;
  exploreSleeping(may: number): void;
  exploreLearned(): number;
  exploreRefused(): number;
  exploreUses(): number;
  exploreParkedPage(cpu: number): number;
  exploreMark(): number;
  exploreUndo(mark: number): void;
  exploreHasRoom(bytes: number): number;
  exploreVisit(context: number, asleepLow: number, asleepHigh: number): number;
  exploreWoken(): bigint;
  exploreKeptAsleep(): bigint;
  exploreReads(): number;
  exploreWrites(): number;
  exploreRemember(low: bigint, high: bigint, asleep: bigint): void;
  exploreVisitedTable(): number;
  exploreVisitedBytes(): number;
  exploreVisited(): number;
  exploreVisitedHasRoom(): number;
  getStopCpu(): number;
  getStopDetail(): number;
  getStopRip(): bigint;
  getStopLength(): number;
  getStopBytes(half: number): bigint;
}

export interface Core {
  readonly exports: CoreExports;
  readonly memory: WebAssembly.Memory;
}

/** What the core asks of its host: port I/O, and to take the events out of a full ring. */
export interface CoreHost {
  portIn(port: number, size: number): number;
  portOut(port: number, size: number, value: number): void;
  eventsFull(): void;
}

const WASM_PAGE = 65536;

const made = new Map<string, Promise<unknown>>();

/** What `make` makes of file `name`, which is beside the bundle that this file is part of. Made once; a failure is not kept. */
function once<T>(name: string, make: (bytes: Uint8Array) => T | Promise<T>): Promise<T> {
  const file = new URL(name, import.meta.url);
  const before = made.get(name) as Promise<T> | undefined;
  const now = before ?? readFile(file).then(make).catch((error: Error) => {
    made.delete(name);
    throw new UserError(`the core cannot be loaded from ${file.pathname}: ${error.message}`);
  });
  made.set(name, now);
  return now;
}

/** What the compiler makes code of. */
export const loadTemplates = (): Promise<Templates> => once("templates.wasm", (bytes) => new Templates(bytes));

/**
 * A fresh instance with room for exactly `ramBytes` of guest RAM. The memory cannot grow, so views of
 * it stay valid; what the guest never touches costs the host nothing.
 */
export async function instantiateCore(ramBytes: number, host: CoreHost): Promise<Core> {
  const module = await once("core.wasm", (bytes) => WebAssembly.compile(bytes));
  const pages = Math.ceil((RAM_BASE + ramBytes) / WASM_PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  wantHugePages(memory.buffer, RAM_BASE, ramBytes);
  const instance = await WebAssembly.instantiate(module, {
    env: {
      memory,
      abort: (_message: number, _file: number, line: number, column: number) => {
        throw new Error(`the core failed an assertion (line ${line}, column ${column})`);
      },
    },
    host: {
      portIn: (port: number, size: number) => host.portIn(port, size),
      portOut: (port: number, size: number, value: number) => host.portOut(port, size, value),
      eventsFull: () => host.eventsFull(),
    },
  });
  const exports = instance.exports as unknown as CoreExports;
  if (exports.ramBase() !== RAM_BASE) throw new UserError("core.wasm and this program are from different builds");
  return { exports, memory };
}

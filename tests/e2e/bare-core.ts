// The core alone, in a memory that is larger than it should need: behind guest RAM lies a guard. For the
// tests of hostile guests.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as map from "../../assembly/memory-map.ts";
import type { CoreExports } from "../../src/machine/core.ts";
import { Snapshots } from "../../src/machine/snapshot.ts";
import type { Snapshot } from "shootdown";

const GUARD = 1 << 20;
const FILL = 0x5a;
const WASM_PAGE = 65536;

const module = new WebAssembly.Module(readFileSync("dist/core.wasm"));

export class BareCore {
  readonly core: CoreExports;
  readonly ram: Uint8Array;
  readonly #snapshot: Snapshot;
  readonly #snapshots: Snapshots;
  readonly #buffer: ArrayBuffer;

  /** A core that starts from `snapshot`. Ports are not connected: they read as all ones. */
  constructor(snapshot: Snapshot) {
    const { memory, cpus, seed } = snapshot.options;
    const pages = Math.ceil((map.RAM_BASE + memory + GUARD) / WASM_PAGE);
    const linear = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const abort = () => assert.fail("the core failed an assertion");
    const instance = new WebAssembly.Instance(module, {
      env: { memory: linear, abort },
      host: { portIn: () => -1, portOut: () => {}, eventsFull: () => {} },
    });
    this.core = instance.exports as unknown as CoreExports;
    this.#snapshot = snapshot;
    this.#buffer = linear.buffer;
    this.#snapshots = new Snapshots(snapshot.options, this.core, this.#buffer);
    this.core.init(memory, cpus, 0, seed);
    this.ram = new Uint8Array(this.#buffer, map.RAM_BASE, memory);
    this.#guard().fill(FILL);
  }

  /** Goes back to the snapshot, but with `program` at `address`. */
  restore(program: Uint8Array = new Uint8Array(0), address = 0): void {
    this.#snapshots.put(this.#snapshot);
    this.ram.set(program, address);
    this.#snapshots.wrote(address, program.length);
    this.core.afterRestore();
  }

  /** Asserts that nothing was written behind RAM, or into CPUs that do not exist. */
  checkBounds(): void {
    assert.ok(this.#guard().every((byte) => byte === FILL), "memory behind guest RAM was written");
    const { cpus } = this.#snapshot.options;
    const unused = new Uint8Array(this.#buffer, map.CPU_BASE + cpus * map.CPU_STRIDE, (map.MAX_CPUS - cpus) * map.CPU_STRIDE);
    assert.ok(unused.every((byte) => byte === 0), "a CPU that does not exist was written");
  }

  #guard(): Uint8Array {
    return new Uint8Array(this.#buffer, map.RAM_BASE + this.#snapshot.options.memory, GUARD);
  }
}

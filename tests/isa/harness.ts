// A core of its own for instruction tests: long mode with identity page tables, where a byte string can be run from given
// registers, flags and memory for an exact number of steps, at full speed or step by step.

import { readFile } from "node:fs/promises";
import { RAM_BASE } from "../../assembly/memory-map.js";
import { REGISTER_RFLAGS, REGISTER_RIP } from "../../assembly/probe/registers.js";
import { Compiler, Templates } from "../../src/machine/compiler/index.js";
import type { CoreExports } from "../../src/machine/core.js";
import { askForAll, isCompiled } from "./compiled.js";
import {
  ENTRY, ENTRY_STEPS, EXCEPTION_STACK, HANDLERS, STACK_TOP, WITH_CODE, writeGuest,
} from "./guest-image.js";

/** Pages for operands. Tests that compare memory look at DATA_BYTES from here. */
export const DATA_AT = 0x300000;
export const DATA_BYTES = 0x2000;
/** Where test code is placed, each case at an address that no case before it used. */
const CODE_AT = 0x400000;
const RAM_BYTES = 16 << 20;
const WASM_PAGE = 65536;

export const RSP = 4;
export const CF = 1n;
export const PF = 4n;
export const AF = 0x10n;
export const ZF = 0x40n;
export const SF = 0x80n;
export const DF = 0x400n;
export const OF = 0x800n;
export const ARITHMETIC = CF | PF | AF | ZF | SF | OF;

export interface Fault {
  readonly vector: number;
  readonly code: bigint;
}

export interface State {
  /** The sixteen general registers in encoding order. */
  readonly registers: bigint[];
  readonly flags: bigint;
  readonly rip: bigint;
}

export interface Outcome extends State {
  readonly fault: Fault | undefined;
}

let compiled: Promise<WebAssembly.Module> | undefined;

const built = (name: string): Promise<Uint8Array> => readFile(new URL(`../../${name}`, import.meta.url));

async function compile(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await built("core.wasm"));
}

export interface BenchOptions {
  cpus?: number;
  /** 0 skylake, 1 zen3, 2 sticky, 3 none. */
  preset?: number;
  seed?: bigint;
  /** Where the guest is left: long mode unless said; protected is flat and 32-bit, real as at power-on. */
  mode?: "long" | "protected" | "real";
  /** Makes `compile` possible. */
  compiler?: boolean;
}

/** Compiles what ran at all, worth while or not. */
const EAGER = { hotAt: 1, leastRecords: 1 };

/** A machine for tests. */
export class Bench {
  readonly core: CoreExports;
  readonly memory: WebAssembly.Memory;
  readonly ram: Uint8Array;
  #next = CODE_AT;
  #compiler: Compiler | undefined;

  private constructor(core: CoreExports, memory: WebAssembly.Memory) {
    this.core = core;
    this.memory = memory;
    this.ram = new Uint8Array(memory.buffer, RAM_BASE, RAM_BYTES);
  }

  static async create(options: BenchOptions = {}): Promise<Bench> {
    compiled ??= compile();
    const pages = Math.ceil((RAM_BASE + RAM_BYTES) / WASM_PAGE);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const abort = (): never => { throw new Error("the core failed an assertion"); };
    const host = { portIn: () => 0xffffffff, portOut: () => {}, eventsFull: () => {} };
    const { exports } = await WebAssembly.instantiate(await compiled, { env: { memory, abort }, host });
    const bench = new Bench(exports as unknown as CoreExports, memory);
    bench.core.init(RAM_BYTES, options.cpus ?? 1, options.preset ?? 0, options.seed ?? 1n);
    writeGuest(bench.ram, 0x10220); // FSGSBASE OSFXSR PAE
    if (options.compiler) bench.#compiler = new Compiler(bench.core, memory, new Templates(await built("templates.wasm")), EAGER);
    const mode = options.mode ?? "long";
    if (mode !== "real") bench.core.enterProtected(ENTRY, 0, 0);
    if (mode === "long") {
      bench.core.run(BigInt(ENTRY_STEPS));
      bench.warm();
    }
    return bench;
  }

  get(id: number, cpu = 0): bigint {
    return BigInt.asUintN(64, this.core.getRegister(cpu, id));
  }

  set(id: number, value: bigint, cpu = 0): void {
    this.core.setRegister(cpu, id, BigInt.asIntN(64, value));
  }

  /** Loads and stores every data page, so that the front caches answer for them. */
  warm(): void {
    for (let page = DATA_AT - 0x1000; page < DATA_AT + DATA_BYTES + 0x1000; page += 0x1000) {
      // mov rax, [rbx]; mov [rbx], rax; mov rax, [rbx]; mov [rbx], rax; jmp $
      const code = [0x48, 0x8b, 0x03, 0x48, 0x89, 0x03, 0x48, 0x8b, 0x03, 0x48, 0x89, 0x03, 0xeb, 0xfe];
      const registers = new Array<bigint>(16).fill(0n);
      registers[3] = BigInt(page);
      this.start(this.place(code), registers, 0n);
      this.core.run(8n);
    }
  }

  /** Compiles what the core found hot, which is every block before which a slice ended; says how many functions were made. */
  compileHot(): number {
    return this.#compiler?.compile() ?? 0;
  }

  /** Compiles all that was decoded on the page of `at`, hot or not; says whether the block at `at` was. */
  compileAll(at: number): boolean {
    return askForAll(this.memory.buffer, at, () => this.#compiler?.compile());
  }

  /** Whether the block at `at` is compiled now. */
  isCompiled(at: number): boolean {
    return isCompiled(this.memory.buffer, at);
  }

  /** Puts `code` where nothing was decoded yet, and a jump to itself behind it. `align` aligns its first byte modulo a page. */
  place(code: ArrayLike<number>, offsetInPage?: number): number {
    if (this.#next + code.length + 8192 > RAM_BYTES) {
      this.#next = CODE_AT;
      this.core.afterRestore();
    }
    let at = this.#next;
    if (offsetInPage !== undefined) at = ((at + 4095) & ~4095) + offsetInPage;
    this.#next = at + code.length + 2;
    this.ram.set(code as ArrayLike<number>, at);
    this.ram.set([0xeb, 0xfe], at + code.length);
    return at;
  }

  /** Makes CPU 0 go on at `rip` with these registers. */
  start(rip: number | bigint, registers: readonly bigint[], flags: bigint): void {
    for (let r = 0; r < 16; r++) this.set(r, registers[r] ?? 0n);
    this.set(REGISTER_RIP, BigInt(rip));
    this.set(REGISTER_RFLAGS, flags);
  }

  /** What CPU 0 looks like; an exception that was delivered is told apart and undone. */
  state(): Outcome {
    const registers = Array.from({ length: 16 }, (_, r) => this.get(r));
    const rip = this.get(REGISTER_RIP);
    const flags = this.get(REGISTER_RFLAGS);
    const inHandler = Number(rip) - HANDLERS;
    if (rip >= BigInt(HANDLERS + 512) || inHandler < 0) return { registers, rip, flags, fault: undefined };
    const vector = inHandler >> 4;
    const view = new DataView(this.ram.buffer, this.ram.byteOffset + EXCEPTION_STACK - 48, 48);
    const field = (n: number): bigint => view.getBigUint64(n * 8, true);
    registers[RSP] = field(4);
    return {
      registers, rip: field(1), flags: field(3),
      fault: { vector, code: WITH_CODE.has(vector) ? field(0) : 0n },
    };
  }

  /** Runs the code at `at` for `steps` steps: all at once, or one at a time (then the cold handlers do it). */
  run(at: number | bigint, registers: readonly bigint[], flags: bigint, steps: number, single = false): Outcome {
    this.start(at, registers, flags);
    if (single) for (let i = 0; i < steps; i++) this.core.run(1n);
    else this.core.run(BigInt(steps));
    return this.state();
  }
}

/** Sixteen registers with the given ones set; RSP has a stack unless named. */
export function registersWith(some: Record<number, bigint>): bigint[] {
  const registers = new Array<bigint>(16).fill(0n);
  registers[RSP] = BigInt(STACK_TOP);
  for (const [r, value] of Object.entries(some)) registers[Number(r)] = BigInt.asUintN(64, value);
  return registers;
}

// A machine that runs translation programs, one after the other: set up once, then put back to where every CPU waits at
// the gate, with other lists of blocks.

import { type Exploration, Machine } from "../../machine/index.js";
import { explore, type Strategy } from "../explore/strategy.js";
import { System } from "../explore/system.js";
import { makeBlocks, type Blocks } from "./blocks.js";
import { invlpg } from "./code.js";
import { faultHandler, flushHandler } from "./handlers.js";
import { Image, PAGE_FAULT } from "./image.js";
import * as at from "./layout.js";
import { keepsRegister, MOST_CPUS, MOST_EVENTS, type Program } from "./program.js";
import { pteName, pteWord } from "./pte.js";

const VALUES = 9;

/** How what TLBs may hold is explored: by what may still be used at a use, or with fills and evictions as steps of their own. */
export type Form = "lazy" | "eager";

/** The outcomes of a program, sorted. */
export interface Outcomes {
  /** All but those below. */
  readonly outcomes: readonly string[];
  /** Those that only the spurious #PF of a store through an entry without W adds. */
  readonly spurious: readonly string[];
  readonly states: number;
  /** Executions that come to a state in which nobody can go on. */
  readonly stuck: number;
}

function memoryImage(blocks: Blocks): Uint8Array {
  const image = new Image(at.GATE + 4096);
  image.set(at.HANDLERS, faultHandler(at.BLOCK_BYTES, at.BLOCK_EXIT));
  image.gate(PAGE_FAULT, at.HANDLERS);
  for (let cpu = 0; cpu < MOST_CPUS; cpu++) {
    const handler = at.HANDLERS + (cpu + 1) * 64;
    image.set(handler, flushHandler([invlpg(at.PAGE)], at.ACKS + cpu * at.ACK_STRIDE));
    image.gate(at.FLUSH_VECTOR + cpu, handler);
  }
  image.set(at.BLOCKS, blocks.bytes);
  image.word(at.FRAME_0, BigInt(at.INITIAL_0));
  image.word(at.FRAME_1, BigInt(at.INITIAL_1));
  return image.bytes;
}

const LETTERS = new Map([[at.INITIAL_0, "a"], [at.INITIAL_1, "b"], [at.MARK_FAULT, "F"], [at.MARK_DONE, "."]]);
const letter = (value: number): string => LETTERS.get(value) ?? String(value);

/** Whether `program` stores through the page, which alone may raise a spurious #PF. */
const mayStore = (program: Program): boolean =>
  program.columns.some((column) => column.some((event) => (event.kind === "store" || event.kind === "exchange") && event.place === "p"));

export class TranslationRunner {
  readonly #blocks: Blocks;
  readonly #ram: DataView;
  readonly #exploration: Exploration;
  readonly #system: System;
  readonly #root: number;
  readonly #cpus: number;
  readonly #strategy: Strategy;

  private constructor(machine: Machine, cpus: number, blocks: Blocks, form: Form, strategy: Strategy) {
    this.#strategy = strategy;
    this.#blocks = blocks;
    this.#cpus = cpus;
    this.#ram = machine.ramView();
    this.#exploration = machine.explore({ storeBuffers: true, handlers: true });
    for (const address of [at.PTE_WORD, at.FRAME_0, at.FRAME_1, at.FLAG, at.GATE]) this.#exploration.share(address, 8);
    for (let cpu = 0; cpu < cpus; cpu++) this.#exploration.share(at.ACKS + cpu * at.ACK_STRIDE, 8);
    this.#exploration.track(BigInt(at.PAGE), at.PTE_WORD);
    this.#exploration.eagerTranslations = form === "eager";
    this.#system = new System(machine, this.#exploration, cpus);
    this.#system.begin();
    this.#root = this.#exploration.mark();
  }

  /** A runner for programs that need up to `cpus` CPUs, those that are only flushed among them. */
  static async create(cpus: number, form: Form, strategy: Strategy): Promise<TranslationRunner> {
    const machine = await Machine.create({ cpus, memory: at.MEMORY, tlb: "none" });
    const blocks = makeBlocks(MOST_EVENTS, VALUES, MOST_CPUS);
    machine.writePhysical(0, memoryImage(blocks));
    for (let cpu = 0; cpu < cpus; cpu++) {
      machine.enterLong(cpu, at.SETUP, at.STACK_TOP + cpu * at.STACK_STRIDE, at.PML4);
      machine.setRegister(cpu, "r15", BigInt(at.DISPATCH + cpu * at.DISPATCH_STRIDE));
      machine.setRegister(cpu, "r14", BigInt(0x4000 | (at.FLUSH_VECTOR + cpu)));
      machine.setRegister(cpu, "r13", BigInt(at.ACKS + cpu * at.ACK_STRIDE));
      for (const name of ["rbx", "rsi", "rdi", "rbp", "r8", "r9", "r10", "r11"] as const) machine.setRegister(cpu, name, BigInt(at.MARK_FAULT));
    }
    return new TranslationRunner(machine, cpus, blocks, form, strategy);
  }

  /** Every outcome of `program`. */
  run(program: Program): Outcomes {
    const plain = this.#explore(program, false);
    const all = mayStore(program) ? this.#explore(program, true) : plain;
    const outcomes = [...plain.outcomes].sort();
    return {
      outcomes, spurious: [...all.outcomes].filter((outcome) => !plain.outcomes.has(outcome)).sort(),
      states: all === plain ? plain.states : plain.states + all.states, stuck: plain.stuck,
    };
  }

  #explore(program: Program, spurious: boolean): { outcomes: Set<string>; states: number; stuck: number } {
    this.#exploration.undo(this.#root);
    this.#exploration.forget();
    this.#exploration.spuriousFaults = spurious;
    this.#exploration.interruptedCpus = program.columns.flat().flatMap((event) => (event.kind === "flush" ? [event.cpu] : []));
    this.#load(program);
    for (let cpu = 0; cpu < this.#cpus; cpu++) this.#system.take(cpu << 6);
    const outcomes = new Set<string>();
    let stuck = 0;
    const { states } = explore(this.#strategy, this.#system, {
      finished: () => void outcomes.add(this.#outcome(program)),
      stuck: () => void stuck++,
    });
    return { outcomes, states: states ?? 0, stuck };
  }

  #load(program: Program): void {
    this.#ram.setUint32(at.PTE_WORD, pteWord(program.initial), true);
    for (let cpu = 0; cpu < this.#cpus; cpu++) {
      const list = at.DISPATCH + cpu * at.DISPATCH_STRIDE;
      const column = program.columns[cpu] ?? [];
      column.forEach((event, i) => this.#ram.setUint32(list + i * 8, this.#blocks.addressOf(event, i), true));
      this.#ram.setUint32(list + column.length * 8, this.#blocks.end, true);
    }
  }

  /** registers / frame0 frame1 x / PTE, of the final state that the machine is in. */
  #outcome(program: Program): string {
    const registers = program.columns.map((column, cpu) =>
      column.map((event, i) => {
        if (!keepsRegister(event)) return "";
        const value = this.#exploration.registerLow(cpu, at.RESULTS[i]!);
        return event.kind === "load-pte" || event.kind === "exchange-pte" ? pteName(value) : letter(value);
      }).join(""));
    const read = (address: number) => this.#ram.getUint32(address, true);
    const memory = [at.FRAME_0, at.FRAME_1, at.FLAG].map((address) => letter(read(address))).join("");
    return `${registers.join("|")} / ${memory} / ${pteName(read(at.PTE_WORD))}`;
  }
}

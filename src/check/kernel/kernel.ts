// A kernel scenario under exploration: booted once, then run in as many orders as a strategy chooses, each from the same state.

import { type Exploration, type Machine, type StaleUse, type Transition, viewTransition } from "../../machine/index.js";
import { System } from "../explore/system.js";
import { holds, type Observed } from "../scenario/condition.js";
import type { KernelScenario } from "../scenario/kernel.js";
import { placeOf } from "../scenario/kernel-op.js";
import { bootScenario, type Booted, type KernelOptions } from "./boot.js";

/** What is wrong with the state that an execution has come to. */
export type Wrong =
  /** The scenario's condition holds. */
  | { readonly kind: "condition" }
  /** A stale translation was used, in a way that the architecture lets nobody expect. */
  | { readonly kind: StaleUse }
  /** The kernel gave up, or printed something else than that it has killed the program; `says` is its message, unformatted. */
  | { readonly kind: "panic"; readonly cpu: number; readonly says: string }
  /** Columns are not done, and nobody can go on. */
  | { readonly kind: "deadlock"; readonly columns: readonly number[] }
  /** A CPU goes on and on without anything that another could notice. */
  | { readonly kind: "livelock"; readonly cpu: number };

export interface ExploreKernelOptions extends KernelOptions {
  /** Default: no. */
  readonly storeBuffers?: boolean;
  /** Words that two CPUs only read are switch points as well: to check that leaving them out loses nothing. */
  readonly full?: boolean;
  /** An access may use any translation that a TLB may have; else each of them walks. Default: yes. */
  readonly tlbAdversary?: boolean;
}

/** A store that another CPU does meanwhile, through the translation of before, counts as done before. */
const DISCARDING: ReadonlySet<string> = new Set(["madvise", "mmap", "munmap", "truncate"]);
const MESSAGE_BYTES = 128;
const EFAULT = 14;
/** How the kernel's message begins when it kills a program: for an access, for an exception, for want of memory. */
const KILLED = /^(%s\[%d\]: (segfault|trap) |Out of memory: Killed)/;

export class Kernel {
  readonly machine: Machine;
  readonly exploration: Exploration;
  readonly system: System;
  readonly scenario: KernelScenario;
  readonly #booted: Booted;
  readonly #cpus: number;
  readonly #switchWords: number[] = [];
  #found: number[] = [];

  constructor(scenario: KernelScenario, booted: Booted, { storeBuffers = false, full = false, tlbAdversary = true }: ExploreKernelOptions) {
    this.scenario = scenario;
    this.#booted = booted;
    this.machine = booted.machine;
    this.#cpus = booted.machine.options.cpus;
    const places = scenario.locations.filter(({ kind }) => kind === "page" || kind === "hole");
    const pages = tlbAdversary ? places.map(({ name }) => booted.addresses.get(name)!) : [];
    const { end, panic, die, print } = booted.layout;
    this.exploration = booted.machine.explore({ storeBuffers, kernel: { end, over: [panic, die, print], pages, full } });
    this.exploration.interruptedCpus = Array.from({ length: this.#cpus }, (_, cpu) => cpu);
    this.system = new System(booted.machine, this.exploration, this.#cpus, { done: () => this.columnsDone() });
    this.system.begin();
  }

  /** Words, by physical address, at whose accesses CPUs are switched. A path is one only under the same words. */
  get switchWords(): readonly number[] {
    return this.#switchWords;
  }

  /** Back to where the scenario begins. */
  begin(): void {
    this.exploration.undo(0);
    this.system.begin();
  }

  /** Makes words switch points, and goes back to where the scenario begins. */
  share(words: readonly number[]): void {
    this.exploration.undo(0);
    for (const word of words) this.exploration.share(word, 8);
    this.#switchWords.push(...words);
    this.system.begin();
  }

  /**
   * Shares the words that were found to conflict; `programOnly`: of these only the program's own and those of its page tables.
   * Says whether there were any, or a handler was seen to access a shared word that it was not known to: then the search
   * before knew too little.
   */
  learn(programOnly = false): boolean {
    this.#found.push(...this.exploration.takeConflicts());
    const words = this.#found.filter((word) => !programOnly || this.exploration.isProgramWord(word));
    this.#found = this.#found.filter((word) => !words.includes(word));
    this.share(words);
    return this.exploration.takeLearned() || words.length > 0;
  }

  /** Whether every column is through its operations. */
  columnsDone(): boolean {
    return this.scenario.columns.every((_, column) => this.#done(column));
  }

  #done(column: number): boolean {
    return this.#booted.process.half(this.#booted.layout.done(column)) !== 0;
  }

  /** The operation of `column` that is under way; undefined once it is done. */
  operation(column: number): number | undefined {
    const n = this.#booted.process.half(this.#booted.layout.op(column)) ?? 0;
    return n < (this.scenario.columns[column]?.length ?? 0) ? n : undefined;
  }

  /** What the operation's system call returned if it failed, a negative errno; 0 if it did not. */
  status(column: number, operation: number): number {
    return Number(BigInt.asIntN(64, this.#booted.process.word(this.#booted.layout.status(column, operation)) ?? 0n));
  }

  /** Linear address of a page, hole or variable. */
  addressOf(name: string): bigint | undefined {
    return this.#booted.addresses.get(name);
  }

  /** The value of something that an outcome lists, as it is now; all ones for a page that is not mapped. */
  valueOf = (observed: Observed): bigint => {
    if (observed.kind === "fault") return this.#refused(observed.column, observed.name) ? 1n : 0n;
    const { process, layout, addresses } = this.#booted;
    const address = observed.kind === "register"
      ? layout.register(observed.column, Number(observed.name.slice(1)))
      : addresses.get(observed.name);
    return (address === undefined ? undefined : process.word(address)) ?? 0xffff_ffff_ffff_ffffn;
  };

  /** Whether an access of `column` to page `name` was refused. */
  #refused(column: number, name: string): boolean {
    return this.scenario.columns[column]!.some((op, n) => placeOf(op) === name && this.status(column, n) === -EFAULT);
  }

  /** What is wrong with the state as it is now, in which nothing can happen any more; undefined for nothing. */
  judge(): Wrong | undefined {
    for (let cpu = 0; cpu < this.#cpus; cpu++) {
      const status = this.exploration.status(cpu);
      if (status === "over") return this.#spoken(cpu);
      if (status === "endless") return { kind: "livelock", cpu };
    }
    if (!this.system.finished) {
      const waiting = this.scenario.columns.flatMap((_, column) => (this.#done(column) ? [] : [column]));
      return { kind: "deadlock", columns: waiting };
    }
    if (holds(this.scenario.condition.proposition, this.valueOf)) return { kind: "condition" };
    const [use] = this.exploration.staleUses.filter((found) => found !== "diverged-read" && !(found === "lost-write" && this.#discards()));
    return use && { kind: use };
  }

  /** Whether a store may be lost by right, because a column gives the page back or maps another in its place. */
  #discards(): boolean {
    return this.scenario.columns.some((column) => column.some(({ kind }) => DISCARDING.has(kind)));
  }

  /** What the kernel is about to say on `cpu`: undefined if it is that it kills the program, as it must after a forbidden access. */
  #spoken(cpu: number): Wrong | undefined {
    const says = this.#booted.process.text(this.machine.register(cpu, "rdi"), MESSAGE_BYTES);
    const panics = this.machine.register(cpu, "rip") !== BigInt.asUintN(64, this.#booted.layout.print);
    return !panics && KILLED.test(says) ? undefined : { kind: "panic", cpu, says };
  }

  /** A transition in words, from the state in which it is possible. */
  describe(transition: Transition): string {
    const view = viewTransition(transition);
    const at = `0x${this.machine.register(view.cpu, "rip").toString(16)}`;
    switch (view.kind) {
      case "step":
        return `P${view.cpu} goes on at ${at}${view.old === undefined ? "" : ` through old translation ${view.old}`}`;
      case "spurious-fault":
        return `P${view.cpu} faults at ${at}`;
      case "fill":
      case "evict":
        return `P${view.cpu} ${view.kind}s its entry of page ${view.page}`;
      case "drain":
        return `a store of P${view.cpu} reaches memory`;
      case "deliver":
        return `P${view.cpu} is interrupted at ${at}`;
    }
  }
}

/** Boots the guest up to where `scenario` begins. */
export async function openKernel(scenario: KernelScenario, options: ExploreKernelOptions): Promise<Kernel> {
  return new Kernel(scenario, await bootScenario(scenario, options), options);
}

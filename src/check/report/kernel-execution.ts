// The table of a kernel run: made by playing its schedule on the ordinary machine and listening to what that tells
// (assembly/probe/events.ts). Rows are what a reader of such a mail asks for: the threads' operations, writes to page-table
// words of the scenario's pages, interrupts between CPUs, uses of translations that are no longer so. Steps are the
// machine's: the debugger and traces call them the same.

import type { EventKind, MachineEvent } from "../../machine/index.js";
import type { KernelScenario } from "../scenario/kernel.js";
import type { Booted } from "../kernel/boot.js";
import { leafOf, WordText } from "../kernel/leaf.js";
import type { Schedule } from "../schedule/schedule.js";
import type { Script } from "../schedule/script.js";
import type { Execution } from "./execution.js";
import { type Draft, fewer } from "./rows.js";

const RECORDED: readonly EventKind[] = ["table_write", "stale_use", "ipi_send", "ipi_deliver", "mark", "syscall", "exception"];
const PAGE_FAULT = 14n;
const PAGE = ~0xfffn;
const STALE_CLASSES = ["benign", "permission", "diverged-read", "lost-write", "reused-frame"];

/** Operations that call nobody. */
const ACCESSES: ReadonlySet<string> = new Set(["load", "store", "xchg", "mfence"]);
const ERRORS: Readonly<Record<number, string>> = { 1: "EPERM", 11: "EAGAIN", 12: "ENOMEM", 13: "EACCES", 14: "EFAULT", 16: "EBUSY", 22: "EINVAL" };

/** What is played: it stands where the schedule begins. */
export interface KernelStage {
  readonly script: Script;
  readonly booted: Booted;
  readonly scenario: KernelScenario;
}

class Narrator {
  readonly rows: Draft[] = [];
  readonly #stage: KernelStage;
  readonly #words: WordText;
  /** The scenario's pages by linear address. */
  readonly #pages: ReadonlyMap<bigint, string>;
  /** Names of the pages by the physical address of their word. */
  readonly #leaves = new Map<number, string>();
  readonly #ops: number[];
  /** Steps that a CPU has made since it had its last row. */
  readonly #quiet: number[];
  #current: number | undefined;

  constructor(stage: KernelStage) {
    this.#stage = stage;
    const { scenario, booted } = stage;
    this.#words = new WordText(booted.pc.fastMemory, booted.symbols);
    const names = scenario.locations.filter(({ kind }) => kind === "page" || kind === "hole").map(({ name }) => name);
    this.#pages = new Map(names.map((name) => [booted.addresses.get(name)!, name]));
    this.#ops = scenario.columns.map((_, column) => this.#operation(column));
    this.#quiet = Array.from({ length: booted.machine.options.cpus }, () => 0);
    this.#findLeaves();
  }

  /** CPU `cpu` went from step `from` on and made `steps`, on which `events` happened. */
  move(cpu: number, from: number, steps: number, events: readonly MachineEvent[]): void {
    if (this.#current !== cpu) this.#leave();
    this.#current = cpu;
    const before = this.rows.length;
    for (const event of events) this.#event(event);
    this.#findLeaves();
    this.#finished(cpu, from, before);
    this.#quiet[cpu] = this.rows.length > before ? 0 : this.#quiet[cpu]! + steps;
  }

  /** Another CPU has its turn: what the last one did without a row is said in a word. */
  #leave(): void {
    const cpu = this.#current;
    if (cpu === undefined) return;
    const quiet = this.#quiet[cpu]!;
    this.#quiet[cpu] = 0;
    if (quiet === 0 || cpu >= this.#ops.length) return;
    const last = this.rows.at(-1);
    const op = this.#stage.scenario.columns[cpu]![this.#ops[cpu]!];
    const text = `... ${quiet} more steps`;
    if (last?.column === cpu) last.notes.push(text);
    else this.rows.push({ step: this.#stage.booted.machine.steps - quiet, column: cpu, what: `${op?.source.text ?? "waits"}: ${text}`, notes: [], weight: 0 });
  }

  #row(event: MachineEvent, what: string, weight: number, notes: string[] = []): Draft {
    const row = { step: Number(event.step), column: event.cpu, what, notes, weight };
    this.rows.push(row);
    return row;
  }

  #event(event: MachineEvent): void {
    const [a, b, c] = event.values;
    switch (event.kind) {
      case "table_write": {
        const page = this.#leaves.get(Number(a));
        if (page === undefined || !this.#words.differ(b, c)) return;
        const by = this.#stage.booted.symbols.at(event.rip)?.name;
        this.#row(event, `pte ${page}: ${this.#words.of(b)} -> ${this.#words.of(c)}`, 2, by === undefined ? [] : [by]);
        return;
      }
      case "mark": {
        if (!this.#pages.has(a & PAGE)) return;
        const last = this.rows.at(-1);
        const note = `stale in the TLB of P${event.cpu}`;
        if (last?.what.startsWith("pte ") && last.step === Number(event.step) && !last.notes.includes(note)) last.notes.push(note);
        return;
      }
      case "stale_use":
        return this.#staleUse(event, a, b, STALE_CLASSES[Number(c & 0xffn)] ?? "stale");
      case "ipi_send": {
        const last = this.rows.at(-1);
        const what = `IPI 0x${(a & 0xffn).toString(16)} to`;
        if (last?.column === event.cpu && last.what.startsWith(what)) last.what += `, ${targets(b)}`;
        else this.#row(event, `${what} ${targets(b)}`, 1);
        return;
      }
      case "ipi_deliver":
        this.#row(event, `takes the IPI of P${(b >> 8n) & 0xffn}`, 1);
        return;
      case "syscall": {
        const op = this.#stage.scenario.columns[event.cpu]?.[this.#ops[event.cpu]!];
        // A load that faults calls the kernel as well: it returns from the handler of its signal.
        if (op && !ACCESSES.has(op.kind)) this.#row(event, op.source.text, 3);
        return;
      }
      case "exception":
        if (a === PAGE_FAULT && this.#ops[event.cpu] !== undefined) this.#row(event, "#PF", 1);
        return;
    }
  }

  #staleUse(event: MachineEvent, address: bigint, physical: bigint, kind: string): void {
    const page = this.#pages.get(address & PAGE);
    if (page === undefined) return;
    const at = leafOf(this.#stage.booted.machine, this.#stage.booted.process.root, address);
    const now = at === undefined ? 0n : this.#stage.booted.machine.ramView().getBigUint64(at, true);
    const row = this.#row(event, `uses ${page} at ${this.#words.node(physical)}`, 3, [`TLB: ${this.#words.node(physical)}`, `page table: ${this.#words.of(now)}`]);
    if (kind === "benign") row.notes.push("the bytes are the same");
    else {
      row.stale = true;
      row.notes.push(kind);
    }
  }

  /** Operations of column `cpu` that have come to their end in a move from step `from` on, whose rows are those from `first` on. */
  #finished(cpu: number, from: number, first: number): void {
    const { scenario, booted } = this.#stage;
    if (cpu >= this.#ops.length) return;
    const now = this.#operation(cpu);
    for (let n = this.#ops[cpu]!; n < now; n++) {
      const op = scenario.columns[cpu]![n]!;
      const text = op.source.text;
      const status = Number(BigInt.asIntN(64, booted.process.word(booted.layout.status(cpu, n)) ?? 0n));
      const notes = "register" in op && op.register !== undefined && status === 0
        ? [`${op.register} = ${booted.process.word(booted.layout.register(cpu, Number(op.register.slice(1))))}`] : [];
      if (status !== 0) notes.push(`fails: ${ERRORS[-status] ?? status}`);
      const called = this.rows.some((row) => row.column === cpu && row.what === text && row.op === undefined);
      const use = this.rows.slice(first).find((row) => row.column === cpu && row.what.startsWith("uses "));
      if (use && !called) {
        use.what = text;
        use.notes.unshift(...notes);
        use.op = n;
      } else {
        this.rows.push({ step: called ? booted.machine.steps - 1 : from, column: cpu, what: called ? `${text} returns` : text, notes, weight: called ? 1 : 3, op: n });
      }
      for (const row of this.rows) if (row.column === cpu && row.what === text) row.op ??= n;
    }
    this.#ops[cpu] = now;
  }

  /** Page tables come and go: the words that map the pages now are watched besides those that did. */
  #findLeaves(): void {
    const { machine, process } = this.#stage.booted;
    for (const [address, name] of this.#pages) {
      const at = leafOf(machine, process.root, address);
      if (at !== undefined) this.#leaves.set(at, name);
    }
  }

  #operation(column: number): number {
    const { process, layout } = this.#stage.booted;
    return process.half(layout.op(column)) ?? 0;
  }
}

/** CPUs of a bit map, as columns. */
function targets(map: bigint): string {
  const cpus: string[] = [];
  for (let cpu = 0; map >> BigInt(cpu); cpu++) if ((map >> BigInt(cpu)) & 1n) cpus.push(`P${cpu}`);
  return cpus.join(", ");
}

/** Plays `schedule` on `stage` to its end, and tells what happened in rows, not too many of them. */
export function kernelExecution(schedule: Schedule, stage: KernelStage): Execution {
  const { machine } = stage.booted;
  const narrator = new Narrator(stage);
  machine.recordEvents(RECORDED);
  machine.takeEvents();
  for (const { cpu, steps } of stage.script.moves) {
    if (steps === 0) continue;
    const from = machine.steps;
    machine.run(steps);
    narrator.move(cpu, from, steps, machine.takeEvents());
  }
  machine.recordEvents([]);
  const columns = stage.scenario.columns.map((_, column) => `P${column}`);
  return { shows: schedule.shows, columns, rows: fewer(narrator.rows.filter(({ column }) => column < columns.length)) };
}

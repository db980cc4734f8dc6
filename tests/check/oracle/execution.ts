// The candidate executions of a translation program, up to what reads see: where interrupts are taken, and by which of the
// ways that the contract knows each access through the page is translated. For oracle.ts, which chooses what reads see.

import { keepsRegister, type Event, type Program, type Pte } from "../../../src/check/translation/program.js";
import type { Clause } from "./clauses.js";
import type { Order } from "./order.js";

export const FRAME_0 = 0;
export const FRAME_1 = 1;
export const FLAG = 2;
export const WORD = 3;

export const P = 1;
export const W = 2;
export const D = 4;
export const HIGH = 8; // frame 1

export const wordOf = (pte: Pte): number => (pte === "N" ? 0 : (pte[0] === "1" ? HIGH : 0) | { R: P, W: P | W, D: P | W | D }[pte[1] as "R" | "W" | "D"]);

/**
 * How an access through the page is translated:
 * - fresh: by an entry that was filled since the last access of this CPU that used one
 * - shared: by the entry that the access before it used
 * - dirty: by a walk that finds W=1, D=0 and sets D
 * - fault: not at all; the walk finds too few rights
 * - spurious, spurious-shared: not at all; an entry with W=0, had as above, faults a store without a walk
 */
export type Way = "fresh" | "shared" | "dirty" | "fault" | "spurious" | "spurious-shared";

/** What a walk gave: a word, once it is chosen. */
export interface Translation {
  word: number;
}

export interface Write {
  readonly node: number;
  readonly cpu: number;
  readonly index: number;
  readonly place: number | Translation;
  /** Undefined for a walk that sets D in what it finds. */
  readonly value: number | undefined;
  readonly buffered: boolean;
  /** By address of the access, for the mutant that forwards by it. */
  readonly virtual: string;
  readonly found?: (value: number) => void;
}

export interface Read {
  readonly node: number;
  readonly cpu: number;
  readonly index: number;
  readonly place: number | Translation;
  readonly forwards: boolean;
  readonly virtual: string;
  readonly accepts: (value: number) => boolean;
  readonly found: (value: number) => void;
}

/** A column in which a flush is two steps. */
export type Step = { readonly event: Event; readonly index: number; readonly acknowledged?: boolean };

export const stepsOf = (column: readonly Event[]): Step[] =>
  column.flatMap((event, index): Step[] => (event.kind === "flush" ? [{ event, index }, { event, index, acknowledged: true }] : [{ event, index }]));

export interface Flush {
  readonly sender: number;
  readonly index: number;
  readonly target: number;
}

/** An interrupt of `flush` is taken before step `slot` of its target. */
export interface Delivery extends Flush {
  readonly slot: number;
}

const MARK_FAULT = "F";
const MARK_DONE = ".";
const LETTERS = new Map([[10, "a"], [11, "b"]]);
export const letter = (value: number): string => LETTERS.get(value) ?? String(value);
export const pteLetters = (word: number): string => (word & P ? (word & HIGH ? "1" : "0") + (word & D ? "D" : word & W ? "W" : "R") : "N");

export const isPaged = (event: Event): boolean =>
  (event.kind === "load" || event.kind === "store" || event.kind === "exchange") && event.place === "p";

const PLACE = { 0: FRAME_0, 1: FRAME_1, x: FLAG } as const;

/**
 * The part of an execution that its deliveries and ways decide. Nodes are moments: each instruction's execution, each
 * store's drain, each fill, each delivery, each start of a #PF handler. `consistent` is false if they cannot be ordered.
 */
export class Execution {
  readonly writes: Write[] = [];
  readonly reads: Read[] = [];
  /** What an access asks of an entry that it shares. */
  readonly demands: { readonly translation: Translation; readonly suits: (word: number) => boolean }[] = [];
  readonly registers: string[][];
  consistent = true;

  constructor(
    readonly program: Program, readonly order: Order, readonly without: Clause | undefined,
    deliveries: readonly Delivery[], ways: ReadonlyMap<Event, Way>,
  ) {
    order.clear();
    this.registers = program.columns.map((column) => column.map(() => ""));
    const taken = deliveries.map((delivery) => ({ ...delivery, node: order.node() }));
    program.columns.forEach((column, cpu) => this.#column(cpu, column, taken, ways));
  }

  #before(a: number, b: number): void {
    this.consistent &&= this.order.add(a, b);
  }

  #column(cpu: number, column: readonly Event[], taken: readonly (Delivery & { node: number })[], ways: ReadonlyMap<Event, Way>): void {
    const { order, without } = this;
    let last: number[] = []; // executed last
    let floor: number[] = []; // moments after which a fresh entry is filled
    let entry: Translation | undefined;
    const drains: number[] = [];
    const execute = (): number => {
      const node = order.node();
      for (const earlier of last) this.#before(earlier, node);
      last = [node];
      return node;
    };
    const drained = (node: number): void => drains.forEach((drain) => this.#before(drain, node));
    const invalidate = (nodes: number[]): void => {
      floor = nodes;
      entry = undefined;
    };
    const deliver = (slot: number): void => {
      const here = taken.filter((delivery) => delivery.target === cpu && delivery.slot === slot);
      if (here.length === 0) return;
      for (const { node } of here) {
        for (const earlier of last) this.#before(earlier, node);
        if (without !== "delivery-drains") drained(node);
      }
      last = here.map(({ node }) => node);
      if (without !== "delivery-drops") invalidate(last);
    };
    const steps = stepsOf(column);
    steps.forEach(({ event, index, acknowledged }, slot) => {
      deliver(slot);
      const keep = (text: string): void => void (this.registers[cpu]![index] = text);
      const show = (value: number): void => keep(keepsRegister(event) ? letter(value) : "");
      const all = (): boolean => true;
      const read = (node: number, place: number | Translation, virtual: string, accepts: Read["accepts"], found: Read["found"], forwards = true): void =>
        void this.reads.push({ node, cpu, index, place, virtual, accepts, found, forwards });
      const store = (node: number, place: number | Translation, virtual: string, value: number): void => {
        const drain = order.node();
        this.#before(node, drain);
        if (without !== "fifo") drained(drain);
        drains.push(drain);
        this.writes.push({ node: drain, cpu, index, place, value, virtual, buffered: true });
      };
      const locked = (node: number, place: number | Translation, virtual: string, value: number, found: (value: number) => void): void => {
        if (without === "locked-atomic") {
          read(node, place, virtual, all, found);
          store(node, place, virtual, value);
        } else this.writes.push({ node, cpu, index, place, value, virtual, buffered: false, found });
      };
      const walk = (node: number, translation: Translation, accepts: Read["accepts"]): void =>
        read(node, WORD, "T", accepts, (value) => void (translation.word = value), without === "walk-skips-buffer");

      const paged = isPaged(event);
      const way = ways.get(event);
      const node = execute();
      const shares = way === "shared" || way === "spurious-shared";
      const fault = way === "fault" || way === "spurious" || way === "spurious-shared";
      const lockedEvent = event.kind === "exchange" || event.kind === "exchange-pte";
      if (lockedEvent && without !== "locked-drains" && !(fault && without === "locked-fault-drains")) drained(node);
      if (paged) {
        const writing = event.kind !== "load";
        const rights = !writing ? P : without === "dirty-entry" ? P | W : P | W | D;
        let translation: Translation = { word: 0 };
        const usable = (word: number): boolean => (fault ? (word & (P | W)) === P : (word & rights) === rights);
        if (shares) {
          translation = entry!;
          this.demands.push({ translation, suits: usable });
        } else if (way === "fresh" || way === "spurious") {
          const fill = without === "stale" ? node : order.node();
          if (fill !== node) this.#before(fill, node);
          for (const earlier of floor) this.#before(earlier, fill);
          walk(fill, translation, usable);
        } else if (way === "dirty") {
          const moment = without === "dirty-late" ? order.node() : node;
          if (moment !== node) {
            this.#before(moment, node);
            for (const earlier of floor) this.#before(earlier, moment);
          }
          const found = (word: number): void => void (translation.word = word | D);
          if (without === "dirty-atomic") {
            const looked = order.node();
            this.#before(looked, moment);
            for (const earlier of floor) this.#before(earlier, looked);
            walk(looked, translation, (word) => (word & (P | W | D)) === (P | W));
            this.writes.push({ node: moment, cpu, index, place: WORD, value: undefined, virtual: "T", buffered: false, found: () => {} });
          } else this.writes.push({ node: moment, cpu, index, place: WORD, value: undefined, virtual: "T", buffered: false, found });
        } else {
          const decided = without === "fault-current" ? order.node() : node;
          if (decided !== node) {
            this.#before(decided, node);
            for (const earlier of floor) this.#before(earlier, decided);
          }
          if (without === "fault-early") drained(decided);
          walk(decided, translation, (word) => (word & (writing ? P | W : P)) !== (writing ? P | W : P));
        }
        if (fault) {
          keep(MARK_FAULT);
          const handler = execute();
          if (without !== "fault-drains") drained(handler);
          if (without !== "fault-drops") invalidate([handler]);
          return;
        }
        entry = translation;
        if (without !== "never-back") floor = [node];
        if (event.kind === "load") read(node, translation, "p", all, show);
        else if (event.kind === "store") {
          keep(MARK_DONE);
          store(node, translation, "p", event.value);
        } else if (event.kind === "exchange") locked(node, translation, "p", event.value, show);
        return;
      }
      switch (event.kind) {
        case "load":
          return read(node, PLACE[event.place as "x"], event.place, all, show);
        case "store":
          return store(node, PLACE[event.place as "x"], event.place, event.value);
        case "exchange":
          return locked(node, PLACE[event.place as "x"], event.place, event.value, show);
        case "await-flag":
          return read(node, FLAG, "x", (value) => value === event.value, () => {});
        case "load-pte":
          return read(node, WORD, "T", all, (word) => keep(pteLetters(word)));
        case "store-pte":
          return store(node, WORD, "T", wordOf(event.pte));
        case "exchange-pte":
          return locked(node, WORD, "T", wordOf(event.pte), (word) => keep(pteLetters(word)));
        case "await-pte":
          return read(node, WORD, "T", (word) => word === wordOf(event.pte), () => {});
        case "invlpg":
          if (without !== "invlpg-drains") drained(node);
          if (without !== "invlpg-drops") invalidate([node]);
          return;
        case "mfence":
          if (without !== "mfence-drains") drained(node);
          return;
        case "flush": {
          const delivery = taken.find((d) => d.sender === cpu && d.index === index);
          if (acknowledged) {
            if (delivery && without !== "flush-waits") this.#before(delivery.node, node);
            return;
          }
          if (event.fenced ? without !== "flush-fenced" : without === "x2apic-weak") drained(node);
          if (delivery && without !== "sent-before") this.#before(node, delivery.node);
        }
      }
    });
    deliver(steps.length);
  }
}

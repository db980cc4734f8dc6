// An independent, axiomatic model of translation programs, to compare the machine with. It knows no machine state and no
// steps: it makes every candidate execution and keeps those whose moments can be ordered.
//
// A candidate says before which step each flush interrupt is taken, how each access through the page is translated, in
// which order the stores to each word reach memory (co), and which of them each read sees (rf). The axioms, of which `<`
// is one strict partial order over all moments; an execution is allowed if it has no cycle:
//
//   program order   executions of one CPU are ordered; e < d from a store's execution to its drain; drains are FIFO
//   memory          a read r of w: d_w < r, unless w is its own buffered store (a load forwards, a walk never does);
//                   r < d of the next store in co; and no older store of r's CPU to that address comes later in co than w
//   locked, fences  have one moment, behind the drains of all older stores: XCHG, MFENCE, INVLPG, delivery, #PF's handler
//   entry           a fill reads the page-table word, and is before every access that uses it; unless two accesses share
//                   it, it is after the access that used an entry before: a newer entry takes the older's place
//   invalidation    INVLPG, delivery and #PF's handler are before every later fill of that CPU, and end sharing
//   D               a walk that sets D reads and writes the word in the moment of the access; the entry it makes has D
//   fault           a #PF reads the word in the moment of the access; its handler starts after it
//   flush           sent < delivery < acknowledged; a delivery is between two instructions of its target
//
// Two clauses need more than a relation over the program's events. A delivery's place in its target's program order is
// no consequence of anything, so it is enumerated; and the handler of a #PF is a moment of its own, since the stores that
// were buffered at the fault reach memory between the two, with other CPUs' accesses among them. A delivery and its
// acknowledgement are one moment: what the target does between the two is nothing that others see.

import type { Event, Program } from "../../../src/check/translation/program.js";
import { CLAUSES, type Clause } from "./clauses.js";
import {
  D, Execution, FLAG, FRAME_0, FRAME_1, HIGH, isPaged, letter, P, pteLetters, stepsOf, W, WORD, wordOf,
  type Delivery, type Flush, type Read, type Translation, type Way, type Write,
} from "./execution.js";
import { Order } from "./order.js";

export interface Verdict {
  readonly outcomes: readonly string[];
  /** Those that only the spurious #PF adds. */
  readonly spurious: readonly string[];
}

const INITIAL = [10, 11, 0]; // a, b, and the flag
const order = new Order();

/** The verdict on `program`, of the contract or of it without one clause. */
export function oracle(program: Program, without?: Clause): Verdict {
  const plain = outcomesOf(program, false, without);
  const all = without === "spurious" ? plain : outcomesOf(program, true, without);
  return { outcomes: [...plain].sort(), spurious: [...all].filter((outcome) => !plain.has(outcome)).sort() };
}

/** Every clause whose absence changes the verdict on `program`. */
export function detected(program: Program): Clause[] {
  const right = JSON.stringify(oracle(program));
  return (Object.keys(CLAUSES) as Clause[]).filter((clause) => JSON.stringify(oracle(program, clause)) !== right);
}

function outcomesOf(program: Program, spurious: boolean, without: Clause | undefined): Set<string> {
  const outcomes = new Set<string>();
  const possible = new Words(program);
  const flushes = program.columns.flatMap((column, sender) =>
    column.flatMap((event, index) => (event.kind === "flush" && event.cpu < program.columns.length ? [{ sender, index, target: event.cpu }] : [])));
  const paged = program.columns.map((column) => column.filter(isPaged));
  const faulting = spurious && paged.flat().some((event) => event.kind !== "load") && possible.readOnly;
  if (spurious && !faulting) return outcomesOf(program, false, without);
  for (const deliveries of placements(program, flushes, without)) {
    for (const ways of choices(program, deliveries, possible, faulting, without)) {
      const execution = new Execution(program, order, without, deliveries, ways);
      if (execution.consistent) new Completion(execution, outcomes).run();
    }
  }
  return outcomes;
}

/** What values of the page-table word a program can give rise to; leaves out ways that no value permits. */
class Words {
  readonly absent: boolean;
  readonly present: boolean;
  readonly readOnly: boolean;
  readonly clean: boolean;
  readonly writable: boolean;

  constructor(program: Program) {
    const words = [program.initial, ...program.columns.flat().flatMap((e) => (e.kind === "store-pte" || e.kind === "exchange-pte" ? [e.pte] : []))].map(wordOf);
    this.absent = words.includes(0);
    this.present = words.some((word) => word !== 0);
    this.readOnly = words.some((word) => (word & (P | W)) === P);
    this.clean = words.some((word) => (word & (W | D)) === W);
    this.writable = words.some((word) => (word & W) !== 0);
  }

  ways(event: Event, sharing: boolean, spurious: boolean): Way[] {
    const loads = event.kind === "load";
    const ways: Way[] = [];
    const usable = loads ? this.present : this.writable;
    if (usable) ways.push("fresh");
    if (usable && sharing) ways.push("shared");
    if (!loads && this.clean) ways.push("dirty");
    if (this.absent || (!loads && this.readOnly)) ways.push("fault");
    if (!loads && spurious && this.readOnly) ways.push("spurious");
    if (!loads && spurious && this.readOnly && sharing) ways.push("spurious-shared");
    return ways;
  }
}

/** Every choice of where in its target's program order each flush interrupt is taken. */
function placements(program: Program, flushes: readonly Flush[], without: Clause | undefined): Delivery[][] {
  let all: Delivery[][] = [[]];
  for (const flush of flushes) {
    const steps = stepsOf(program.columns[flush.target]!);
    const slots = Array.from({ length: steps.length + 1 }, (_, slot) => slot).filter((slot) =>
      !(without === "delivery-waiting" && steps[slot]?.acknowledged) && !(without === "delivery-finished" && slot === steps.length));
    all = all.flatMap((chosen) => slots.map((slot) => [...chosen, { ...flush, slot }]));
  }
  return all;
}

/** Every choice of a way for each access through the page. */
function choices(program: Program, deliveries: readonly Delivery[], possible: Words, spurious: boolean, without: Clause | undefined): Map<Event, Way>[] {
  let all = [new Map<Event, Way>()];
  program.columns.forEach((column, cpu) => {
    let before: Event | undefined; // access whose entry may still be there
    stepsOf(column).forEach(({ event, acknowledged }, slot) => {
      if (without !== "delivery-drops" && deliveries.some((d) => d.target === cpu && d.slot === slot)) before = undefined;
      if (acknowledged) return;
      if (event.kind === "invlpg" && without !== "invlpg-drops") before = undefined;
      if (!isPaged(event)) return;
      const earlier = before;
      all = all.flatMap((ways) => {
        const gone = earlier && /fault|spurious/.test(ways.get(earlier)!);
        return possible.ways(event, earlier !== undefined && !gone && without !== "stale", spurious).map((way) => new Map(ways).set(event, way));
      });
      before = event;
    });
  });
  return all;
}

/** Chooses co and rf of an execution, word by word: the page-table word first, since the other places depend on it. */
class Completion {
  readonly #finals = [0, 0, 0, 0];
  readonly #execution: Execution;
  readonly #outcomes: Set<string>;

  constructor(execution: Execution, outcomes: Set<string>) {
    this.#execution = execution;
    this.#outcomes = outcomes;
  }

  run(): void {
    this.#memory(WORD, () => {
      if (this.#execution.demands.some(({ translation, suits }) => !suits(translation.word))) return;
      this.#memory(FLAG, () => this.#memory(FRAME_0, () => this.#memory(FRAME_1, () => void this.#outcomes.add(this.#outcome()))));
    });
  }

  #outcome(): string {
    const [frame0, frame1, flag, word] = this.#finals;
    return `${this.#execution.registers.map((column) => column.join("")).join("|")} / ${letter(frame0!)}${letter(frame1!)}${letter(flag!)} / ${pteLetters(word!)}`;
  }

  #memory(place: number, then: () => void): void {
    const { program } = this.#execution;
    const here = (at: number | Translation): boolean => (typeof at === "number" ? at : at.word & HIGH ? FRAME_1 : FRAME_0) === place;
    const writes = this.#execution.writes.filter((write) => here(write.place));
    const reads = this.#execution.reads.filter((read) => here(read.place));
    const first = place === WORD ? wordOf(program.initial) : INITIAL[place]!;
    this.#coherence(place, [], [first], writes, reads, then);
  }

  #coherence(place: number, chain: Write[], values: number[], left: readonly Write[], reads: readonly Read[], then: () => void): void {
    const current = values[chain.length]!;
    if (left.length === 0) {
      this.#finals[place] = current;
      return this.#readsFrom(chain, values, reads, 0, then);
    }
    const last = chain[chain.length - 1];
    for (const write of left) {
      if (write.value === undefined && !this.#setsDirty(current)) continue;
      order.save();
      if (!last || order.add(last.node, write.node)) {
        write.found?.(current);
        chain.push(write);
        values.push(write.value ?? current | D);
        this.#coherence(place, chain, values, left.filter((other) => other !== write), reads, then);
        chain.pop();
        values.pop();
      }
      order.restore();
    }
  }

  #setsDirty(current: number): boolean {
    const { without } = this.#execution;
    return without === "dirty-atomic" ? (current & P) !== 0 : (current & (P | W | D)) === (P | W);
  }

  #readsFrom(chain: readonly Write[], values: readonly number[], reads: readonly Read[], i: number, then: () => void): void {
    const read = reads[i];
    if (!read) return then();
    const { without } = this.#execution;
    const own = (write: Write): boolean => write.buffered && write.cpu === read.cpu && write.index < read.index
      && (without !== "aliases" || write.virtual === read.virtual);
    for (let at = 0; at <= chain.length; at++) {
      if (!read.accepts(values[at]!)) continue;
      if (read.forwards && without !== "newest" && chain.some((write, position) => position >= at && own(write))) continue;
      const source = chain[at - 1];
      const next = chain[at];
      order.save();
      const forwarded = source && read.forwards && without !== "forwarding" && own(source);
      if ((!source || forwarded || order.add(source.node, read.node)) && (!next || order.add(read.node, next.node))) {
        read.found(values[at]!);
        this.#readsFrom(chain, values, reads, i + 1, then);
      }
      order.restore();
    }
  }
}


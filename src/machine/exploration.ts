// The machine under an order of events that somebody else chooses: the host's face of assembly/explore. While an
// exploration is on, `Machine.run` must not be called.

import * as codes from "../../assembly/explore/codes.js";
import { CONFLICT_BASE, CONFLICT_SIZE, CPU_BASE, CPU_STRIDE, ENABLED_BASE, ENABLED_SIZE, MAX_CPUS } from "../../assembly/memory-map.js";
import type { CoreExports } from "./core.js";

/** What a CPU waits for, in the core's order (assembly/explore/codes.ts). */
export const EXPLORED_STATUS = ["parked", "blocked", "finished", "faulted", "stopped", "endless", "halted", "yielding", "over"] as const;
export type ExploredStatus = (typeof EXPLORED_STATUS)[number];

export interface ExplorationOptions {
  /** Stores wait in buffers (TSO); else every store is seen at once (sequential consistency). */
  readonly storeBuffers: boolean;
  /** The guest has handlers for exceptions and interrupts. Without them an exception is the end. */
  readonly handlers?: boolean;
  /** The guest is a kernel with user programs. */
  readonly kernel?: KernelExploration;
}

/** What tells a kernel run from one of bare programs. Timers stand still in it. */
export interface KernelExploration {
  /** Where, in user mode, a program is over. A linear address. */
  readonly end: bigint;
  /** Where, on whatever CPU, the whole run is over: up to three linear addresses. */
  readonly over: readonly bigint[];
  /** Pages, by linear address, whose translations are chosen, in every address space. */
  readonly pages: readonly bigint[];
  /** Words that two CPUs only read count as conflicts too. Default: one of them must write. */
  readonly full?: boolean;
}

/** What an exploration cannot do, by assembly/explore/codes.ts's REFUSED_*. */
const REFUSALS: Readonly<Record<number, string>> = {
  [codes.REFUSED_PORT]: "it uses an I/O port, and what a device does has no way back",
  [codes.REFUSED_PCID]: "it gives a PCID to another address space, or an address space another PCID, without a flush",
  [codes.REFUSED_GLOBAL]: "it makes a page of the scenario global",
  [codes.REFUSED_HUGE]: "it maps a page of the scenario by a page of 1 GiB",
  [codes.REFUSED_ROOM]: "it uses more address spaces, or pages of the scenario in them, than an exploration has room for",
  [codes.REFUSED_WORDS]: "it uses more memory than an exploration can keep account of",
};

/** What a translation that memory no longer held was used for: classes of the staleness tracker. */
export const STALE_USES = ["diverged-read", "lost-write"] as const;
export type StaleUse = (typeof STALE_USES)[number];

/** Something that can happen next, as a number (assembly/explore/codes.ts). */
export type Transition = number;

/** A transition in words. */
export type TransitionView = { readonly cpu: number } & (
  /** The waiting instruction goes on; through old value number `old` of its page's word, if given. */
  | { readonly kind: "step"; readonly old?: number }
  | { readonly kind: "spurious-fault" }
  /** Eager form: the CPU's entry of tracked page number `page`. */
  | { readonly kind: "fill" | "evict"; readonly page: number }
  | { readonly kind: "drain" }
  /** The message at `place` of the queue is delivered. */
  | { readonly kind: "deliver"; readonly place: number }
);

export function viewTransition(transition: Transition): TransitionView {
  const cpu = transition >> codes.CPU_SHIFT;
  const what = transition & ((1 << codes.CPU_SHIFT) - 1);
  if (what >= codes.DELIVER) return { cpu, kind: "deliver", place: what - codes.DELIVER };
  if (what === codes.DRAIN) return { cpu, kind: "drain" };
  if (what === codes.CHOICE_SPURIOUS) return { cpu, kind: "spurious-fault" };
  if (what >= codes.EVICT) return { cpu, kind: "evict", page: what - codes.EVICT };
  if (what >= codes.FILL) return { cpu, kind: "fill", page: what - codes.FILL };
  return what === codes.CHOICE_WALK ? { cpu, kind: "step" } : { cpu, kind: "step", old: what };
}

/** The number of the transition in `view`; undefined if the core has none such. */
export function numberTransition(view: TransitionView): Transition | undefined {
  const what = whatOf(view);
  return what === undefined || view.cpu >= MAX_CPUS ? undefined : (view.cpu << codes.CPU_SHIFT) | what;
}

function whatOf(view: TransitionView): number | undefined {
  switch (view.kind) {
    case "step":
      if (view.old === undefined) return codes.CHOICE_WALK;
      return view.old > 0 && view.old < codes.FILL ? view.old : undefined;
    case "spurious-fault":
      return codes.CHOICE_SPURIOUS;
    case "fill":
      return view.page < codes.EVICT - codes.FILL ? codes.FILL + view.page : undefined;
    case "evict":
      return view.page < codes.EVICT - codes.FILL ? codes.EVICT + view.page : undefined;
    case "drain":
      return codes.DRAIN;
    case "deliver":
      return codes.DELIVER + view.place < 1 << codes.CPU_SHIFT ? codes.DELIVER + view.place : undefined;
  }
}

/** Common transitions of the first eight CPUs, a bit each: those that can be put to sleep. */
export interface TransitionSet {
  /** Of CPUs 0 to 3, and of CPUs 4 to 7. */
  readonly low: number;
  readonly high: number;
}

/** Of a state that was seen: transitions that must be made after all, and those that still need not be. */
export interface Woken {
  readonly woken: TransitionSet;
  readonly asleep: TransitionSet;
}

export const NO_TRANSITIONS: TransitionSet = { low: 0, high: 0 };

const BITS = new Map(
  [codes.CHOICE_WALK, 1, 2, codes.CHOICE_SPURIOUS, codes.DRAIN, codes.DELIVER, codes.FILL, codes.EVICT].map((what, bit) => [what, bit]));
const BIT_OF = Int8Array.from({ length: 1 << codes.CPU_SHIFT }, (_, what) => BITS.get(what) ?? -1);

/** Number of `transition` in a TransitionSet, 0 to 63; -1 if it is in none. */
export function transitionBit(transition: Transition): number {
  const bit = BIT_OF[transition & ((1 << codes.CPU_SHIFT) - 1)]!;
  const cpu = transition >> codes.CPU_SHIFT;
  return bit < 0 || cpu > 7 ? -1 : cpu * 8 + bit;
}

export const inSet = ({ low, high }: TransitionSet, bit: number): boolean => bit >= 0 && (((bit < 32 ? low : high) >>> (bit & 31)) & 1) !== 0;

const transitionSet = (bits: bigint): TransitionSet => ({ low: Number(BigInt.asIntN(32, bits)), high: Number(BigInt.asIntN(32, bits >> 32n)) });

export class Exploration {
  readonly #core: CoreExports;
  readonly #enabled: Uint16Array;
  readonly #words: Uint32Array;
  readonly #conflicts: Uint32Array;
  #conflictsTaken = 0;

  constructor(core: CoreExports, memory: ArrayBuffer, options: ExplorationOptions) {
    this.#core = core;
    this.#enabled = new Uint16Array(memory, ENABLED_BASE, ENABLED_SIZE / 2);
    this.#words = new Uint32Array(memory);
    this.#conflicts = new Uint32Array(memory, CONFLICT_BASE, CONFLICT_SIZE / 4);
    const { kernel } = options;
    core.exploreBegin(options.storeBuffers ? 1 : 0, options.handlers || kernel ? 1 : 0);
    core.exploreForget();
    if (!kernel) return;
    const [end, over0, over1, over2] = [0, 1, 2, 3].map((n) => BigInt.asIntN(64, [kernel.end, ...kernel.over][n] ?? 0n)) as [bigint, bigint, bigint, bigint];
    core.exploreKernel(end, over0, over1, over2, kernel.full ? 1 : 0);
    for (const page of kernel.pages) {
      if (!core.exploreTrackEverywhere(BigInt.asIntN(64, page))) throw new RangeError("no room for another tracked page");
    }
    core.exploreEnterSpaces();
  }

  /** Says that CPUs share the words of [physical, physical + bytes), within one page. */
  share(physical: number, bytes: number): void {
    if (!this.#core.exploreShare(BigInt(physical), bytes)) throw new RangeError("no room for another shared page");
  }

  /** Lets the search choose the translations of the 4 KiB page at linear address `page`, which the word at `word` maps. */
  track(page: bigint, word: number): void {
    this.#core.exploreTrack(BigInt.asIntN(64, page), word);
  }

  /** Words, by physical address, that were found to conflict since the last call: two CPUs access them, and one writes. */
  takeConflicts(): number[] {
    const before = this.#conflictsTaken;
    this.#conflictsTaken = this.#core.exploreConflicts();
    return [...this.#conflicts.subarray(before, this.#conflictsTaken)];
  }

  /** Whether a word that conflicts is the program's own: accessed in user mode, or part of the page tables of its pages. */
  isProgramWord(physical: number): boolean {
    return this.#core.exploreIsFocus(BigInt(physical)) !== 0;
  }

  /** Whether `enabled` leaves out interrupts that come to the same as others. Off at first. */
  set sleepingInterrupts(may: boolean) {
    this.#core.exploreSleeping(may ? 1 : 0);
  }

  /** Whether, since the last call, a handler accessed a shared word that none had: some interrupts may have been left out wrongly. */
  takeLearned(): boolean {
    return this.#core.exploreLearned() !== 0;
  }

  /** What the program did that an exploration cannot do; undefined for nothing. */
  get refused(): string | undefined {
    return REFUSALS[this.#core.exploreRefused()];
  }

  /** What stale translations were used for on the way to this state. */
  get staleUses(): StaleUse[] {
    const uses = this.#core.exploreUses();
    return STALE_USES.filter((_, bit) => uses >> bit & 1);
  }

  /** Number of the tracked page that `cpu` is parked before an access of; undefined if it is another access. */
  parkedPage(cpu: number): number | undefined {
    const page = this.#core.exploreParkedPage(cpu);
    return page === 0 ? undefined : page - 1;
  }

  /** Steps that CPUs made so far, as `Machine.steps` counts them, over all that was tried. */
  get made(): number {
    return this.#core.exploreMade();
  }

  /** The pages whose translations are chosen: linear address, and what the words that map it come to now. 0: not present. */
  trackedPages(): { page: bigint; value: bigint }[] {
    return Array.from({ length: this.#core.exploreTracked() }, (_, t) => ({
      page: BigInt.asUintN(64, this.#core.exploreTrackedPage(t)), value: BigInt.asUintN(64, this.#core.exploreTrackedValue(t)),
    }));
  }

  /** The values that page `t`'s word had before and that `cpu` may still use, in the order of transitions' numbers. */
  oldValues(cpu: number, t: number): bigint[] {
    const values: bigint[] = [];
    for (let n = 1, value: bigint; (value = this.#core.exploreOldValue(cpu, t, n)) !== 0n; n++) values.push(BigInt.asUintN(64, value));
    return values;
  }

  /** Whether an entry without W may raise #PF where memory permits the store. Off at first. */
  set spuriousFaults(may: boolean) {
    this.#core.exploreSpurious(may ? 1 : 0);
  }

  /** Fills and evictions of the tracked pages are transitions of their own. Off at first. */
  set eagerTranslations(eager: boolean) {
    if (!this.#core.exploreEager(eager ? 1 : 0)) throw new RangeError("the eager form is for a few pages of a bare program");
  }

  /** CPUs that others may send interrupts to: before each of their stores one may come. None at first. */
  set interruptedCpus(cpus: Iterable<number>) {
    this.#core.exploreInterrupted([...cpus].reduce((mask, cpu) => mask | (1 << cpu), 0));
  }

  /** True once a CPU had more old translations of a page than there is room for: the search has missed some. */
  get overflowed(): boolean {
    return this.#core.exploreOverflowed() !== 0;
  }

  /** Lets a CPU that waits for nothing yet run up to its first access to what is shared. */
  begin(cpu: number, limit: number): void {
    this.#core.exploreGoOn(cpu, limit);
  }

  /** What can happen now. */
  enabled(): Transition[] {
    const count = this.#core.exploreEnabled();
    const transitions = new Array<Transition>(count);
    for (let i = 0; i < count; i++) transitions[i] = this.#enabled[i]!;
    return transitions;
  }

  /** Makes one of `enabled` happen; its CPU runs at most `limit` instructions. */
  take(transition: Transition, limit: number): ExploredStatus {
    return EXPLORED_STATUS[this.#core.exploreTake(transition, limit)]!;
  }

  /**
   * Makes transitions happen, one after the other, each of which must be possible then; as `take`, of which each needs up to
   * `room` bytes of trail. Returns how many were made: the last is one after which its CPU cannot go on.
   */
  takeAll(transitions: readonly Transition[], limit: number, room: number): number {
    let made = 0;
    while (made < transitions.length) {
      const count = Math.min(transitions.length - made, this.#enabled.length);
      for (let i = 0; i < count; i++) this.#enabled[i] = transitions[made + i]!;
      const done = this.#core.exploreTakeAll(count, limit, room);
      made += done;
      if (done < count) break;
    }
    return made;
  }

  buffered(cpu: number): number {
    return this.#core.exploreBuffered(cpu);
  }

  /** The stores that wait in the buffer of `cpu`, oldest first. */
  buffer(cpu: number): { physical: number; value: bigint }[] {
    return Array.from({ length: this.buffered(cpu) }, (_, n) => ({
      physical: Number(this.#core.exploreBufferedAt(cpu, n)),
      value: BigInt.asUintN(64, this.#core.exploreBufferedValue(cpu, n)),
    }));
  }

  status(cpu: number): ExploredStatus {
    return EXPLORED_STATUS[this.#core.exploreStatus(cpu)]!;
  }

  /** The exception that a faulted CPU ended with. */
  vector(cpu: number): number {
    return this.#core.exploreVector(cpu);
  }

  /** The low half of the general register with encoding number `register`. */
  registerLow(cpu: number, register: number): number {
    return this.#words[(CPU_BASE + cpu * CPU_STRIDE + register * 8) >>> 2]!;
  }

  /** A place in the search to come back to. */
  mark(): number {
    return this.#core.exploreMark();
  }

  undo(mark: number): void {
    this.#core.exploreUndo(mark);
  }

  /** Whether the trail has room for `bytes` more. */
  hasRoom(bytes: number): boolean {
    return this.#core.exploreHasRoom(bytes) !== 0;
  }

  /**
   * Notes the state, with a number that tells apart what a search must not take for the same, and with transitions that need
   * not be made from it: true if it is new, or the transitions that were not made from it and now must be; false if there
   * are none.
   */
  visit(context = 0, asleep: TransitionSet = NO_TRANSITIONS): boolean | Woken {
    const seen = this.#core.exploreVisit(context, asleep.low, asleep.high);
    if (seen !== codes.VISITED_WOKEN) return seen === codes.VISITED_NEW;
    return { woken: transitionSet(this.#core.exploreWoken()), asleep: transitionSet(this.#core.exploreKeptAsleep()) };
  }

  /** What the last transition has read and written of what CPUs share: two that have no bit in common do not conflict. */
  get reads(): number {
    return this.#core.exploreReads();
  }

  get writes(): number {
    return this.#core.exploreWrites();
  }

  /** Hashes of the states that were noted, with their sleep sets, 24 bytes each; setting them replaces those. */
  get visitedHashes(): Uint8Array {
    const words = new BigUint64Array(this.#words.buffer, this.#core.exploreVisitedTable(), this.#core.exploreVisitedBytes() / 8);
    const hashes = new BigUint64Array(this.visited * 3);
    let n = 0;
    for (let i = 0; i < words.length; i += 3) {
      if (words[i] === 0n) continue;
      for (let word = 0; word < 3; word++) hashes[n++] = words[i + word]!;
    }
    return new Uint8Array(hashes.buffer);
  }

  set visitedHashes(hashes: Uint8Array) {
    this.forget();
    const view = new DataView(hashes.buffer, hashes.byteOffset, hashes.byteLength);
    for (let at = 0; at + 24 <= hashes.length; at += 24) {
      this.#core.exploreRemember(view.getBigUint64(at, true), view.getBigUint64(at + 8, true), view.getBigUint64(at + 16, true));
    }
  }

  /** The 128-bit hash of the state, as 32 hexadecimal digits: what `visit` tells states apart by. */
  hash(): string {
    const half = (which: number) => BigInt.asUintN(64, this.#core.exploreHash(which)).toString(16).padStart(16, "0");
    return half(1) + half(0);
  }

  /** Whether there is room for more states; a table that is full is never looked through to its end. */
  get hasRoomForStates(): boolean {
    return this.#core.exploreVisitedHasRoom() !== 0;
  }

  /** Forgets the states that were noted. */
  forget(): void {
    this.#core.exploreForget();
  }

  /** States noted so far. */
  get visited(): number {
    return this.#core.exploreVisited();
  }

  end(): void {
    this.#core.exploreEnd();
  }
}

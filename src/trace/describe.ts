// Events in words: a name, a category, and what their three values mean (assembly/probe/events.ts says what they are).
// Both forms of traces are written from this.

import { DELIVERY_MODES, type EventKind, type MachineEvent, TLB_FLAGS, TLB_KINDS } from "../machine/index.js";

/** A bigint is an address or a register's value, to be shown as hexadecimal. */
export type Value = bigint | number | string;

export interface Description {
  readonly name: string;
  readonly category: string;
  readonly values: Readonly<Record<string, Value>>;
}

const CLASSES = ["benign", "permission", "diverged-read", "lost-write", "reused-frame"];
const INVALIDATIONS = ["page", "page of a PCID", "PCID", "all", "all but global"];
const REASONS = ["right again", "evicted", "replaced", "page fault", "page", "PCID", "all but global", "all"];
const SOURCES = ["local APIC", "PIC", "NMI"];
const EXCEPTIONS: Readonly<Record<number, string>> = {
  0: "#DE", 1: "#DB", 3: "#BP", 4: "#OF", 5: "#BR", 6: "#UD", 7: "#NM", 8: "#DF", 10: "#TS", 11: "#NP", 12: "#SS", 13: "#GP",
  14: "#PF", 16: "#MF",
};
const NONE = 0xffff_ffff_ffff_ffffn;

const bits = (value: bigint, shift: number, width: number): number => Number((value >> BigInt(shift)) & ((1n << BigInt(width)) - 1n));
const hex = (value: number): string => `0x${value.toString(16)}`;

/** Access bits of assembly/mmu/rights.ts. */
function accessText(access: number): string {
  const kind = (access & 2) !== 0 ? "fetch" : (access & 1) !== 0 ? "write" : "read";
  return (access & 4) !== 0 ? `implicit ${kind}` : kind;
}

/** w writable, u user, n not executable, d dirty, g global, s stale. */
function flagsText(flags: number): string {
  const has = (flag: number, letter: string) => ((flags & flag) !== 0 ? letter : "-");
  return [
    has(TLB_FLAGS.W, "w"), has(TLB_FLAGS.U, "u"), has(TLB_FLAGS.NX, "n"), has(TLB_FLAGS.DIRTY, "d"),
    has(TLB_FLAGS.GLOBAL, "g"), has(TLB_FLAGS.STALE, "s"),
  ].join("");
}

/** A TLB entry as mark, unmark and drop tell of it. */
export interface EntryValues {
  readonly kind: string;
  readonly linear: bigint;
  /** Physical address of the page-table word that it was made from. */
  readonly word: bigint;
  readonly physical: bigint;
  readonly pcid: number;
  readonly flags: number;
  readonly changedBy: number;
  readonly why: number;
}

export function entryValues({ values: [a, b, c] }: MachineEvent): EntryValues {
  return {
    kind: TLB_KINDS[bits(c, 0, 8)] ?? "4K",
    linear: a,
    word: b & 0xffff_ffffn,
    physical: (b >> 32n) << 12n,
    pcid: bits(c, 16, 16),
    flags: bits(c, 32, 8),
    changedBy: bits(c, 40, 8),
    why: bits(c, 8, 8),
  };
}

function describeEntry(event: MachineEvent): Record<string, Value> {
  const { kind, linear, word, physical, pcid, flags, changedBy, why } = entryValues(event);
  const left: Record<string, Value> = event.kind === "mark" ? {} : { why: REASONS[why] ?? "?" };
  return { entry: kind, linear, word, physical, pcid, flags: flagsText(flags), changed_by: changedBy, ...left };
}

type Describe = (event: MachineEvent, a: bigint, b: bigint, c: bigint) => Description;

const say = (name: string, category: string, values: Record<string, Value>): Description => ({ name, category, values });

const DESCRIBE: Readonly<Record<EventKind, Describe>> = {
  walk: (_, a, b, c) =>
    say(b === NONE ? "walk: fault" : "walk", "tlb", {
      linear: a, ...(b === NONE ? {} : { physical: b }), access: accessText(bits(c, 0, 8)), words: bits(c, 8, 8),
    }),
  fill: (_, a, b, c) => say("fill", "tlb", { linear: a, physical: b, word: c & 0xffff_ffffn, flags: flagsText(bits(c, 32, 8)) }),
  stale_use: (_, a, b, c) => {
    const kind = CLASSES[bits(c, 0, 8)] ?? "?";
    return say(`stale use: ${kind}`, "stale", {
      linear: a, physical: b, class: kind, access: accessText(bits(c, 8, 8)), changed_by: bits(c, 16, 8),
    });
  },
  table_write: (_, a, b, c) => say("page-table write", "page tables", { word: a, old: b, new: c }),
  invalidate: (_, a, b, c) => {
    const what = INVALIDATIONS[Number(a)] ?? "?";
    return say(`flush: ${what}`, "flush", { what, ...(a < 2n ? { linear: b } : {}), ...(a < 3n ? { pcid: Number(c) } : {}) });
  },
  ipi_send: (_, a, b) =>
    say(`IPI send ${hex(bits(a, 0, 8))}`, "ipi", { vector: hex(bits(a, 0, 8)), mode: DELIVERY_MODES[bits(a, 8, 3)] ?? "?", targets: b }),
  ipi_deliver: (_, a, b, c) =>
    say(`IPI deliver ${hex(Number(a))}`, "ipi", {
      vector: hex(Number(a)), mode: DELIVERY_MODES[bits(b, 0, 8)] ?? "?", from: bits(b, 8, 16), sent_at: Number(c),
    }),
  eoi: (_, a) => say(`EOI ${hex(Number(a))}`, "ipi", { vector: hex(Number(a)) }),
  exception: (_, a, b, c) => {
    const name = EXCEPTIONS[Number(a)] ?? `exception ${a}`;
    return say(name, "exception", { vector: Number(a), error: b, rip: c });
  },
  syscall: (_, a, b, c) => say(`syscall ${a}`, "syscall", { rax: a, rip: b, rdi: c }),
  cr3: (_, a, b) => say("context switch", "context switch", { cr3: a, before: b }),
  halt: (_, a) => say("halted", "idle", { rip: a }),
  mark: (event) => say("entry became stale", "stale", describeEntry(event)),
  unmark: (event) => say("entry no longer stale", "stale", describeEntry(event)),
  drop: (event) => say("entry left", "tlb", describeEntry(event)),
  interrupt: (_, a, b) => say(`interrupt ${hex(Number(a))}`, "interrupt", { vector: hex(Number(a)), source: SOURCES[Number(b)] ?? "?" }),
};

export function describe(event: MachineEvent): Description {
  return DESCRIBE[event.kind](event, ...event.values);
}

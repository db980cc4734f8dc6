// Events in words: a name, a category, and what their three values mean (assembly/probe/events.ts says what they are).
// Both forms of traces are written from this. Texts are ready-made as far as they can be: it runs for every event.

import { DELIVERY_MODES, type EventKind, type EventReader, type Halves, TLB_FLAGS, TLB_KINDS } from "../machine/index.js";

/** Where the values of an event go, one by one, in the order in which a reader wants them. */
export interface Values {
  number(name: string, value: number): void;
  /** An address or a register's value, to be shown as hexadecimal. */
  hex(name: string, low: number, high: number): void;
  text(name: string, value: string): void;
}

const CLASSES = ["benign", "permission", "diverged-read", "lost-write", "reused-frame"];
const STALE_USES = CLASSES.map((kind) => `stale use: ${kind}`);
const INVALIDATIONS = ["page", "page of a PCID", "PCID", "all", "all but global"];
const REASONS = ["right again", "evicted", "replaced", "page fault", "page", "PCID", "all but global", "all"];
const SOURCES = ["local APIC", "PIC", "NMI"];
const EXCEPTIONS: Readonly<Record<number, string>> = {
  0: "#DE", 1: "#DB", 3: "#BP", 4: "#OF", 5: "#BR", 6: "#UD", 7: "#NM", 8: "#DF", 10: "#TS", 11: "#NP", 12: "#SS", 13: "#GP",
  14: "#PF", 16: "#MF",
};

/** System calls with a name of their own: a guest may make up numbers without end, and names are kept. */
const NAMED_CALLS = 1024;

const CATEGORIES: ReadonlyMap<EventKind, string> = new Map([
  ["walk", "tlb"], ["fill", "tlb"], ["drop", "tlb"], ["stale_use", "stale"], ["mark", "stale"], ["unmark", "stale"],
  ["table_write", "page tables"], ["invalidate", "flush"], ["ipi_send", "ipi"], ["ipi_deliver", "ipi"], ["eoi", "ipi"],
  ["exception", "exception"], ["syscall", "syscall"], ["cr3", "context switch"], ["halt", "idle"], ["interrupt", "interrupt"],
]);

const VECTORS = Array.from({ length: 256 }, (_, vector) => `0x${vector.toString(16)}`);

/** Access bits of assembly/mmu/rights.ts. */
const ACCESSES = Array.from({ length: 8 }, (_, access) => {
  const kind = (access & 2) !== 0 ? "fetch" : (access & 1) !== 0 ? "write" : "read";
  return (access & 4) !== 0 ? `implicit ${kind}` : kind;
});

/** w writable, u user, n not executable, d dirty, g global, s stale. */
const FLAGS = Array.from({ length: 64 }, (_, flags) => {
  const has = (flag: number, letter: string) => ((flags & flag) !== 0 ? letter : "-");
  return [
    has(TLB_FLAGS.W, "w"), has(TLB_FLAGS.U, "u"), has(TLB_FLAGS.NX, "n"), has(TLB_FLAGS.DIRTY, "d"),
    has(TLB_FLAGS.GLOBAL, "g"), has(TLB_FLAGS.STALE, "s"),
  ].join("");
});

const isNone = ({ low, high }: Halves): boolean => low === 0xffff_ffff && high === 0xffff_ffff;
const accessText = (access: number): string => ACCESSES[access & 7]!;
const flagsText = (flags: number): string => FLAGS[flags & 63]!;
const vectorText = (value: Halves): string => VECTORS[value.low & 0xff]!;

export const categoryOf = (event: EventReader): string => CATEGORIES.get(event.kind)!;

export function nameOf(event: EventReader): string {
  const { kind, a, b, c } = event;
  switch (kind) {
    case "walk": return isNone(b) ? "walk: fault" : "walk";
    case "stale_use": return STALE_USES[c.bits(0, 8)] ?? "stale use";
    case "table_write": return "page-table write";
    case "mark": return "entry became stale";
    case "unmark": return "entry no longer stale";
    case "drop": return "entry left";
    case "invalidate": return `flush: ${INVALIDATIONS[a.low] ?? "?"}`;
    case "ipi_send": return `IPI send ${vectorText(a)}`;
    case "ipi_deliver": return `IPI deliver ${vectorText(a)}`;
    case "eoi": return `EOI ${vectorText(a)}`;
    case "interrupt": return `interrupt ${vectorText(a)}`;
    case "exception": return EXCEPTIONS[a.low] ?? `exception ${a.low}`;
    case "syscall": return a.high === 0 && a.low < NAMED_CALLS ? `syscall ${a.low}` : "syscall";
    case "cr3": return "context switch";
    case "halt": return "halted";
    default: return kind;
  }
}

/** A TLB entry, as mark, unmark and drop tell of it. */
function tellEntry({ kind, a, b, c }: EventReader, to: Values): void {
  to.text("entry", TLB_KINDS[c.bits(0, 8)] ?? "4K");
  to.hex("linear", a.low, a.high);
  to.hex("word", b.low, 0);
  // A frame's number, as an address.
  to.hex("physical", (b.high << 12) >>> 0, b.high >>> 20);
  to.number("pcid", c.bits(16, 16));
  to.text("flags", flagsText(c.bits(32, 8)));
  to.number("changed_by", c.bits(40, 8));
  if (kind !== "mark") to.text("why", REASONS[c.bits(8, 8)] ?? "?");
}

/** Tells `to` what the values of `event` mean. */
export function tellValues(event: EventReader, to: Values): void {
  const { kind, a, b, c } = event;
  switch (kind) {
    case "walk":
      to.hex("linear", a.low, a.high);
      if (!isNone(b)) to.hex("physical", b.low, b.high);
      to.text("access", accessText(c.bits(0, 8)));
      to.number("words", c.bits(8, 8));
      break;
    case "fill":
      to.hex("linear", a.low, a.high);
      to.hex("physical", b.low, b.high);
      to.hex("word", c.low, 0);
      to.text("flags", flagsText(c.bits(32, 8)));
      break;
    case "stale_use":
      to.hex("linear", a.low, a.high);
      to.hex("physical", b.low, b.high);
      to.text("class", CLASSES[c.bits(0, 8)] ?? "?");
      to.text("access", accessText(c.bits(8, 8)));
      to.number("changed_by", c.bits(16, 8));
      break;
    case "table_write":
      to.hex("word", a.low, a.high);
      to.hex("old", b.low, b.high);
      to.hex("new", c.low, c.high);
      break;
    case "invalidate":
      to.text("what", INVALIDATIONS[a.low] ?? "?");
      if (a.low < 2) to.hex("linear", b.low, b.high);
      if (a.low < 3) to.number("pcid", c.number);
      break;
    case "ipi_send":
      to.text("vector", vectorText(a));
      to.text("mode", DELIVERY_MODES[a.bits(8, 3)]!);
      to.hex("targets", b.low, b.high);
      break;
    case "ipi_deliver":
      to.text("vector", vectorText(a));
      to.text("mode", DELIVERY_MODES[b.bits(0, 8)] ?? "?");
      to.number("from", b.bits(8, 16));
      to.number("sent_at", c.number);
      break;
    case "eoi":
      to.text("vector", vectorText(a));
      break;
    case "exception":
      to.number("vector", a.low);
      to.hex("error", b.low, b.high);
      to.hex("rip", c.low, c.high);
      break;
    case "syscall":
      to.hex("rax", a.low, a.high);
      to.hex("rip", b.low, b.high);
      to.hex("rdi", c.low, c.high);
      break;
    case "cr3":
      to.hex("cr3", a.low, a.high);
      to.hex("before", b.low, b.high);
      break;
    case "halt":
      to.hex("rip", a.low, a.high);
      break;
    case "mark":
    case "unmark":
    case "drop":
      tellEntry(event, to);
      break;
    case "interrupt":
      to.text("vector", vectorText(a));
      to.text("source", SOURCES[b.low] ?? "?");
      break;
  }
}

// Programs about one page, its page-table word, two frames and a flag, in their compact form, one to a line:
//
//     1D : P0R ; FL1 ; Sx1 | Lp ; Lx ; Lp
//
//   INIT         first value of the page-table word of page p: N (not present), 0R 1R (frame 0 or 1, read-only),
//                0W 1W (writable, D=0), 0D 1D (writable, D=1)
//   Lp SpV XpV   load, store V, exchange V through page p: these walk, and may fault
//   Lx SxV XxV   the flag
//   L0 L1 S0V S1V   frame 0 or 1 through an alias that never changes
//   P<pte>       plain store to the page-table word        LT XT<pte>   load it, exchange it (A masked)
//   INV MF       INVLPG p, MFENCE
//   FLk FUk      flush CPU k and wait: fenced, or by x2APIC without a fence
//   ?xV ?T<pte>  waits until it reads V; keeps no register

import { Source } from "../scenario/source.js";

export const PTES = ["N", "0R", "1R", "0W", "1W", "0D", "1D"] as const;
export type Pte = (typeof PTES)[number];

export type Place = "p" | "x" | "0" | "1";

export type Event =
  | { readonly kind: "load"; readonly place: Place }
  | { readonly kind: "store" | "exchange"; readonly place: Place; readonly value: number }
  | { readonly kind: "store-pte" | "exchange-pte" | "await-pte"; readonly pte: Pte }
  | { readonly kind: "load-pte" | "invlpg" | "mfence" }
  | { readonly kind: "flush"; readonly cpu: number; readonly fenced: boolean }
  | { readonly kind: "await-flag"; readonly value: number };

export interface Program {
  readonly text: string;
  readonly initial: Pte;
  readonly columns: readonly (readonly Event[])[];
}

export const MOST_COLUMNS = 4;
export const MOST_EVENTS = 8;
/** CPUs there are: a flush may go to an idle one. */
export const MOST_CPUS = 4;

const FORMS = "Lp SpV XpV Lx SxV XxV L0 L1 S0V S1V P<pte> LT XT<pte> INV MF FLk FUk ?xV ?T<pte>";

function parsePte(text: string): Pte | undefined {
  return PTES.find((pte) => pte === text);
}

/** An event, or undefined for what is none. */
export function parseEvent(word: string): Event | undefined {
  if (word === "INV") return { kind: "invlpg" };
  if (word === "MF") return { kind: "mfence" };
  if (word === "LT") return { kind: "load-pte" };
  const access = /^(?:L([px01])|([SX])([px01])([1-9]))$/.exec(word);
  if (access?.[1]) return { kind: "load", place: access[1] as Place };
  if (access) {
    const [, , operation, place, value] = access;
    if (operation === "X" && (place === "0" || place === "1")) return undefined;
    return { kind: operation === "S" ? "store" : "exchange", place: place as Place, value: Number(value) };
  }
  const flush = /^F([LU])([0-9])$/.exec(word);
  if (flush) return { kind: "flush", cpu: Number(flush[2]), fenced: flush[1] === "L" };
  const flag = /^\?x([0-9])$/.exec(word);
  if (flag) return { kind: "await-flag", value: Number(flag[1]) };
  const table = /^(P|XT|\?T)(.+)$/.exec(word);
  const pte = table && parsePte(table[2]!);
  if (!table || !pte) return undefined;
  return { kind: ({ P: "store-pte", XT: "exchange-pte", "?T": "await-pte" } as const)[table[1] as "P" | "XT" | "?T"], pte };
}

/** Parses one program; the source is its line. */
export function parseProgram(source: Source): Program {
  const { text } = source;
  const colon = text.indexOf(":");
  if (colon < 0) source.fail(0, `expected the first value of the page-table word and ":": ${PTES.join(" ")}`);
  const initial = parsePte(text.slice(0, colon).trim()) ?? source.fail(0, `expected the first value of the page-table word: ${PTES.join(" ")}`);
  const columns: Event[][] = [];
  let at = colon + 1;
  for (const column of text.slice(at).split("|")) {
    const events: Event[] = [];
    for (const word of column.split(";")) {
      const offset = at + (word.length - word.trimStart().length);
      const event = parseEvent(word.trim()) ?? source.fail(offset, `expected an event, one of ${FORMS}, found "${word.trim()}"`);
      if (event.kind === "flush" && event.cpu >= MOST_CPUS) source.fail(offset, `expected a CPU from 0 to ${MOST_CPUS - 1}, found ${event.cpu}`);
      events.push(event);
      if (events.length > MOST_EVENTS) source.fail(offset, `a column has at most ${MOST_EVENTS} events`);
      at += word.length + 1;
    }
    columns.push(events);
    if (columns.length > MOST_COLUMNS) source.fail(at - column.length - 1, `a program has at most ${MOST_COLUMNS} columns`);
  }
  return { text: text.trim(), initial, columns };
}

/** Whether `event` leaves a letter in the outcome. */
export function keepsRegister(event: Event): boolean {
  switch (event.kind) {
    case "load":
    case "exchange":
    case "load-pte":
    case "exchange-pte":
      return true;
    case "store":
      return event.place === "p";
    default:
      return false;
  }
}

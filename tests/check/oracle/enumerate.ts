// Programs in their compact form: every one of a size, and random ones that are biased to flushes.
//
// Of programs that differ only in names one is listed: frames are named so that the first frame named is 0, values are
// numbered as they come, and the longer column comes first. Left out is also what cannot change an outcome: a column
// that begins with MF or INV (it can run before everything) or ends in MF, INV or a flush (nothing comes after it on its
// CPU, and the flushed CPU may take the interrupt at its end); and programs without an access through the page, which
// say nothing about translations. Flushes go to the other column.

import { PTES } from "../../../src/check/translation/program.js";

const WORDS = PTES as readonly string[];

/** All events, with # for a value and o for the other CPU. */
export const WIDE: readonly string[] = [
  "Lp", "Sp#", "Xp#", "Lx", "Sx#", "Xx#", "L0", "L1", "S0#", "S1#", "LT", "INV", "MF", "FLo", "FUo",
  ...WORDS.map((word) => `P${word}`), ...WORDS.map((word) => `XT${word}`),
];

/** For programs of five events: one of each kind of event, and a word of each kind. */
export const NARROW: readonly string[] = ["Lp", "Sp#", "Lx", "Xx#", "S0#", "L1", "LT", "INV", "MF", "FLo", "FUo", "PN", "P0R", "P1D"];

const idle = (event: string): boolean => event === "MF" || event === "INV" || event.startsWith("F");

function* columns(alphabet: readonly string[], length: number): Generator<string[]> {
  if (length === 0) return yield [];
  for (const rest of columns(alphabet, length - 1)) {
    for (const event of alphabet) {
      if (rest.length === 0 && (event === "MF" || event === "INV")) continue;
      yield [...rest, event];
    }
  }
}

const ends = (column: readonly string[]): boolean => column.length === 0 || !idle(column[column.length - 1]!);

function spell(initial: string, parts: readonly (readonly string[])[]): string {
  let value = 0;
  const shown = parts.map((column, cpu) => column.map((event) => event.replace("#", () => String(++value)).replace("o", String(1 - cpu))).join(" ; "));
  return `${initial} : ${shown.join(" | ")}`;
}

/** Whether the first frame that is named is 0. Of two columns of one length none is first, so there the first word decides. */
function namedInOrder(initial: string, [left, right]: readonly (readonly string[])[]): boolean {
  const named = /[01]/.exec(left!.length === right!.length ? initial : [initial, ...left!, ...right!].join(" "));
  return !named || named[0] === "0";
}

/** Every program of `events` events in up to two columns. */
export function* programs(alphabet: readonly string[], events: number, initials: readonly string[] = WORDS): Generator<string> {
  for (let first = events; first >= events - first; first--) {
    const seconds = [...columns(alphabet, events - first)].filter(ends);
    for (const left of columns(alphabet, first)) {
      if (!ends(left)) continue;
      for (const right of seconds) {
        if (first === right.length && left.join() < right.join()) continue;
        if (![...left, ...right].some((event) => /^[LSX]p/.test(event))) continue;
        for (const initial of initials) {
          if (namedInOrder(initial, [left, right])) yield spell(initial, right.length === 0 ? [left] : [left, right]);
        }
      }
    }
  }
}

/** Numbers from 0 to below `n`, the same for the same seed: a Lehmer generator. */
export function dice(seed: number): (n: number) => number {
  let state = (seed % 2147483646) + 1;
  return (n) => {
    state = (state * 48271) % 2147483647;
    return Math.floor((state / 2147483647) * n);
  };
}

/** A program of six to eight events with two or three columns: a stale reader, a remapper that flushes, a writer. */
export function biased(roll: (n: number) => number): string {
  const pick = (list: readonly string[]): string => list[roll(list.length)]!;
  const cpus = 2 + roll(2);
  const total = 6 + roll(3);
  const target = 1 + roll(cpus - 1);
  const remapper = [`P${pick(WORDS)}`, pick([`FL${target}`, `FL${target}`, `FU${target}`]), pick(["Sx1", "Xx1", "S01", "S11", "Sp1"])];
  const reader = ["Lp", pick(["Lx", "?x1", "LT", "Lp"])];
  const parts = Array.from({ length: cpus }, (_, cpu) => (cpu === 0 ? remapper : cpu === target ? reader : []));
  const others = ["Lp", "Lp", "Sp2", "Xp3", "Lx", "Sx4", "Xx5", "L0", "L1", "S06", "S17", "LT", "INV", "MF", ...WORDS.map((word) => `P${word}`), "XT1D", "XTN"];
  while (parts.flat().length < total) {
    const column = pick(parts.map((_, cpu) => String(cpu)));
    const flush = roll(8) === 0;
    parts[Number(column)]!.splice(roll(parts[Number(column)]!.length + 1), 0, flush ? `F${pick(["L", "U"])}${roll(cpus)}` : pick(others));
  }
  return `${pick(WORDS)} : ${parts.map((column) => (column.length ? column : ["Lp"]).join(" ; ")).join(" | ")}`;
}

// Values of the page-table word, as numbers and as programs write them. A is masked: a walk may set it at will.

import { FRAME_0, FRAME_1 } from "./layout.js";
import { PTES, type Pte } from "./program.js";

const P = 1;
const W = 2;
const A = 0x20;
const D = 0x40;

function wordOf(pte: Pte): number {
  if (pte === "N") return 0;
  const frame = pte[0] === "0" ? FRAME_0 : FRAME_1;
  const rights = { R: P, W: P | W, D: P | W | D }[pte[1] as "R" | "W" | "D"];
  return frame | rights;
}

const words = new Map(PTES.map((pte) => [pte, wordOf(pte)]));
const names = new Map(PTES.map((pte) => [wordOf(pte), pte]));

export const pteWord = (pte: Pte): number => words.get(pte)!;

/** `word` as a program would write it; of D without W, which no program has, the number. */
export function pteName(word: number): string {
  return names.get(word & ~A) ?? (word & ~A).toString(16);
}

export const IGNORED_BITS = A;

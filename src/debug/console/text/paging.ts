// Walks and cached translations as text: for page, vmmap, tlb and why.

import type { Mapping, PageRights, TableWord, TlbView, Walk } from "../../look/index.js";
import { isStale } from "../../look/index.js";
import type { SymbolTable } from "../../symbols/index.js";
import { hex, stepName, symbolText } from "./numbers.js";
import type { Style } from "./style.js";

/** `rwx u g`: what the rights allow, in the order of ls. */
const rightsText = ({ writable, user, executable, global }: PageRights): string =>
  `r${writable ? "w" : "-"}${executable ? "x" : "-"} ${user ? "u" : "s"}${global ? " g" : ""}`;

function sizeText(bytes: number | bigint): string {
  const size = Number(bytes);
  for (const [unit, name] of [[2 ** 40, "T"], [2 ** 30, "G"], [2 ** 20, "M"], [2 ** 10, "K"]] as const) {
    if (size >= unit && size % unit === 0) return `${size / unit}${name}`;
  }
  return `${size}`;
}

const FAULTS: Readonly<Record<string, string>> = {
  "not-present": "not present: an access faults",
  "reserved-bit": "a reserved bit is set: an access faults",
  "not-canonical": "the address is not canonical: an access is #GP",
  "outside-ram": "a table is outside RAM",
};

/** `PTE @17a108 = 800000000017d067  P W U A D NX  -> 17d000`. */
export function wordText(word: TableWord): string {
  const target = word.physical === undefined ? "" : ` -> ${word.physical.toString(16)}`;
  const reserved = word.reserved === undefined ? "" : `, reserved bits ${hex(word.reserved)}`;
  const flags = [...word.flags, ...softwareBits(word)].map((flag) => ` ${flag}`).join("");
  const value = word.value.toString(16).padStart(16, "0");
  return `${word.level.padEnd(5)} @${word.wordAddress.toString(16)} = ${value} ${flags}${target}${reserved}`;
}

/** Bits that the processor ignores, by their numbers. */
const softwareBits = ({ software = 0n }: TableWord): string[] =>
  Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (software >> BigInt(bit)) & 1n).map((bit) => `bit${bit}`);

export function walkText(walk: Walk): string {
  const lines = walk.levels.map(wordText);
  const { outcome } = walk;
  if (outcome.kind === "mapped") {
    lines.push(
      `${hex(walk.address)} is ${hex(outcome.physical)} physical: `
      + `page of ${sizeText(outcome.pageSize)}, ${rightsText(outcome.rights)}`,
    );
  } else if (outcome.kind === "no-paging") {
    lines.push(`paging is off: ${hex(walk.address)} is its own physical address`);
  } else {
    const level = outcome.level === undefined ? "" : `${outcome.level}: `;
    lines.push(`${hex(walk.address)} is not mapped: ${level}${FAULTS[outcome.kind]!}`);
  }
  return lines.join("\n");
}

export function mappingRow(mapping: Mapping): string[] {
  return [
    hex(mapping.start), hex(mapping.end - 1n), sizeText(mapping.end - mapping.start), rightsText(mapping.rights),
    mapping.pageSizes.map(sizeText).join(" "), mapping.physical === undefined ? "scattered" : hex(mapping.physical),
  ];
}

/** Columns of a TLB listing that every entry has. */
export const TLB_HEAD = ["CPU", "in", "page", "frame", "size", "rights", "PCID", "filled"] as const;
export const TLB_ALIGN = "rlrrllrl";

export function tlbRow(view: TlbView, style: Style): string[] {
  const rights = rightsText(view);
  const page = view.linear.toString(16);
  return [
    `${view.cpu}`, view.structure, isStale(view) ? style.alarm(page) : page, view.physical.toString(16),
    view.kind, `${rights}${view.dirty ? " d" : ""}`, `${view.pcid}`, stepName(view.filledAt),
  ];
}

const DIFFERENCES: Readonly<Record<string, string>> = {
  "not-mapped": "nothing is mapped here now",
  frame: "another frame is mapped here now",
  size: "the page has another size now",
  writable: "it may be written, or no longer so",
  user: "user access has changed",
  executable: "execution has changed",
  table: "another table is here now",
};

/** The line below an entry that is stale: what the page tables say, since when, and by whom. */
export function staleText(view: TlbView, style: Style): string {
  const { changed, word } = view;
  if (!changed) return "";
  const who = `changed at ${stepName(changed.atStep)} by CPU ${changed.byCpu}`;
  const now = word === undefined ? "" : `${word.level} @${word.wordAddress.toString(16)} is ${word.value.toString(16)} now, `;
  if (changed.differs.length === 0) return `    ${now}${who}, and says the same again`;
  const differences = changed.differs.map((name) => DIFFERENCES[name] ?? name).join("; ");
  return `    ${style.alarm("STALE")}: ${now}${who}\n    ${differences}`;
}

/** Who made an entry: the symbol of the instruction, or its address. */
export const filler = (view: TlbView, symbols: SymbolTable | undefined): string => {
  const symbol = view.filledAtSymbol ?? symbols?.at(view.filledBy);
  return symbol ? symbolText(symbol) : hex(view.filledBy);
};

// Translation scenarios: columns are CPUs that run bare code in ring 0, with pages whose page-table words they change.
//
//   Translation never-back
//   "what is at stake, and where it comes from"
//   { frame f = 1; frame g = 2; page p = f ro; x = 0; }
//    P0           | P1     ;
//    pte p = g ro | r0 = p ;
//    flush p P1   | r1 = p ;
//   ~exists (1:r0=2 /\ 1:r1=1)
//
// A frame's own name reaches it by a mapping that never changes. docs/scenarios.md has all declarations and events.

import { comparisons, type Condition, observedIn, parseCondition, type Observed, type ReadValue } from "./condition.js";
import type { Frame } from "./frame.js";
import { Scanner, type Source } from "./source.js";
import {
  expectMapping, type Mapping, mappingWord, parseTranslationOp, RESERVED, type TranslationKind, type TranslationOp, writtenBy,
} from "./translation-op.js";
import { expectNumber, Names, readDeclarations, SCENARIO_REGISTERS } from "./words.js";

export interface TranslationScenario {
  readonly kind: "translation";
  readonly name: string;
  readonly stake: string;
  /** The text, whole, from which it was read. */
  readonly source: string;
  /** Frames in the order in which they are declared, which is that of their numbers, with their first u64. */
  readonly frames: readonly { readonly name: string; readonly value: bigint }[];
  readonly pages: readonly { readonly name: string; readonly mapping: Mapping }[];
  readonly variables: readonly { readonly name: string; readonly value: bigint }[];
  readonly columns: readonly (readonly TranslationOp[])[];
  readonly condition: Condition;
  /** What an outcome lists: everything the condition names, registers first. */
  readonly observed: readonly Observed[];
}

export const MOST_PAGES = 7;
export const MOST_FRAMES = 8;
export const MOST_VARIABLES = 16;
export const MOST_OPS = 32;

/** What an access that faults leaves in its register; not a value that a scenario can write. */
export const FAULT_VALUE = 2n ** 64n - 1n;
/** Values are numbers that an instruction can hold, so 31 bits. */
export const LARGEST_VALUE = 2n ** 31n - 1n;

type Initial = Pick<TranslationScenario, "frames" | "pages" | "variables">;
type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

const MOST: Readonly<Record<TranslationKind, number>> = { frame: MOST_FRAMES, page: MOST_PAGES, var: MOST_VARIABLES };

function parseInitial(source: Source, names: Names<TranslationKind>): Initial {
  const initial: Mutable<Initial> = { frames: [], pages: [], variables: [] };
  const scanner = new Scanner(source);
  const expectInitial = () => expectNumber(scanner, "a value", 0n, LARGEST_VALUE);
  readDeclarations(scanner, () => {
    const kind = (scanner.match(/(page|frame|var)\b(?!\s*=)/y) as TranslationKind | undefined) ?? "var";
    if (names.count(kind) === MOST[kind]) scanner.fail(`a scenario has at most ${MOST[kind]} of ${kind}`);
    const name = names.declare(scanner, kind);
    if (kind === "page") {
      scanner.expect("=");
      initial.pages.push({ name, mapping: expectMapping(scanner, names) });
      return;
    }
    const value = scanner.take("=") ? expectInitial() : 0n;
    initial[kind === "frame" ? "frames" : "variables"].push({ name, value });
  });
  return initial;
}

/** Whether every event that writes the register leaves a page-table word in it. */
export function holdsWord(columns: readonly (readonly TranslationOp[])[], observed: Observed): boolean {
  if (observed.kind === "pte") return true;
  if (observed.kind !== "register") return false;
  const writers = columns[observed.column]?.filter((op) => writtenBy(op) === observed.name) ?? [];
  return writers.length > 0 && writers.every(({ kind }) => kind === "load-pte" || kind === "xchg-pte");
}

/** Registers hold a value, `fault`, or a page-table word; words are written as mappings. */
function valueReader(frames: Initial["frames"], columns: readonly (readonly TranslationOp[])[], names: Names<TranslationKind>): ReadValue {
  return (scanner, observed) => {
    if (holdsWord(columns, observed)) return mappingWord(expectMapping(scanner, names), frames);
    if (observed.kind === "register" && scanner.match(/fault\b/y) !== undefined) return FAULT_VALUE;
    return expectNumber(scanner, "a value", 0n, LARGEST_VALUE);
  };
}

function checkObserved(observed: Observed, offset: number, source: Source, columns: readonly (readonly TranslationOp[])[], names: Names<TranslationKind>): void {
  if (observed.kind === "location") return names.check(observed.name, source, offset, "frame", "var");
  if (observed.kind === "pte") return names.check(observed.name, source, offset, "page");
  const column = columns[observed.column];
  if (!column) source.fail(offset, `there is no column P${observed.column}`);
  if (observed.kind === "fault") return names.check(observed.name, source, offset, "page");
  if (!SCENARIO_REGISTERS.some((name) => name === observed.name)) source.fail(offset, `there is no register ${observed.name}: expected r0 to r7`);
  if (!column.some((op) => writtenBy(op) === observed.name)) source.fail(offset, `nobody writes register ${observed.name} of P${observed.column}`);
}

function parseColumns(cells: Frame["columns"], names: Names<TranslationKind>): TranslationOp[][] {
  return cells.map((column) => {
    if (column.length > MOST_OPS) column[MOST_OPS]!.fail(0, `a column has at most ${MOST_OPS} events, not ${column.length}`);
    return column.map((cell) => parseTranslationOp(cell, names, cells.length));
  });
}

/** A translation scenario in the frame that `readFrame` gives; `text` is where it is from. */
export function translationOf(frame: Frame, text: string): TranslationScenario {
  frame.settings[0]?.fail(0, 'expected "{" and the initial state');
  const names = new Names<TranslationKind>(RESERVED);
  const initial = parseInitial(frame.initial, names);
  const columns = parseColumns(frame.columns, names);
  const condition = parseCondition(frame.condition, valueReader(initial.frames, columns, names));
  for (const { left, offset } of comparisons(condition.proposition)) checkObserved(left, offset, condition.source, columns, names);
  return { kind: "translation", name: frame.name, stake: frame.stake, source: text, ...initial, columns, condition, observed: observedIn(condition) };
}

/** The value of `observed`, in the words of the scenario. */
export function translationText(scenario: TranslationScenario, observed: Observed, value: bigint): string {
  if (holdsWord(scenario.columns, observed)) return wordText(value, scenario.frames);
  return observed.kind === "register" && value === FAULT_VALUE ? "fault" : String(value);
}

/** A page-table word as scenarios write it. */
export function wordText(word: bigint, frames: Initial["frames"]): string {
  const { name } = frames[Number(word >> 12n)] ?? { name: `frame ${word >> 12n}` };
  const forms = [false, true].flatMap((writable) => [false, true].map((dirty) => ({ frame: name, writable, dirty })));
  const mapping = forms.find((form) => mappingWord(form, frames) === word);
  if (!mapping) return word === 0n ? "none" : `0x${word.toString(16)}`;
  return `${name} ${mapping.writable ? "rw" : "ro"}${mapping.dirty ? " dirty" : ""}`;
}

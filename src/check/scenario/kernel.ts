// Kernel scenarios: columns are threads of one process, each pinned to a CPU of its own, on the guest kernel.
//
//   Kernel mail
//   "what is at stake, and where it comes from"
//   policies sync, migrc-v3: violation
//   kernel WORDS
//   { page p = 0 ro; a = 0; }
//    P0          | P1     | P2       | P3            ;
//    migrate p 1 | r1 = a | p = 1    | mprotect p rw ;
//                | r2 = p | xchg a 1 |               ;
//   exists (1:r1=1 /\ 1:r2=0)
//
// The condition names what must not happen. docs/scenarios.md has all declarations and events.

import { comparisons, type Condition, observedIn, observedName, parseCondition, type Observed } from "./condition.js";
import type { Frame } from "./frame.js";
import { type KernelLocationKind, type KernelOp, parseKernelOp, placeOf, registersOf, RESERVED } from "./kernel-op.js";
import { Scanner, type Source } from "./source.js";
import { expectNumber, expectValue, Names, readDeclarations, SCENARIO_REGISTERS } from "./words.js";

export type KernelLocation =
  /** A page of its own: private and anonymous, or the first page of a memory file, shared. `value` is its first u64. */
  | { readonly kind: "page"; readonly name: string; readonly value: bigint; readonly writable: boolean; readonly node?: number; readonly file?: string }
  /** Addresses of one page at which nothing is mapped. */
  | { readonly kind: "hole"; readonly name: string }
  /** A u64 in a page that nobody migrates. */
  | { readonly kind: "var"; readonly name: string; readonly value: bigint }
  /** A memory file. */
  | { readonly kind: "file"; readonly name: string; readonly pages: number };

/** What a scenario says of a flush policy: whether the violation is there. */
export interface PolicyExpectation {
  readonly policy: string;
  readonly expected: "none" | "violation";
  /** Where it says so, for messages. */
  readonly source: Source;
}

export interface KernelScenario {
  readonly kind: "kernel";
  readonly name: string;
  /** What is at stake and where it comes from, in a sentence. */
  readonly stake: string;
  /** The policies to run it with, and what is expected of each. */
  readonly policies: readonly PolicyExpectation[];
  /** Words for the kernel's command line. */
  readonly words: readonly string[];
  readonly locations: readonly KernelLocation[];
  readonly columns: readonly (readonly KernelOp[])[];
  readonly condition: Condition;
  /** What an outcome lists: everything the condition names, registers first. */
  readonly observed: readonly Observed[];
  /** The text, whole, from which it was read. */
  readonly source: string;
}

/** What the guest's tables have room for (guest/user/scenario.h). */
export const MOST_OPS = 16;
const MOST_LOCATIONS = 16;
const LONGEST_NAME = 15;
const MOST_FILE_PAGES = 16;

function parsePage(scanner: Scanner, name: string, names: Names<KernelLocationKind>): KernelLocation {
  scanner.expect("=");
  const value = expectValue(scanner);
  const rights = scanner.expectMatch(/(ro|rw)\b/y, "the rights ro or rw");
  const page = { kind: "page", name, value, writable: rights === "rw" } as const;
  const node = scanner.match(/node\b/y) === undefined ? {} : { node: Number(expectNumber(scanner, "a node", 0n, 1n)) };
  const file = scanner.match(/file\b/y) === undefined ? {} : { file: names.expect(scanner, "file") };
  return { ...page, ...node, ...file };
}

function parseLocation(scanner: Scanner, names: Names<KernelLocationKind>): KernelLocation {
  const kind = scanner.match(/(page|hole|file|var)\b(?!\s*=)/y) as KernelLocationKind | undefined ?? "var";
  const start = scanner.offset;
  const name = names.declare(scanner, kind);
  if (name.length > LONGEST_NAME) scanner.source.fail(start, `expected a name of at most ${LONGEST_NAME} letters`);
  switch (kind) {
    case "page":
      return parsePage(scanner, name, names);
    case "hole":
      return { kind, name };
    case "file": {
      const pages = scanner.match(/pages\b/y) === undefined ? 1 : Number(expectNumber(scanner, "a number of pages", 1n, BigInt(MOST_FILE_PAGES)));
      return { kind, name, pages };
    }
    case "var":
      return { kind, name, value: scanner.take("=") ? expectValue(scanner) : 0n };
  }
}

function parseLocations(source: Source, names: Names<KernelLocationKind>): KernelLocation[] {
  const locations: KernelLocation[] = [];
  const scanner = new Scanner(source);
  readDeclarations(scanner, () => {
    if (locations.length === MOST_LOCATIONS) scanner.fail(`a scenario has at most ${MOST_LOCATIONS} locations`);
    locations.push(parseLocation(scanner, names));
  });
  return locations;
}

function parsePolicies(scanner: Scanner): PolicyExpectation[] {
  const policies: PolicyExpectation[] = [];
  do {
    const start = scanner.offset;
    const policy = scanner.expectMatch(/[a-z][\w-]*/y, "a flush policy");
    const expected = scanner.take(":") ? scanner.expectMatch(/(none|violation)\b/y, "none or violation") : "none";
    policies.push({ policy, expected: expected as "none" | "violation", source: scanner.source.part(start, scanner.offset) });
  } while (scanner.take(","));
  if (!scanner.atEnd) scanner.fail(`expected "," or the end of the line${scanner.found()}`);
  return policies;
}

function parseSettings(settings: readonly Source[]): { policies: PolicyExpectation[]; words: string[] } {
  const policies: PolicyExpectation[] = [];
  const words: string[] = [];
  for (const line of settings) {
    const scanner = new Scanner(line);
    if (scanner.match(/policies\b/y) !== undefined) {
      policies.push(...parsePolicies(scanner));
    } else if (scanner.match(/kernel\b/y) !== undefined) {
      while (!scanner.atEnd) words.push(scanner.expectMatch(/\S+/y, "a word for the kernel's command line"));
    } else {
      scanner.fail(`expected policies, kernel or "{"${scanner.found()}`);
    }
  }
  return { policies, words };
}

function checkCondition(condition: Condition, columns: readonly (readonly KernelOp[])[], names: Names<KernelLocationKind>): void {
  const { source } = condition;
  if (condition.quantifier !== "exists") source.fail(0, `expected exists and what must not happen, found ${condition.quantifier}`);
  for (const { left, offset } of comparisons(condition.proposition)) {
    if (left.kind === "location") {
      names.check(left.name, source, offset, "page", "hole", "var");
    } else if (left.kind === "register") {
      const column = columns[left.column];
      if (!column) return source.fail(offset, `there is no column P${left.column}`);
      if (!SCENARIO_REGISTERS.some((name) => name === left.name)) source.fail(offset, `there is no register ${left.name}: expected r0 to r7`);
      if (!column.some((op) => registersOf(op).some((name) => name === left.name))) source.fail(offset, `nobody writes register ${left.name} of P${left.column}`);
    } else if (left.kind === "fault") {
      names.check(left.name, source, offset, "page", "hole");
      if (!columns[left.column]) source.fail(offset, `there is no column P${left.column}`);
      if (!columns[left.column]?.some((op) => placeOf(op) === left.name)) source.fail(offset, `P${left.column} does not access ${left.name}`);
    } else {
      source.fail(offset, `${observedName(left)} goes with Translation scenarios; expected a location, or COLUMN:REGISTER`);
    }
  }
}

function parseColumn(cells: readonly Source[], names: Names<KernelLocationKind>): KernelOp[] {
  if (cells.length > MOST_OPS) cells[MOST_OPS]!.fail(0, `a column has at most ${MOST_OPS} events, not ${cells.length}`);
  const column = cells.map((cell) => parseKernelOp(cell, names));
  const early = column.slice(0, -1).find(({ kind }) => kind === "exit");
  early?.source.fail(0, "expected exit at the end of its column: nothing comes after it");
  return column;
}

/** A kernel scenario in the frame that `readFrame` gives; `text` is where it is from. */
export function kernelOf(frame: Frame, text: string): KernelScenario {
  const names = new Names<KernelLocationKind>(RESERVED);
  const settings = parseSettings(frame.settings);
  const locations = parseLocations(frame.initial, names);
  const columns = frame.columns.map((cells) => parseColumn(cells, names));
  const condition = parseCondition(frame.condition);
  checkCondition(condition, columns, names);
  const { name, stake } = frame;
  return { kind: "kernel", name, stake, ...settings, locations, columns, condition, observed: observedIn(condition), source: text };
}

// The final condition of a scenario, in herd's form: `exists (0:rax=1 /\ ~(x=2))`.

import { Scanner, type Source } from "./source.js";

/** Something whose final value an outcome has. */
export type Observed =
  | { readonly kind: "register"; readonly column: number; readonly name: string }
  | { readonly kind: "location"; readonly name: string }
  /** The page-table word that maps a page: `pte p`. */
  | { readonly kind: "pte"; readonly name: string }
  /** Whether a column has had a page fault on a page, 1 or 0: `fault(P1,p)`, as herd writes it. */
  | { readonly kind: "fault"; readonly column: number; readonly name: string };

export type Proposition =
  | { readonly kind: "constant"; readonly value: boolean }
  | { readonly kind: "equal"; readonly left: Observed; readonly value: bigint; readonly offset: number }
  | { readonly kind: "not"; readonly of: Proposition }
  | { readonly kind: "and" | "or" | "implies"; readonly left: Proposition; readonly right: Proposition };

export type Quantifier = "exists" | "~exists" | "forall";

export interface Condition {
  readonly quantifier: Quantifier;
  readonly proposition: Proposition;
  readonly source: Source;
}

/** The name of `observed`, as herd prints it. */
export function observedName(observed: Observed): string {
  switch (observed.kind) {
    case "register":
      return `${observed.column}:${observed.name}`;
    case "location":
      return `[${observed.name}]`;
    case "pte":
      return `pte ${observed.name}`;
    case "fault":
      return `fault(P${observed.column},${observed.name})`;
  }
}

/** `observed` with its final value, as herd prints it. */
export function observedText(observed: Observed, value: string): string {
  if (observed.kind === "fault") return value === "0" ? `~${observedName(observed)};` : `${observedName(observed)};`;
  return `${observedName(observed)}=${value};`;
}

export const NAME = /[A-Za-z_][\w.]*/y;
export const NUMBER = /-?(0x[0-9a-fA-F]+|\d+)/y;

export function parseNumber(text: string): bigint {
  const value = BigInt(text.replace("-", ""));
  return BigInt.asUintN(64, text.startsWith("-") ? -value : value);
}

/** Reads what `observed` is compared with. */
export type ReadValue = (scanner: Scanner, observed: Observed) => bigint;

const readNumber: ReadValue = (scanner) => parseNumber(scanner.expectMatch(NUMBER, "a number"));

function parseFault(scanner: Scanner): Observed {
  scanner.expect("(");
  const column = scanner.expectMatch(/P\d+/y, "a column, such as P0");
  scanner.expect(",");
  const name = scanner.expectMatch(NAME, "a page");
  scanner.expect(")");
  return { kind: "fault", column: Number(column.slice(1)), name };
}

function parseObserved(scanner: Scanner): Observed {
  const column = scanner.match(/\d+(?=\s*:)/y);
  if (column !== undefined) {
    scanner.expect(":");
    scanner.take("%");
    return { kind: "register", column: Number(column), name: scanner.expectMatch(NAME, "a register") };
  }
  if (scanner.match(/pte\b(?=\s+\w)/y) !== undefined) return { kind: "pte", name: scanner.expectMatch(NAME, "a page") };
  const bracket = scanner.take("[");
  const name = scanner.expectMatch(NAME, "a location, or COLUMN:REGISTER");
  if (bracket) scanner.expect("]");
  return { kind: "location", name };
}

function parseAtom(scanner: Scanner, readValue: ReadValue): Proposition {
  if (scanner.take("~") || scanner.match(/not\b/y) !== undefined) return { kind: "not", of: parseAtom(scanner, readValue) };
  if (scanner.take("(")) {
    const inner = parseImplies(scanner, readValue);
    scanner.expect(")");
    return inner;
  }
  const constant = scanner.match(/(true|false)\b/y);
  if (constant !== undefined) return { kind: "constant", value: constant === "true" };
  const offset = scanner.offset;
  if (scanner.match(/fault\b(?=\s*\()/y) !== undefined) return { kind: "equal", left: parseFault(scanner), value: 1n, offset };
  const left = parseObserved(scanner);
  const different = scanner.match(/<>|!=/y) !== undefined;
  if (!different) scanner.expect("=");
  const value = readValue(scanner, left);
  const equal: Proposition = { kind: "equal", left, value, offset };
  return different ? { kind: "not", of: equal } : equal;
}

function parseAnd(scanner: Scanner, readValue: ReadValue): Proposition {
  const left = parseAtom(scanner, readValue);
  return scanner.match(/\/\\|&&/y) === undefined ? left : { kind: "and", left, right: parseAnd(scanner, readValue) };
}

function parseOr(scanner: Scanner, readValue: ReadValue): Proposition {
  const left = parseAnd(scanner, readValue);
  return scanner.match(/\\\/|\|\|/y) === undefined ? left : { kind: "or", left, right: parseOr(scanner, readValue) };
}

function parseImplies(scanner: Scanner, readValue: ReadValue): Proposition {
  const left = parseOr(scanner, readValue);
  return scanner.take("=>") ? { kind: "implies", left, right: parseImplies(scanner, readValue) } : left;
}

/** Parses `exists P`, `~exists P` or `forall P`. What things are compared with is a number, unless `readValue` is given. */
export function parseCondition(source: Source, readValue: ReadValue = readNumber): Condition {
  const scanner = new Scanner(source);
  const word = scanner.expectMatch(/(~\s*exists|exists|forall)\b/y, "exists, ~exists or forall");
  const proposition = parseImplies(scanner, readValue);
  if (!scanner.atEnd) scanner.fail(`expected /\\, \\/ or the end of the condition${scanner.found()}`);
  return { quantifier: word.replaceAll(/\s/g, "") as Quantifier, proposition, source };
}

/** Whether `proposition` holds where `valueOf` gives final values. */
export function holds(proposition: Proposition, valueOf: (observed: Observed) => bigint): boolean {
  switch (proposition.kind) {
    case "constant":
      return proposition.value;
    case "equal":
      return valueOf(proposition.left) === proposition.value;
    case "not":
      return !holds(proposition.of, valueOf);
    case "and":
      return holds(proposition.left, valueOf) && holds(proposition.right, valueOf);
    case "or":
      return holds(proposition.left, valueOf) || holds(proposition.right, valueOf);
    case "implies":
      return !holds(proposition.left, valueOf) || holds(proposition.right, valueOf);
  }
}

/** The comparisons in `proposition`, in the order of the text. */
export function comparisons(proposition: Proposition): Extract<Proposition, { kind: "equal" }>[] {
  switch (proposition.kind) {
    case "constant":
      return [];
    case "equal":
      return [proposition];
    case "not":
      return comparisons(proposition.of);
    default:
      return [...comparisons(proposition.left), ...comparisons(proposition.right)];
  }
}

/** What `condition` names, each once: registers first, in the order in which herd lists them. */
export function observedIn(condition: Condition): Observed[] {
  const byName = new Map(comparisons(condition.proposition).map(({ left }) => [observedName(left), left]));
  const order = (observed: Observed) => `${["register", "location", "pte", "fault"].indexOf(observed.kind)}${observedName(observed)}`;
  return [...byName.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

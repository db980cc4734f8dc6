// The final condition of a scenario, in herd's form: `exists (0:rax=1 /\ ~(x=2))`.

import { Scanner, type Source } from "./source.js";

/** Something whose final value an outcome has: a register of a column, or a location. */
export type Observed =
  | { readonly kind: "register"; readonly column: number; readonly name: string }
  | { readonly kind: "location"; readonly name: string };

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
  return observed.kind === "register" ? `${observed.column}:${observed.name}` : `[${observed.name}]`;
}

const NAME = /[A-Za-z_][\w.]*/y;
const NUMBER = /-?(0x[0-9a-fA-F]+|\d+)/y;

export function parseNumber(text: string): bigint {
  const value = BigInt(text.replace("-", ""));
  return BigInt.asUintN(64, text.startsWith("-") ? -value : value);
}

function parseObserved(scanner: Scanner): Observed {
  const column = scanner.match(/\d+(?=\s*:)/y);
  if (column !== undefined) {
    scanner.expect(":");
    scanner.take("%");
    return { kind: "register", column: Number(column), name: scanner.expectMatch(NAME, "a register") };
  }
  const bracket = scanner.take("[");
  const name = scanner.expectMatch(NAME, "a location, or COLUMN:REGISTER");
  if (bracket) scanner.expect("]");
  return { kind: "location", name };
}

function parseAtom(scanner: Scanner): Proposition {
  if (scanner.take("~") || scanner.match(/not\b/y) !== undefined) return { kind: "not", of: parseAtom(scanner) };
  if (scanner.take("(")) {
    const inner = parseImplies(scanner);
    scanner.expect(")");
    return inner;
  }
  const constant = scanner.match(/(true|false)\b/y);
  if (constant !== undefined) return { kind: "constant", value: constant === "true" };
  const offset = scanner.offset;
  const left = parseObserved(scanner);
  const different = scanner.match(/<>|!=/y) !== undefined;
  if (!different) scanner.expect("=");
  const value = parseNumber(scanner.expectMatch(NUMBER, "a number"));
  const equal: Proposition = { kind: "equal", left, value, offset };
  return different ? { kind: "not", of: equal } : equal;
}

function parseAnd(scanner: Scanner): Proposition {
  const left = parseAtom(scanner);
  return scanner.match(/\/\\|&&/y) === undefined ? left : { kind: "and", left, right: parseAnd(scanner) };
}

function parseOr(scanner: Scanner): Proposition {
  const left = parseAnd(scanner);
  return scanner.match(/\\\/|\|\|/y) === undefined ? left : { kind: "or", left, right: parseOr(scanner) };
}

function parseImplies(scanner: Scanner): Proposition {
  const left = parseOr(scanner);
  return scanner.take("=>") ? { kind: "implies", left, right: parseImplies(scanner) } : left;
}

/** Parses `exists P`, `~exists P` or `forall P`. */
export function parseCondition(source: Source): Condition {
  const scanner = new Scanner(source);
  const word = scanner.expectMatch(/(~\s*exists|exists|forall)\b/y, "exists, ~exists or forall");
  const proposition = parseImplies(scanner);
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

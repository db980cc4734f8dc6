// Events of translation scenarios: what a CPU does, in the words of the scenario.

import { Scanner, type Source } from "./source.js";
import { expectEnd, expectNumber, type Names, type ScenarioRegister, takeTarget } from "./words.js";

export type TranslationKind = "page" | "frame" | "var";

/** What a page-table word says; undefined is not present. A is left out: a walk may set it at will. */
export type Mapping = { readonly frame: string; readonly writable: boolean; readonly dirty: boolean } | undefined;

export type TranslationEvent =
  /** `name` is a page, a frame or a variable. */
  | { readonly kind: "load"; readonly name: string; readonly register: ScenarioRegister }
  | { readonly kind: "store"; readonly name: string; readonly value: number }
  | { readonly kind: "xchg"; readonly name: string; readonly value: number; readonly register?: ScenarioRegister }
  | { readonly kind: "load-pte"; readonly page: string; readonly register: ScenarioRegister }
  | { readonly kind: "store-pte"; readonly page: string; readonly mapping: Mapping }
  | { readonly kind: "xchg-pte"; readonly page: string; readonly mapping: Mapping; readonly register?: ScenarioRegister }
  | { readonly kind: "invlpg"; readonly page: string }
  | { readonly kind: "mfence" | "reload-cr3" }
  /** An IPI to each of `cpus`, which invalidates the page, or without one everything; waits for all of them. */
  | { readonly kind: "flush"; readonly page?: string; readonly cpus: readonly number[]; readonly fenced: boolean }
  /** Spins until the variable has the value. */
  | { readonly kind: "await"; readonly name: string; readonly value: number };

export type TranslationOp = TranslationEvent & { readonly source: Source };

/** The events that are not loads and stores, by their first word. */
export const TRANSLATION_OPERATIONS = ["pte", "xchg", "invlpg", "mfence", "reload", "flush", "await"] as const;
type Operation = (typeof TRANSLATION_OPERATIONS)[number];

/** Names that no location may have. */
export const RESERVED: ReadonlySet<string> = new Set([...TRANSLATION_OPERATIONS, "all", "none", "fault", "cr3"]);

type LocationNames = Names<TranslationKind>;

const P = 1n;
const W = 2n;
const D = 0x40n;

/** Bits of a page-table word that is present, as the manual has them (SDM 3A table 4-20), and the frame's number as declared. */
export function mappingWord(mapping: Mapping, frames: readonly { readonly name: string }[]): bigint {
  if (!mapping) return 0n;
  const frame = BigInt(frames.findIndex(({ name }) => name === mapping.frame));
  return (frame << 12n) | P | (mapping.writable ? W : 0n) | (mapping.dirty ? D : 0n);
}

/** `f ro`, `f rw`, `f rw dirty`, `f ro dirty` or `none`. */
export function expectMapping(scanner: Scanner, names: LocationNames): Mapping {
  if (scanner.match(/none\b/y) !== undefined) return undefined;
  const frame = names.expect(scanner, "frame");
  const writable = scanner.expectMatch(/(ro|rw)\b/y, "the rights ro or rw") === "rw";
  return { frame, writable, dirty: scanner.match(/dirty\b/y) !== undefined };
}

const expectValue = (scanner: Scanner): number => Number(expectNumber(scanner, "a value", 0n, 2n ** 31n - 1n));

const expectPlace = (scanner: Scanner, names: LocationNames): string => names.expect(scanner, "page", "frame", "var");

function parseExchange(scanner: Scanner, names: LocationNames): TranslationEvent {
  if (scanner.match(/pte\b/y) !== undefined) return { kind: "xchg-pte", page: names.expect(scanner, "page"), mapping: expectMapping(scanner, names) };
  return { kind: "xchg", name: expectPlace(scanner, names), value: expectValue(scanner) };
}

/** What follows `rN =`. */
function parseAssignment(scanner: Scanner, register: ScenarioRegister, names: LocationNames): TranslationEvent {
  if (scanner.match(/xchg\b/y) !== undefined) return { ...parseExchange(scanner, names), register } as TranslationEvent;
  if (scanner.match(/pte\b/y) !== undefined) return { kind: "load-pte", page: names.expect(scanner, "page"), register };
  return { kind: "load", name: expectPlace(scanner, names), register };
}

function parseFlush(scanner: Scanner, names: LocationNames, columns: number): TranslationEvent {
  const page = scanner.match(/all\b/y) === undefined ? { page: names.expect(scanner, "page") } : {};
  const cpus: number[] = [];
  do {
    const offset = scanner.offset;
    const cpu = Number(scanner.expectMatch(/P\d+\b/y, "a CPU, such as P1").slice(1));
    if (cpu >= columns) scanner.source.fail(offset, `there is no column P${cpu}`);
    if (cpus.includes(cpu)) scanner.source.fail(offset, `P${cpu} stands here twice`);
    cpus.push(cpu);
  } while (scanner.follows(/P\d/y));
  return { kind: "flush", ...page, cpus, fenced: scanner.match(/unfenced\b/y) === undefined };
}

function parseOperation(operation: Operation, scanner: Scanner, names: LocationNames, columns: number): TranslationEvent {
  switch (operation) {
    case "pte": {
      const page = names.expect(scanner, "page");
      scanner.expect("=");
      return { kind: "store-pte", page, mapping: expectMapping(scanner, names) };
    }
    case "xchg":
      return parseExchange(scanner, names);
    case "invlpg":
      return { kind: "invlpg", page: names.expect(scanner, "page") };
    case "mfence":
      return { kind: "mfence" };
    case "reload":
      scanner.expectMatch(/cr3\b/y, "cr3");
      return { kind: "reload-cr3" };
    case "flush":
      return parseFlush(scanner, names, columns);
    case "await": {
      const name = names.expect(scanner, "var");
      scanner.expect("=");
      return { kind: "await", name, value: expectValue(scanner) };
    }
  }
}

function parseEvent(scanner: Scanner, names: LocationNames, columns: number): TranslationEvent {
  const register = takeTarget(scanner);
  if (register !== undefined) return parseAssignment(scanner, register, names);
  if (scanner.follows(/[A-Za-z_]\w*\s*=/y)) {
    const name = expectPlace(scanner, names);
    scanner.expect("=");
    return { kind: "store", name, value: expectValue(scanner) };
  }
  const offset = scanner.offset;
  const word = scanner.expectMatch(/[A-Za-z_]\w*/y, "an event");
  const operation = TRANSLATION_OPERATIONS.find((name) => name === word);
  if (!operation) scanner.source.fail(offset, `unknown operation "${word}": expected rN = LOCATION, LOCATION = VALUE, ${TRANSLATION_OPERATIONS.join(", ")}`);
  return parseOperation(operation, scanner, names, columns);
}

/** Parses one event of a scenario with so many columns. */
export function parseTranslationOp(source: Source, names: LocationNames, columns: number): TranslationOp {
  const scanner = new Scanner(source);
  const event = parseEvent(scanner, names, columns);
  expectEnd(scanner);
  return { ...event, source };
}

/** The register that `op` writes. */
export const writtenBy = (op: TranslationEvent): ScenarioRegister | undefined => ("register" in op ? op.register : undefined);

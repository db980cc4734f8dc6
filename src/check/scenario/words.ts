// Words that events of Translation and Kernel scenarios share: registers r0 to r7, names of locations, values.

import { NAME, NUMBER, parseNumber } from "./condition.js";
import type { Scanner, Source } from "./source.js";

/** A register of a column: r0 to r7. */
export type ScenarioRegister = `r${number}`;
export const SCENARIO_REGISTERS = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"] as const;

/** A register that something is assigned to: `r1 =`. */
export function takeTarget(scanner: Scanner): ScenarioRegister | undefined {
  const offset = scanner.offset;
  const name = scanner.match(/r\d+(?=\s*=)/y);
  if (name === undefined) return undefined;
  scanner.expect("=");
  return SCENARIO_REGISTERS.find((register) => register === name) ?? scanner.source.fail(offset, `there is no register ${name}: expected r0 to r7`);
}

/** A number from `least` to `most`. */
export function expectNumber(scanner: Scanner, what: string, least: bigint, most: bigint): bigint {
  const offset = scanner.offset;
  const text = scanner.expectMatch(NUMBER, what);
  const value = text.startsWith("-") ? BigInt.asIntN(64, parseNumber(text)) : BigInt(text);
  if (value < least || value > most) scanner.source.fail(offset, `expected ${what} from ${least} to ${most}, found ${text}`);
  return value;
}

const U64_MAX = 2n ** 64n - 1n;

/** What a location holds. */
export const expectValue = (scanner: Scanner): bigint => expectNumber(scanner, "a value", 0n, U64_MAX);

/** The last word of something: nothing may follow it. */
export function expectEnd(scanner: Scanner): void {
  if (!scanner.atEnd) scanner.fail(`expected the end of the event${scanner.found()}`);
}

const alternatives = (kinds: readonly string[]): string => kinds.map((kind) => `a ${kind}`).join(" or ");

/** The names that a scenario's initial state declares, each with what it is. */
export class Names<Kind extends string> {
  readonly #kinds = new Map<string, Kind>();

  constructor(readonly reserved: ReadonlySet<string>) {}

  /** Reads a new name, of something of `kind`. */
  declare(scanner: Scanner, kind: Kind): string {
    const offset = scanner.offset;
    const name = scanner.expectMatch(/[A-Za-z_]\w*/y, `the name of a ${kind}`);
    if (this.#kinds.has(name)) scanner.source.fail(offset, `${name} is declared twice`);
    if (this.reserved.has(name) || /^r\d+$/.test(name)) scanner.source.fail(offset, `expected another name: ${name} means something else in a column`);
    this.#kinds.set(name, kind);
    return name;
  }

  kindOf(name: string): Kind | undefined {
    return this.#kinds.get(name);
  }

  count(kind: Kind): number {
    return [...this.#kinds.values()].filter((other) => other === kind).length;
  }

  /** Reads the name of something that is one of `kinds`. */
  expect(scanner: Scanner, ...kinds: Kind[]): string {
    const offset = scanner.offset;
    const what = alternatives(kinds);
    const name = scanner.expectMatch(NAME, what);
    this.check(name, scanner.source, offset, ...kinds);
    return name;
  }

  /** Refuses `name`, found at `offset`, if it is not one of `kinds`. */
  check(name: string, source: Source, offset: number, ...kinds: Kind[]): void {
    const kind = this.#kinds.get(name);
    const what = alternatives(kinds);
    if (kind === undefined) source.fail(offset, `nothing is called "${name}": expected ${what}${this.#known(kinds)}`);
    if (!kinds.includes(kind)) source.fail(offset, `${name} is a ${kind}: expected ${what}${this.#known(kinds)}`);
  }

  #known(kinds: readonly Kind[]): string {
    const names = [...this.#kinds].filter(([, kind]) => kinds.includes(kind)).map(([name]) => name);
    return names.length > 0 ? `, such as ${names[0]}` : ", of which there is none";
  }
}

/** The declarations of an initial state, separated by semicolons; `read` reads one. */
export function readDeclarations(scanner: Scanner, read: () => void): void {
  while (!scanner.atEnd) {
    if (scanner.take(";")) continue;
    read();
    if (!scanner.atEnd) scanner.expect(";");
  }
}

// What stands behind a command's name, taken apart as its row in the table says, and checked.

import { UserError } from "../../errors.js";
import type { Argument, Command } from "./command.js";
import { asNumber, evaluate, type Scope } from "./expression/evaluate.js";
import { ExpressionError } from "./expression/errors.js";
import { type Node, parseExpression } from "./expression/parse.js";
import type { Value } from "./expression/value.js";
import type { Call } from "./lookup.js";

interface Word {
  readonly text: string;
  /** Where it begins in the rest of the line. */
  readonly at: number;
}

/** Parts of `text` between blanks; what stands in brackets stays together. */
export function splitWords(text: string): Word[] {
  const words: Word[] = [];
  let depth = 0;
  let start = -1;
  for (let i = 0; i <= text.length; i++) {
    const char = text[i];
    if (char !== undefined && "([".includes(char)) depth++;
    if (char !== undefined && ")]".includes(char)) depth = Math.max(0, depth - 1);
    const blank = char === undefined || (depth === 0 && /\s/.test(char));
    if (!blank && start < 0) start = i;
    if (blank && start >= 0) {
      words.push({ text: text.slice(start, i), at: start });
      start = -1;
    }
  }
  return words;
}

export class Arguments {
  readonly call: Call;
  readonly #scope: Scope;
  readonly #texts = new Map<string, Word>();

  constructor(call: Call, scope: Scope) {
    this.call = call;
    this.#scope = scope;
    this.#take(call.command, call.rest);
  }

  get direction(): 1 | -1 {
    return this.call.direction;
  }

  has(name: string): boolean {
    return this.#texts.has(name);
  }

  /** The argument as it was typed. */
  text(name: string): string | undefined {
    return this.#texts.get(name)?.text;
  }

  cpu(name = "CPU"): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const cpu = Number(text.replace(/^cpu/i, ""));
    if (!(cpu < this.#scope.cpus)) throw new UserError(`there is no CPU ${text.replace(/^cpu/i, "")}: the machine has ${this.#scope.cpus}`);
    return cpu;
  }

  value(name: string): Value | undefined {
    const node = this.node(name);
    return node && this.#located(name, () => evaluate(node, this.#scope));
  }

  /** The tree of the expression, for one that is evaluated later. */
  node(name: string): Node | undefined {
    const word = this.#texts.get(name);
    return word && this.#located(name, () => parseExpression(word.text));
  }

  number(name: string): bigint | undefined {
    const value = this.value(name);
    return value && asNumber(value);
  }

  /** A count from `least` to 2^53 - 1. */
  count(name: string, least = 0): number | undefined {
    const value = this.value(name);
    if (!value) return undefined;
    const number = value.number ?? -1n;
    if (number < BigInt(least) || number > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new UserError(`${name} must be ${least} or more, not ${number}`);
    }
    return Number(number);
  }

  #take(command: Command, rest: string): void {
    let words = splitWords(rest);
    const put = (arg: Argument, word: Word) => void this.#texts.set(arg.name, word);
    const condition = command.args.find((arg) => arg.kind === "condition");
    const split = condition ? words.findIndex((word) => word.text === "if") : -1;
    if (split >= 0) {
      const at = words[split]!.at + 2;
      put(condition!, { text: rest.slice(at), at });
      if (words.length === split + 1) throw new UserError("the condition behind \"if\" is missing");
      rest = rest.slice(0, words[split]!.at);
      words = words.slice(0, split);
    }
    const cpu = command.args.find((arg) => arg.kind === "cpu");
    const named = cpu ? words.findIndex((word) => /^cpu\d+$/i.test(word.text)) : -1;
    if (named >= 0) {
      put(cpu!, words[named]!);
      rest = rest.slice(0, words[named]!.at).padEnd(words[named]!.at + words[named]!.text.length) + rest.slice(words[named]!.at + words[named]!.text.length);
      words.splice(named, 1);
    }
    for (const arg of command.args) {
      if (arg.kind === "condition" || this.#texts.has(arg.name)) continue;
      const word = words[0];
      if (word === undefined || !fits(arg, word.text, words.length, this.#scope.cpus)) {
        if (arg.optional) continue;
        throw new UserError(missing(command, arg, word?.text));
      }
      if (arg.rest) {
        // gdb wants a star before an address that is not a symbol: `break *0x1000`.
        const star = arg.kind === "place" && word.text.startsWith("*") ? 1 : 0;
        put(arg, { text: rest.slice(word.at + star).trimEnd(), at: word.at + star });
        words = [];
      } else {
        put(arg, arg.kind === "choice" ? { ...word, text: choice(arg, word.text)! } : word);
        words = words.slice(1);
      }
    }
    if (words.length > 0) throw new UserError(`${command.name} does not take "${words.map((word) => word.text).join(" ")}": see help ${command.name}`);
  }

  /** Runs `work`; a mistake is told with the text and the column that it is at. */
  #located<T>(name: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      const text = this.text(name)!;
      throw new UserError(`${error.message}: column ${error.at + 1} of "${text}"`);
    }
  }
}

/** The choice that `text` is, or, where there must be one, abbreviates. */
function choice(arg: Argument, text: string): string | undefined {
  if (arg.optional) return arg.choices?.find((name) => name === text);
  const found = (arg.choices ?? []).filter((name) => name.startsWith(text));
  return found.find((name) => name === text) ?? (found.length === 1 ? found[0] : undefined);
}

function fits(arg: Argument, text: string, words: number, cpus: number): boolean {
  if (arg.kind === "choice") return choice(arg, text) !== undefined;
  if (arg.kind !== "cpu") return true;
  if (!/^\d+$/.test(text)) return false;
  if (!arg.optional) return true;
  return Number(text) < cpus && (!arg.needsMore || words > 1);
}

function missing(command: Command, arg: Argument, word: string | undefined): string {
  if (word === undefined) return `${command.name} needs ${arg.name}: see help ${command.name}`;
  if (arg.kind === "choice") return `"${word}" is not one of ${(arg.choices ?? []).join(", ")}`;
  return `"${word}" is not a CPU`;
}

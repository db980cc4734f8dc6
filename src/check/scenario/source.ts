// A text with places in it: what a scenario's parser reads, and how it says what is wrong and where.

import { UserError } from "../../errors.js";

/** `file:line:column: what was expected`: one line, as compilers have it. */
export class ScenarioError extends UserError {
  constructor(file: string, line: number, column: number, message: string) {
    super(`${file}:${line}:${column}: ${message}`);
  }
}

export interface Place {
  readonly line: number;
  /** From 1 on. */
  readonly column: number;
}

/** A piece of a scenario's text that knows where it is from. */
export class Source {
  constructor(readonly file: string, readonly text: string, readonly place: Place = { line: 1, column: 1 }) {}

  /** Where the character at `offset` is. */
  placeAt(offset: number): Place {
    const before = this.text.slice(0, offset);
    const lines = before.split("\n");
    const { line, column } = this.place;
    const last = lines.at(-1)!.length;
    return { line: line + lines.length - 1, column: lines.length === 1 ? column + last : last + 1 };
  }

  /** The text from `start` to before `end`, without white space around it. */
  part(start: number, end: number): Source {
    const text = this.text.slice(start, end);
    const lead = text.length - text.trimStart().length;
    return new Source(this.file, text.trim(), this.placeAt(start + lead));
  }

  fail(offset: number, message: string): never {
    const { line, column } = this.placeAt(offset);
    throw new ScenarioError(this.file, line, column, message);
  }
}

/** Reads a Source token by token. */
export class Scanner {
  #at = 0;

  constructor(readonly source: Source) {
    this.#skip();
  }

  get offset(): number {
    return this.#at;
  }

  get atEnd(): boolean {
    return this.#at >= this.source.text.length;
  }

  /** Reads what `pattern` (sticky) matches here, if it does. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.source.text);
    if (!found) return undefined;
    this.#at += found[0].length;
    this.#skip();
    return found[0];
  }

  /** Whether `pattern` (sticky) matches here; reads nothing. */
  follows(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.source.text);
  }

  /** Reads `text` if it is what comes next. */
  take(text: string): boolean {
    if (!this.source.text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    this.#skip();
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) this.fail(`expected "${text}"${this.found()}`);
  }

  /** Reads what `pattern` matches, or fails naming `what` was expected. */
  expectMatch(pattern: RegExp, what: string): string {
    return this.match(pattern) ?? this.fail(`expected ${what}${this.found()}`);
  }

  /** What stands here, for messages. */
  found(): string {
    if (this.atEnd) return ", found the end";
    const word = /^\w+|^\S/.exec(this.source.text.slice(this.#at))![0];
    return `, found "${word}"`;
  }

  fail(message: string): never {
    return this.source.fail(this.#at, message);
  }

  #skip(): void {
    while (/\s/.test(this.source.text[this.#at] ?? "")) this.#at++;
  }
}

// The fields of JSON objects that come from files, each asked for with its type: what is not as it must be is a UserError of
// one line. For every reader of such files.

import { UserError } from "./errors.js";

/** The fields of one JSON object, each asked for with its type. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #where: string;

  constructor(source: unknown, where: string) {
    this.#where = where;
    const value = typeof source === "string" ? this.#parse(source) : source;
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw this.wrong("this is no JSON object");
    this.#values = value as Record<string, unknown>;
  }

  wrong(what: string): UserError {
    return new UserError(`${this.#where}: ${what}`);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name);
  }

  /** A whole number that is not negative. */
  number(name: string): number {
    return this.#number(name, this.#get(name));
  }

  numbers(name: string): number[] {
    return this.#list(name).map((value) => this.#number(name, value));
  }

  flag(name: string): boolean {
    const value = this.#get(name);
    if (typeof value !== "boolean") throw this.wrong(`"${name}" is neither true nor false`);
    return value;
  }

  text(name: string, form?: RegExp): string {
    return this.#text(name, this.#get(name), form);
  }

  texts(name: string, form?: RegExp): string[] {
    return this.#list(name).map((value) => this.#text(name, value, form));
  }

  object(name: string): Fields {
    return new Fields(this.#notText(name, this.#get(name)), this.#where);
  }

  objects(name: string): Fields[] {
    return this.#list(name).map((value) => new Fields(this.#notText(name, value), this.#where));
  }

  #get(name: string): unknown {
    if (!this.has(name)) throw this.wrong(`"${name}" is missing`);
    return this.#values[name];
  }

  #list(name: string): unknown[] {
    const value = this.#get(name);
    if (!Array.isArray(value)) throw this.wrong(`"${name}" is no list`);
    return value;
  }

  #number(name: string, value: unknown): number {
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw this.wrong(`"${name}" is no whole number`);
    return value as number;
  }

  #text(name: string, value: unknown, form?: RegExp): string {
    if (typeof value !== "string") throw this.wrong(`"${name}" is no text`);
    if (form && !form.test(value)) throw this.wrong(`"${name}" has not the form that it must have`);
    return value;
  }

  #notText(name: string, value: unknown): unknown {
    if (typeof value === "string") throw this.wrong(`"${name}" is a text`);
    return value;
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw this.wrong("this is no JSON");
    }
  }
}

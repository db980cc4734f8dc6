// The cases of the hot loop one by one, as the build compiled them from the same text (tools/isa/emit-templates.mjs): a module
// with a function `kind<n>(record)` for each kind of record, and constants that the compiler shares with the core. It is read,
// never run.

import { Reader } from "./reader.js";
import { I32 } from "./wasm.js";

/** What the hot loop keeps in locals: globals of the module, and where in memory the CPU that has the turn keeps them. */
export const STATE = ["fop", "fa", "fb", "fr", "left"] as const;
export type State = (typeof STATE)[number];

export interface Template {
  /** Types of its locals, the parameter first. */
  readonly locals: readonly number[];
  /** Where in the module its code begins. */
  readonly start: number;
}

/** Functions that the module imports: a template calls one of them with a record, and ends. */
export const NEXT = 0; // go on with it
export const LEAVE = 1; // do it slowly
const IMPORTED = 2;

const GLOBAL_SECTION = 6;
const EXPORT_SECTION = 7;
const CODE_SECTION = 10;
const HEADER = 8;
const EXPORTED_FUNCTION = 0;

export class Templates {
  readonly #bodies: Template[] = [];
  readonly #functions = new Map<string, number>();
  readonly #values: number[] = [];
  readonly #globals = new Map<string, number>();

  constructor(readonly bytes: Uint8Array) {
    const r = new Reader(bytes, HEADER);
    while (r.at < bytes.length) {
      const id = r.byte();
      const end = r.unsigned() + r.at;
      if (id === GLOBAL_SECTION) this.#readGlobals(r);
      else if (id === EXPORT_SECTION) this.#readExports(r);
      else if (id === CODE_SECTION) this.#readCode(r);
      r.at = end;
    }
  }

  /** The case of `kind`; undefined if the loop leaves such records to the slow path. */
  of(kind: number): Template | undefined {
    const index = this.#functions.get(`kind${kind}`);
    return index === undefined ? undefined : this.#bodies[index - IMPORTED];
  }

  /** Which state global `global` is. */
  state(global: number): State {
    const name = STATE.find((state) => this.#globals.get(state) === global);
    if (!name) throw new Error(`a template uses global ${global}`);
    return name;
  }

  /** The constant `name`. */
  constant(name: string): number {
    const global = this.#globals.get(name);
    if (global === undefined) throw new Error(`the templates do not have ${name}`);
    return this.#values[global] as number;
  }

  #readGlobals(r: Reader): void {
    for (let count = r.unsigned(); count > 0; count--) {
      r.at += 3; // type, mutability, opcode of the constant
      this.#values.push(Number(r.signed()));
      r.at++; // end
    }
  }

  #readExports(r: Reader): void {
    for (let count = r.unsigned(); count > 0; count--) {
      const name = r.name();
      const names = r.byte() === EXPORTED_FUNCTION ? this.#functions : this.#globals;
      names.set(name, r.unsigned());
    }
  }

  #readCode(r: Reader): void {
    for (let count = r.unsigned(); count > 0; count--) {
      const end = r.unsigned() + r.at;
      const locals: number[] = [I32];
      for (let groups = r.unsigned(); groups > 0; groups--) {
        const n = r.unsigned();
        locals.push(...new Array<number>(n).fill(r.byte()));
      }
      this.#bodies.push({ locals, start: r.at });
      r.at = end;
    }
  }
}

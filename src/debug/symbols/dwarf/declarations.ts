// Which names .debug_info declares: variables at fixed addresses, types, enumerators. The outermost entries of all units
// are read when a name is first asked for; what is inside functions, when it was not found outside. For this folder only.

import { Cursor } from "../cursor.js";
import type { TypeNode, Variable } from "../types.js";
import { plainName } from "../type-names.js";
import { AT, TAG } from "./constants.js";
import type { DebugInfo, Entry } from "./info.js";
import type { Types } from "./types.js";

const OP_ADDR = 0x03;
const OP_ADDRX = 0xa1;
const OP_GNU_ADDR_INDEX = 0xfb;
const MOST_DEPTH = 64;

const WANTED: ReadonlySet<number> = new Set([
  AT.name, AT.sibling, AT.location, AT.declaration, AT.external, AT.specification, AT.abstractOrigin,
]);

const PREFIXES: Readonly<Record<number, string>> = {
  [TAG.structure]: "struct ", [TAG.class]: "struct ", [TAG.union]: "union ", [TAG.enumeration]: "enum ", [TAG.typedef]: "",
  [TAG.base]: "",
};

const SCOPES: ReadonlySet<number> = new Set([TAG.subprogram, TAG.lexicalBlock, TAG.inlined]);

/** The address that `location` is; undefined where it is a register, a place on the stack, or computed. */
function fixedAddress(entry: Entry, location: Uint8Array, what: string): bigint | undefined {
  const c = new Cursor(location, what);
  const op = c.done ? 0 : c.u8();
  let address: bigint | undefined;
  if (op === OP_ADDR) address = c.unsigned(entry.unit.addressSize);
  else if (op === OP_ADDRX || op === OP_GNU_ADDR_INDEX) address = entry.unit.indexedAddress(c.uleb());
  return c.done ? address : undefined;
}

export class Declarations {
  readonly #info: DebugInfo;
  readonly #types: Types;
  readonly #module: string;
  /** Offsets of entries, with the address of a variable. */
  readonly #variables = new Map<string, { offset: number; address: bigint; external: boolean }>();
  readonly #typeAt = new Map<string, { offset: number; complete: boolean }>();
  readonly #enumerations: number[] = [];
  #enumerators: Map<string, bigint> | undefined;
  #outer = false;
  #inner = false;

  constructor(info: DebugInfo, types: Types, module: string) {
    this.#info = info;
    this.#types = types;
    this.#module = module;
  }

  variable(name: string): Variable | undefined {
    this.#readOuter();
    if (!this.#variables.has(name)) this.#readInner();
    const found = this.#variables.get(name);
    if (!found) return undefined;
    const entry = this.#info.entry(found.offset);
    return { name, address: found.address, type: this.#types.of(entry), module: this.#module };
  }

  type(name: string): TypeNode | undefined {
    this.#readOuter();
    const found = this.#typeAt.get(plainName(name.trim().replace(/\s+/g, " ")));
    return found && this.#types.at(found.offset);
  }

  enumerator(name: string): bigint | undefined {
    this.#readOuter();
    if (!this.#enumerators) {
      this.#enumerators = new Map();
      for (const offset of this.#enumerations) {
        const type = this.#types.at(offset);
        if (type.kind !== "enum") continue;
        for (const one of type.values) if (!this.#enumerators.has(one.name)) this.#enumerators.set(one.name, one.value);
      }
    }
    return this.#enumerators.get(name);
  }

  #readOuter(): void {
    if (this.#outer) return;
    this.#outer = true;
    for (const unit of this.#info.units) {
      const root = this.#info.root(unit);
      if (!root) continue;
      for (const entry of this.#info.children(root, WANTED)) this.#note(entry);
    }
  }

  /** Static variables of functions, and of the blocks inside them. */
  #readInner(): void {
    if (this.#inner) return;
    this.#inner = true;
    const visit = (parent: Entry, depth: number): void => {
      if (depth > MOST_DEPTH) return;
      for (const entry of this.#info.children(parent, WANTED)) {
        if (entry.tag === TAG.variable) this.#noteVariable(entry);
        else if (SCOPES.has(entry.tag)) visit(entry, depth + 1);
      }
    };
    for (const unit of this.#info.units) {
      const root = this.#info.root(unit);
      if (root) visit(root, 0);
    }
  }

  #note(entry: Entry): void {
    if (entry.tag === TAG.variable) return this.#noteVariable(entry);
    if (entry.tag === TAG.enumeration && !entry.flag(AT.declaration)) this.#enumerations.push(entry.offset);
    const prefix = PREFIXES[entry.tag];
    const name = entry.text(AT.name);
    if (prefix === undefined || name === undefined) return;
    const key = prefix + plainName(name);
    const complete = !entry.flag(AT.declaration);
    const known = this.#typeAt.get(key);
    if (!known || (complete && !known.complete)) this.#typeAt.set(key, { offset: entry.offset, complete });
  }

  #noteVariable(entry: Entry): void {
    const location = entry.bytes(AT.location);
    const address = location && fixedAddress(entry, location, this.#info.what);
    if (address === undefined) return;
    const name = this.#info.inherited(entry, (e) => e.text(AT.name));
    if (name === undefined) return;
    const external = this.#info.inherited(entry, (e) => (e.flag(AT.external) ? true : undefined)) ?? false;
    const known = this.#variables.get(name);
    if (!known || (external && !known.external)) this.#variables.set(name, { offset: entry.offset, address, external });
  }
}

// Types of .debug_info as TypeNodes (DWARF 5, chapter 5). A node reads what it refers to when it is looked at, so types
// that contain pointers to themselves are no trouble. For this folder only.

import type { BaseEncoding, Enumerator, Member, Qualifier, TypeNode } from "../types.js";
import { plainName, sizeOfType } from "../type-names.js";
import { AT, ENCODING, TAG } from "./constants.js";
import type { DebugInfo, Entry } from "./info.js";

const VOID: TypeNode = { kind: "void" };
const OP_PLUS_UCONST = 0x23;

const QUALIFIERS: Readonly<Record<number, Qualifier>> = {
  [TAG.const]: "const", [TAG.volatile]: "volatile", [TAG.restrict]: "restrict", [TAG.atomic]: "_Atomic",
};

/** `make` is run once, when the value is first asked for. */
function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

export class Types {
  readonly #info: DebugInfo;
  readonly #made = new Map<number, TypeNode>();

  constructor(info: DebugInfo) {
    this.#info = info;
  }

  /** The type that the DW_AT_type of `entry` names; void without one. */
  of(entry: Entry): TypeNode {
    const at = this.#info.inherited(entry, (e) => e.number(AT.type));
    return at === undefined ? VOID : at === 0 ? missing() : this.at(at);
  }

  /** The type whose entry is at `offset`. */
  at(offset: number): TypeNode {
    let node = this.#made.get(offset);
    if (!node) this.#made.set(offset, (node = this.#make(this.#info.entry(offset))));
    return node;
  }

  #make(entry: Entry): TypeNode {
    const name = entry.text(AT.name);
    const size = entry.number(AT.byteSize) ?? 0;
    const target = lazily(() => this.of(entry));
    switch (entry.tag) {
      case TAG.base: {
        const encoding: BaseEncoding = ENCODING[entry.number(AT.encoding) ?? 0] ?? "other";
        return { kind: "base", name: plainName(name ?? ""), size, encoding };
      }
      case TAG.pointer:
      case TAG.reference:
        return { kind: "pointer", size: size || entry.unit.addressSize, get target() { return target(); } };
      case TAG.structure:
      case TAG.class:
      case TAG.union:
        return this.#compound(entry, entry.tag === TAG.union ? "union" : "struct", name, size);
      case TAG.array:
        return this.#array(entry, target);
      case TAG.enumeration:
        return this.#enumeration(entry, name, size);
      case TAG.typedef:
        return { kind: "typedef", name: name ?? "", get target() { return target(); } };
      case TAG.subroutineType: {
        const parameters = lazily(() => this.#childrenOf(entry, TAG.parameter).map((child) => this.of(child)));
        return { kind: "function", get returns() { return target(); }, get parameters() { return parameters(); } };
      }
      default: {
        const qualifier = QUALIFIERS[entry.tag];
        if (qualifier) return { kind: "qualified", qualifier, get target() { return target(); } };
        return name === undefined ? VOID : { kind: "base", name, size, encoding: "other" };
      }
    }
  }

  #childrenOf(entry: Entry, tag: number): Entry[] {
    return [...this.#info.children(entry)].filter((child) => child.tag === tag);
  }

  #compound(entry: Entry, kind: "struct" | "union", name: string | undefined, size: number): TypeNode {
    const members = lazily(() => this.#childrenOf(entry, TAG.member).map((child) => this.#member(child)));
    return {
      kind, size, ...(name === undefined ? {} : { name }), incomplete: entry.flag(AT.declaration),
      get members() { return members(); },
    };
  }

  #member(entry: Entry): Member {
    const name = entry.text(AT.name);
    const type = lazily(() => this.of(entry));
    const about = { ...(name === undefined ? {} : { name }) };
    const bitSize = entry.number(AT.bitSize);
    const byte = memberOffset(entry);
    if (bitSize === undefined) return { ...about, offset: byte, get type() { return type(); } };
    let bits = entry.number(AT.dataBitOffset);
    const fromTop = entry.number(AT.bitOffset);
    if (bits === undefined && fromTop !== undefined) {
      // DWARF 2 and 3 count from the most significant bit of a unit of storage.
      const storage = entry.number(AT.byteSize) ?? sizeOfType(type());
      bits = (byte + storage) * 8 - fromTop - bitSize;
    }
    bits ??= byte * 8;
    return { ...about, offset: Math.floor(bits / 8), bitOffset: bits % 8, bitSize, get type() { return type(); } };
  }

  #array(entry: Entry, element: () => TypeNode): TypeNode {
    const counts = this.#childrenOf(entry, TAG.subrange).map((child) => {
      const count = child.number(AT.count);
      const upper = child.big(AT.upperBound);
      // gcc writes the bound of an array without elements as -1.
      return count ?? (upper === undefined ? undefined : Number(BigInt.asIntN(64, upper)) + 1);
    });
    const build = (dimension: number): TypeNode => {
      const inner = lazily(() => (dimension + 1 < counts.length ? build(dimension + 1) : element()));
      const count = counts[dimension];
      return { kind: "array", ...(count === undefined ? {} : { count }), get element() { return inner(); } };
    };
    return build(0);
  }

  #enumeration(entry: Entry, name: string | undefined, size: number): TypeNode {
    const values = lazily(() => this.#childrenOf(entry, TAG.enumerator).flatMap((child): Enumerator[] => {
      const text = child.text(AT.name);
      const value = child.big(AT.constValue);
      return text === undefined || value === undefined ? [] : [{ name: text, value }];
    }));
    return { kind: "enum", size, ...(name === undefined ? {} : { name }), get values() { return values(); } };
  }
}

/** A type of another file than this. */
const missing = (): TypeNode => ({ kind: "struct", size: 0, members: [], incomplete: true });

function memberOffset(entry: Entry): number {
  const plain = entry.number(AT.memberLocation);
  if (plain !== undefined) return plain;
  const expression = entry.bytes(AT.memberLocation);
  if (!expression || expression[0] !== OP_PLUS_UCONST) return 0;
  return expression.subarray(1).reduce((value, byte, i) => value + (byte & 0x7f) * 128 ** i, 0);
}

// Values in a guest's memory by their types: members, elements, what pointers point to; as numbers and as gdb prints
// them.

import { UserError } from "../../errors.js";
import { findMember, sizeOfType, stripType, type SymbolTable, type TypeNode, typeName } from "../symbols/index.js";
import { nameOf } from "./disassemble.js";
import { type MemoryView, readUnsigned } from "./memory.js";

const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** A value of `type` at `address`. Nothing is read until it is asked for. */
export class TypedValue {
  readonly memory: MemoryView;
  readonly address: bigint;
  readonly type: TypeNode;
  readonly bits: { readonly offset: number; readonly size: number } | undefined;

  constructor(memory: MemoryView, address: bigint, type: TypeNode, bits?: { offset: number; size: number }) {
    this.memory = memory;
    this.address = BigInt.asUintN(64, address);
    this.type = type;
    this.bits = bits;
  }

  /** A member, or one of a member: `context.tlb_gen`. */
  member(path: string): TypedValue {
    return path.split(".").reduce<TypedValue>((value, name) => value.#memberOf(name), this);
  }

  #memberOf(name: string): TypedValue {
    const member = findMember(this.type, name);
    if (!member) throw new UserError(`${typeName(this.type)} has no member ${name}`);
    const bits = member.bitSize === undefined ? undefined : { offset: member.bitOffset ?? 0, size: member.bitSize };
    return new TypedValue(this.memory, this.address + BigInt(member.offset), member.type, bits);
  }

  has(name: string): boolean {
    return findMember(this.type, name) !== undefined;
  }

  /** Element `index` of an array, or of what a pointer points to. */
  at(index: number): TypedValue {
    const type = stripType(this.type);
    if (type.kind === "pointer") return this.target().plus(index);
    if (type.kind !== "array") throw new UserError(`${typeName(this.type)} is not an array`);
    return new TypedValue(this.memory, this.address, type.element).plus(index);
  }

  /** The value `count` places on, as in pointer arithmetic. */
  plus(count: number): TypedValue {
    return new TypedValue(this.memory, this.address + BigInt(count) * BigInt(sizeOfType(this.type)), this.type);
  }

  /** What the pointer points to. */
  target(): TypedValue {
    const type = stripType(this.type);
    if (type.kind !== "pointer") throw new UserError(`${typeName(this.type)} is not a pointer`);
    return new TypedValue(this.memory, this.big(), type.target);
  }

  /** The same bytes as a value of another type. */
  as(type: TypeNode): TypedValue {
    return new TypedValue(this.memory, this.address, type);
  }

  /** The structure of which this is the member `path`: container_of. */
  container(type: TypeNode, path: string): TypedValue {
    const start = new TypedValue(this.memory, 0n, type);
    return new TypedValue(this.memory, this.address - start.member(path).address, type);
  }

  /** A number, with the sign of its type; a structure with one number in it (atomic_t, pte_t) counts as that. */
  big(): bigint {
    const type = stripType(this.type);
    if ((type.kind === "struct" || type.kind === "union") && type.members.length === 1 && type.members[0]!.name !== undefined) {
      return this.#memberOf(type.members[0]!.name).big();
    }
    if (type.kind === "array" && type.count === 1) return this.at(0).big();
    if (type.kind !== "base" && type.kind !== "pointer" && type.kind !== "enum") {
      throw new UserError(`${typeName(this.type)} is not a number`);
    }
    const value = this.#raw(type.size);
    const width = this.bits?.size ?? type.size * 8;
    const signed = type.kind === "base" && (type.encoding === "signed" || (type.encoding === "character" && type.name !== "unsigned char"));
    return signed ? BigInt.asIntN(width, value) : value;
  }

  #raw(size: number): bigint {
    const bytes = this.bits ? Math.ceil((this.bits.offset + this.bits.size) / 8) : size;
    const value = readUnsigned(this.memory, this.address, bytes);
    if (value === undefined) throw new UserError(`cannot read memory at ${hex(this.address)}`);
    return this.bits ? BigInt.asUintN(this.bits.size, value >> BigInt(this.bits.offset)) : value;
  }

  number(): number {
    return Number(this.big());
  }

  flag(): boolean {
    return this.big() !== 0n;
  }

  /** A character array up to its zero byte. */
  text(): string {
    const size = sizeOfType(this.type);
    const bytes = this.memory.read(this.address, size);
    if (!bytes) throw new UserError(`cannot read memory at ${hex(this.address)}`);
    const end = bytes.indexOf(0);
    return new TextDecoder("latin1").decode(end < 0 ? bytes : bytes.subarray(0, end));
  }
}

const MOST_ELEMENTS = 200;
const MOST_DEPTH = 12;

/** `value` as gdb's print writes it. */
export function formatValue(value: TypedValue, symbols?: SymbolTable, depth = 0): string {
  const type = stripType(value.type);
  if (depth > MOST_DEPTH) return "{...}";
  switch (type.kind) {
    case "struct":
    case "union": {
      if (type.incomplete) return "<incomplete type>";
      const parts = type.members.map((member) => {
        const bits = member.bitSize === undefined ? undefined : { offset: member.bitOffset ?? 0, size: member.bitSize };
        const inner = new TypedValue(value.memory, value.address + BigInt(member.offset), member.type, bits);
        const text = formatValue(inner, symbols, depth + 1);
        return member.name === undefined ? text : `${member.name} = ${text}`;
      });
      return `{${parts.join(", ")}}`;
    }
    case "array":
      return formatArray(value, type, symbols, depth);
    case "enum": {
      const number = value.big();
      const signed = BigInt.asIntN(type.size * 8, number);
      return type.values.find((one) => one.value === number || one.value === signed)?.name ?? signed.toString();
    }
    case "pointer": {
      const target = value.big();
      const symbol = target === 0n ? undefined : symbols?.at(target);
      return hex(target) + (symbol ? ` <${nameOf(symbol)}>` : "");
    }
    case "base":
      return formatBase(value.big(), type);
    default:
      return hex(value.address);
  }
}

function formatBase(number: bigint, type: TypeNode & { kind: "base" }): string {
  if (type.encoding === "boolean") return number === 0n ? "false" : number === 1n ? "true" : number.toString();
  if (type.encoding !== "character" || type.size !== 1) return number.toString();
  const code = Number(BigInt.asUintN(8, number));
  return code >= 32 && code < 127 ? `${number} '${String.fromCharCode(code)}'` : `${number} '\\${code.toString(8).padStart(3, "0")}'`;
}

function formatArray(value: TypedValue, type: TypeNode & { kind: "array" }, symbols: SymbolTable | undefined, depth: number): string {
  const element = stripType(type.element);
  if (element.kind === "base" && element.encoding === "character" && element.size === 1) return JSON.stringify(value.text());
  const count = type.count ?? 0;
  const shown = Math.min(count, MOST_ELEMENTS);
  const parts: string[] = [];
  for (let i = 0; i < shown; ) {
    const text = formatValue(value.at(i), symbols, depth + 1);
    let same = 1;
    while (i + same < shown && formatValue(value.at(i + same), symbols, depth + 1) === text) same++;
    parts.push(same > 9 ? `${text} <repeats ${same} times>` : Array.from({ length: same }, () => text).join(", "));
    i += same;
  }
  return `{${parts.join(", ")}${count > shown ? "..." : ""}}`;
}

/** The variable `name` as it is in `memory`; `offset` moves it, as for a CPU's copy of a per-CPU variable. */
export function variableValue(memory: MemoryView, symbols: SymbolTable, name: string, offset = 0n): TypedValue | undefined {
  const variable = symbols.variable(name);
  return variable && new TypedValue(memory, variable.address + offset, variable.type);
}

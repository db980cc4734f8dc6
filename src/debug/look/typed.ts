// Values in a guest's memory by their types: members, elements, what pointers point to.

import { UserError } from "../../errors.js";
import { hex } from "../../units.js";
import { findMember, sizeOfType, stripType, type TypeNode, typeName } from "../symbols/index.js";
import { type MemoryView, readUnsigned } from "./memory.js";

const MOST_NUMBER_BYTES = 16;
const MOST_TEXT = 4096;

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
    if (size > MOST_NUMBER_BYTES) throw new UserError(`${typeName(this.type)} is no number that can be shown: it has ${size} bytes`);
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
    const size = Math.min(sizeOfType(this.type), MOST_TEXT);
    const bytes = this.memory.read(this.address, size);
    if (!bytes) throw new UserError(`cannot read memory at ${hex(this.address)}`);
    const end = bytes.indexOf(0);
    return new TextDecoder("latin1").decode(end < 0 ? bytes : bytes.subarray(0, end));
  }
}

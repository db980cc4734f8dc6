// Values of expressions: a type, and either a number or a place in memory. Numbers are kept in the range of their
// type, so that -1 is -1 and (u8)-1 is 255.

import { sizeOfType, stripType, type TypeNode } from "../../symbols/index.js";

export interface Value {
  readonly type: TypeNode;
  /** Of a number or pointer; absent for a struct, an array or a function, which have a place only. May throw RangeError. */
  readonly number?: bigint;
  /** Where it lies in memory, if it does. */
  readonly address?: bigint;
}

const base = (name: string, size: number, signed: boolean): TypeNode =>
  ({ kind: "base", name, size, encoding: signed ? "signed" : "unsigned" });

export const S64 = base("long", 8, true);
export const U64 = base("unsigned long", 8, false);
export const BOOLEAN = base("int", 4, true);

/** Of a symbol without debug information: it has an address, and that is all. */
export const UNTYPED: TypeNode = { kind: "function", returns: { kind: "void" }, parameters: [] };

const NAMES: Readonly<Record<number, string>> = { 1: "char", 2: "short", 4: "int", 8: "long" };

/** An integer type of `size` bytes; a negative size is a signed one. */
export const integerType = (size: number): TypeNode =>
  base(size < 0 ? NAMES[-size]! : `unsigned ${NAMES[size]!}`, Math.abs(size), size < 0);

export const isScalar = (type: TypeNode): boolean => ["base", "pointer", "enum"].includes(stripType(type).kind);

export function isSigned(type: TypeNode): boolean {
  const t = stripType(type);
  return t.kind === "base" && (t.encoding === "signed" || t.encoding === "character");
}

/** `number` cut to the range of `type`. */
export function fit(number: bigint, type: TypeNode): bigint {
  const bits = 8 * Math.min(8, Math.max(1, sizeOfType(type)));
  return isSigned(type) ? BigInt.asIntN(bits, number) : BigInt.asUintN(bits, number);
}

export const numberValue = (number: bigint, type: TypeNode): Value => ({ type, number: fit(number, type) });

// Members of structs and unions, those of anonymous ones inside included, and bit fields.

import { findMember, stripType, typeName, type TypeNode } from "../../symbols/index.js";
import { ExpressionError } from "./errors.js";
import { load, type Scope } from "./evaluate.js";
import { isSigned, UNTYPED, type Value } from "./value.js";

type Compound = TypeNode & { readonly kind: "struct" | "union" };

/** Names of all members, for completion. */
export function memberNames(type: TypeNode): string[] {
  const t = stripType(type);
  if (t.kind !== "struct" && t.kind !== "union") return [];
  return t.members.flatMap((member) => (member.name === undefined ? memberNames(member.type) : [member.name]));
}

/** The struct or union with its members, which a file that only declares it does not have. */
export function whole(type: Compound, scope: Scope): Compound {
  const found = type.incomplete && type.name !== undefined ? scope.symbols?.type(`${type.kind} ${type.name}`) : type;
  return found?.kind === type.kind ? found : type;
}

export function memberOf(object: Value, name: string, at: number, scope: Scope): Value {
  const outer = stripType(object.type);
  if ((outer.kind !== "struct" && outer.kind !== "union") || object.address === undefined) {
    throw new ExpressionError(object.type === UNTYPED ? "it has no type that is known here: cast its address" : `${typeName(object.type)} has no members`, at);
  }
  const type = whole(outer, scope);
  if (type.incomplete) throw new ExpressionError(`${typeName(type)} is not described in the image`, at);
  const member = findMember(type, name);
  if (!member) throw new ExpressionError(`${typeName(type)} has no member "${name}"`, at);
  const address = object.address + BigInt(member.offset);
  const { bitOffset = 0, bitSize } = member;
  if (bitSize === undefined) return load(member.type, address, scope);
  const bytes = scope.read(address, Math.ceil((bitOffset + bitSize) / 8));
  const raw = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) >> BigInt(bitOffset);
  const number = isSigned(member.type) ? BigInt.asIntN(bitSize, raw) : BigInt.asUintN(bitSize, raw);
  // A bit field has no address, as in C.
  return { type: member.type, number };
}

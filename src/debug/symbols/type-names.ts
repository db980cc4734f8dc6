// Types as C writes them, and the way through typedefs and members. For every room above.

import type { Member, Qualifier, TypeNode } from "./types.js";

/** Files may declare a typedef of itself: no program comes near this. */
const MOST_LAYERS = 32;

const PLAIN_NAMES: Readonly<Record<string, string>> = {
  "long int": "long", "short int": "short", "long long int": "long long", "long unsigned int": "unsigned long",
  "short unsigned int": "unsigned short", "long long unsigned int": "unsigned long long",
};

/** A base type's name as people write it: gcc writes `long unsigned int`, clang `unsigned long`. */
export const plainName = (name: string): string => PLAIN_NAMES[name] ?? name;

/** `type` without typedefs and qualifiers. */
export function stripType(type: TypeNode): TypeNode {
  let at = type;
  for (let i = 0; i < MOST_LAYERS && (at.kind === "typedef" || at.kind === "qualified"); i++) at = at.target;
  return at.kind === "typedef" || at.kind === "qualified" ? { kind: "void" } : at;
}

/** Bytes of a value of `type`; 0 where its size is not known. */
export function sizeOfType(type: TypeNode): number {
  let at = stripType(type);
  let factor = 1;
  for (let i = 0; i < MOST_LAYERS && at.kind === "array"; i++) {
    factor *= at.count ?? 0;
    at = stripType(at.element);
  }
  return at.kind === "void" || at.kind === "function" || at.kind === "array" ? 0 : factor * ("size" in at ? at.size : 0);
}

function declare(type: TypeNode, inner: string, depth: number): string {
  const spaced = (name: string) => (inner === "" || inner.startsWith("[") ? name + inner : `${name} ${inner}`);
  if (depth > MOST_LAYERS) return spaced("...");
  switch (type.kind) {
    case "void":
      return spaced("void");
    case "base":
    case "typedef":
      return spaced(type.name);
    case "struct":
    case "union":
    case "enum":
      return spaced(`${type.kind} ${type.name ?? "{...}"}`);
    case "qualified": {
      const words = qualifiersOf(type).join(" ");
      const target = stripQualifiers(type);
      // The qualifiers of a pointer stand behind its star.
      return target.kind === "pointer"
        ? declare(target, inner === "" ? words : `${words} ${inner}`, depth + 1)
        : `${words} ${declare(target, inner, depth + 1)}`;
    }
    case "pointer": {
      const target = stripQualifiers(type.target);
      const star = `*${inner}`;
      return declare(type.target, target.kind === "function" || target.kind === "array" ? `(${star})` : star, depth + 1);
    }
    case "array":
      return declare(type.element, `${inner}[${type.count ?? ""}]`, depth + 1);
    case "function": {
      const parameters = type.parameters.map((parameter) => declare(parameter, "", depth + 1)).join(", ");
      return declare(type.returns, `${inner}(${parameters || "void"})`, depth + 1);
    }
  }
}

const QUALIFIERS: readonly Qualifier[] = ["const", "volatile", "restrict", "_Atomic"];

/** Compilers differ in the order in which they nest qualifiers; C does not care, and people write const first. */
function qualifiersOf(type: TypeNode): Qualifier[] {
  const found = new Set<Qualifier>();
  for (let at = type, i = 0; i < MOST_LAYERS && at.kind === "qualified"; i++, at = at.target) found.add(at.qualifier);
  return QUALIFIERS.filter((qualifier) => found.has(qualifier));
}

function stripQualifiers(type: TypeNode): TypeNode {
  let at = type;
  for (let i = 0; i < MOST_LAYERS && at.kind === "qualified"; i++) at = at.target;
  return at;
}

/** `type` as C writes it, declaring `name` if one is given: `unsigned long bits[1]`. */
export const typeName = (type: TypeNode, name = ""): string => declare(type, name, 0);

/** The member `name` of a struct or union, also through members without a name; its offset counts from `type`. */
export function findMember(type: TypeNode, name: string, depth = 0): Member | undefined {
  const compound = stripType(type);
  if ((compound.kind !== "struct" && compound.kind !== "union") || depth > MOST_LAYERS) return undefined;
  for (const member of compound.members) {
    if (member.name === name) return member;
    if (member.name !== undefined) continue;
    const inner = findMember(member.type, name, depth + 1);
    if (inner) {
      const bits = inner.bitSize === undefined ? {} : { bitOffset: inner.bitOffset!, bitSize: inner.bitSize };
      return { name, type: inner.type, offset: member.offset + inner.offset, ...bits };
    }
  }
  return undefined;
}

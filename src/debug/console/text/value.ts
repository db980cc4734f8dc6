// Values of expressions as text and as data: numbers, pointers with their symbols, structs and arrays in lines.

import { type ExamineFormat, formatUnit } from "../../look/index.js";
import { type Member, sizeOfType, stripType, typeName, type TypeNode } from "../../symbols/index.js";
import { load, type Scope } from "../expression/evaluate.js";
import { memberOf, whole } from "../expression/members.js";
import { isSigned, type Value } from "../expression/value.js";
import { hex, symbolOf } from "./numbers.js";

const DEEPEST = 3;
const MOST_ELEMENTS = 16;
/** Numbers from here on are more likely addresses or masks than counts. */
const LARGE = 1n << 32n;

export interface ValueText {
  readonly text: string;
  readonly data: unknown;
}

/** `value` as text; `format` is the letter of `print/x`, if there was one. */
export function valueText(value: Value, scope: Scope, format?: ExamineFormat["format"]): ValueText {
  return show(value, scope, format, 0);
}

function show(value: Value, scope: Scope, format: ExamineFormat["format"] | undefined, depth: number): ValueText {
  const type = stripType(value.type);
  if (value.number !== undefined) {
    const size = Math.min(8, sizeOfType(type));
    const { number } = value;
    const data = dataOf(number, type);
    if (format === undefined) return { text: numberText(number, type, scope), data };
    const text = formatUnit(BigInt.asUintN(8 * size, number), format, size, scope.symbols);
    // x pads binary numbers, since it has columns of them.
    return { text: format === "t" ? text.replace(/^0+(?=.)/, "") : text, data };
  }
  if (type.kind === "function") {
    const symbol = symbolOf(scope.symbols, value.address!);
    return { text: `${hex(value.address!)}${symbol === undefined ? "" : ` <${symbol}>`}`, data: value.address };
  }
  if (type.kind === "array") return array(value, type, scope, format, depth);
  if (type.kind === "struct" || type.kind === "union") return struct(value, type, scope, format, depth);
  return { text: "void", data: null };
}

/** Small numbers as numbers, so that scripts can compute with them. */
const dataOf = (number: bigint, type: TypeNode): unknown =>
  type.kind !== "pointer" && number > -LARGE && number < LARGE ? Number(number) : BigInt.asUintN(64, number);

function numberText(number: bigint, type: TypeNode, scope: Scope): string {
  if (type.kind === "enum") return type.values.find((entry) => entry.value === number)?.name ?? `${number}`;
  if (type.kind === "base" && type.encoding === "boolean") return number === 0n ? "false" : "true";
  const isAddress = type.kind === "pointer" || (!isSigned(type) && number >= LARGE);
  if (isAddress) {
    const symbol = number === 0n ? undefined : symbolOf(scope.symbols, number);
    return `${hex(number)}${symbol === undefined ? "" : ` <${symbol}>`}`;
  }
  if (number >= LARGE) return `${number} (${hex(number)})`;
  return number > 9n ? `${number} (${hex(number)})` : `${number}`;
}

const indent = (text: string): string => text.replaceAll("\n", "\n  ");

/** Memory that cannot be read is said so where it stands: the rest is worth seeing. */
function guarded(work: () => ValueText): ValueText {
  try {
    return work();
  } catch (error) {
    return { text: `(${(error as Error).message})`, data: null };
  }
}

type Compound = TypeNode & { readonly kind: "struct" | "union" };

function struct(
  value: Value,
  declared: Compound,
  scope: Scope,
  format: ExamineFormat["format"] | undefined,
  depth: number,
): ValueText {
  const type = whole(declared, scope);
  if (type.incomplete) {
    return { text: `${typeName(type)} at ${hex(value.address!)}, not described in the image`, data: value.address };
  }
  if (depth >= DEEPEST) return { text: "{...}", data: value.address };
  const lines: string[] = [];
  const data: Record<string, unknown> = {};
  const visit = (members: readonly Member[], base: Value) => {
    for (const member of members) {
      if (member.name === undefined) {
        const inner = stripType(member.type);
        if (inner.kind === "struct" || inner.kind === "union") {
          visit(inner.members, { type: inner, address: base.address! + BigInt(member.offset) });
        }
        continue;
      }
      const name = member.name;
      const shown = guarded(() => show(memberOf(base, name, 0, scope), scope, format, depth + 1));
      lines.push(`  ${name} = ${indent(shown.text)}`);
      data[name] = shown.data;
    }
  };
  visit(type.members, value);
  return { text: `{\n${lines.join("\n")}\n}`, data };
}

function array(
  value: Value,
  type: TypeNode & { kind: "array" },
  scope: Scope,
  format: ExamineFormat["format"] | undefined,
  depth: number,
): ValueText {
  const count = type.count ?? 0;
  const size = sizeOfType(type.element);
  const text = charText(value, type, scope);
  if (text !== undefined) return { text: JSON.stringify(text), data: text };
  if (depth >= DEEPEST) return { text: "{...}", data: value.address };
  const shown = Array.from({ length: Math.min(count, MOST_ELEMENTS) }, (_, i) =>
    guarded(() => show(load(type.element, value.address! + BigInt(i * size), scope), scope, format, depth + 1)));
  const more = count > shown.length ? `, ... (${count} in all)` : "";
  return { text: `{${shown.map((one) => one.text).join(", ")}${more}}`, data: shown.map((one) => one.data) };
}

/** The text in an array of char, up to its end mark. */
function charText(value: Value, type: TypeNode & { kind: "array" }, scope: Scope): string | undefined {
  const element = stripType(type.element);
  if (element.kind !== "base" || element.encoding !== "character" || element.size !== 1 || !type.count) return undefined;
  const bytes = scope.read(value.address!, Math.min(type.count, 256));
  const end = bytes.indexOf(0);
  const text = Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("latin1");
  return /^[\x20-\x7e\n\t]*$/.test(text) ? text : undefined;
}

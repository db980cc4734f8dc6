// Expressions as in C: text to a tree. The parser is jsep, taught what C has and JavaScript has not: 64-bit
// numbers, `->`, `*` and `&` before an operand, casts, and registers as gdb ($rip) and AT&T syntax (%rip) write them.

import jsep from "jsep";
import { ExpressionError } from "./errors.js";

export interface NumberNode { readonly kind: "number"; readonly value: bigint; readonly at: number }
export interface NameNode { readonly kind: "name"; readonly name: string; readonly at: number }
/** `$rip`, `$_`, `$1`, `$cpu`: without the dollar, in lower case. */
export interface RegisterNode { readonly kind: "register"; readonly name: string; readonly at: number }
export interface UnaryNode { readonly kind: "unary"; readonly operator: string; readonly operand: Node; readonly at: number }
export interface BinaryNode {
  readonly kind: "binary"; readonly operator: string; readonly left: Node; readonly right: Node; readonly at: number;
}
export interface TernaryNode { readonly kind: "ternary"; readonly test: Node; readonly yes: Node; readonly no: Node; readonly at: number }
export interface MemberNode { readonly kind: "member"; readonly object: Node; readonly member: string; readonly arrow: boolean; readonly at: number }
export interface IndexNode { readonly kind: "index"; readonly object: Node; readonly index: Node; readonly at: number }
export interface CallNode { readonly kind: "call"; readonly name: string; readonly args: readonly Node[]; readonly at: number }
export interface CastNode {
  readonly kind: "cast"; readonly type: string; readonly stars: number; readonly operand: Node; readonly at: number;
}
export type Node =
  | NumberNode | NameNode | RegisterNode | UnaryNode | BinaryNode | TernaryNode | MemberNode | IndexNode | CallNode | CastNode;

type Tree = jsep.Expression & { readonly at?: number };

/** A step may be written as it is printed: #1842. */
const NUMBER = /^#?(?:0x[0-9a-f]+|0b[01]+|\d+)u?l{0,2}(?![\w$.])/i;
const NAME = /^[A-Za-z_][\w]*/;
const REGISTER = /^[$%]([A-Za-z_]\w*|\d+)/;
/** Types that need no debug information, by their size in bytes; negative if signed. */
export const BASE_TYPES: ReadonlyMap<string, number> = new Map(Object.entries({
  u8: 1, u16: 2, u32: 4, u64: 8, s8: -1, s16: -2, s32: -4, s64: -8, char: -1, short: -2, int: -4, long: -8,
  "unsigned char": 1, "unsigned short": 2, "unsigned int": 4, unsigned: 4, "unsigned long": 8,
}));
const CAST = /^\(\s*((?:struct\s+|union\s+|enum\s+)?[A-Za-z_]\w*(?:\s+[A-Za-z_]\w*)*)\s*(\**)\s*\)\s*(?=([\w$%(])|[&*~!-])/;

jsep.removeBinaryOp("===");
jsep.removeBinaryOp("!==");
jsep.removeBinaryOp(">>>");
jsep.removeBinaryOp("**");
jsep.removeBinaryOp("??");
jsep.addUnaryOp("*");
jsep.addUnaryOp("&");
jsep.removeAllLiterals();

/** In the hooks below `this` is the parser, which stands at a token. */
function takeToken(this: jsep.HookScope, env: { node?: jsep.Expression }): void {
  const at = this.index;
  const rest = this.expr.slice(at);
  const take = (text: string) => void (this.index += text.length);
  const number = NUMBER.exec(rest);
  const register = REGISTER.exec(rest);
  const name = NAME.exec(rest);
  const cast = CAST.exec(rest);
  if (number) {
    take(number[0]);
    env.node = { type: "Number", text: number[0].replace(/^#|u?l*$/gi, ""), at };
  } else if (/^[\d.]/.test(rest)) {
    throw new ExpressionError("not a whole number", at);
  } else if (/^['"`[]/.test(rest)) {
    throw new ExpressionError("only numbers, registers and symbols can be used here", at);
  } else if (register) {
    take(register[0]);
    env.node = this.gobbleTokenProperty({ type: "Register", name: register[1]!.toLowerCase(), at });
  } else if (name) {
    take(name[0]);
    env.node = this.gobbleTokenProperty({ type: "Identifier", name: name[0], at });
  } else if (cast && isType(cast[1]!, cast[2]!, cast[3] !== undefined)) {
    take(cast[0]);
    const operand = this.gobbleToken();
    if (!operand) throw new ExpressionError("the cast has nothing to cast", this.index);
    env.node = { type: "Cast", name: cast[1]!.replaceAll(/\s+/g, " "), stars: cast[2]!.length, operand, at };
  }
}

/** `(name)` is a cast where nothing else makes sense; `(a) - 1` is not one. */
const isType = (name: string, stars: string, operandFollows: boolean): boolean =>
  stars !== "" || / /.test(name) || BASE_TYPES.has(name) || operandFollows;

function takeArrow(this: jsep.HookScope, env: { node?: jsep.Expression }): void {
  while (env.node && this.expr.startsWith("->", this.index)) {
    this.index += 2;
    this.gobbleSpaces();
    const at = this.index;
    const name = NAME.exec(this.expr.slice(at));
    if (!name) throw new ExpressionError("the name of a member is missing", at);
    this.index += name[0].length;
    env.node = this.gobbleTokenProperty({ type: "Arrow", object: env.node, name: name[0], at });
  }
}

jsep.hooks.add("gobble-token", takeToken);
jsep.hooks.add("after-token", takeArrow);

/** The tree of `text`; throws ExpressionError where it is none. */
export function parseExpression(text: string): Node {
  if (text.trim() === "") throw new ExpressionError("an expression is missing", text.length);
  // Far below what the parser's recursion bears.
  if (text.length > 1000) throw new ExpressionError("the expression is too long", 1000);
  let tree: Tree;
  try {
    tree = jsep(text) as Tree;
  } catch (error) {
    if (error instanceof ExpressionError) throw error;
    const { description, index } = error as { description?: string; index?: number };
    if (description === undefined) throw error;
    throw new ExpressionError(description.charAt(0).toLowerCase() + description.slice(1), index ?? 0);
  }
  return convert(tree);
}

/** jsep's tree as ours, which has positions and no kinds that mean nothing here. */
function convert(tree: Tree): Node {
  const child = (key: string) => convert(tree[key] as Tree);
  switch (tree.type) {
    case "Number":
      return { kind: "number", value: BigInt(tree["text"] as string), at: tree.at! };
    case "Identifier":
      return { kind: "name", name: tree["name"] as string, at: tree.at ?? 0 };
    case "Register":
      return { kind: "register", name: tree["name"] as string, at: tree.at! };
    case "UnaryExpression": {
      const operand = child("argument");
      return { kind: "unary", operator: tree["operator"] as string, operand, at: Math.max(0, operand.at - 1) };
    }
    case "BinaryExpression": {
      const left = child("left");
      return { kind: "binary", operator: tree["operator"] as string, left, right: child("right"), at: left.at };
    }
    case "ConditionalExpression": {
      const test = child("test");
      return { kind: "ternary", test, yes: child("consequent"), no: child("alternate"), at: test.at };
    }
    case "MemberExpression": {
      const object = child("object");
      if (tree["computed"]) return { kind: "index", object, index: child("property"), at: object.at };
      return { kind: "member", object, member: (tree["property"] as jsep.Identifier).name, arrow: false, at: object.at };
    }
    case "Arrow":
      return { kind: "member", object: child("object"), member: tree["name"] as string, arrow: true, at: tree.at! };
    case "Cast":
      return { kind: "cast", type: tree["name"] as string, stars: tree["stars"] as number, operand: child("operand"), at: tree.at! };
    case "CallExpression": {
      const callee = child("callee");
      if (callee.kind !== "name") throw new ExpressionError("only a function's name can be called", callee.at);
      return { kind: "call", name: callee.name, args: (tree["arguments"] as Tree[]).map(convert), at: callee.at };
    }
    default:
      throw new ExpressionError("one expression is expected, not a list", 0);
  }
}

// The value of an expression at the present place of the session. What it needs from outside is a Scope.

import { sizeOfType, stripType, type SymbolTable, type TypeNode } from "../../symbols/index.js";
import { ExpressionError } from "./errors.js";
import { memberOf } from "./members.js";
import { binary, unary } from "./operators.js";
import { BASE_TYPES, type Node } from "./parse.js";
import { registerPart } from "./registers.js";
import { fit, integerType, isScalar, numberValue, S64, U64, UNTYPED, type Value } from "./value.js";

export interface Scope {
  readonly cpu: number;
  readonly cpus: number;
  readonly step: number;
  readonly symbols?: SymbolTable;
  /** A machine register of a CPU, by its name (expression/registers.ts). */
  register(cpu: number, name: string): bigint;
  /** Bytes at a linear address of CPU `cpu`; throws where nothing is mapped. */
  read(address: bigint, size: number): Uint8Array;
  /** Values printed before: `$_` is the newest, `$1` the first. */
  readonly history: readonly Value[];
}

export function evaluate(node: Node, scope: Scope): Value {
  try {
    return compute(node, scope);
  } catch (error) {
    if (error instanceof RangeError) throw new ExpressionError(error.message, node.at);
    throw error;
  }
}

/** As a 64-bit number: of a function, an array or a struct, its address. */
export function asNumber(value: Value): bigint {
  return BigInt.asUintN(64, value.number ?? value.address ?? 0n);
}

function compute(node: Node, scope: Scope): Value {
  switch (node.kind) {
    case "number":
      return numberValue(node.value, node.value < 1n << 63n ? S64 : U64);
    case "register":
      return register(node.name, node.at, scope);
    case "name":
      return named(node.name, node.at, scope);
    case "unary":
      return unaryOf(node, scope);
    case "binary":
      return binaryOf(node, scope);
    case "ternary":
      return compute(asNumber(compute(node.test, scope)) !== 0n ? node.yes : node.no, scope);
    case "member":
      return member(node, scope);
    case "index": {
      const index = asNumber(compute(node.index, scope));
      return element(compute(node.object, scope), index, node.at, scope);
    }
    case "cast":
      return cast(compute(node.operand, scope), castType(node, scope), scope);
    case "call":
      return call(node, scope);
  }
}

/**
 * What lies at `address`. It is read when its number is asked for, so that the address of what is not mapped can be had.
 * A structure around a single number, such as atomic_t or pte_t, counts as that number.
 */
export function load(type: TypeNode, address: bigint, scope: Scope): Value {
  const at = BigInt.asUintN(64, address);
  const number = soleNumber(type);
  return number ? new Lazy(type, at, number, scope) : { type, address: at };
}

class Lazy implements Value {
  #number: bigint | undefined;

  constructor(readonly type: TypeNode, readonly address: bigint, private readonly as: TypeNode, private readonly scope: Scope) {}

  get number(): bigint {
    if (this.#number === undefined) {
      const bytes = this.scope.read(this.address, Math.min(8, sizeOfType(this.as)));
      this.#number = fit(bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n), this.as);
    }
    return this.#number;
  }
}

/** The type of the number that `type` is, or that is all it holds. */
function soleNumber(type: TypeNode): TypeNode | undefined {
  const t = stripType(type);
  if (isScalar(t)) return t;
  if (t.kind !== "struct" || t.members.length !== 1 || t.members[0]!.bitSize !== undefined) return undefined;
  return soleNumber(t.members[0]!.type);
}

function register(name: string, at: number, scope: Scope): Value {
  if (name === "cpu") return numberValue(BigInt(scope.cpu), S64);
  if (name === "step") return numberValue(BigInt(scope.step), S64);
  if (name === "_" || /^\d+$/.test(name)) {
    const value = name === "_" ? scope.history.at(-1) : scope.history[Number(name) - 1];
    if (!value) throw new ExpressionError(`nothing has been printed yet that $${name} could be`, at);
    return value;
  }
  return registerOf(scope.cpu, name, at, scope);
}

function registerOf(cpu: number, name: string, at: number, scope: Scope): Value {
  const part = registerPart(name);
  if (!part) throw new ExpressionError(`there is no register $${name}`, at);
  const whole = scope.register(cpu, part.register);
  return { type: U64, number: BigInt.asUintN(part.bits, whole >> BigInt(part.shift)) };
}

function named(name: string, at: number, scope: Scope): Value {
  const { symbols } = scope;
  const variable = symbols?.variable(name);
  if (variable) return load(variable.type, variable.address, scope);
  const enumerator = symbols?.enumerator(name);
  if (enumerator !== undefined) return numberValue(enumerator, S64);
  const symbol = symbols?.resolve(name);
  if (symbol) return { type: UNTYPED, address: symbol.address };
  if (registerPart(name.toLowerCase())) return registerOf(scope.cpu, name.toLowerCase(), at, scope);
  throw new ExpressionError(symbols ? `there is no symbol "${name}"` : `there is no symbol "${name}": none are loaded`, at);
}

function unaryOf(node: Node & { kind: "unary" }, scope: Scope): Value {
  const operand = compute(node.operand, scope);
  if (node.operator === "*") {
    const type = stripType(operand.type);
    // A bare number is the address of a word, as in gdb's x.
    const target = type.kind === "pointer" ? type.target : type.kind === "array" ? type.element : U64;
    if (stripType(target).kind === "void") throw new ExpressionError("a void pointer points to nothing that could be read: cast it", node.at);
    return load(target, asNumber(operand), scope);
  }
  if (node.operator === "&") {
    if (operand.address === undefined) throw new ExpressionError("this lies nowhere in memory, so it has no address", node.at);
    return { type: { kind: "pointer", size: 8, target: operand.type }, number: operand.address };
  }
  return unary(node.operator, operand);
}

function binaryOf(node: Node & { kind: "binary" }, scope: Scope): Value {
  const left = compute(node.left, scope);
  const decided = node.operator === "&&" ? asNumber(left) === 0n : node.operator === "||" ? asNumber(left) !== 0n : false;
  const right = decided ? left : compute(node.right, scope);
  return binary(node.operator, left, right, node.right.at);
}

function member(node: Node & { kind: "member" }, scope: Scope): Value {
  const cpu = node.object.kind === "register" ? /^cpu(\d+)$/.exec(node.object.name) : null;
  if (cpu) {
    if (Number(cpu[1]) >= scope.cpus) throw new ExpressionError(`there is no CPU ${cpu[1]}`, node.object.at);
    return registerOf(Number(cpu[1]), node.member.toLowerCase(), node.at, scope);
  }
  let object = compute(node.object, scope);
  const type = stripType(object.type);
  // As in gdb, a dot does where an arrow is meant, and the other way round.
  if (type.kind === "pointer") object = load(type.target, asNumber(object), scope);
  return memberOf(object, node.member, node.at, scope);
}

function element(object: Value, index: bigint, at: number, scope: Scope): Value {
  const type = stripType(object.type);
  const signed = BigInt.asIntN(64, index);
  if (type.kind === "array") return load(type.element, object.address! + signed * BigInt(sizeOfType(type.element)), scope);
  if (type.kind === "pointer") return load(type.target, asNumber(object) + signed * BigInt(sizeOfType(type.target)), scope);
  throw new ExpressionError("only an array or a pointer has elements", at);
}

function castType(node: Node & { kind: "cast" }, scope: Scope): TypeNode {
  const size = BASE_TYPES.get(node.type);
  let type: TypeNode | undefined = size === undefined ? scope.symbols?.type(node.type) : integerType(size);
  if (node.type === "void") type = { kind: "void" };
  if (!type) throw new ExpressionError(`there is no type "${node.type}"`, node.at);
  for (let i = 0; i < node.stars; i++) type = { kind: "pointer", size: 8, target: type };
  return type;
}

function cast(value: Value, type: TypeNode, scope: Scope): Value {
  if (isScalar(type)) return numberValue(asNumber(value), type);
  return load(type, asNumber(value), scope);
}

/** `per_cpu(variable, n)` and `this_cpu(variable)`: the kernel's per-CPU variables, as percpu.h of Linux finds them. */
function call(node: Node & { kind: "call" }, scope: Scope): Value {
  const wanted = node.name === "per_cpu" ? 2 : node.name === "this_cpu" ? 1 : 0;
  if (wanted === 0) throw new ExpressionError("the functions are per_cpu(variable, cpu) and this_cpu(variable)", node.at);
  const [first, second] = node.args;
  if (node.args.length !== wanted || first?.kind !== "name") throw new ExpressionError(`${node.name} takes a variable${wanted === 2 ? " and a CPU" : ""}`, node.at);
  const cpu = second ? asNumber(compute(second, scope)) : BigInt(scope.cpu);
  if (cpu >= BigInt(scope.cpus)) throw new ExpressionError(`there is no CPU ${cpu}`, second?.at ?? node.at);
  const variable = scope.symbols?.variable(first.name);
  const offsets = scope.symbols?.resolve("__per_cpu_offset");
  if (!variable) throw new ExpressionError(`there is no variable "${first.name}"`, first.at);
  if (!offsets) throw new ExpressionError("the image has no per-CPU variables", node.at);
  const offset = load(U64, offsets.address + 8n * cpu, scope).number!;
  return load(variable.type, variable.address + offset, scope);
}

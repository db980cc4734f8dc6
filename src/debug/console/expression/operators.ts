// Operators of C on 64-bit numbers and pointers.

import { sizeOfType, stripType } from "../../symbols/index.js";
import { ExpressionError } from "./errors.js";
import { BOOLEAN, isSigned, numberValue, S64, U64, type Value } from "./value.js";

const number = (value: Value): bigint => value.number ?? value.address ?? 0n;
const truth = (condition: boolean): Value => numberValue(condition ? 1n : 0n, BOOLEAN);
/** The usual arithmetic conversion, where everything is widened to 64 bits first. */
const isWideUnsigned = (value: Value): boolean => !isSigned(value.type) && (sizeOfType(value.type) === 8 || value.number === undefined);

export function unary(operator: string, operand: Value): Value {
  const type = isWideUnsigned(operand) ? U64 : S64;
  switch (operator) {
    case "-": return numberValue(-number(operand), type);
    case "~": return numberValue(~number(operand), type);
    case "!": return truth(number(operand) === 0n);
    default: return numberValue(number(operand), type);
  }
}

/** Bytes by which a pointer moves when 1 is added to it; 0 for what is no pointer. */
function stride(value: Value): number {
  const type = stripType(value.type);
  if (type.kind === "pointer") return Math.max(1, sizeOfType(type.target));
  if (type.kind === "array") return Math.max(1, sizeOfType(type.element));
  return 0;
}

function pointerSum(operator: string, left: Value, right: Value): Value | undefined {
  const [a, b] = [stride(left), stride(right)];
  if (a === 0 && b === 0) return undefined;
  if (operator === "-" && a !== 0 && b !== 0) return numberValue((number(left) - number(right)) / BigInt(a), S64);
  const [pointer, index] = a !== 0 ? [left, right] : [right, left];
  if (operator === "-" && a === 0) return undefined;
  const type = stripType(pointer.type);
  const moved = BigInt(a || b) * number(index);
  return numberValue(number(pointer) + (operator === "-" ? -moved : moved),
    type.kind === "array" ? { kind: "pointer", size: 8, target: type.element } : pointer.type);
}

/** `at` is where the right operand is. */
export function binary(operator: string, left: Value, right: Value, at: number): Value {
  if (operator === "+" || operator === "-") {
    const sum = pointerSum(operator, left, right);
    if (sum) return sum;
  }
  const type = isWideUnsigned(left) || isWideUnsigned(right) ? U64 : S64;
  const a = numberValue(number(left), type).number!;
  const b = numberValue(number(right), type).number!;
  if ((operator === "/" || operator === "%") && b === 0n) throw new ExpressionError("division by zero", at);
  if ((operator === "<<" || operator === ">>") && (b < 0n || b > 63n)) throw new ExpressionError("a 64-bit number is shifted by 0 to 63", at);
  switch (operator) {
    case "+": return numberValue(a + b, type);
    case "-": return numberValue(a - b, type);
    case "*": return numberValue(a * b, type);
    case "/": return numberValue(a / b, type);
    case "%": return numberValue(a % b, type);
    case "&": return numberValue(a & b, type);
    case "|": return numberValue(a | b, type);
    case "^": return numberValue(a ^ b, type);
    case "<<": return numberValue(a << b, type);
    case ">>": return numberValue(a >> b, type);
    case "==": return truth(a === b);
    case "!=": return truth(a !== b);
    case "<": return truth(a < b);
    case ">": return truth(a > b);
    case "<=": return truth(a <= b);
    case ">=": return truth(a >= b);
    case "&&": return truth(a !== 0n && b !== 0n);
    case "||": return truth(a !== 0n || b !== 0n);
    default: throw new ExpressionError(`${operator} is not known here`, at);
  }
}

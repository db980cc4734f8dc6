// DWARF expressions (DWARF 5, 2.5), as far as call frame information uses them.

import { UserError } from "../../errors.js";
import { Cursor } from "./cursor.js";

export interface ExpressionContext {
  readonly register: (number: number) => bigint | undefined;
  /** An unsigned number in memory. */
  readonly read: (address: bigint, size: number) => bigint | undefined;
}

const MOST_STEPS = 1000;
const MOST_STACK = 256;
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const i64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const truth = (value: boolean): bigint => (value ? 1n : 0n);

const BINARY: Readonly<Record<number, (a: bigint, b: bigint) => bigint | undefined>> = {
  0x1a: (a, b) => a & b,
  0x1b: (a, b) => (b === 0n ? undefined : i64(a) / i64(b)),
  0x1c: (a, b) => a - b,
  0x1d: (a, b) => (b === 0n ? undefined : a % b),
  0x1e: (a, b) => a * b,
  0x21: (a, b) => a | b,
  0x22: (a, b) => a + b,
  0x24: (a, b) => (b > 63n ? 0n : a << b),
  0x25: (a, b) => (b > 63n ? 0n : a >> b),
  0x26: (a, b) => i64(a) >> (b > 63n ? 63n : b),
  0x27: (a, b) => a ^ b,
  0x29: (a, b) => truth(a === b),
  0x2a: (a, b) => truth(i64(a) >= i64(b)),
  0x2b: (a, b) => truth(i64(a) > i64(b)),
  0x2c: (a, b) => truth(i64(a) <= i64(b)),
  0x2d: (a, b) => truth(i64(a) < i64(b)),
  0x2e: (a, b) => truth(a !== b),
};

const UNARY: Readonly<Record<number, (a: bigint) => bigint>> = {
  0x19: (a) => (i64(a) < 0n ? -i64(a) : a), 0x1f: (a) => -i64(a), 0x20: (a) => ~a,
};

/** A constant that the operation `op` pushes. */
function constant(c: Cursor, op: number): bigint | undefined {
  if (op >= 0x30 && op <= 0x4f) return BigInt(op - 0x30);
  switch (op) {
    case 0x03:
    case 0x0e:
    case 0x0f:
      return c.u64();
    case 0x08:
      return BigInt(c.u8());
    case 0x09:
      return BigInt(c.i8());
    case 0x0a:
      return BigInt(c.u16());
    case 0x0b:
      return BigInt.asIntN(16, BigInt(c.u16()));
    case 0x0c:
      return BigInt(c.u32());
    case 0x0d:
      return BigInt.asIntN(32, BigInt(c.u32()));
    case 0x10:
      return c.ulebBig();
    case 0x11:
      return c.sleb();
    default:
      return undefined;
  }
}

/**
 * What `bytes` leave on the stack, which begins with `initial`; undefined where a register or memory that is needed is
 * not known. Operations that call frame information has no use for are a UserError.
 */
export function evaluate(bytes: Uint8Array, context: ExpressionContext, initial: readonly bigint[] = []): bigint | undefined {
  const c = new Cursor(bytes, "an expression of the debug information");
  const stack = [...initial];
  const pop = (): bigint => {
    const value = stack.pop();
    if (value === undefined) throw c.malformed("the stack is empty");
    return value;
  };
  const pick = (index: number) => stack.push(stack.at(-1 - index) ?? pop());

  /** Pushes what the operation yields; undefined if that is not known. */
  const step = (op: number): bigint | boolean | undefined => {
    const known = constant(c, op);
    if (known !== undefined) return known;
    const binary = BINARY[op];
    if (binary) {
      const b = pop();
      return binary(pop(), b);
    }
    const unary = UNARY[op];
    if (unary) return unary(pop());
    if (op >= 0x70 && op <= 0x8f) return offsetFrom(context.register(op - 0x70), c.sleb());
    switch (op) {
      case 0x06:
        return context.read(pop(), 8);
      case 0x94: {
        const size = c.u8();
        return size > 0 && size <= 8 ? context.read(pop(), size) : undefined;
      }
      case 0x92:
        return offsetFrom(context.register(c.uleb()), c.sleb());
      case 0x23:
        return pop() + c.ulebBig();
      case 0x12:
        return pick(0) > 0;
      case 0x14:
        return pick(1) > 0;
      case 0x15:
        return pick(c.u8()) > 0;
      case 0x13:
        pop();
        return true;
      case 0x16: {
        const [top, below] = [pop(), pop()];
        return stack.push(top, below) > 0;
      }
      case 0x28:
      case 0x2f: {
        const distance = Number(BigInt.asIntN(16, BigInt(c.u16())));
        if (op === 0x2f || pop() !== 0n) c.seek(c.at + distance);
        return true;
      }
      case 0x96:
        return true;
      default:
        throw new UserError(`${c.what} has operation 0x${op.toString(16)}, which is not known here`);
    }
  };

  for (let steps = 0; !c.done; steps++) {
    if (steps > MOST_STEPS || stack.length > MOST_STACK) throw c.malformed("it does not end");
    const result = step(c.u8());
    if (result === undefined) return undefined;
    if (typeof result === "bigint") stack.push(u64(result));
  }
  return stack.at(-1);
}

const offsetFrom = (base: bigint | undefined, offset: bigint): bigint | undefined => (base === undefined ? undefined : base + offset);

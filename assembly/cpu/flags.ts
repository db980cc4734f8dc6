// Lazy arithmetic flags. An instruction leaves (op, a, b, r); a condition is worked out when somebody asks.
// Operands are sign-extended from operand size to 64 bits, which keeps both orders: a <u b and a <s b hold
// for the extended values iff they hold at operand size, so no condition depends on the size.
//
//   FLAGS_SUB     r = a - b          CF = a <u b     OF = (a^b)&(a^r) < 0     logic results: a = r, b = 0
//   FLAGS_ADD     r = a + b          CF = r <u a     OF = (a^r)&(b^r) < 0
//   FLAGS_RESULT  ZF SF PF from r    CF = b bit 0    OF = b bit 1    AF = b bit 2
//   FLAGS_PACKED  r has the bits of RFLAGS
//   FLAGS_SHL     CF = bit b of a    OF = sign of r ^ CF     (shifts leave AF undefined: 0)
//   FLAGS_SHR     CF = bit b of a    OF = sign of a
//   FLAGS_SAR     CF = bit b of a    OF = 0
//   FLAGS_MUL     CF = OF = whether r is not the product of a and b

import { Cpu, FLAGS_SUB, FLAGS_ADD, FLAGS_RESULT, FLAGS_PACKED, FLAGS_SHL, FLAGS_SHR, FLAGS_SAR, FLAGS_MUL, TF, IF } from "./state";
import { mulOverflows } from "./wide";

export const CF: u32 = 1;
export const PF: u32 = 4;
export const AF: u32 = 0x10;
export const ZF: u32 = 0x40;
export const SF: u32 = 0x80;
export const OF: u32 = 0x800;
export const ARITHMETIC: u32 = 0x8d5;

/** CF of a lazy tuple. */
export function carryOf(op: i32, a: i64, b: i64, r: i64): bool {
  switch (op) {
    case FLAGS_SUB: return <u64>a < <u64>b;
    case FLAGS_ADD: return <u64>r < <u64>a;
    case FLAGS_RESULT: return <bool>(b & 1);
    case FLAGS_PACKED: return <bool>(r & 1);
    case FLAGS_MUL: return r != a * b || mulOverflows(a, b, r);
    default: return <bool>((a >> b) & 1);
  }
}

/** OF of a lazy tuple. */
export function overflowOf(op: i32, a: i64, b: i64, r: i64): bool {
  switch (op) {
    case FLAGS_SUB: return ((a ^ b) & (a ^ r)) < 0;
    case FLAGS_ADD: return ((a ^ r) & (b ^ r)) < 0;
    case FLAGS_RESULT: return <bool>((b >> 1) & 1);
    case FLAGS_PACKED: return <bool>((r >> 11) & 1);
    case FLAGS_SHL: return <bool>(((a >> b) & 1) ^ <i64>(r < 0));
    case FLAGS_SHR: return a < 0;
    case FLAGS_SAR: return false;
    default: return r != a * b || mulOverflows(a, b, r);
  }
}

@inline
function zeroOf(op: i32, r: i64): bool {
  return op == FLAGS_PACKED ? (r & ZF) != 0 : r == 0;
}

@inline
function signOf(op: i32, r: i64): bool {
  return op == FLAGS_PACKED ? (r & SF) != 0 : r < 0;
}

function parityOf(op: i32, r: i64): bool {
  return op == FLAGS_PACKED ? (r & PF) != 0 : (popcnt<u32>(<u32>r & 0xff) & 1) == 0;
}

/** AF of a lazy tuple. */
export function adjustOf(op: i32, a: i64, b: i64, r: i64): bool {
  if (op <= FLAGS_ADD) return ((a ^ b ^ r) & AF) != 0;
  if (op == FLAGS_RESULT) return <bool>((b >> 2) & 1);
  return op == FLAGS_PACKED && (r & AF) != 0;
}

/** Condition `cc` (low four bits of Jcc, SETcc, CMOVcc; SDM vol. 1 appendix B) of a lazy tuple. */
export function condition(cc: u32, op: i32, a: i64, b: i64, r: i64): bool {
  let holds: bool = false;
  switch ((cc >> 1) & 7) {
    case 0: holds = overflowOf(op, a, b, r); break;
    case 1: holds = carryOf(op, a, b, r); break;
    case 2: holds = zeroOf(op, r); break;
    case 3: holds = carryOf(op, a, b, r) || zeroOf(op, r); break;
    case 4: holds = signOf(op, r); break;
    case 5: holds = parityOf(op, r); break;
    case 6: holds = op == FLAGS_SUB ? a < b : signOf(op, r) != overflowOf(op, a, b, r); break;
    default: holds = op == FLAGS_SUB ? a <= b : zeroOf(op, r) || signOf(op, r) != overflowOf(op, a, b, r);
  }
  return holds != <bool>(cc & 1);
}

/** The six arithmetic flags of a lazy tuple, as they lie in RFLAGS. */
export function packFlags(op: i32, a: i64, b: i64, r: i64): u32 {
  if (op == FLAGS_PACKED) return <u32>r & ARITHMETIC;
  let f: u32 = carryOf(op, a, b, r) ? CF : 0;
  if (parityOf(op, r)) f |= PF;
  if (adjustOf(op, a, b, r)) f |= AF;
  if (r == 0) f |= ZF;
  if (r < 0) f |= SF;
  if (overflowOf(op, a, b, r)) f |= OF;
  return f;
}

/** The arithmetic flags of `cpu`. */
export function arithmeticFlags(cpu: Cpu): u32 {
  return packFlags(cpu.flagsOp, cpu.flagsA, cpu.flagsB, cpu.flagsR);
}

/** Sets the arithmetic flags of `cpu` to `flags` (other bits are ignored). */
export function setArithmeticFlags(cpu: Cpu, flags: u32): void {
  cpu.flagsOp = FLAGS_PACKED;
  cpu.flagsR = flags & ARITHMETIC;
}

/** Leaves result `r` (sign-extended) with explicit CF, OF and AF. */
export function setResult(cpu: Cpu, r: i64, cf: bool, overflow: bool, af: bool = false): void {
  cpu.flagsOp = FLAGS_RESULT;
  cpu.flagsR = r;
  cpu.flagsB = <i64>cf | (<i64>overflow << 1) | (<i64>af << 2);
}

/** Leaves `r` as the result of a logic operation: CF = OF = AF = 0. */
export function setLogic(cpu: Cpu, r: i64): void {
  cpu.flagsOp = FLAGS_SUB;
  cpu.flagsA = r;
  cpu.flagsB = 0;
  cpu.flagsR = r;
}

/** CF of `cpu`. */
export function carry(cpu: Cpu): bool {
  return carryOf(cpu.flagsOp, cpu.flagsA, cpu.flagsB, cpu.flagsR);
}

/** Condition `cc` on the flags of `cpu`. */
export function conditionOf(cpu: Cpu, cc: u32): bool {
  return condition(cc, cpu.flagsOp, cpu.flagsA, cpu.flagsB, cpu.flagsR);
}

/** RFLAGS, all bits; bit 1 reads as 1. */
export function getRflags(cpu: Cpu): u64 {
  return arithmeticFlags(cpu) | cpu.system | 2;
}

/** Replaces the bits of RFLAGS that `mask` has with those of `value`. A change of IF or TF asks for attention. */
export function setRflags(cpu: Cpu, value: u64, mask: u64): void {
  const arithmetic = <u32>mask & ARITHMETIC;
  if (arithmetic) setArithmeticFlags(cpu, (arithmeticFlags(cpu) & ~arithmetic) | (<u32>value & arithmetic));
  const kept = <u32>mask & 0x257700; // TF IF DF IOPL NT RF VM AC ID
  const before = cpu.system;
  cpu.system = (before & ~kept) | (<u32>value & kept);
  if ((before ^ cpu.system) & (IF | TF)) cpu.attention = 1;
}

// Instruction bytes for every hot kind, from its name in tools/isa/hot-kinds.mjs.

import type { Kind } from "../../tools/isa/kinds.mjs";
import { assemble, bytesOf } from "./assemble.js";
import type { Encoding, RegisterOrMemory } from "./assemble.js";
import { CONDITIONS } from "./conditions.js";

const ALU = ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"];
const SHIFTS = ["rol", "ror", "rcl", "rcr", "shl", "shr", "", "sar"];
const UNARY: Record<string, [number, number]> = { inc: [0xff, 0], dec: [0xff, 1], not: [0xf7, 2], neg: [0xf7, 3] };
const EXTENSIONS: Record<string, [Encoding["map"], number]> = {
  movzx1: ["0f", 0xb6], movzx2: ["0f", 0xb7], movsx1: ["0f", 0xbe], movsx2: ["0f", 0xbf], movsx4: [undefined, 0x63], imul2: ["0f", 0xaf],
};
const FAMILY: Record<string, number> = { carry: 2, zero: 4, belowEqual: 6, sign: 8, less: 12, lessEqual: 14 };

const RAX = 0;
const RDX = 2;
const RBX = 3;
const RSI = 6;
const RDI = 7;
/** [rbx + rsi * 2 + 8] */
const MEMORY: RegisterOrMemory = { memory: { base: RBX, index: RSI, scale: 1, disp: 8 } };
const BASE_ONLY: RegisterOrMemory = { memory: { base: RBX, scale: 0, disp: 8 } };

type Size = 1 | 2 | 4 | 8;

function twoOperands(name: string, size: Size, form: string, immediate: bigint): number[] {
  const byte = size === 1 ? 0 : 1;
  const inMemory = form.startsWith("m") || form === "br" || form.endsWith("m") || form === "rb";
  const rm: RegisterOrMemory = form === "rb" || form === "br" ? BASE_ONLY : inMemory ? MEMORY : { register: RAX };
  const common = { size, byteReg: size === 1, byteRm: size === 1 };
  const number = bytesOf(immediate, size === 8 ? 4 : size);
  if (form.endsWith("i")) {
    if (name === "mov") return assemble({ ...common, opcode: 0xc6 + byte, reg: 0, rm, immediate: number });
    if (name === "test") return assemble({ ...common, opcode: 0xf6 + byte, reg: 0, rm, immediate: number });
    return assemble({ ...common, opcode: 0x80 + byte, reg: ALU.indexOf(name), rm, immediate: number });
  }
  const fromMemory = form === "rm" || form === "rb";
  const reg = fromMemory ? RAX : RDX;
  if (name === "mov") return assemble({ ...common, opcode: (fromMemory ? 0x8a : 0x88) + byte, reg, rm });
  if (name === "test") return assemble({ ...common, opcode: 0x84 + byte, reg, rm });
  return assemble({ ...common, opcode: ALU.indexOf(name) * 8 + (fromMemory ? 2 : 0) + byte, reg, rm });
}

function template(name: string, size: Size, form: string, immediate: bigint): number[] {
  if (name === "mov" || name === "test" || ALU.includes(name)) return twoOperands(name, size, form, immediate);
  const shift = SHIFTS.indexOf(name);
  if (shift >= 0) {
    if (form === "rc") return assemble({ opcode: 0xd3, size, reg: shift, rm: { register: RAX } });
    return assemble({ opcode: 0xc1, size, reg: shift, rm: { register: RAX }, immediate: [Number(immediate & 0x1fn) || 1] });
  }
  const unary = UNARY[name];
  if (unary) return assemble({ opcode: unary[0], size, reg: unary[1], rm: form === "m" ? MEMORY : { register: RAX } });
  const extension = EXTENSIONS[name];
  if (!extension) throw new Error(`no encoding for ${name}`);
  const rm: RegisterOrMemory = form === "rb" ? BASE_ONLY : form === "rm" ? MEMORY : { register: RDX };
  return assemble({ map: extension[0], opcode: extension[1], size, reg: RAX, rm });
}

/** Near branches: code around one that goes to the instruction behind `skipped` NOPs. */
function special(kind: Kind, immediate: bigint): number[] {
  const size = kind.size ?? 8;
  const condition = FAMILY[kind.family ?? ""] ?? 0;
  const cc = condition | Number(immediate & 1n);
  switch (kind.special) {
    case "lea": return assemble({ opcode: 0x8d, size, reg: RAX, rm: MEMORY });
    case "imul3": return assemble({ opcode: 0x69, size, reg: RAX, rm: { register: RDX }, immediate: bytesOf(immediate, 4) });
    case "rol": case "ror": return template(kind.special, size, "ri", immediate);
    case "push": return kind.form === "i" ? [0x68, ...bytesOf(immediate, 4)] : [0x52];
    case "pop": return [0x58];
    case "leave": return [0x48, 0x89, 0xe5, 0xc9]; // mov rbp, rsp; leave
    case "setcc": return [0x0f, 0x90 + cc, 0xc0];
    case "cmov": return assemble({ map: "0f", opcode: 0x40 + cc, size, reg: RAX, rm: { register: RDX } });
    case "nop": return [0x90];
    case "jmp": return [0xeb, 1, 0x90];
    case "call": return [0xe8, 1, 0, 0, 0, 0x90];
    // lea rdi, [rip + 3 or so]; then the indirect one over a NOP
    case "jmpRm": return [0x48, 0x8d, 0x3d, 3, 0, 0, 0, 0xff, 0xe7, 0x90];
    case "callRm": return [0x48, 0x8d, 0x3d, 3, 0, 0, 0, 0xff, 0xd7, 0x90];
    case "ret": return [0x48, 0x8d, 0x3d, 3, 0, 0, 0, 0x57, 0xc3, 0x90];
    default: throw new Error(`no encoding for ${kind.name}`);
  }
}

/** Registers that no case uses for anything but its operands: RAX and RDX; RDI is a scratch. */
export const OPERANDS = { first: RAX, second: RDX, base: RBX, index: RSI, scratch: RDI };

/** Code that has `kind` in it. */
export function codeOf(kind: Kind, immediate: bigint): number[] {
  if (kind.fused) {
    const first = twoOperands(kind.fused, kind.size as Size, kind.form as string, immediate);
    return [...first, 0x70 + CONDITIONS.indexOf(kind.cc as string), 1, 0x90];
  }
  if (kind.special) return special(kind, immediate);
  // A pair is joined with the MOV before it to its destination.
  const move = kind.pair ? assemble({ opcode: 0x89, size: kind.size as Size, reg: RDI, rm: { register: RAX } }) : [];
  const one = [...move, ...template(kind.template as string, kind.size as Size, kind.form as string, immediate)];
  // A quiet twin is chosen where the flags are replaced before anything sees them.
  return kind.quiet ? [...one, 0x48, 0x01, 0xd7] : one;
}

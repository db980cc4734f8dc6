// Random programs: straight code with short jumps and a loop, of the kinds that the hot loop has inline mixed with others.
// RBX points to data, R15 to a page that is absent, RSP to a stack; RCX counts the loop.

import { assemble, bytesOf } from "./assemble.js";
import type { RegisterOrMemory } from "./assemble.js";
import { DATA_AT, DF, RSP } from "./harness.js";
import { STACK_TOP } from "./guest-image.js";
import { Random } from "./random.js";

const RCX = 1;
const RBX = 3;
const R15 = 15;
export const ABSENT = 0x40000000n;
const FREE = [0, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];
const WORDS = [4, 8, 4, 8, 2] as const;

function operand(random: Random, byte: boolean): RegisterOrMemory {
  if (random.chance(60)) return { register: random.pick(byte ? [0, 2, 5, 6, 7, 8] : FREE) };
  if (random.chance(2)) return { memory: { base: R15, scale: 0, disp: 8 } };
  return { memory: { base: RBX, scale: 0, disp: random.below(64) * 8 } };
}

/** What compilers make of three-address code: a MOV and an operation on its destination. */
function moveAndOperate(random: Random): number[] {
  const size = random.pick([4, 8] as const);
  const destination = random.pick(FREE);
  const rm = { register: destination };
  const source = random.chance(20) ? destination : random.pick(FREE);
  const other = random.chance(20) ? destination : random.pick(FREE);
  return [...assemble({ opcode: 0x89, size, reg: source, rm }), ...random.pick<() => number[]>([
    () => assemble({ opcode: random.below(8) * 8 + 1, size, reg: other, rm }),
    () => assemble({ opcode: 0x83, size, reg: random.below(8), rm, immediate: [random.below(256)] }),
    () => assemble({ opcode: 0xc1, size, reg: random.pick([4, 5, 7, 0]), rm, immediate: [random.below(64)] }),
    () => assemble({ map: "0f", opcode: 0xaf, size, reg: destination, rm: { register: other } }),
  ])()];
}

/** One instruction that does not leave the program. */
function instruction(random: Random): number[] {
  const size = random.pick(WORDS);
  const reg = random.pick(FREE);
  const rm = operand(random, false);
  const byteRm = operand(random, true);
  const immediate = bytesOf(random.operand(), size === 2 ? 2 : 4);
  return random.pick<() => number[]>([
    () => assemble({ opcode: random.below(8) * 8 + random.pick([1, 3]), size, reg, rm }),
    () => assemble({ opcode: random.below(8) * 8 + random.pick([0, 2]), size: 1, reg: random.pick([0, 2, 5, 6]), rm: byteRm, byteReg: true, byteRm: true }),
    () => assemble({ opcode: 0x81, size, reg: random.below(8), rm, immediate }),
    () => assemble({ opcode: 0x83, size, reg: random.below(8), rm, immediate: [random.below(256)] }),
    () => assemble({ opcode: 0x80, size: 1, reg: random.below(8), rm: byteRm, byteRm: true, immediate: [random.below(256)] }),
    () => assemble({ opcode: 0xc1, size, reg: random.below(8), rm, immediate: [random.below(70)] }),
    () => assemble({ opcode: random.pick([0xd1, 0xd3]), size, reg: random.below(8), rm }),
    () => assemble({ opcode: random.pick([0x89, 0x8b, 0x85, 0x87]), size, reg, rm }),
    () => assemble({ opcode: 0xc7, size, reg: 0, rm, immediate }),
    () => assemble({ opcode: 0xff, size, reg: random.below(2), rm }),
    () => assemble({ opcode: 0xf7, size, reg: random.pick([2, 3, 3, 4, 5]), rm }),
    () => assemble({ map: "0f", opcode: 0xaf, size, reg, rm }),
    () => assemble({ opcode: 0x6b, size, reg, rm, immediate: [random.below(256)] }),
    () => assemble({ map: "0f", opcode: 0x40 + random.below(16), size, reg, rm }),
    () => assemble({ map: "0f", opcode: 0x90 + random.below(16), size: 1, reg: 0, rm: byteRm, byteRm: true }),
    () => assemble({ map: "0f", opcode: random.pick([0xb6, 0xb7, 0xbe, 0xbf, 0xa3, 0xbc, 0xbd]), size, reg, rm: { register: random.pick(FREE) }, byteRm: true }),
    () => assemble({ map: "0f", opcode: random.pick([0xb1, 0xc1]), size, reg, rm }),
    () => assemble({ opcode: 0x8d, size, reg, rm: { memory: { base: reg, index: random.pick(FREE), scale: random.below(4), disp: random.below(200) } } }),
    () => (random.chance(50) ? [0x50 + random.pick([0, 2, 5])] : [0x6a, random.below(256)]),
    () => [0x58 + random.pick([0, 2, 5])],
    () => [random.pick([0x90, 0x98, 0x99, 0x9e, 0x9f, 0xf5, 0xf8, 0xf9])],
    () => (random.chance(10) ? assemble({ opcode: 0xf7, size: 4, reg: 6, rm }) : [0xf8]),
    () => (random.chance(20) ? [0x9c] : [0xf9]),
  ])();
}

export interface Program {
  readonly code: number[];
  readonly registers: bigint[];
  readonly flags: bigint;
  readonly steps: number;
}

/** A program, and about as many steps as it takes. */
export function randomProgram(random: Random): Program {
  const body: number[] = [];
  const length = 3 + random.below(40);
  for (let i = 0; i < length; i++) {
    if (random.chance(15)) {
      const skipped = instruction(random);
      body.push(...random.chance(70) ? [0x70 + random.below(16), skipped.length] : [0x0f, 0x80 + random.below(16), ...bytesOf(skipped.length, 4)], ...skipped);
    } else {
      body.push(...random.chance(15) ? moveAndOperate(random) : instruction(random));
    }
  }
  const rounds = 1 + random.below(3);
  // dec ecx; jnz back
  body.push(0xff, 0xc9, 0x0f, 0x85, ...bytesOf(-(body.length + 8), 4));
  const registers = Array.from({ length: 16 }, () => random.operand());
  registers[RCX] = BigInt(rounds);
  registers[RBX] = BigInt(DATA_AT + random.below(8));
  registers[R15] = ABSENT;
  registers[RSP] = BigInt(STACK_TOP - 1024);
  return { code: body, registers, flags: random.u64() & 0x8d5n & ~DF, steps: Math.ceil(length * rounds * 1.3) + 4 };
}

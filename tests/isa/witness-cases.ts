// Random instructions that are safe in user mode anywhere, with registers and memory to match: what witness.test.ts has
// both our core and the processor of this machine execute.

import { assemble, bytesOf, needsNoRex, AH } from "./assemble.js";
import type { Encoding, Memory } from "./assemble.js";
import { DATA_AT, DATA_BYTES, DF, RSP } from "./harness.js";
import { Random } from "./random.js";

/** Bytes of memory that a case brings and that are compared after it. */
export const COMPARED = 256;
export const CODE_BYTES = 32;

export interface Case {
  readonly registers: bigint[];
  readonly flags: bigint;
  readonly gsBase: bigint;
  readonly dataAt: number;
  readonly data: Uint8Array;
  readonly code: Uint8Array;
}

type Size = 1 | 2 | 4 | 8;

/** One line of the list: opcode, what modrm.reg is, immediates, and limits that keep it defined. */
interface Form {
  map?: Encoding["map"];
  opcode: number;
  digit?: number;
  /** Bytes of immediate; "z": 2 or 4 by operand size. */
  immediate?: 1 | "z";
  sizes: readonly Size[];
  /** The r/m operand is narrower than the rest. */
  byteRm?: boolean;
  only?: "memory" | "register";
  prefix?: number;
  vex?: number;
  lock?: boolean;
  special?: "bit-string" | "double-shift" | "compare-wide" | "stack" | "mul" | "count";
}

const BYTE = [1] as const;
const WORDS = [2, 4, 8] as const;
const WIDE = [4, 8] as const;

function both(opcode: number, rest: Omit<Form, "opcode" | "sizes">): Form[] {
  return [{ opcode, sizes: BYTE, ...rest }, { opcode: opcode + 1, sizes: WORDS, ...rest }];
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function forms(): Form[] {
  const alu = range(8).flatMap((i) => [
    ...both(i * 8, { lock: i !== 7 }), ...both(i * 8 + 2, {}),
    { opcode: 0x80, digit: i, immediate: 1, sizes: BYTE, lock: i !== 7 }, { opcode: 0x81, digit: i, immediate: "z", sizes: WORDS, lock: i !== 7 },
    { opcode: 0x83, digit: i, immediate: 1, sizes: WORDS, lock: i !== 7 },
  ] as Form[]);
  const shifts = range(8).flatMap((digit): Form[] => [
    ...both(0xc0, { digit, immediate: 1, special: "count" }), ...both(0xd0, { digit }), ...both(0xd2, { digit, special: "count" }),
  ]);
  const unary = [...range(8).flatMap((digit): Form[] => (digit < 2
    ? [{ opcode: 0xf6, digit, immediate: 1, sizes: BYTE }, { opcode: 0xf7, digit, immediate: "z", sizes: WORDS }]
    : both(0xf6, { digit, lock: digit < 4, ...(digit > 3 ? { special: "mul" as const } : {}) }))), ...both(0xfe, { digit: 0, lock: true }), ...both(0xfe, { digit: 1, lock: true })];
  const f0 = (opcode: number, sizes: readonly Size[], rest: Partial<Form> = {}): Form => ({ map: "0f", opcode, sizes, ...rest });
  const f38 = (opcode: number, vex: number, rest: Partial<Form> = {}): Form => ({ map: "0f38", opcode, sizes: WIDE, vex, ...rest });
  return [
    ...alu, ...shifts, ...unary, ...both(0x84, {}), ...both(0x86, { lock: true }), ...both(0x88, {}), ...both(0x8a, {}),
    { opcode: 0xc6, digit: 0, immediate: 1, sizes: BYTE }, { opcode: 0xc7, digit: 0, immediate: "z", sizes: WORDS },
    { opcode: 0x63, sizes: WIDE }, { opcode: 0x69, immediate: "z", sizes: WORDS }, { opcode: 0x6b, immediate: 1, sizes: WORDS },
    { opcode: 0x8d, sizes: WORDS, only: "memory" },
    { opcode: 0xff, digit: 6, sizes: [2, 8], special: "stack" }, { opcode: 0x8f, digit: 0, sizes: [2, 8], special: "stack" },
    ...range(16).flatMap((cc) => [f0(0x40 + cc, WORDS), f0(0x90 + cc, BYTE, { digit: 0 })]),
    f0(0xa4, WORDS, { immediate: 1, special: "double-shift" }), f0(0xa5, WORDS, { special: "double-shift" }),
    f0(0xac, WORDS, { immediate: 1, special: "double-shift" }), f0(0xad, WORDS, { special: "double-shift" }),
    f0(0xaf, WORDS), ...[0xa3, 0xab, 0xb3, 0xbb].map((op) => f0(op, WORDS, { special: "bit-string", lock: op !== 0xa3 })),
    ...[4, 5, 6, 7].map((digit) => f0(0xba, WORDS, { digit, immediate: 1, lock: digit > 4 })),
    f0(0xb0, BYTE, { lock: true }), f0(0xb1, WORDS, { lock: true }), f0(0xc0, BYTE, { lock: true }), f0(0xc1, WORDS, { lock: true }),
    f0(0xb6, WORDS, { byteRm: true }), f0(0xb7, WIDE), f0(0xbe, WORDS, { byteRm: true }), f0(0xbf, WIDE),
    f0(0xbc, WORDS), f0(0xbd, WORDS), f0(0xbc, WORDS, { prefix: 0xf3 }), f0(0xbd, WORDS, { prefix: 0xf3 }), f0(0xb8, WORDS, { prefix: 0xf3 }),
    f0(0xc7, WIDE, { digit: 1, only: "memory", special: "compare-wide", lock: true }), f0(0xc3, WIDE, { only: "memory" }), f0(0x1f, WORDS, { digit: 0 }),
    { map: "0f38", opcode: 0xf0, sizes: WORDS, only: "memory" }, { map: "0f38", opcode: 0xf1, sizes: WORDS, only: "memory" },
    { map: "0f38", opcode: 0xf6, sizes: WIDE, prefix: 0x66 }, { map: "0f38", opcode: 0xf6, sizes: WIDE, prefix: 0xf3 },
    f38(0xf2, 0), f38(0xf3, 0, { digit: 1 }), f38(0xf3, 0, { digit: 2 }), f38(0xf3, 0, { digit: 3 }),
    f38(0xf7, 0), f38(0xf7, 1), f38(0xf7, 2), f38(0xf7, 3), f38(0xf5, 0), f38(0xf5, 2), f38(0xf5, 3), f38(0xf6, 3),
    { map: "0f3a", opcode: 0xf0, sizes: WIDE, vex: 3, immediate: 1 },
  ];
}

const FORMS = forms();

/** Bytes of data before the place where operands lie, so that negative bit offsets stay inside. */
const TARGET = 96;

class Maker {
  readonly registers: bigint[];
  readonly dataAt: number;
  gsBase = 0n;

  constructor(readonly random: Random) {
    this.registers = range(16).map(() => random.operand());
    // Now and then the operand touches the end of the mapped pages, or crosses it.
    const last = DATA_AT + DATA_BYTES - COMPARED;
    this.dataAt = random.chance(5) ? last : DATA_AT + random.below(DATA_BYTES - COMPARED);
    this.registers[RSP] = BigInt(DATA_AT + 0x800 + random.below(64) * 8);
  }

  register(byte: boolean, noHigh: boolean): number {
    return byte && !noHigh && this.random.chance(25) ? AH + this.random.below(4) : this.random.below(16);
  }

  /** A memory form whose address is `target`; the registers it names are set for that. */
  memory(target: number, codeEnd: bigint | undefined): Memory {
    const { random } = this;
    if (codeEnd !== undefined) return { rip: true, scale: 0, disp: target - Number(codeEnd) };
    const m: Memory = { scale: random.below(4), disp: random.pick([0, random.below(256) - 128, Number(BigInt.asIntN(32, random.u64()))]) };
    m.base = random.below(16);
    if (random.chance(50)) {
      do m.index = random.below(16); while (m.index === RSP || m.index === m.base);
    }
    if (random.chance(10)) m.address32 = true;
    if (random.chance(10) && !m.address32) {
      m.segment = "gs";
      this.gsBase = random.u64() & 0x3fffffffn;
    }
    if (m.base === RSP) m.disp = random.below(256) - 128;
    const index = m.index === undefined ? 0n : (this.registers[m.index] as bigint) << BigInt(m.scale);
    this.registers[m.base] = BigInt.asUintN(64, BigInt(target) - index - BigInt(m.disp) - this.gsBase);
    if (m.address32) this.registers[m.base] = ((this.registers[m.base] as bigint) & 0xffffffffn) | ((random.u64() >> 40n) << 32n);
    return m;
  }

  finish(code: number[], flags: bigint): Case {
    const { random } = this;
    const data = new Uint8Array(COMPARED);
    for (let i = 0; i < COMPARED; i += 8) data.set(bytesOf(random.operand(), 8), i);
    const bytes = new Uint8Array(CODE_BYTES).fill(0xcc);
    bytes.set(code);
    return { registers: this.registers, flags, gsBase: this.gsBase, dataAt: this.dataAt, data, code: bytes };
  }
}

const flagsOf = (random: Random): bigint => random.u64() & 0x8d5n;

function modrmCase(random: Random, form: Form, at: bigint): Case {
  const make = new Maker(random);
  const size = random.pick(form.sizes);
  const byteRm = size === 1 || form.byteRm === true;
  const byteReg = size === 1 && form.digit === undefined;
  const inMemory = form.only ? form.only === "memory" : random.chance(50);
  const locked = inMemory && form.lock === true && random.chance(10);
  const immediate = form.immediate === "z" ? bytesOf(random.operand(), size === 2 ? 2 : 4) : form.immediate === 1 ? [random.below(256)] : [];
  if (form.special === "double-shift") {
    if (immediate.length > 0) immediate[0] = random.below(size === 2 ? 17 : 256);
    else make.registers[1] = ((make.registers[1] as bigint) & ~0xffn) | BigInt(random.below(size === 2 ? 17 : 256));
  }
  if (form.special === "count" && immediate.length === 0) make.registers[1] = ((make.registers[1] as bigint) & ~0xffn) | BigInt(random.below(70));
  const prefixes = [...(locked ? [0xf0] : []), ...(form.prefix ? [form.prefix] : [])];
  const build = (reg: number, rm: Encoding["rm"]): number[] => assemble({
    prefixes, map: form.map, opcode: form.opcode, size, reg, rm, byteReg, byteRm, immediate,
    ...(form.vex === undefined ? {} : { vex: { pp: form.vex, vvvv: form.opcode === 0xf0 ? 0 : vvvv } }),
    ...(form.special === "stack" && size === 8 ? { default64: true } : {}),
  });
  const vvvv = random.below(16);
  const target = make.dataAt + (random.chance(8) && make.dataAt > DATA_AT + DATA_BYTES - 300 ? COMPARED - random.below(12) : TARGET);
  if (!inMemory) {
    let reg = form.digit ?? make.register(byteReg, false);
    const high = form.digit === undefined && needsNoRex(reg);
    let register = make.register(byteRm, form.digit === undefined && reg >= 4 && reg < AH);
    if (high && register < AH) register &= 3;
    if (register >= AH && form.digit === undefined && reg >= 4 && reg < AH) reg &= 3;
    if (register >= AH && size === 8) register = 5;
    return make.finish(build(reg, { register }), flagsOf(random));
  }
  const relative = random.chance(15);
  const aligned = form.special === "compare-wide" && random.chance(80) ? (target + 15) & ~15 : target;
  const reg = form.digit ?? make.register(byteReg, true);
  const bitString = form.special === "bit-string";
  const m = make.memory(aligned, relative ? 0n : undefined);
  if (form.special === "double-shift" && (m.base === 1 || m.index === 1)) return modrmCase(random, form, at);
  if (bitString) {
    // The bit offset reaches up to 512 bits either way, and the address may depend on the same register.
    if (reg === m.base || reg === m.index) return modrmCase(random, form, at);
    make.registers[reg] = BigInt.asUintN(64, BigInt(random.below(1024) - 512));
    if (size === 2) make.registers[reg] = ((make.registers[reg] as bigint) & 0xffffn) | (random.u64() & ~0xffffn);
    if (size === 4) make.registers[reg] = ((make.registers[reg] as bigint) & 0xffffffffn) | (random.u64() & ~0xffffffffn);
  }
  if (relative) {
    const length = build(reg, { memory: m }).length;
    m.disp = aligned - Number(at) - length;
  }
  if (form.special === "compare-wide" && random.chance(50)) {
    const memory = make.finish(build(reg, { memory: m }), flagsOf(random));
    const view = new DataView(memory.data.buffer);
    const offset = aligned - make.dataAt;
    if (offset >= 0 && offset + 16 <= COMPARED && m.base !== 0 && m.base !== 2 && m.index !== 0 && m.index !== 2) {
      memory.registers[0] = size === 8 ? view.getBigUint64(offset, true) : BigInt(view.getUint32(offset, true));
      memory.registers[2] = size === 8 ? view.getBigUint64(offset + 8, true) : BigInt(view.getUint32(offset + 4, true));
    }
    return memory;
  }
  return make.finish(build(reg, { memory: m }), flagsOf(random));
}

function stringCase(random: Random): Case {
  const make = new Maker(random);
  const opcode = random.pick([0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf]);
  const repeat = random.pick([[], [0xf3], [0xf2], [0xf3], [0xf2]]);
  const size = opcode & 1 ? random.pick([[], [0x66], [0x48]]) : [];
  make.registers[1] = BigInt(random.below(12));
  make.registers[6] = BigInt(make.dataAt + 100 + random.below(40));
  make.registers[7] = BigInt(make.dataAt + 100 + random.below(40));
  if (opcode >= 0xae && random.chance(50)) make.registers[0] = 0n;
  return make.finish([...repeat, ...(size[0] === 0x66 ? size : []), ...(size[0] === 0x48 ? size : []), opcode], flagsOf(random) | (random.chance(40) ? DF : 0n));
}

/** Instructions without modrm. */
function plainCase(random: Random): Case {
  const make = new Maker(random);
  const rex = random.pick([[], [0x48], [0x41], [0x49], [0x66]]);
  const rexB = random.pick([[], [0x41]]);
  const r = random.below(8);
  make.registers[1] = random.pick([0n, 1n, 2n, 0x100000000n, make.registers[1] as bigint]);
  const rbp = make.registers[RSP] as bigint;
  const alu = random.below(8) * 8;
  const skip = random.below(4);
  const code = random.pick<() => number[]>([
    () => [alu + 4, random.below(256)],
    () => [...random.pick([[], [0x48]]), alu + 5, ...bytesOf(random.operand(), 4)],
    () => [0x66, alu + 5, ...bytesOf(random.operand(), 2)],
    () => [...rexB, 0xb0 + r, random.below(256)],
    () => [...rexB, 0xb8 + r, ...bytesOf(random.operand(), 4)],
    () => [random.pick([0x48, 0x49]), 0xb8 + r, ...bytesOf(random.operand(), 8)],
    () => [...rex, 0x90 + r],
    () => [...random.pick([[], [0x48], [0x66]]), 0x98 + random.below(2)],
    () => [random.pick([0x9e, 0x9f, 0xf5, 0xf8, 0xf9, 0xfc, 0xfd])],
    () => [...random.pick([[], [0x48], [0x41], [0x49]]), 0x0f, 0xc8 + r],
    () => [...random.pick([[], [0x66], [0x41]]), 0x50 + r],
    () => [...random.pick([[], [0x66], [0x41]]), 0x58 + r],
    () => [0x68, ...bytesOf(random.operand(), 4)],
    () => [...random.pick([[], [0x66]]), 0x6a, random.below(256)],
    () => [0x66, 0x68, ...bytesOf(random.operand(), 2)],
    () => { make.registers[5] = rbp + 64n; return [0xc9]; },
    () => { make.registers[5] = rbp + 128n; return [0xc8, ...bytesOf(random.below(64), 2), random.below(5)]; },
    () => [0x70 + random.below(16), skip],
    () => [0x0f, 0x80 + random.below(16), skip, 0, 0, 0],
    () => [0xeb, skip], () => [0xe9, skip, 0, 0, 0], () => [0xe8, skip, 0, 0, 0],
    () => [...random.pick([[], [0x67]]), 0xe0 + random.below(4), skip],
    () => { make.registers[3] = BigInt(make.dataAt); return [0xd7]; },
  ])();
  return make.finish(code, flagsOf(random));
}

/** The case that runs at `at`. */
export function randomCase(random: Random, at: number): Case {
  const kind = random.below(100);
  if (kind < 8) return stringCase(random);
  if (kind < 25) return plainCase(random);
  return modrmCase(random, random.pick(FORMS), BigInt(at));
}

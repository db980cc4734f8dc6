// A small assembler for the tests: modrm forms with all their prefixes, from operands said in words. It shares nothing
// with the decoder under test.

export interface Memory {
  base?: number;
  index?: number;
  /** log2 of the factor. */
  scale: number;
  disp: number;
  /** Relative to the next instruction; no base and index then. */
  rip?: boolean;
  segment?: "fs" | "gs";
  /** 67: the address wraps at 32 bits. */
  address32?: boolean;
}

/** 16 to 19 are AH CH DH BH. */
export type RegisterNumber = number;
export const AH = 16;

export type RegisterOrMemory = { register: RegisterNumber } | { memory: Memory };

export interface Encoding {
  /** Legacy prefixes besides those that follow from the rest. */
  prefixes?: number[];
  map?: "0f" | "0f38" | "0f3a";
  opcode: number;
  size: 1 | 2 | 4 | 8;
  /** Register or opcode digit in modrm.reg. */
  reg: RegisterNumber;
  rm: RegisterOrMemory;
  /** The operand in `reg` or `rm` is a byte register: a REX is needed for 4 to 7, forbidden for AH. */
  byteReg?: boolean;
  byteRm?: boolean;
  immediate?: number[];
  /** VEX instead of legacy prefixes; pp: 0 none, 1 66, 2 F3, 3 F2. */
  vex?: { pp: number; vvvv: number };
  /** REX.W is not set although the size is 8 (the instruction's default). */
  default64?: boolean;
}

export const bytesOf = (value: bigint | number, n: number): number[] =>
  Array.from({ length: n }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));

interface Parts {
  modrm: number[];
  rexX: number;
  rexB: number;
}

const low3 = (r: number): number => (r >= AH ? r - AH + 4 : r & 7);

function memoryParts(m: Memory, reg: number): Parts {
  const field = low3(reg) << 3;
  if (m.rip) return { modrm: [field | 5, ...bytesOf(m.disp, 4)], rexX: 0, rexB: 0 };
  if (m.base === undefined) {
    const index = m.index ?? 4;
    return { modrm: [field | 4, (m.scale << 6) | ((index & 7) << 3) | 5, ...bytesOf(m.disp, 4)], rexX: index >> 3, rexB: 0 };
  }
  const mod = m.disp === 0 && (m.base & 7) !== 5 ? 0 : m.disp >= -128 && m.disp < 128 ? 1 : 2;
  const disp = bytesOf(m.disp, mod === 0 ? 0 : mod === 1 ? 1 : 4);
  if (m.index === undefined && (m.base & 7) !== 4) {
    return { modrm: [(mod << 6) | field | (m.base & 7), ...disp], rexX: 0, rexB: m.base >> 3 };
  }
  const index = m.index ?? 4;
  return {
    modrm: [(mod << 6) | field | 4, (m.scale << 6) | ((index & 7) << 3) | (m.base & 7), ...disp],
    rexX: index >> 3, rexB: m.base >> 3,
  };
}

function vexBytes(e: Encoding, parts: Parts, r: number): number[] {
  const { pp, vvvv } = e.vex ?? { pp: 0, vvvv: 0 };
  const select = e.map === "0f" ? 1 : e.map === "0f38" ? 2 : 3;
  const second = ((r ^ 1) << 7) | ((parts.rexX ^ 1) << 6) | ((parts.rexB ^ 1) << 5) | select;
  return [0xc4, second, ((e.size === 8 ? 1 : 0) << 7) | ((~vvvv & 15) << 3) | pp];
}

/** The instruction's bytes. */
export function assemble(e: Encoding): number[] {
  const inRegister = "register" in e.rm;
  const parts: Parts = "register" in e.rm
    ? { modrm: [0xc0 | (low3(e.reg) << 3) | low3(e.rm.register)], rexX: 0, rexB: e.rm.register < AH ? e.rm.register >> 3 : 0 }
    : memoryParts(e.rm.memory, e.reg);
  const r = e.reg < AH ? e.reg >> 3 : 0;
  const out = [...(e.prefixes ?? [])];
  if ("memory" in e.rm) {
    if (e.rm.memory.segment) out.push(e.rm.memory.segment === "fs" ? 0x64 : 0x65);
    if (e.rm.memory.address32) out.push(0x67);
  }
  const tail = [e.opcode, ...parts.modrm, ...(e.immediate ?? [])];
  if (e.vex) return [...out, ...vexBytes(e, parts, r), ...tail];
  if (e.size === 2) out.push(0x66);
  const w = e.size === 8 && !e.default64 ? 8 : 0;
  let rex = w | (r << 2) | (parts.rexX << 1) | parts.rexB;
  const wantsRex = (byte: boolean | undefined, n: number): boolean => Boolean(byte) && n >= 4 && n < 8;
  if (wantsRex(e.byteReg, e.reg) || (inRegister && wantsRex(e.byteRm, (e.rm as { register: number }).register))) rex |= 0x40;
  if (rex) out.push(0x40 | rex);
  const map = { "0f": [0x0f], "0f38": [0x0f, 0x38], "0f3a": [0x0f, 0x3a] };
  return [...out, ...(e.map ? map[e.map] : []), ...tail];
}

/** Whether a byte register of `a` or `b` is AH to BH: then nothing may need a REX. */
export const needsNoRex = (...registers: number[]): boolean => registers.some((r) => r >= AH);

// Bytes to one record, by the tables that tools/isa makes from the opcode table. Called by cpu/block.ts only.

import {
  HEADS, GROUPS, EXACT, EXACT_COUNT, ROWS, MAP_COUNT, SIZE_B, SIZE_V, SIZE_Q, SIZE_Y, SIZE_W, SIZE_D, SIZE_QWORD, SIZE_CR, SIZE_NEAR,
  IMM_NONE, IMM_B, IMM_Z, IMM_V, IMM_W, FORM_NONE, FORM_E, FORM_EG, FORM_GE, FORM_EI, FORM_AI, FORM_GEI, FORM_EGI, FORM_Z, FORM_ZI, FORM_AZ,
  FORM_I, FORM_J, FORM_AO, FORM_OA, FORM_FAR, FORM_E1, FORM_ECL, FORM_R, FORM_ENTER, FORM_GEV, FORM_EV,
} from "../../build/generated/decode-table";
import { handlerOf } from "../../build/generated/cold";
import { hotKind } from "./select";
import { MODE_16, MODE_64, SLOT_ZERO, SLOT_PAGE, SLOT_FS, SLOT_NONE, CS, DS, ES, FS, GS, SS } from "./state";
import {
  REC_KIND, REC_COLD, REC_DST, REC_SRC, REC_BASE, REC_INDEX, REC_SCALE, REC_SIZE, REC_START, REC_LENGTH, REC_DISP, REC_INFO, REC_IMM,
  REC_TARGET, F_MEM_DST, F_MEM_SRC, F_IMM, F_A32, F_A16, F_SEG, F_RIP_RAW, F_LOCK, F_SEG_SHIFT, F_REP, F_REPNE, F_66,
  F_REX_W, F_REX, F_REG_SHIFT, F_RM_SHIFT, F_OPCODE_SHIFT, MAX_LENGTH,
} from "./record";
import { undefined, tooLong } from "./ops/undefined";

/** What `decode` returns besides the length: nothing may follow in the block. */
export const DECODED_END: i32 = 0x100;
/** ... and it has links to the records that follow it. */
export const DECODED_LINKS: i32 = 0x200;
/** More bytes than are on this page are needed. */
export const DECODED_SHORT: i32 = 0;

/** Opcode map entries: the row is in a group table, by modrm and prefix, or by prefix alone. */
const HEAD_GROUP: u32 = 0x8000;
const HEAD_PREFIX_ONLY: u32 = 0x4000;

const NO_SEGMENT: u32 = 6;

// The cursor of the instruction under way. Not machine state: dead between two calls.
let at: usize = 0;
let end: usize = 0;
let short: bool = false;

function byte(): u32 {
  if (at >= end) {
    short = true;
    return 0;
  }
  return load<u8>(at++);
}

function word(): u32 {
  const low = byte();
  return low | (byte() << 8);
}

function dword(): u32 {
  const low = word();
  return low | (word() << 16);
}

function qword(): u64 {
  const low = <u64>dword();
  return low | (<u64>dword() << 32);
}

/** Slot of general register `r`; without REX the byte registers 4 to 7 are AH CH DH BH. */
@inline
function slotOf(r: u32, isByte: bool, rex: u32): u32 {
  return isByte && !rex && r >= 4 ? ((r - 4) << 3) + 1 : r << 3;
}

/** modrm forms with 16-bit addresses: base and index register numbers, 4 = none (SDM vol. 2 table 2-1). */
const BASE16 = memory.data<u8>([3, 3, 5, 5, 6, 7, 5, 3]);
const INDEX16 = memory.data<u8>([6, 7, 6, 7, 4, 4, 4, 4]);

/** Decodes a memory modrm into base, index, scale, disp of `rec`; returns info bits. */
function memoryForm(rec: usize, modrm: u32, rex: u32, mode: u32, a32: bool, a16: bool, segment: u32, takesSegment: bool): u32 {
  const mod = modrm >> 6;
  const rm = modrm & 7;
  let base: u32 = SLOT_ZERO;
  let index: u32 = SLOT_ZERO;
  let scale: u32 = 0;
  let disp: i32 = 0;
  let stack = false;
  if (a16) {
    const b: u32 = load<u8>(BASE16 + rm);
    const i: u32 = load<u8>(INDEX16 + rm);
    if (rm == 6 && mod == 0) {
      disp = <i32><i16>word();
    } else {
      base = b << 3;
      if (i != 4) index = i << 3;
      stack = b == 5;
      if (mod == 1) disp = <i32><i8>byte();
      else if (mod == 2) disp = <i32><i16>word();
    }
  } else {
    if (rm == 4) {
      const sib = byte();
      const i = ((sib >> 3) & 7) | ((rex & 2) << 2);
      const b = sib & 7;
      scale = sib >> 6;
      if (i != 4) index = i << 3;
      else scale = 0;
      if (b == 5 && mod == 0) {
        disp = <i32>dword();
      } else {
        base = (b | ((rex & 1) << 3)) << 3;
        stack = b == 4 || b == 5;
        if (rex & 1) stack = false;
      }
    } else if (rm == 5 && mod == 0) {
      disp = <i32>dword();
      if (mode == MODE_64) base = SLOT_PAGE;
    } else {
      base = (rm | ((rex & 1) << 3)) << 3;
      stack = rm == 5 && !(rex & 1);
    }
    if (mod == 1) disp = <i32><i8>byte();
    else if (mod == 2) disp = <i32>dword();
  }
  let info: u32 = a16 ? F_A16 : a32 ? F_A32 : 0;
  if (takesSegment) {
    if (mode != MODE_64) {
      const s = segment != NO_SEGMENT ? segment : stack ? SS : DS;
      info |= F_SEG | (s << F_SEG_SHIFT);
    } else if (segment == FS || segment == GS) {
      const slot = SLOT_FS + ((segment - FS) << 3);
      if (a32 || (base != SLOT_ZERO && index != SLOT_ZERO)) info |= F_SEG | (segment << F_SEG_SHIFT);
      else if (base == SLOT_ZERO) base = slot;
      else index = slot;
    } else if (stack) {
      info |= SS << F_SEG_SHIFT; // for #SS instead of #GP
    }
  }
  store<u8>(rec, <u8>base, REC_BASE);
  store<u8>(rec, <u8>index, REC_INDEX);
  store<u8>(rec, <u8>scale, REC_SCALE);
  store<i32>(rec, disp, REC_DISP);
  return info;
}

/** A record that raises an exception when it is reached. */
function faulting(rec: usize, offset: u32, length: u32, handler: u32): i32 {
  memory.fill(rec, 0, 32);
  store<u16>(rec, <u16>handler, REC_COLD);
  store<u16>(rec, <u16>offset, REC_START);
  store<u8>(rec, <u8>length, REC_LENGTH);
  return <i32>length | DECODED_END;
}

/** Operand size in bytes by rule `rule` (SIZE_*). */
function operandSize(rule: u32, mode: u32, has66: bool, w: bool): u32 {
  const os: u32 = mode == MODE_64 && w ? 8 : (mode == MODE_16) != has66 ? 2 : 4;
  switch (rule) {
    case SIZE_B: return 1;
    case SIZE_V: return os;
    case SIZE_Q: return mode == MODE_64 ? (has66 && !w ? 2 : 8) : os;
    case SIZE_Y: return mode == MODE_64 && w ? 8 : 4;
    case SIZE_W: return 2;
    case SIZE_D: return 4;
    case SIZE_QWORD: return mode == MODE_64 ? 8 : 4;
    case SIZE_CR: return mode == MODE_64 ? 8 : 4;
    case SIZE_NEAR: return mode == MODE_64 ? 8 : os; // 66 is ignored (SDM vol. 2 JMP)
    default: return os == 8 ? 4 : os;
  }
}

/** Row of `opcode` in `map`; `modrm` is looked at where the map says so. */
function findRow(mode: u32, map: u32, opcode: u32, modrm: u32, prefix: u32): u32 {
  const m: u32 = mode == MODE_64 ? 1 : 0;
  const head: u32 = load<u16>(HEADS + (((m * MAP_COUNT + map) * 256 + opcode) << 1));
  if (map == 1 && opcode == 1 && modrm >= 0xc0) {
    const key = m | (map << 4) | (opcode << 8) | (modrm << 16);
    for (let i: u32 = 0; i < EXACT_COUNT; i++) {
      if (load<u32>(EXACT + (i << 3)) != key) continue;
      const row = load<u32>(EXACT + (i << 3) + 4);
      return (row >> 16 >> prefix & 1) != 0 ? row & 0xffff : 0;
    }
  }
  if (head & HEAD_GROUP) {
    const cell = (head & 0x3fff) * 64 + ((modrm >> 3) & 7) * 8 + prefix * 2 + (modrm >= 0xc0 ? 1 : 0);
    return load<u16>(GROUPS + (cell << 1));
  }
  return head;
}

/**
 * Decodes the instruction at linear-memory offset `bytes`, of which `available` bytes may be read, into `rec`.
 * `offset` is its offset in the page. Returns its length, with DECODED_END if it closes a block, or DECODED_SHORT.
 */
export function decode(rec: usize, bytes: usize, available: u32, offset: u32, mode: u32): i32 {
  at = bytes;
  end = bytes + min<u32>(available, MAX_LENGTH);
  short = false;
  let rex: u32 = 0;
  let has66 = false;
  let has67 = false;
  let lock = false;
  let rep: u32 = 0;
  let segment = NO_SEGMENT;
  let opcode: u32 = 0;
  let scanning = true;
  do {
    opcode = byte();
    if (short) break;
    let legacyPrefix = true;
    switch (opcode) {
      case 0x66: has66 = true; break;
      case 0x67: has67 = true; break;
      case 0xf0: lock = true; break;
      case 0xf2: rep = F_REPNE; break;
      case 0xf3: rep = F_REP; break;
      case 0x26: segment = mode == MODE_64 ? segment : ES; break;
      case 0x2e: segment = mode == MODE_64 ? segment : CS; break;
      case 0x36: segment = mode == MODE_64 ? segment : SS; break;
      case 0x3e: segment = mode == MODE_64 ? segment : DS; break;
      case 0x64: segment = FS; break;
      case 0x65: segment = GS; break;
      default:
        legacyPrefix = false;
        if (mode == MODE_64 && (opcode & 0xf0) == 0x40) rex = opcode;
        else scanning = false;
    }
    if (legacyPrefix) rex = 0; // REX counts only right before the opcode
  } while (scanning);

  let map: u32 = 0;
  let vvvv: u32 = 0;
  let wide = false; // VEX.L
  let prefix: u32 = rep == F_REP ? 2 : rep == F_REPNE ? 3 : has66 ? 1 : 0;
  if (!short && (opcode == 0xc4 || opcode == 0xc5) && (mode == MODE_64 || (at < end && load<u8>(at) >= 0xc0))) {
    if (rex || has66 || rep || lock) return faulting(rec, offset, <u32>(at - bytes), undefined.index);
    const first = byte();
    let last = first;
    rex = 0x40 | (~first >> 5 & 4);
    map = 4;
    if (opcode == 0xc4) {
      last = byte();
      rex |= (~first >> 5 & 3) | (last >> 4 & 8);
      const select = first & 31;
      if (select < 1 || select > 3) return short ? DECODED_SHORT : faulting(rec, offset, <u32>(at - bytes), undefined.index);
      map = 3 + select;
    }
    if (mode != MODE_64) rex &= 0x48;
    vvvv = ~last >> 3 & 15;
    if (mode != MODE_64) vvvv &= 7;
    prefix = last & 3;
    wide = (last & 4) != 0;
    opcode = byte();
  } else if (opcode == 0x0f) {
    opcode = byte();
    map = 1;
    if (opcode == 0x38) {
      map = 2;
      opcode = byte();
    } else if (opcode == 0x3a) {
      map = 3;
      opcode = byte();
    }
  }
  if (short) return tooFew(rec, offset, available);

  const modrm: u32 = at < end ? load<u8>(at) : 0;
  const key: u32 = map == 0 && opcode == 0x90 && rex & 1 ? 0x91 : opcode; // REX.B 90 is XCHG r8, rAX, not NOP
  const row = findRow(mode, map, key, modrm, prefix);
  const head: u32 = load<u16>(HEADS + ((((mode == MODE_64 ? 1 : 0) * MAP_COUNT + map) * 256 + key) << 1));
  if ((head & (HEAD_GROUP | HEAD_PREFIX_ONLY)) == HEAD_GROUP && at >= end) return tooFew(rec, offset, available);
  if (!row) return faulting(rec, offset, <u32>(at - bytes), undefined.index);
  const rules = load<u32>(ROWS + (row << 2));
  const form = rules & 31;
  // VEX instructions on general registers have L = 0, and vvvv = 1111b where it names nothing (SDM vol. 2 2.5.1).
  if (map >= 4 && form != FORM_E && (wide || (form == FORM_GEI && vvvv != 0))) return faulting(rec, offset, <u32>(at - bytes), undefined.index);
  const byteE = (rules >> 12 & 1) != 0;
  const byteG = (rules >> 13 & 1) != 0;
  const w = (rex & 8) != 0;
  const size = operandSize(rules >> 5 & 15, mode, has66, w);
  const ends = (rules >> 15 & 1) != 0;
  const a16 = mode == MODE_16 ? !has67 : mode != MODE_64 && has67;
  const a32 = mode == MODE_16 ? has67 : mode == MODE_64 ? has67 : !has67;
  let info: u32 = rep | (lock ? F_LOCK : 0) | (has66 ? F_66 : 0) | (w ? F_REX_W : 0) | (rex ? F_REX : 0) | (opcode << F_OPCODE_SHIFT);
  memory.fill(rec, 0, 32);
  store<u16>(rec, <u16>handlerOf(row), REC_COLD);
  store<u8>(rec, <u8>SLOT_ZERO, REC_BASE);
  store<u8>(rec, <u8>SLOT_ZERO, REC_INDEX);
  store<u8>(rec, <u8>size, REC_SIZE);
  store<u16>(rec, <u16>offset, REC_START);

  let dst: u32 = SLOT_NONE;
  let src: u32 = SLOT_NONE;
  let immediate: i64 = 0;
  const fixedSegment = rules >> 16 & 15;
  let regNumber: u32 = fixedSegment < 8 ? fixedSegment : 0;
  let hasMemory = false;
  const hasModrm = form == FORM_E || form == FORM_EG || form == FORM_GE || form == FORM_EI || form == FORM_GEI || form == FORM_EGI ||
    form == FORM_E1 || form == FORM_ECL || form == FORM_R || form == FORM_GEV || form == FORM_EV;
  // Instructions named by a whole modrm byte or a digit alone still own that byte.
  const ownsModrm = !hasModrm && (head & HEAD_GROUP) != 0 && form != FORM_Z && takesModrm(map, opcode);
  if (hasModrm || ownsModrm) {
    byte();
    const g = (modrm >> 3 & 7) | ((rex & 4) << 1);
    const e = (modrm & 7) | ((rex & 1) << 3);
    if (fixedSegment >= 8) regNumber = g;
    if (modrm < 0xc0 && form != FORM_R && hasModrm) {
      hasMemory = true;
      info |= memoryForm(rec, modrm, rex, mode, a32, a16, segment, fixedSegment != 14);
    }
    const eSlot = slotOf(e, byteE, rex);
    const gSlot = slotOf(g, byteG, rex);
    info |= (hasMemory ? 0 : e) << F_RM_SHIFT;
    if (form == FORM_GE || form == FORM_GEI || form == FORM_GEV || form == FORM_EV) {
      dst = form == FORM_EV ? vvvv << 3 : gSlot;
      src = eSlot;
      if (hasMemory) info |= F_MEM_SRC;
      if (form == FORM_GEV) immediate = vvvv << 3;
    } else {
      dst = eSlot;
      src = form == FORM_ECL ? 8 : gSlot;
      if (hasMemory) info |= F_MEM_DST;
    }
  }
  info |= regNumber << F_REG_SHIFT;

  switch (rules >> 9 & 7) {
    case IMM_NONE: break;
    case IMM_B: immediate = <i64><i8>byte(); break;
    case IMM_W: immediate = <i64>word(); break;
    case IMM_Z: immediate = size == 2 ? <i64><i16>word() : <i64><i32>dword(); break;
    case IMM_V: immediate = size == 8 ? <i64>qword() : size == 4 ? <i64><i32>dword() : <i64><i16>word(); break;
    default: immediate = 1;
  }

  const z = (opcode & 7) | ((rex & 1) << 3);
  switch (form) {
    case FORM_EI: case FORM_E1: info |= F_IMM; break;
    case FORM_AI: dst = 0; info |= F_IMM; break;
    case FORM_Z: dst = slotOf(z, byteE, rex); break;
    case FORM_ZI: dst = slotOf(z, byteE, rex); info |= F_IMM; break;
    case FORM_AZ: dst = 0; src = z << 3; break;
    case FORM_I: info |= F_IMM; break;
    case FORM_ENTER: immediate |= <i64>byte() << 16; break;
    case FORM_FAR:
      immediate = size == 2 ? <i64>word() : <i64>dword();
      store<i32>(rec, <i32>word(), REC_DISP);
      break;
    case FORM_AO: case FORM_OA: {
      const offsetBits: u64 = a16 ? <u64>word() : a32 ? <u64>dword() : qword();
      if (form == FORM_AO) { dst = 0; info |= F_MEM_SRC; } else { src = 0; info |= F_MEM_DST; }
      hasMemory = true;
      if (offsetBits == <u64><i64><i32>offsetBits) {
        store<i32>(rec, <i32>offsetBits, REC_DISP);
      } else {
        store<u8>(rec, <u8>SLOT_NONE, REC_BASE);
        immediate = <i64>offsetBits;
      }
      info |= a16 ? F_A16 : a32 ? F_A32 : 0;
      if (mode != MODE_64) info |= F_SEG | ((segment != NO_SEGMENT ? segment : DS) << F_SEG_SHIFT);
      else if (segment == FS || segment == GS) info |= F_SEG | (segment << F_SEG_SHIFT);
      break;
    }
    case FORM_NONE:
      // String instructions: the source segment can be overridden, the address size counts.
      info |= (segment != NO_SEGMENT ? segment : DS) << F_SEG_SHIFT | (a16 ? F_A16 : a32 ? F_A32 : 0);
      break;
    default:
      if (dst == SLOT_NONE) dst = 0;
  }

  if (short) return tooFew(rec, offset, available);
  const length = <u32>(at - bytes);
  if (lock && !((rules >> 14 & 1) && info & F_MEM_DST)) return faulting(rec, offset, length, undefined.index);
  store<u8>(rec, <u8>length, REC_LENGTH);
  store<u8>(rec, <u8>dst, REC_DST);
  store<u8>(rec, <u8>src, REC_SRC);
  store<i64>(rec, immediate, REC_IMM);

  if (form == FORM_J) {
    store<u8>(rec, <u8>(opcode & 15), REC_DST);
    store<u8>(rec, <u8>(a16 ? 2 : a32 ? 4 : 8), REC_SRC);
    store<i32>(rec, <i32>(offset + length) + <i32>immediate, REC_TARGET);
    if (mode == MODE_64) {
      store<u16>(rec, <u16>hotKind(rec, rules, 0, opcode), REC_KIND);
      if (load<u16>(rec, REC_KIND)) return <i32>length | DECODED_END | DECODED_LINKS;
    }
    return <i32>length | DECODED_END;
  }
  if (hasMemory && load<u8>(rec, REC_BASE) == SLOT_PAGE && !(info & F_A32)) {
    const folded = <i64>load<i32>(rec, REC_DISP) + offset + length;
    if (folded == <i64><i32>folded) store<i32>(rec, <i32>folded, REC_DISP);
    else info |= F_RIP_RAW;
  } else if (load<u8>(rec, REC_BASE) == SLOT_PAGE) {
    info |= F_RIP_RAW;
  }
  store<u32>(rec, info, REC_INFO);
  if (mode == MODE_64) store<u16>(rec, <u16>hotKind(rec, rules, info, opcode), REC_KIND);
  return <i32>length | (ends ? DECODED_END : 0);
}

/** Opcodes whose operand-less rows are chosen by modrm, which then belongs to the instruction. */
function takesModrm(map: u32, opcode: u32): bool {
  return map == 1 && (opcode == 0x01 || opcode == 0xae);
}

/** The bytes on this page end inside an instruction, or 15 bytes are not enough for it (#GP; SDM vol. 2 2.3.11). */
function tooFew(rec: usize, offset: u32, available: u32): i32 {
  return available >= MAX_LENGTH ? faulting(rec, offset, MAX_LENGTH, tooLong.index) : DECODED_SHORT;
}

// Which hot kind runs a decoded record, if any. Called by what decodes a block, joins its records or cuts it short.

import { HOT_KINDS, JCC_KINDS, HOT_JCC, FORM_ECL, FUSE_ROW, FUSE_KINDS, FLAG_USE, QUIET_KINDS, LOUD_KINDS, PAIR_KINDS, PAIR_MOVES } from "../../build/generated/decode-table";
import { SLOT_ZERO, SLOT_NONE } from "./state";
import { REC_SIZE, REC_BASE, REC_INDEX, REC_IMM, F_MEM_DST, F_MEM_SRC, F_MEM, F_IMM, F_A32, F_A16, F_SEG, F_RIP_RAW, F_LOCK } from "./record";

const MEMORY_SOURCE: u32 = 1;
const MEMORY_DESTINATION: u32 = 2;
const IMMEDIATE: u32 = 3;
const IMMEDIATE_TO_MEMORY: u32 = 4;
const COUNT_IN_CL: u32 = 5;
const BASE_SOURCE: u32 = 6;
const BASE_DESTINATION: u32 = 7;

@inline
function kindAt(group: u32, sizeIndex: u32, form: u32): u32 {
  return load<u16>(HOT_KINDS + ((group * 32 + sizeIndex * 8 + form) << 1));
}

/** Hot kind for a record decoded by row word `rules` with `info`; 0 if its cold handler must run. */
export function hotKind(rec: usize, rules: u32, info: u32, opcode: u32): u32 {
  const group = rules >> 20 & 0xff;
  if (!group) return 0;
  if (group == HOT_JCC) return load<u16>(JCC_KINDS + ((opcode & 15) << 1));
  if (info & (F_A32 | F_A16 | F_SEG | F_RIP_RAW | F_LOCK)) return 0;
  if (load<u8>(rec, REC_BASE) == SLOT_NONE) return 0; // moffs of 64 bits
  const size: u32 = load<u8>(rec, REC_SIZE);
  const sizeIndex = ctz<u32>(size);
  if (sizeIndex > 3) return 0;
  let form: u32 = 0;
  if (info & F_MEM_SRC) form = MEMORY_SOURCE;
  else if (info & F_MEM_DST) form = info & F_IMM ? IMMEDIATE_TO_MEMORY : MEMORY_DESTINATION;
  else if (info & F_IMM) form = IMMEDIATE;
  if ((rules & 31) == FORM_ECL) {
    if (form) return 0;
    form = COUNT_IN_CL;
  }
  // A shift by 0 leaves the flags: only the cold handler looks.
  if (rules >> 28 & 1 && form == IMMEDIATE && (load<u64>(rec, REC_IMM) & (size == 8 ? 63 : 31)) == 0) return 0;
  if (info & F_MEM && load<u8>(rec, REC_INDEX) == SLOT_ZERO && form <= MEMORY_DESTINATION) {
    const special = kindAt(group, sizeIndex, form == MEMORY_SOURCE ? BASE_SOURCE : BASE_DESTINATION);
    if (special) return special;
  }
  return kindAt(group, sizeIndex, form);
}

/** 1 + fuse row of hot kind `kind`, or 0 if it does not fuse with a conditional jump. */
export function fuseRowOf(kind: u32): u32 {
  return load<u8>(FUSE_ROW + kind);
}

/** Hot kind of the pair of fuse row `row` (0-based) and condition `cc`, or 0. */
export function fusedKind(row: u32, cc: u32): u32 {
  return load<u16>(FUSE_KINDS + (((row << 4) + cc) << 1));
}

/** What hot kind `kind` does to the flags before it: FLAGS_SEEN, FLAGS_KEPT or FLAGS_REPLACED. */
export function flagUseOf(kind: u32): u32 {
  return load<u8>(FLAG_USE + kind);
}

export const FLAGS_SEEN: u32 = 0; // it reads them, may fault, or leaves the block
export const FLAGS_KEPT: u32 = 1;
export const FLAGS_REPLACED: u32 = 2;

/** The twin of hot kind `kind` that leaves the flags alone, or 0. */
export function quietKind(kind: u32): u32 {
  return load<u16>(QUIET_KINDS + (kind << 1));
}

/** The hot kind that `kind` is the quiet twin of; `kind` itself if it is none. */
export function loudKind(kind: u32): u32 {
  return load<u16>(LOUD_KINDS + (kind << 1));
}

/** Hot kind of operation `kind` together with a MOV of kind `move` to its destination, or 0. */
export function pairKind(move: u32, kind: u32): u32 {
  return load<u16>(PAIR_MOVES + (kind << 1)) == move ? load<u16>(PAIR_KINDS + (kind << 1)) : 0;
}

// What a block gains from being looked at as a whole: two instructions in one record, and flags that nobody can see left
// uncomputed. Called by cpu/block.ts while it decodes. Cold handlers know nothing of it: that of a joined record runs the first
// instruction only, and all of them compute flags. A block that is cut short (cpu/cut.ts) takes it back as far as it shows.

import { KIND_CHAIN, KIND_JCC_RARE } from "../../build/generated/decode-table";
import { fusedHandlerOf, pairHandler } from "../../build/generated/cold";
import { fuseRowOf, fusedKind, pairKind, flagUseOf, quietKind, FLAGS_SEEN, FLAGS_REPLACED } from "./select";
import {
  REC_KIND, REC_COLD, REC_DST, REC_SRC, REC_BASE, REC_INFO, REC_TOTAL, REC_LENGTH, REC_DISP, REC_IMM, REC_TARGET, REC_FIRST, REC_BYTES,
  F_IMM,
} from "./record";

/** Makes `first` the record of both instructions, run by hot kind `kind`. */
function both(first: usize, rec: usize, kind: u32, handler: u32): void {
  store<u16>(first, <u16>kind, REC_KIND);
  store<u16>(first, <u16>handler, REC_COLD);
  store<u8>(first, load<u8>(first, REC_LENGTH), REC_FIRST);
  store<u8>(first, load<u8>(first, REC_LENGTH) + load<u8>(rec, REC_LENGTH), REC_LENGTH);
  store<u8>(first, load<u8>(rec, REC_TOTAL), REC_TOTAL);
}

/** Joins the conditional jump at `rec` with the compare before it, if the two have a hot kind. */
function joinCompare(first: usize, rec: usize): bool {
  const row = fuseRowOf(load<u16>(first, REC_KIND));
  const kind = row ? fusedKind(row - 1, load<u8>(rec, REC_DST)) : 0;
  if (!kind) return false;
  both(first, rec, kind, fusedHandlerOf(row - 1));
  store<i32>(first, <i32>load<i64>(first, REC_IMM), REC_DISP);
  store<i32>(first, load<i32>(rec, REC_TARGET), REC_TARGET);
  return true;
}

/** Joins the operation at `rec` with the MOV before it to the same register, if the two have a hot kind. */
function joinMove(first: usize, rec: usize): bool {
  const kind = pairKind(load<u16>(first, REC_KIND), load<u16>(rec, REC_KIND));
  const target = load<u8>(rec, REC_DST);
  if (!kind || load<u8>(first, REC_DST) != target) return false;
  if (!(load<u32>(rec, REC_INFO) & F_IMM) && load<u8>(rec, REC_SRC) == target) return false;
  both(first, rec, kind, pairHandler());
  store<u8>(first, load<u8>(rec, REC_SRC), REC_BASE);
  store<i64>(first, load<i64>(rec, REC_IMM), REC_IMM);
  return true;
}

/** Joins the record at `rec`, just decoded, with the one before it at `first`; false if the two stay two. */
export function join(first: usize, rec: usize): bool {
  const kind = load<u16>(rec, REC_KIND);
  const isJump = kind > KIND_CHAIN && kind <= KIND_JCC_RARE;
  return isJump ? joinCompare(first, rec) : joinMove(first, rec);
}

/**
 * Lets records from `first` up to `end` whose flags nobody can see leave them uncomputed: the next one that touches the flags
 * replaces them all, and none in between can fault or leave.
 */
export function quieten(first: usize, end: usize): void {
  let seen = true;
  for (let rec = end - REC_BYTES; rec >= first; rec -= REC_BYTES) {
    const kind = load<u16>(rec, REC_KIND);
    const quiet = quietKind(kind);
    if (quiet && !seen) store<u16>(rec, <u16>quiet, REC_KIND);
    const use = flagUseOf(kind);
    if (use == FLAGS_SEEN) seen = true;
    else if (use == FLAGS_REPLACED) seen = false;
  }
}

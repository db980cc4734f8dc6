// The beginning of a block, for when the slice ends inside it: its records copied, and closed behind the last instruction
// that the slice pays for. So the hot loop runs up to the end of a slice. Called by cpu/slow.ts and cpu/execute.ts.

import { CODE_PAGE_BASE } from "../memory-map";
import { KIND_CHAIN, KIND_COLD } from "../../build/generated/decode-table";
import { kindBefore } from "./compiled";
import { loudKind } from "./select";
import { REC_KIND, REC_BEFORE, REC_TOTAL, REC_START, REC_BLOCK, REC_TAKEN, REC_BYTES } from "./record";

/** The one copy that is ever in use: a slice ends once. In code page 0, which is nobody's. */
const COPY: usize = CODE_PAGE_BASE + 2048;

@inline
function copyRecord(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u64>(to, load<u64>(from, 16), 16);
  store<u64>(to, load<u64>(from, 24), 24);
}

/** Ends the copy: a chain to itself, that no slice can pay for any more, so the loop leaves at `offset`. */
@inline
function close(rec: usize, offset: u32, n: u32): void {
  store<u16>(rec, <u16>KIND_CHAIN, REC_KIND);
  store<u8>(rec, <u8>n, REC_BEFORE);
  store<u8>(rec, <u8>n, REC_TOTAL);
  store<u16>(rec, <u16>offset, REC_START);
  store<u8>(rec, 1, REC_BLOCK);
  store<u32>(rec, <u32>rec, REC_TAKEN);
}

/**
 * The first `n` instructions of the block at `rec`, which has more. What would replace the flags may be behind the end, so no
 * record leaves them uncomputed; of a pair that the end divides, the cold handler runs the first half.
 */
export function cut(rec: usize, n: u32): usize {
  let to = COPY;
  while (<u32>load<u8>(rec, REC_TOTAL) <= n) {
    copyRecord(to, rec);
    store<u16>(to, <u16>loudKind(kindBefore(rec)), REC_KIND);
    to += REC_BYTES;
    rec += REC_BYTES;
  }
  if (<u32>load<u8>(rec, REC_BEFORE) < n) {
    copyRecord(to, rec);
    store<u16>(to, <u16>KIND_COLD, REC_KIND);
  } else {
    close(to, load<u16>(rec, REC_START), n);
  }
  store<u8>(COPY, <u8>n, REC_BLOCK);
  return COPY;
}

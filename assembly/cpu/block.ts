// Decodes one block: the records from an entry point to the first control transfer, the end of the page, or MAX_BLOCK
// instructions. Every block closes with a chain record, which costs nothing and goes on where the block ended.

import { machine } from "../global";
import { ramAt } from "../global";
import { CODE_PAGE_BASE } from "../memory-map";
import { KIND_CHAIN, KIND_JCC_RARE, KIND_STUB } from "../../build/generated/decode-table";
import { fusedHandlerOf, pairHandler } from "../../build/generated/cold";
import { Cpu, count } from "./state";
import { C_BLOCKS_DECODED } from "../probe/counters";
import { fuseRowOf, fusedKind, pairKind, flagUseOf, quietKind, FLAGS_SEEN, FLAGS_REPLACED } from "./select";
import { decode, DECODED_END, DECODED_SHORT, DECODED_LINKS } from "./decode";
import { undefined } from "./ops/undefined";
import { fetchTranslate } from "../mmu/fetch";
import { noteCode } from "../mmu/frames";
import {
  REC_KIND, REC_COLD, REC_DST, REC_SRC, REC_BASE, REC_INFO, REC_BEFORE, REC_TOTAL, REC_START, REC_LENGTH, REC_BLOCK, REC_DISP, REC_IMM, REC_TARGET, REC_TAKEN, REC_FALL, STUB_ORIGIN, STUB_LINK,
  REC_FIRST, REC_BYTES, F_IMM, MAX_BLOCK, MAX_LENGTH,
} from "./record";

/** A block and its bytes for an instruction that crosses pages; used at once, never kept. In code page 0, which is nobody's. */
const SCRATCH: usize = CODE_PAGE_BASE + 512;
const SCRATCH_BYTES: usize = SCRATCH + 8 * REC_BYTES;

/** Lets link `link` of `origin` lead to a stub, made at `at`; what follows it is returned. */
function stub(at: usize, origin: usize, link: usize): usize {
  memory.fill(at, 0, REC_BYTES);
  store<u16>(at, <u16>KIND_STUB, REC_KIND);
  store<u32>(at, <u32>origin, STUB_ORIGIN);
  store<u32>(at, <u32>link, STUB_LINK);
  store<u32>(origin + link, <u32>at);
  return at + REC_BYTES;
}

/** Closes the block with a record that goes on at `offset`; what follows it and its stub is returned. */
function close(rec: usize, offset: u32, instructions: u32): usize {
  memory.fill(rec, 0, REC_BYTES);
  store<u16>(rec, <u16>KIND_CHAIN, REC_KIND);
  store<u8>(rec, <u8>instructions, REC_BEFORE);
  store<u8>(rec, <u8>instructions, REC_TOTAL);
  store<u16>(rec, <u16>offset, REC_START);
  store<i32>(rec, <i32>offset, REC_TARGET);
  return stub(rec + REC_BYTES, rec, REC_TAKEN);
}

/** Joins the conditional jump at `rec` with the compare before it, if the pair has a hot kind. */
function fuse(rec: usize, first: usize): bool {
  const row = fuseRowOf(load<u16>(first, REC_KIND));
  if (!row) return false;
  const kind = fusedKind(row - 1, load<u8>(rec, REC_DST));
  if (!kind) return false;
  store<i32>(first, <i32>load<i64>(first, REC_IMM), REC_DISP);
  store<u8>(first, load<u8>(first, REC_LENGTH), REC_FIRST);
  store<u8>(first, load<u8>(first, REC_LENGTH) + load<u8>(rec, REC_LENGTH), REC_LENGTH);
  store<u8>(first, load<u8>(rec, REC_TOTAL), REC_TOTAL);
  store<u16>(first, <u16>kind, REC_KIND);
  store<u16>(first, <u16>fusedHandlerOf(row - 1), REC_COLD);
  store<i32>(first, load<i32>(rec, REC_TARGET), REC_TARGET);
  return true;
}

/** Joins the operation at `rec` with the MOV before it to the same register, if the pair has a hot kind. */
function pair(rec: usize, move: usize): bool {
  const kind = pairKind(load<u16>(move, REC_KIND), load<u16>(rec, REC_KIND));
  const target = load<u8>(rec, REC_DST);
  if (!kind || load<u8>(move, REC_DST) != target) return false;
  if (!(load<u32>(rec, REC_INFO) & F_IMM) && load<u8>(rec, REC_SRC) == target) return false;
  store<u16>(move, <u16>kind, REC_KIND);
  store<u16>(move, <u16>pairHandler(), REC_COLD);
  store<u8>(move, load<u8>(rec, REC_SRC), REC_BASE);
  store<u8>(move, load<u8>(move, REC_LENGTH), REC_FIRST);
  store<u8>(move, load<u8>(move, REC_LENGTH) + load<u8>(rec, REC_LENGTH), REC_LENGTH);
  store<u8>(move, load<u8>(rec, REC_TOTAL), REC_TOTAL);
  store<i64>(move, load<i64>(rec, REC_IMM), REC_IMM);
  return true;
}

@inline
function isJcc(kind: u32): bool {
  return kind > KIND_CHAIN && kind <= KIND_JCC_RARE;
}

/**
 * Lets records from `first` up to `end` whose flags nobody can see leave them uncomputed: the next one that touches the flags
 * replaces them all, and none in between can fault or leave. Cold handlers, which run when a block is cut short, compute them always.
 */
function quieten(first: usize, end: usize): void {
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

/**
 * Decodes the block at linear address `va`, physical `pa`, and enters it at `entry` of its code page (0: nowhere).
 * Returns its first record, or 0 with `cpu.fault` set if the next page's bytes were needed and their fetch faults.
 */
export function decodeBlock(cpu: Cpu, entry: usize, pa: u64, va: u64): usize {
  const g = machine();
  count(cpu, C_BLOCKS_DECODED);
  let offset = <u32>va & 0xfff;
  const inRam = pa < g.ramSize;
  const page = ramAt(pa & ~0xfff);
  const start: usize = inRam ? g.recordNext : SCRATCH;
  let rec = start;
  let n: u32 = 0;
  let ended = false;
  let links = false;
  while (!ended && n < MAX_BLOCK && offset < 4096) {
    // Beyond RAM the bus reads as ones: FF FF is an undefined instruction.
    let length: i32 = inRam ? decode(rec, page + offset, 4096 - offset, offset, cpu.mode) : openBus(rec, offset);
    if (length == DECODED_SHORT) {
      if (n) break;
      return decodeCrossing(cpu, page + offset, offset, va);
    }
    ended = (length & DECODED_END) != 0;
    links = (length & DECODED_LINKS) != 0;
    store<u8>(rec, <u8>n, REC_BEFORE);
    n++;
    store<u8>(rec, <u8>n, REC_TOTAL);
    offset += length & 0xff;
    if (n > 1 && (isJcc(load<u16>(rec, REC_KIND)) ? fuse(rec, rec - REC_BYTES) : pair(rec, rec - REC_BYTES))) continue;
    rec += REC_BYTES;
  }
  quieten(start, rec);
  let next = close(rec, offset, n);
  if (links) {
    next = stub(next, rec - REC_BYTES, REC_TAKEN);
    next = stub(next, rec - REC_BYTES, REC_FALL);
  }
  store<u8>(start, <u8>n, REC_BLOCK);
  if (!inRam) return start;
  g.recordNext = <u32>next;
  store<u32>(entry, <u32>start);
  noteCode(pa, offset - (<u32>va & 0xfff));
  return start;
}

function openBus(rec: usize, offset: u32): i32 {
  memory.fill(rec, 0, REC_BYTES);
  store<u16>(rec, <u16>undefined.index, REC_COLD);
  store<u16>(rec, <u16>offset, REC_START);
  store<u8>(rec, 2, REC_LENGTH);
  return 2 | DECODED_END;
}

/** One instruction whose bytes lie on two pages, from `bytes` to the end of its page and on. */
function decodeCrossing(cpu: Cpu, bytes: usize, offset: u32, va: u64): usize {
  const first = 4096 - offset;
  const pa = fetchTranslate(cpu, (va & ~0xfff) + 4096);
  if (cpu.fault) return 0;
  memory.copy(SCRATCH_BYTES, bytes, first);
  if (pa < machine().ramSize) memory.copy(SCRATCH_BYTES + first, ramAt(pa), MAX_LENGTH);
  else memory.fill(SCRATCH_BYTES + first, 0xff, MAX_LENGTH);
  const length = decode(SCRATCH, SCRATCH_BYTES, MAX_LENGTH, offset, cpu.mode);
  store<u8>(SCRATCH, 0, REC_BEFORE);
  store<u8>(SCRATCH, 1, REC_TOTAL);
  store<u8>(SCRATCH, 1, REC_BLOCK);
  let next = close(SCRATCH + REC_BYTES, offset + (length & 0xff), 1);
  if (length & DECODED_LINKS) {
    next = stub(next, SCRATCH, REC_TAKEN);
    stub(next, SCRATCH, REC_FALL);
  }
  return SCRATCH;
}

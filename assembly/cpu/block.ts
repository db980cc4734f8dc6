// Decodes one block: the records from an entry point to the first control transfer, the end of the page, or MAX_BLOCK
// instructions. Every block closes with a chain record, which costs nothing and goes on where the block ended.

import { machine, ramAt } from "../global";
import { CODE_PAGE_BASE } from "../memory-map";
import { KIND_CHAIN, KIND_STUB } from "../../build/generated/decode-table";
import { Cpu, count } from "./state";
import { C_BLOCKS_DECODED } from "../probe/counters";
import { join, quieten } from "./join";
import { decode, DECODED_END, DECODED_SHORT, DECODED_LINKS } from "./decode";
import { undefined } from "./ops/undefined";
import { HEADER_BYTES } from "./header";
import { mayBreakAt, putCheck } from "../debug/instruction";
import { fetchTranslate } from "../mmu/fetch";
import { noteCode } from "../mmu/frames";
import {
  REC_KIND, REC_COLD, REC_BEFORE, REC_TOTAL, REC_START, REC_LENGTH, REC_BLOCK, REC_TARGET, REC_TAKEN, REC_FALL, STUB_ORIGIN,
  STUB_LINK, REC_BYTES, MAX_BLOCK, MAX_LENGTH,
} from "./record";

/** A block and its bytes for an instruction that crosses pages; used at once, never kept. In code page 0, which is nobody's. */
const SCRATCH: usize = CODE_PAGE_BASE + 512;
const SCRATCH_BYTES: usize = SCRATCH + 8 * REC_BYTES;

/** Makes the record at `at` all zero. Four stores: a call of the host's memset costs more. */
@inline
function clearRecord(at: usize): void {
  store<u64>(at, 0);
  store<u64>(at, 0, 8);
  store<u64>(at, 0, 16);
  store<u64>(at, 0, 24);
}

/** Lets link `link` of `origin` lead to a stub, made at `at`; what follows it is returned. */
function stub(at: usize, origin: usize, link: usize): usize {
  clearRecord(at);
  store<u16>(at, <u16>KIND_STUB, REC_KIND);
  store<u32>(at, <u32>origin, STUB_ORIGIN);
  store<u32>(at, <u32>link, STUB_LINK);
  store<u32>(origin + link, <u32>at);
  return at + REC_BYTES;
}

/**
 * Closes the block with a record that goes on at `offset`, and with stubs for it and, if that `links`, for the jump before it.
 * What follows them is returned.
 */
function close(rec: usize, offset: u32, instructions: u32, links: bool): usize {
  clearRecord(rec);
  store<u16>(rec, <u16>KIND_CHAIN, REC_KIND);
  store<u8>(rec, <u8>instructions, REC_BEFORE);
  store<u8>(rec, <u8>instructions, REC_TOTAL);
  store<u16>(rec, <u16>offset, REC_START);
  store<i32>(rec, <i32>offset, REC_TARGET);
  const next = stub(rec + REC_BYTES, rec, REC_TAKEN);
  if (!links) return next;
  return stub(stub(next, rec - REC_BYTES, REC_TAKEN), rec - REC_BYTES, REC_FALL);
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
  const start: usize = inRam ? g.recordNext + HEADER_BYTES : SCRATCH;
  let rec = start;
  let n: u32 = 0;
  let ended = false;
  let links = false;
  while (!ended && n < MAX_BLOCK && offset < 4096) {
    if (mayBreakAt(offset)) {
      if (n) break;
      rec = putCheck(rec, offset);
    }
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
    if (n > 1 && join(rec - REC_BYTES, rec)) continue;
    rec += REC_BYTES;
  }
  quieten(start, rec);
  const next = close(rec, offset, n, links);
  store<u8>(start, <u8>n, REC_BLOCK);
  if (!inRam) return start;
  memory.fill(start - HEADER_BYTES, 0, HEADER_BYTES);
  g.recordNext = <u32>next;
  store<u32>(entry, <u32>start);
  noteCode(pa, offset - (<u32>va & 0xfff));
  return start;
}

function openBus(rec: usize, offset: u32): i32 {
  clearRecord(rec);
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
  const rec = mayBreakAt(offset) ? putCheck(SCRATCH, offset) : SCRATCH;
  const length = decode(rec, SCRATCH_BYTES, MAX_LENGTH, offset, cpu.mode);
  store<u8>(rec, 0, REC_BEFORE);
  store<u8>(rec, 1, REC_TOTAL);
  store<u8>(SCRATCH, 1, REC_BLOCK);
  close(rec + REC_BYTES, offset + (length & 0xff), 1, (length & DECODED_LINKS) != 0);
  return SCRATCH;
}

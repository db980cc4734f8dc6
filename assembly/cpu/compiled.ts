// Where compiled code meets the interpreter: which blocks are hot, and which function runs one. The compiler is the host's
// (src/machine/compiler), and whether and when it compiles has no effect on a run: docs/compiler.md. Called by cpu/slow.ts, which
// runs what is compiled, by cpu/code.ts, and by the host between two calls of `run`.
//
// A slice ends before some block: the more of the time goes into a block, the likelier before that one. So blocks are sampled by
// the ends of slices, and the loop counts nothing. One that was sampled often enough is asked for in a list that the host reads.
// A compiled block is one whose first record has KIND_COMPILED; its header names function and entry.

import { COMPILER_BASE, RECORD_BASE } from "../memory-map";
import { KIND_COMPILED } from "../../build/generated/decode-table";
import { Cpu } from "./state";
import { REC_KIND } from "./record";
import {
  COMPILER_HOT_AT, COMPILER_GENERATION, COMPILER_ASKED, COMPILER_LIST, COMPILER_MOST, HEADER_BYTES, HEADER_HEAT, HEADER_FUNCTION,
  HEADER_ENTRY, HEADER_KIND, HEADER_TIMES, HEADER_BALANCE,
} from "./header";

/** Steps that a compiled function must make before it leaves for the slow path to be no loss: a call costs some 80 host instructions, a step gains 15. */
const PRICE_OF_LEAVING: i32 = 5;
/** How far a block's balance goes up, and down, where it is given back. */
const BALANCE_MOST: i32 = 1000;

@inline
export function functionOf(rec: usize): u32 {
  return load<u32>(rec - HEADER_BYTES, HEADER_FUNCTION);
}

@inline
export function entryOf(rec: usize): u32 {
  return load<u32>(rec - HEADER_BYTES, HEADER_ENTRY);
}

/** The kind of `rec`; if it is the first record of a compiled block, the kind that it had. */
@inline
export function kindBefore(rec: usize): u32 {
  const kind = load<u16>(rec, REC_KIND);
  return kind == KIND_COMPILED ? load<u16>(rec - HEADER_BYTES, HEADER_KIND) : kind;
}

/** The slice of `cpu` ends in the block at `rec`, or before it. */
export function sample(cpu: Cpu, rec: usize): void {
  const hotAt = load<u32>(COMPILER_BASE, COMPILER_HOT_AT);
  const asked = load<u32>(COMPILER_BASE, COMPILER_ASKED);
  if (!hotAt || asked == COMPILER_MOST || load<u16>(rec, REC_KIND) == KIND_COMPILED) return;
  if (rec < RECORD_BASE) return; // the end of a copy (cpu/cut.ts)
  const header = rec - HEADER_BYTES;
  const before = load<u32>(header, HEADER_HEAT);
  if (before >= hotAt) return; // it was asked for; perhaps it cannot be compiled
  const heat = before + <u32>cpu.sliceBudget;
  store<u32>(header, heat, HEADER_HEAT);
  if (heat < hotAt) return;
  store<u32>(COMPILER_BASE + COMPILER_LIST + (asked << 2), <u32>rec);
  store<u32>(COMPILER_BASE, asked + 1, COMPILER_ASKED);
}

/**
 * The function of the compiled block at `rec` made `steps` steps and left for the slow path. A block that does so every few steps,
 * as one that misses the TLB all the time, is given back to the hot loop, which gets to the slow path by less: the page chase of
 * `bench machine` takes 2,230 host instructions for a load compiled, and 1,860 in the loop. It may be hot once more.
 */
@inline
export function hasLeft(rec: usize, steps: i32): void {
  const header = rec - HEADER_BYTES;
  const balance = min(load<i32>(header, HEADER_BALANCE) + steps - PRICE_OF_LEAVING, BALANCE_MOST);
  store<i32>(header, balance, HEADER_BALANCE);
  if (balance < -BALANCE_MOST) giveBack(rec);
}

function giveBack(rec: usize): void {
  const header = rec - HEADER_BYTES;
  store<u16>(rec, load<u16>(header, HEADER_KIND), REC_KIND);
  store<u32>(header, 0, HEADER_HEAT);
}

/** All decoded code was dropped, and with it what was asked for and what was compiled. */
export function dropCompiled(): void {
  store<u32>(COMPILER_BASE, 0, COMPILER_ASKED);
  store<u32>(COMPILER_BASE, load<u32>(COMPILER_BASE, COMPILER_GENERATION) + 1, COMPILER_GENERATION);
}

/** Makes entry `entry` of the function at `index` of the table run the block at `rec`. For the host. */
export function install(rec: usize, index: u32, entry: u32): void {
  const header = rec - HEADER_BYTES;
  const kind = load<u16>(rec, REC_KIND);
  if (kind != KIND_COMPILED) store<u16>(header, kind, HEADER_KIND);
  store<u32>(header, index, HEADER_FUNCTION);
  store<u32>(header, entry, HEADER_ENTRY);
  store<u8>(header, load<u8>(header, HEADER_TIMES) + 1, HEADER_TIMES);
  store<i32>(header, 0, HEADER_BALANCE);
  store<u16>(rec, <u16>KIND_COMPILED, REC_KIND);
}

/** Makes the hot loop run the block at `rec` again, as if it had never been hot. For the host. */
export function uninstall(rec: usize): void {
  const header = rec - HEADER_BYTES;
  store<u16>(rec, load<u16>(header, HEADER_KIND), REC_KIND);
  memory.fill(header, 0, HEADER_BYTES);
}

// The locals of a compiled function: the guest's registers, what the hot loop keeps in locals, and scratch. How they are taken
// from memory at its start and given back at its end.

import { RUNNING_BASE } from "../../../assembly/memory-map.js";
import type { Templates } from "./templates.js";
import { I32, I64, i32Const, memarg, op } from "./wasm.js";

/** 64-bit words at the start of a CPU (assembly/cpu/state.ts): general registers, then pseudo registers up to SLOT_NONE. */
const REGISTERS = 21;
export const REGISTER_BYTES = REGISTERS * 8;
const SLOT_ZERO = 16;
const SCRATCH = 8;

/** Parameter: 1 + number of the block to go to; 0 where there is nothing to choose. */
export const ENTRY = 0;
/** The record that the function stops at, and what to do there (THEN_* of assembly/cpu/compiled.ts). */
export const REC = 1;
export const THEN = 2;
const FIRST_WORD = 3;
const WORDS = ["left", "fop", "front", "fetch"] as const;
const SCRATCH_WORDS = FIRST_WORD + WORDS.length;
const FIRST_LONG = SCRATCH_WORDS + SCRATCH;
const LONGS = ["fa", "fb", "fr"] as const;
const FIRST_REGISTER = FIRST_LONG + LONGS.length;
const SCRATCH_LONGS = FIRST_REGISTER + REGISTERS;

/** Counts and types of the locals beyond the parameter. */
export const LOCALS = [[FIRST_LONG - REC, I32], [LONGS.length + REGISTERS + SCRATCH, I64]] as const;

/** Of what is in WORDS and LONGS, that which no template changes. */
export const FIXED = ["front", "fetch"] as const;
export type Held = (typeof WORDS)[number] | (typeof LONGS)[number];

const HELD: readonly Held[] = [...WORDS, ...LONGS];
const isLong = (name: Held): boolean => LONGS.some((long) => long === name);

export const localOf = (name: Held): number =>
  isLong(name) ? FIRST_LONG + LONGS.indexOf(name as (typeof LONGS)[number]) : FIRST_WORD + WORDS.indexOf(name as (typeof WORDS)[number]);

export class Frame {
  readonly #read = new Set<number>();
  readonly #written = new Set<number>();

  /** Whether the register at byte `offset` of a CPU is the one that is always 0. */
  isZero(offset: number): boolean {
    return offset >> 3 === SLOT_ZERO;
  }

  /** The local of the register at byte `offset`. */
  read(offset: number): number {
    this.#read.add(offset >> 3);
    return FIRST_REGISTER + (offset >> 3);
  }

  /** The same, to be written: it may keep its value on some ways through the function, so it is read too. */
  write(offset: number): number {
    this.#written.add(offset >> 3);
    return this.read(offset);
  }

  /** Locals for those of a template, which does not outlive its record. */
  scratch(types: readonly number[]): number[] {
    let words = 0;
    let longs = 0;
    const locals = types.map((type) => (type === I32 ? SCRATCH_WORDS + words++ : SCRATCH_LONGS + longs++));
    if (Math.max(words, longs) > SCRATCH) throw new Error("a template has too many locals");
    return locals;
  }

  /** Memory to locals. */
  load(templates: Templates): number[] {
    return [
      ...[...this.#read].flatMap((r) => load(RUNNING_BASE + r * 8, op.i64Load, FIRST_REGISTER + r)),
      ...HELD.flatMap((name) => load(templates.constant(`${name}At`), isLong(name) ? op.i64Load : op.i32Load, localOf(name))),
    ];
  }

  /** Locals to memory. */
  store(templates: Templates): number[] {
    const changed = HELD.filter((name) => !FIXED.some((fixed) => fixed === name));
    return [
      ...[...this.#written].flatMap((r) => store(RUNNING_BASE + r * 8, op.i64Store, FIRST_REGISTER + r)),
      ...changed.flatMap((name) => store(templates.constant(`${name}At`), isLong(name) ? op.i64Store : op.i32Store, localOf(name))),
    ];
  }
}

const load = (address: number, opcode: number, local: number): number[] =>
  [...i32Const(address), opcode, ...memarg(0), op.localSet, local];

const store = (address: number, opcode: number, local: number): number[] =>
  [...i32Const(address), op.localGet, local, opcode, ...memarg(0)];

// The code of events. Every event at every position of a column is one block of code, assembled once; a program is a list
// of block addresses, through which each block jumps on. So millions of programs need no assembling and no decoding.
//
//   R15  address of the column's list     R14  ICR value of its flushes     R13  its count of acknowledged flushes
//   R12  flushes that it has asked for    RAX RCX RDX  scratch              RESULTS  one register for each position

import type * as Iced from "iced-x86";
import { loadIced } from "../../machine/index.js";
import * as at from "./layout.js";
import { type Event, type Place, PTES, type Pte } from "./program.js";
import { IGNORED_BITS, pteWord } from "./pte.js";

type Make = (iced: typeof Iced) => Iced.Instruction;

const PLACES: Readonly<Record<Place, number>> = { p: at.PAGE, x: at.FLAG, 0: at.FRAME_0, 1: at.FRAME_1 };

/** Address of a location by number, or through a register by name. */
function memory(iced: typeof Iced, place: number | "R13" | "R15" | "RSP", displacement = 0): Iced.MemoryOperand {
  const { MemoryOperand, Register } = iced;
  if (typeof place === "number") return new MemoryOperand(Register.None, Register.None, 1, BigInt(place), 8, false, Register.None);
  return new MemoryOperand(Register[place], Register.None, 1, BigInt(displacement), displacement === 0 ? 0 : 1, false, Register.None);
}

/** 64-bit register with encoding number `n`. */
const wide = (iced: typeof Iced, n: number): Iced.Register => iced.Register.RAX + n;

const RAX = 0;
const RCX = 1;
const RDX = 2;
const R12 = 12;
const R14 = 14;

const loadFrom = (register: number, place: number | "R13" | "RSP", displacement = 0): Make => (i) =>
  i.Instruction.createRegMem(i.Code.Mov_r64_rm64, wide(i, register), memory(i, place, displacement));
const storeTo = (place: number | "RSP", register: number, displacement = 0): Make => (i) =>
  i.Instruction.createMemReg(i.Code.Mov_rm64_r64, memory(i, place, displacement), wide(i, register));
const storeNumber = (place: number, value: number): Make => (i) =>
  i.Instruction.createMemI32(i.Code.Mov_rm64_imm32, memory(i, place), value);
const set = (register: number, value: number): Make => (i) => i.Instruction.createRegI32(i.Code.Mov_rm64_imm32, wide(i, register), value);
const copy = (to: number, from: number): Make => (i) => i.Instruction.createRegReg(i.Code.Mov_rm64_r64, wide(i, to), wide(i, from));
const exchange = (place: number, register: number): Make => (i) =>
  i.Instruction.createMemReg(i.Code.Xchg_rm64_r64, memory(i, place), wide(i, register));
const plain = (code: keyof typeof Iced.Code): Make => (i) => i.Instruction.create(i.Code[code] as Iced.Code);

/** Assembles a piece of code; a number stands for a jump back to the instruction of that index if ZF is clear. */
export function assemble(pieces: readonly (Make | { readonly unlessEqual: number })[]): Uint8Array {
  const iced = loadIced();
  const encoder = new iced.Encoder(64);
  const starts: number[] = [];
  let length = 0;
  for (const piece of pieces) {
    starts.push(length);
    const instruction = typeof piece === "function" ? piece(iced)
      : iced.Instruction.createBranch(iced.Code.Jne_rel8_64, BigInt(starts[piece.unlessEqual]!));
    length += encoder.encode(instruction, BigInt(length));
    instruction.free();
  }
  const bytes = encoder.takeBuffer();
  encoder.free();
  return bytes;
}

/** What code `event` runs at `position` of its column. */
function pieces(event: Event, position: number): (Make | { unlessEqual: number })[] {
  const result = at.RESULTS[position]!;
  switch (event.kind) {
    case "load":
      return [loadFrom(result, PLACES[event.place])];
    case "store": {
      const store = storeNumber(PLACES[event.place], event.value);
      return event.place === "p" ? [store, set(result, at.MARK_DONE)] : [store];
    }
    case "exchange":
      return [set(RAX, event.value), exchange(PLACES[event.place], RAX), copy(result, RAX)];
    case "load-pte":
      return [loadFrom(result, at.PTE_WORD)];
    case "store-pte":
      return [storeNumber(at.PTE_WORD, pteWord(event.pte))];
    case "exchange-pte":
      return [set(RAX, pteWord(event.pte)), exchange(at.PTE_WORD, RAX), copy(result, RAX)];
    case "invlpg":
      return [(i) => i.Instruction.createMem(i.Code.Invlpg_m, memory(i, at.PAGE))];
    case "mfence":
      return [plain("Mfence")];
    case "flush": {
      const send: Make[] = [
        (i) => i.Instruction.createReg(i.Code.Inc_rm64, wide(i, R12)), set(RCX, 0x830), set(RDX, event.cpu), copy(RAX, R14), plain("Wrmsr"),
      ];
      const fence = event.fenced ? [plain("Mfence")] : [];
      const wait: Make = (i) => i.Instruction.createMemReg(i.Code.Cmp_rm64_r64, memory(i, "R13"), wide(i, R12));
      return [...fence, ...send, wait, { unlessEqual: fence.length + send.length }];
    }
    case "await-flag":
      return [(i) => i.Instruction.createMemI32(i.Code.Cmp_rm64_imm8, memory(i, at.FLAG), event.value), { unlessEqual: 0 }];
    case "await-pte":
      return [
        loadFrom(RAX, at.PTE_WORD),
        (i) => i.Instruction.createRegI32(i.Code.And_rm64_imm32, wide(i, RAX), ~IGNORED_BITS),
        (i) => i.Instruction.createRegI32(i.Code.Cmp_rm64_imm32, wide(i, RAX), pteWord(event.pte)),
        { unlessEqual: 0 },
      ];
  }
}

function blockOf(event: Event, position: number): Uint8Array {
  const code = assemble(pieces(event, position));
  if (code.length > at.BLOCK_EXIT) throw new Error(`the code of ${JSON.stringify(event)} is too long for a block`);
  const block = new Uint8Array(at.BLOCK_BYTES).fill(0x90);
  block.set(code);
  block.set(assemble([(i) => i.Instruction.createMem(i.Code.Jmp_rm64, memory(i, "R15", 8 * (position + 1)))]), at.BLOCK_EXIT);
  return block;
}

/** A key for what an event does. */
export const eventKey = (event: Event): string => Object.values(event).join(" ");

/** Every event there is. */
export function allEvents(values: number, cpus: number): Event[] {
  const numbers = Array.from({ length: values }, (_, i) => i + 1);
  const places: readonly Place[] = ["p", "x", "0", "1"];
  const ptes = (kind: "store-pte" | "exchange-pte" | "await-pte") => PTES.map((pte: Pte) => ({ kind, pte }) as const);
  return [
    ...places.map((place) => ({ kind: "load", place }) as const),
    ...places.flatMap((place) => numbers.map((value) => ({ kind: "store", place, value }) as const)),
    ...(["p", "x"] as const).flatMap((place) => numbers.map((value) => ({ kind: "exchange", place, value }) as const)),
    ...ptes("store-pte"), ...ptes("exchange-pte"), ...ptes("await-pte"),
    { kind: "load-pte" }, { kind: "invlpg" }, { kind: "mfence" },
    ...Array.from({ length: cpus }, (_, cpu) => [true, false].map((fenced) => ({ kind: "flush", cpu, fenced }) as const)).flat(),
    ...[0, ...numbers].map((value) => ({ kind: "await-flag", value }) as const),
  ];
}

export interface Blocks {
  readonly bytes: Uint8Array;
  /** Address of the block of `event` at `position`. */
  addressOf(event: Event, position: number): number;
  /** Address of what comes after the last event: the CPU halts, and takes interrupts. */
  readonly end: number;
}

/** All blocks, for columns of up to `positions` events. */
export function makeBlocks(positions: number, values: number, cpus: number): Blocks {
  const events = allEvents(values, cpus);
  const indexes = new Map(events.map((event, i) => [eventKey(event), i]));
  const bytes = new Uint8Array((events.length * positions + 1) * at.BLOCK_BYTES);
  events.forEach((event, i) => {
    for (let position = 0; position < positions; position++) bytes.set(blockOf(event, position), (i * positions + position) * at.BLOCK_BYTES);
  });
  bytes.set([0xf4, 0xeb, 0xfd], events.length * positions * at.BLOCK_BYTES); // hlt; jmp to it
  return {
    bytes,
    addressOf: (event, position) => at.BLOCKS + (indexes.get(eventKey(event))! * positions + position) * at.BLOCK_BYTES,
    end: at.BLOCKS + events.length * positions * at.BLOCK_BYTES,
  };
}

/** #PF: goes on behind the instruction, at the exit of its block. */
export function faultHandler(): Uint8Array {
  return assemble([
    loadFrom(RCX, "RSP", 8),
    (i) => i.Instruction.createRegI32(i.Code.Or_rm64_imm8, wide(i, RCX), at.BLOCK_BYTES - 1),
    (i) => i.Instruction.createRegI32(i.Code.Sub_rm64_imm8, wide(i, RCX), at.BLOCK_BYTES - 1 - at.BLOCK_EXIT),
    storeTo("RSP", RCX, 8),
    (i) => i.Instruction.createRegI32(i.Code.Add_rm64_imm8, i.Register.RSP, 8),
    plain("Iretq"),
  ]);
}

/** The flush that CPU `sender` asks for: INVLPG, acknowledge, EOI. */
export function flushHandler(sender: number): Uint8Array {
  const saved = [RAX, RCX, RDX];
  return assemble([
    ...saved.map((r): Make => (i) => i.Instruction.createReg(i.Code.Push_r64, wide(i, r))),
    (i) => i.Instruction.createMem(i.Code.Invlpg_m, memory(i, at.PAGE)),
    (i) => {
      const increment = i.Instruction.createMem(i.Code.Inc_rm64, memory(i, at.ACKS + sender * at.ACK_STRIDE));
      increment.hasLockPrefix = true;
      return increment;
    },
    set(RCX, 0x80b), set(RAX, 0), set(RDX, 0), plain("Wrmsr"),
    ...saved.toReversed().map((r): Make => (i) => i.Instruction.createReg(i.Code.Pop_r64, wide(i, r))),
    plain("Iretq"),
  ]);
}

/** What each CPU does once: descriptor tables, x2APIC mode, interrupts on; then it waits at the gate and begins its list. */
export function setupCode(): Uint8Array {
  return assemble([
    (i) => i.Instruction.createMem(i.Code.Lgdt_m1664, memory(i, at.TABLE_POINTERS)),
    (i) => i.Instruction.createMem(i.Code.Lidt_m1664, memory(i, at.TABLE_POINTERS + 16)),
    set(RCX, 0x1b), plain("Rdmsr"), (i) => i.Instruction.createRegI32(i.Code.Or_rm64_imm32, wide(i, RAX), 0xc00), plain("Wrmsr"),
    set(RCX, 0x80f), set(RAX, 0x1ff), set(RDX, 0), plain("Wrmsr"),
    plain("Sti"),
    loadFrom(RAX, at.GATE),
    (i) => i.Instruction.createMem(i.Code.Jmp_rm64, memory(i, "R15")),
  ]);
}

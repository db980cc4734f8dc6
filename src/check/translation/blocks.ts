// The code of events. Every event at every position of a column is one block of code, assembled once; a program is a list
// of block addresses, through which each block jumps on. So millions of programs need no assembling and no decoding.
//
//   R15  address of the column's list     R14  ICR value of its flushes     R13  its count of acknowledged flushes
//   R12  flushes that it has asked for    RAX RCX RDX  scratch              RESULTS  one register for each position

import { assemble, awaitAcks, copy, exchange, invlpg, loadFrom, memory, type Piece, plain, R14, RAX, sendFlush, set, storeNumber, wide } from "./code.js";
import * as at from "./layout.js";
import { type Event, type Place, PTES, type Pte } from "./program.js";
import { IGNORED_BITS, pteWord } from "./pte.js";

const PLACES: Readonly<Record<Place, number>> = { p: at.PAGE, x: at.FLAG, 0: at.FRAME_0, 1: at.FRAME_1 };

/** What code `event` runs at `position` of its column. */
function pieces(event: Event, position: number): Piece[] {
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
      return [invlpg(at.PAGE)];
    case "mfence":
      return [plain("Mfence")];
    case "flush": {
      const send = [...(event.fenced ? [plain("Mfence")] : []), ...sendFlush(event.cpu, copy(RAX, R14))];
      return [...send, awaitAcks, { unlessEqual: send.length }];
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

/** The way on is behind the code, and once more where a handler finds it. */
function blockOf(event: Event, position: number): Uint8Array {
  const code = assemble(pieces(event, position));
  const exit = assemble([(i) => i.Instruction.createMem(i.Code.Jmp_rm64, memory(i, "R15", 8 * (position + 1)))]);
  if (code.length + exit.length > at.BLOCK_EXIT) throw new Error(`the code of ${JSON.stringify(event)} is too long for a block`);
  const block = new Uint8Array(at.BLOCK_BYTES);
  block.set(code);
  block.set(exit, code.length);
  block.set(exit, at.BLOCK_EXIT);
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

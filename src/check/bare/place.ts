// A litmus test laid out in a machine: page tables, a page of code for each column, a line of memory for each location.
// No kernel, no interrupts: each CPU runs its column and halts.

import type { Machine } from "../../machine/index.js";
import type { Observed } from "../scenario/condition.js";
import type { Instruction } from "../scenario/instruction.js";
import type { Litmus } from "../scenario/litmus.js";
import { Assembler } from "./assemble.js";

const PML4 = 0x1000;
const PDPT = 0x2000;
const PAGE_DIRECTORY = 0x3000;
const CODE = 0x10000;
const CODE_STRIDE = 0x1000;
const STACKS = 0x20000;
const LOCATIONS = 0x40000;
/** A location has a cache line of its own, as litmus tests expect. */
const LOCATION_STRIDE = 64;

/** Present, writable, accessed, dirty; in the page directory also "is a page". */
const TABLE = 0x23n;
const LARGE_PAGE = 0xe3n;
const HLT = 0xf4;

export interface Placed {
  readonly machine: Machine;
  readonly cpus: number;
  /** Physical addresses of the locations. */
  readonly locations: ReadonlyMap<string, number>;
  /** The instruction at address `rip`. */
  instructionAt(rip: bigint): Instruction | undefined;
  /** The location at `physical`. */
  locationAt(physical: number): string | undefined;
  /** The value of something that an outcome lists, as it is now. */
  valueOf(observed: Observed): bigint;
}

function writeWord(machine: Machine, at: number, value: bigint): void {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  machine.writePhysical(at, bytes);
}

/** Puts `litmus` into `machine`, every CPU at the first instruction of its column. */
export function place(litmus: Litmus, machine: Machine): Placed {
  const cpus = litmus.columns.length;
  writeWord(machine, PML4, BigInt(PDPT) | TABLE);
  writeWord(machine, PDPT, BigInt(PAGE_DIRECTORY) | TABLE);
  writeWord(machine, PAGE_DIRECTORY, LARGE_PAGE);
  const locations = new Map(litmus.locations.map((name, i) => [name, LOCATIONS + i * LOCATION_STRIDE]));
  for (const [name, value] of litmus.initial) writeWord(machine, locations.get(name)!, value);
  const assembler = new Assembler((name) => locations.get(name)!);
  const instructions = new Map<number, Instruction>();
  litmus.columns.forEach((column, cpu) => {
    const code: number[] = [];
    for (const instruction of column) {
      instructions.set(CODE + cpu * CODE_STRIDE + code.length, instruction);
      code.push(...assembler.assemble(instruction));
    }
    machine.writePhysical(CODE + cpu * CODE_STRIDE, Uint8Array.from([...code, HLT]));
    machine.enterLong(cpu, CODE + cpu * CODE_STRIDE, STACKS + cpu * CODE_STRIDE, PML4);
    for (const [name, value] of litmus.registers[cpu]!) {
      machine.setRegister(cpu, name, typeof value === "bigint" ? value : BigInt(locations.get(value.addressOf)!));
    }
  });
  const view = new DataView(new ArrayBuffer(8));
  return {
    machine, cpus, locations,
    instructionAt: (rip) => instructions.get(Number(rip)),
    locationAt: (physical) => litmus.locations[(physical - LOCATIONS) / LOCATION_STRIDE],
    valueOf(observed) {
      if (observed.kind === "register") return machine.register(observed.column, observed.name as "rax");
      machine.readPhysical(locations.get(observed.name)!, 8).forEach((byte, i) => view.setUint8(i, byte));
      return view.getBigUint64(0, true);
    },
  };
}

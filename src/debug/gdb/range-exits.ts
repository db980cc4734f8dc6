// Where a CPU can leave a range of code. gdb steps over a source line as a range: with points at its exits the machine
// runs to one of them at full speed, loops of the line included, and interrupts on the way are none of gdb's concern.

import { loadIced, type Machine } from "../../machine/index.js";
import { readSome, virtualMemory } from "../look/index.js";

export interface RangeExits {
  /** Addresses outside that the range goes to by what its instructions say. */
  readonly beyond: readonly bigint[];
  /** Instructions of the range that can go anywhere: returns, indirect branches, system calls. They are to be stepped. */
  readonly anywhere: ReadonlySet<bigint>;
}

/** A source line is smaller than this. */
const LARGEST = 0x10000;
const LONG_MODE = 2n;

/** Undefined where the code cannot be read, or is not 64-bit code. */
export function rangeExits(machine: Machine, cpu: number, from: bigint, to: bigint): RangeExits | undefined {
  if (to <= from || to - from > LARGEST || machine.register(cpu, "mode") !== LONG_MODE) return undefined;
  const size = Number(to - from);
  const code = readSome(virtualMemory(machine, cpu), from, size);
  if (code.length < size) return undefined;

  const { Decoder, DecoderOptions, FlowControl, OpKind } = loadIced();
  const decoder = new Decoder(64, code, DecoderOptions.None);
  const instruction = decoder.decode();
  decoder.position = 0;
  decoder.ip = from;
  const beyond = new Set([to]);
  const anywhere = new Set<bigint>();
  try {
    while (decoder.canDecode) {
      decoder.decodeOut(instruction);
      const flow = instruction.flowControl;
      if (flow === FlowControl.Next) continue;
      const says = instruction.opCount > 0 && instruction.opKind(0) === OpKind.NearBranch64;
      const target = instruction.nearBranchTarget;
      if (!says) anywhere.add(instruction.ip);
      else if (target < from || target >= to) beyond.add(target);
    }
  } finally {
    instruction.free();
    decoder.free();
  }
  return { beyond: [...beyond], anywhere };
}

// What the instruction that a CPU is about to run does to the stack of calls: all that stepping over and out of
// functions needs to know of instructions.

import { loadIced, type Machine } from "../../machine/index.js";

export interface NextInstruction {
  readonly flow: "call" | "return" | "other";
  /** Address behind it. */
  readonly end: bigint;
}

const LONGEST = 15;
const BITS = [16, 32, 64] as const;

/** Undefined where no code is mapped. */
export function nextInstruction(machine: Machine, cpu: number): NextInstruction | undefined {
  const rip = machine.register(cpu, "rip");
  const bytes = readCode(machine, cpu, rip + machine.register(cpu, "cs_base"));
  if (bytes.length === 0) return undefined;
  const { Decoder, DecoderOptions, FlowControl } = loadIced();
  const decoder = new Decoder(BITS[Number(machine.register(cpu, "mode"))] ?? 64, bytes, DecoderOptions.None);
  decoder.ip = rip;
  const instruction = decoder.decode();
  try {
    const { flowControl, isCallNear, isCallNearIndirect, nextIP } = instruction;
    const isCall = isCallNear || isCallNearIndirect;
    // IRET and SYSRET leave an interrupt or a system call, which no CALL has begun.
    const isReturn = flowControl === FlowControl.Return && isNearReturn(bytes);
    return { flow: isCall ? "call" : isReturn ? "return" : "other", end: nextIP };
  } finally {
    instruction.free();
    decoder.free();
  }
}

/** RET near, past its prefixes: C2 and C3. */
function isNearReturn(bytes: Uint8Array): boolean {
  const opcode = bytes.find((byte) => byte !== 0xf2 && byte !== 0xf3 && byte !== 0x66 && (byte & 0xf0) !== 0x40);
  return opcode === 0xc2 || opcode === 0xc3;
}

/** Up to the longest instruction's bytes, fewer where the next page is not mapped. */
function readCode(machine: Machine, cpu: number, address: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let i = 0n; i < LONGEST; i++) {
    const physical = machine.physicalOf(cpu, BigInt.asUintN(64, address + i));
    if (physical === undefined || physical >= machine.options.memory) break;
    bytes.push(machine.readPhysical(physical, 1)[0]!);
  }
  return Uint8Array.from(bytes);
}

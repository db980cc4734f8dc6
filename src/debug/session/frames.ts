// Guards: the places that steps over calls, out of functions and back into them go to. A return address alone would
// also be met by deeper calls of the same function and by other threads, so the stack pointer is compared as well.

import type { Hit, Machine } from "../../machine/index.js";
import type { Guard } from "./points.js";
import type { Frame } from "./types.js";

/** How far above its place a caller's stack pointer may be after a return: RET n takes arguments off. */
const SLACK = 4096n;

/** CR3 without the PCID, which differs between CPUs: the address space. */
const SPACE = 0x7ffffffffffff000n;

/** Where a call that is made with RSP `rsp` comes back to, on whichever CPU the thread is then. */
export function returnTo(machine: Machine, cpu: number, address: bigint, rsp: bigint): Guard {
  const user = machine.register(cpu, "cpl") === 3n;
  const space = machine.register(cpu, "cr3") & SPACE;
  return {
    stop: { kind: "instruction", address },
    condition: (hit) => {
      const over = machine.register(hit.cpu, "rsp") - rsp;
      return over >= 0n && over < SLACK && (!user || (machine.register(hit.cpu, "cr3") & SPACE) === space);
    },
  };
}

/** The address alone, on this CPU. */
export function arriveAt(cpu: number, address: bigint): Guard {
  return { stop: { kind: "instruction", address, cpu }, condition: () => true };
}

/** The CALL that pushed `returnAddress` at `slot`, for going back to it. */
export function callThatPushed(machine: Machine, slot: bigint, returnAddress: bigint): Guard {
  return {
    stop: { kind: "access", space: "linear", address: slot, length: 8, read: false, write: true },
    condition: (hit: Hit) => hit.values[2] === returnAddress && machine.register(hit.cpu, "rsp") === slot,
  };
}

/**
 * The caller's frame by the frame pointer, where no unwinder is given: right between a function's prologue and its
 * epilogue, if it is compiled with frame pointers.
 */
export function frameByRbp(machine: Machine, cpu: number): Frame | undefined {
  const rbp = machine.register(cpu, "rbp");
  if (rbp < machine.register(cpu, "rsp")) return undefined;
  try {
    const bytes = machine.readVirtual(cpu, rbp + 8n, 8);
    return { returnAddress: new DataView(bytes.buffer).getBigUint64(0, true), cfa: rbp + 16n };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

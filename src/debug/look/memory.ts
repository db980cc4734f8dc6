// Memory as a debugger reads it: through the page tables of a CPU, or physical; what is not there is undefined, not an
// error.

import type { Machine } from "../../machine/index.js";
import { walk } from "./walk.js";

export interface MemoryView {
  /** `size` bytes at `address`, or undefined if one of them cannot be read. */
  read(address: bigint, size: number): Uint8Array | undefined;
}

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

export function physicalMemory(machine: Machine): MemoryView {
  return {
    read(address, size) {
      const inside = address >= 0n && address + BigInt(size) <= BigInt(machine.options.memory);
      return inside ? machine.readPhysical(Number(address), size) : undefined;
    },
  };
}

const PAGE = 4096;

/** Memory as `cpu` sees it through its page tables. */
export function virtualMemory(machine: Machine, cpu: number): MemoryView {
  return translated(machine, (at) => {
    const physical = machine.physicalOf(cpu, at);
    return physical === undefined ? undefined : BigInt(physical);
  });
}

/** Memory of the address space whose root table is at physical address `root`. */
export function spaceMemory(machine: Machine, root: bigint): MemoryView {
  return translated(machine, (at) => {
    const { outcome } = walk(machine, 0, at, root);
    return outcome.kind === "mapped" ? outcome.physical : undefined;
  });
}

function translated(machine: Machine, translate: (address: bigint) => bigint | undefined): MemoryView {
  const physical = physicalMemory(machine);
  return {
    read(address, size) {
      const bytes = new Uint8Array(size);
      for (let done = 0; done < size; ) {
        const at = u64(address + BigInt(done));
        const part = Math.min(size - done, PAGE - Number(at & BigInt(PAGE - 1)));
        const from = translate(at);
        const piece = from === undefined ? undefined : physical.read(from, part);
        if (!piece) return undefined;
        bytes.set(piece, done);
        done += part;
      }
      return bytes;
    },
  };
}

/** As much of `size` bytes at `address` as can be read. */
export function readSome(memory: MemoryView, address: bigint, size: number): Uint8Array {
  const whole = memory.read(address, size);
  if (whole) return whole;
  const pieces: number[] = [];
  for (let i = 0; i < size; i++) {
    const byte = memory.read(u64(address + BigInt(i)), 1);
    if (!byte) break;
    pieces.push(byte[0]!);
  }
  return Uint8Array.from(pieces);
}

export function readUnsigned(memory: MemoryView, address: bigint, size: number): bigint | undefined {
  const bytes = memory.read(address, size);
  return bytes?.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

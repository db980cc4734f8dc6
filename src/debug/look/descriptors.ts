// The descriptor tables of a CPU as it has them loaded (SDM 3A 3.4.5, 6.11, 7.2.3).

import type { Machine } from "../../machine/index.js";
import type { SymbolTable } from "../symbols/types.js";
import { readUnsigned, virtualMemory } from "./memory.js";
import type { Descriptor, Gate } from "./types.js";

const SYSTEM_TSS = [0x9, 0xb];
const SYSTEM_LDT = 0x2;
const GATE_INTERRUPT = 0xe;
const GATE_TRAP = 0xf;
const GATE_TASK = 0x5;

const field = (value: bigint, shift: bigint, bits: bigint): bigint => (value >> shift) & ((1n << bits) - 1n);

const isLong = (machine: Machine, cpu: number): boolean => (machine.register(cpu, "efer") & 0x400n) !== 0n;

function letters(value: bigint, code: boolean): string[] {
  const has = (bit: bigint, letter: string) => (field(value, bit, 1n) ? [letter] : []);
  return [...has(53n, "L"), ...has(54n, "D"), ...has(41n, code ? "R" : "W"), ...has(42n, code ? "C" : "E"), ...has(40n, "A")];
}

function decode(index: number, value: bigint, high: bigint, long: boolean): Descriptor {
  const type = Number(field(value, 40n, 4n));
  const segment = field(value, 44n, 1n) === 1n;
  const code = segment && (type & 8) !== 0;
  const rawLimit = field(value, 0n, 16n) | (field(value, 48n, 4n) << 16n);
  const limit = field(value, 55n, 1n) ? (rawLimit << 12n) | 0xfffn : rawLimit;
  const base32 = field(value, 16n, 24n) | (field(value, 56n, 8n) << 24n);
  const kind = value === 0n ? "null" : segment ? (code ? "code" : "data")
    : SYSTEM_TSS.includes(type) ? "tss" : type === SYSTEM_LDT ? "ldt" : "system";
  return {
    index, selector: index * 8, value, kind, limit,
    base: !segment && long ? base32 | (field(high, 0n, 32n) << 32n) : base32,
    dpl: Number(field(value, 45n, 2n)),
    present: field(value, 47n, 1n) === 1n,
    flags: segment ? letters(value, code) : [],
  };
}

/** Descriptors of the GDT; a 16-byte one of 64-bit mode is listed once. Ends where the table cannot be read. */
export function gdt(machine: Machine, cpu: number): Descriptor[] {
  const memory = virtualMemory(machine, cpu);
  const base = machine.register(cpu, "gdt_base");
  const count = Math.floor((Number(machine.register(cpu, "gdt_limit")) + 1) / 8);
  const long = isLong(machine, cpu);
  const list: Descriptor[] = [];
  for (let i = 0; i < count; i++) {
    const value = readUnsigned(memory, base + BigInt(i * 8), 8);
    if (value === undefined) break;
    const high = readUnsigned(memory, base + BigInt(i * 8 + 8), 8) ?? 0n;
    const descriptor = decode(i, value, high, long);
    list.push(descriptor);
    if (long && !["null", "code", "data"].includes(descriptor.kind)) i++;
  }
  return list;
}

const GATE_KINDS: Readonly<Record<number, Gate["kind"]>> = {
  [GATE_INTERRUPT]: "interrupt", [GATE_TRAP]: "trap", [GATE_TASK]: "task", 0x6: "interrupt", 0x7: "trap",
};

/** Gates of the IDT, in protected and in 64-bit mode. Ends where the table cannot be read. */
export function idt(machine: Machine, cpu: number, symbols?: SymbolTable): Gate[] {
  const memory = virtualMemory(machine, cpu);
  const base = machine.register(cpu, "idt_base");
  const long = isLong(machine, cpu);
  const size = long ? 16 : 8;
  const count = Math.min(256, Math.floor((Number(machine.register(cpu, "idt_limit")) + 1) / size));
  const list: Gate[] = [];
  for (let vector = 0; vector < count; vector++) {
    const at = base + BigInt(vector * size);
    const value = readUnsigned(memory, at, 8);
    if (value === undefined) break;
    const high = long ? (readUnsigned(memory, at + 8n, 4) ?? 0n) : 0n;
    const offset = field(value, 0n, 16n) | (field(value, 48n, 16n) << 16n) | (high << 32n);
    const symbol = symbols?.at(offset);
    list.push({
      vector, offset, kind: GATE_KINDS[Number(field(value, 40n, 4n))] ?? "unknown",
      selector: Number(field(value, 16n, 16n)), dpl: Number(field(value, 45n, 2n)),
      ist: long ? Number(field(value, 32n, 3n)) : 0, present: field(value, 47n, 1n) === 1n,
      ...(symbol ? { symbol } : {}),
    });
  }
  return list;
}

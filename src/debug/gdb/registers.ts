// The register file that gdb sees: one table, from which the target description and the g packet are made.
// Core, SSE and segment features are gdb's own (GDB manual, "i386 Features"), which wants all registers of a
// feature; the machine has no x87 and no SSE, so theirs are sent as unavailable.

import type { RegisterName } from "../../machine/index.js";
import { fromHex, fromLittleEndian, littleEndian } from "./bytes.js";
import type { Target } from "./target.js";

export interface GdbRegister {
  /** gdb's name. */
  readonly name: string;
  readonly bits: number;
  /** A type of the target description. */
  readonly type: string;
  readonly feature: Feature;
  /** Set for registers that `info registers` should leave to `info registers GROUP`. */
  readonly group?: string;
  /** Where its value is; undefined if the machine does not have it. */
  readonly source?: RegisterName;
}

export const FEATURES = [
  "org.gnu.gdb.i386.core", "org.gnu.gdb.i386.sse", "org.gnu.gdb.i386.segments", "org.shootdown.gdb.i386.system",
] as const;
export type Feature = (typeof FEATURES)[number];
const [CORE, SSE, SEGMENTS, SYSTEM] = FEATURES;

const numbered = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

const general = (["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"] as const)
  .map((name): GdbRegister => ({
    name, bits: 64, type: name === "rbp" || name === "rsp" ? "data_ptr" : "int64", feature: CORE, source: name,
  }));

const system = (source: RegisterName, type = "int64", group?: string): GdbRegister =>
  ({ name: source, bits: 64, type, feature: SYSTEM, source, ...(group ? { group } : {}) });

/** In gdb's numbering. */
export const REGISTERS: readonly GdbRegister[] = [
  ...general,
  { name: "rip", bits: 64, type: "code_ptr", feature: CORE, source: "rip" },
  { name: "eflags", bits: 32, type: "i386_eflags", feature: CORE, source: "rflags" },
  ...(["cs", "ss", "ds", "es", "fs", "gs"] as const)
    .map((name): GdbRegister => ({ name, bits: 32, type: "int32", feature: CORE, source: name })),
  ...numbered("st", 8).map((name): GdbRegister => ({ name, bits: 80, type: "i387_ext", feature: CORE })),
  ...["fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"]
    .map((name): GdbRegister => ({ name, bits: 32, type: "int", feature: CORE, group: "float" })),
  ...numbered("xmm", 16).map((name): GdbRegister => ({ name, bits: 128, type: "uint128", feature: SSE, group: "vector" })),
  { name: "mxcsr", bits: 32, type: "int", feature: SSE, group: "vector" },
  { name: "fs_base", bits: 64, type: "int64", feature: SEGMENTS, source: "fs_base" },
  { name: "gs_base", bits: 64, type: "int64", feature: SEGMENTS, source: "gs_base" },
  { name: "k_gs_base", bits: 64, type: "int64", feature: SYSTEM, source: "kernel_gs_base" },
  system("cr0", "i386_cr0"), system("cr2"), system("cr3"), system("cr4", "i386_cr4"), system("cr8"), system("efer", "i386_efer"),
  ...([
    "es_base", "cs_base", "ss_base", "ds_base", "ldtr", "ldtr_base", "tr", "tr_base", "gdt_base", "gdt_limit", "idt_base", "idt_limit",
    "dr0", "dr1", "dr2", "dr3", "dr6", "dr7", "star", "lstar", "sfmask", "apic_base", "tsc", "cpl",
  ] as const).map((name) => system(name, "int64", "system")),
];

const numberOf = (name: string): number => REGISTERS.findIndex((register) => register.name === name);
/** Those that a stop reply carries, so that gdb need not ask for them. */
export const HINTED = ["rbp", "rsp", "rip"].map(numberOf);

const bytesOf = (register: GdbRegister): number => register.bits / 8;

/** MODE_64 of the core: no code segment has a base there. */
const LONG_MODE = 2n;

/**
 * What is added to RIP to make the linear address that gdb wants for its $pc. gdb knows no segments; with this
 * breakpoints and disassembly are right in real mode too.
 */
const codeBase = (target: Target, cpu: number): bigint =>
  target.register(cpu, "mode") === LONG_MODE ? 0n : target.register(cpu, "cs_base");

/** Register `number` of `cpu` as p and g send it. */
export function encodeRegister(target: Target, cpu: number, number: number): string {
  const register = REGISTERS[number]!;
  if (register.source === undefined) return "xx".repeat(bytesOf(register));
  const value = target.register(cpu, register.source);
  return littleEndian(register.source === "rip" ? value + codeBase(target, cpu) : value, bytesOf(register));
}

export const encodeRegisters = (target: Target, cpu: number): string =>
  REGISTERS.map((_, number) => encodeRegister(target, cpu, number)).join("");

/** Sets register `number` to what P sent; false if that cannot be. A value that it already has always can. */
export function writeRegister(target: Target, cpu: number, number: number, text: string): boolean {
  const register = REGISTERS[number]!;
  const bytes = fromHex(text);
  if (bytes === undefined || bytes.length !== bytesOf(register)) return false;
  if (encodeRegister(target, cpu, number) === text.toLowerCase()) return true;
  if (register.source === undefined) return false;
  const value = fromLittleEndian(bytes);
  if (register.source !== "rip") return target.setRegister(cpu, register.source, value);
  const base = codeBase(target, cpu);
  return target.setRegister(cpu, "rip", base === 0n ? value : BigInt.asUintN(32, value - base));
}

/** Sets all registers to what G sent, those given as unavailable excepted; false if one cannot be set. */
export function writeRegisters(target: Target, cpu: number, text: string): boolean {
  const parts: string[] = [];
  let at = 0;
  for (const register of REGISTERS) parts.push(text.slice(at, (at += 2 * bytesOf(register))));
  if (text.length !== at || !/^([0-9a-f]{2}|xx)*$/i.test(text)) return false;
  const done = parts.map((part, number) => part.startsWith("x") || writeRegister(target, cpu, number, part));
  return done.every(Boolean);
}

// Names by which a person asks for registers: those of the machine, their lower parts, and gdb's aliases.

import { REGISTER_NAMES, type RegisterName } from "../../../machine/index.js";

export interface RegisterPart {
  readonly register: RegisterName;
  readonly shift: number;
  readonly bits: number;
}

const ALIASES: Readonly<Record<string, RegisterName>> = { pc: "rip", sp: "rsp", fp: "rbp", eflags: "rflags", flags: "rflags" };

const parts = new Map<string, RegisterPart>();
const add = (name: string, register: RegisterName, bits: number, shift = 0) => parts.set(name, { register, shift, bits });

for (const name of REGISTER_NAMES) add(name, name, 64);
for (const [alias, name] of Object.entries(ALIASES)) add(alias, name, 64);
for (const name of ["ax", "bx", "cx", "dx", "si", "di", "bp", "sp"]) {
  const whole = `r${name}` as RegisterName;
  add(`e${name}`, whole, 32);
  if (name !== "sp") add(name, whole, 16); // as in gdb, $sp is the stack pointer
  if (name.endsWith("x")) {
    add(`${name[0]}l`, whole, 8);
    add(`${name[0]}h`, whole, 8, 8);
  } else {
    add(`${name}l`, whole, 8);
  }
}
for (let i = 8; i < 16; i++) {
  const whole = `r${i}` as RegisterName;
  add(`r${i}d`, whole, 32);
  add(`r${i}w`, whole, 16);
  add(`r${i}b`, whole, 8);
}
add("eip", "rip", 32);
// Flags of RFLAGS, by their bits (SDM 1, 3.4.3).
const FLAGS = { cf: 0, pf: 2, af: 4, zf: 6, sf: 7, tf: 8, if: 9, df: 10, of: 11 };
for (const [flag, shift] of Object.entries(FLAGS)) add(flag, "rflags", 1, shift);

/** What `name`, in lower case and without its dollar, stands for. */
export const registerPart = (name: string): RegisterPart | undefined => parts.get(name);

/** All names, for completion. */
export const registerNames = (): string[] => [...parts.keys()];

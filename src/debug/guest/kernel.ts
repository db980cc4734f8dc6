// The way into our kernel's memory by names: variables, per-CPU variables, lists, enums. What the symbols do not have
// is a UserError that names it. For this room only.

import { UserError } from "../../errors.js";
import type { Machine } from "../../machine/index.js";
import { type MemoryView, readSome, TypedValue, virtualMemory } from "../look/index.js";
import { stripType, type SymbolInfo, type SymbolTable, type TypeNode } from "../symbols/index.js";

/** Lists in a guest may be broken, or be in the middle of a change. */
const MOST_ELEMENTS = 100_000;
const MOST_TEXT = 64;
/** CPU 0 boots first and has the kernel mapped ever after, in every address space. */
const BOOT_CPU = 0;

export class Kernel {
  readonly machine: Machine;
  readonly symbols: SymbolTable;
  readonly memory: MemoryView;
  readonly #variables = new Map<string, TypedValue>();

  constructor(machine: Machine, symbols: SymbolTable) {
    this.machine = machine;
    this.symbols = symbols;
    this.memory = virtualMemory(machine, BOOT_CPU);
  }

  /** Before the kernel's page tables are loaded there is nothing to look at. */
  checkRunning(): void {
    if (!this.memory.read(this.variable("tasks").address, 8)) throw new UserError("the guest kernel does not run yet: CPU 0 has not mapped it");
  }

  #missing(what: string): UserError {
    const files = this.symbols.modules.join(", ");
    return new UserError(`this needs the symbols of our guest kernel: ${what} is not in ${files}`);
  }

  type(name: string): TypeNode {
    const type = this.symbols.type(name);
    if (!type) throw this.#missing(`type ${name}`);
    return type;
  }

  variable(name: string): TypedValue {
    let value = this.#variables.get(name);
    if (!value) {
      const variable = this.symbols.variable(name);
      if (!variable) throw this.#missing(`variable ${name}`);
      value = new TypedValue(this.memory, variable.address, variable.type);
      this.#variables.set(name, value);
    }
    return value;
  }

  symbol(name: string): SymbolInfo {
    const symbol = this.symbols.resolve(name);
    if (!symbol) throw this.#missing(`symbol ${name}`);
    return symbol;
  }

  constant(name: string): number {
    const value = this.symbols.enumerator(name);
    if (value === undefined) throw this.#missing(`enumerator ${name}`);
    return Number(value);
  }

  /** The copy of a per-CPU variable that `cpu` has; undefined for a CPU that the kernel has not set up. */
  perCpu(name: string, cpu: number): TypedValue | undefined {
    const template = this.variable(name);
    const offset = this.variable("__per_cpu_offset").at(cpu).big();
    return offset === 0n ? undefined : new TypedValue(this.memory, template.address + offset, template.type);
  }

  /** CPUs that run the kernel. */
  cpus(): number[] {
    return this.bits(this.variable("cpu_online_mask").big()).filter((cpu) => cpu < this.machine.options.cpus);
  }

  value(address: bigint, typeName: string): TypedValue {
    return new TypedValue(this.memory, address, this.type(typeName));
  }

  /** The structures of type `typeName` on the list at `head`, linked through their member `member`. */
  *list(head: TypedValue, typeName: string, member: string): Generator<TypedValue> {
    const type = this.type(typeName);
    let link = head.member("next").target();
    for (let i = 0; link.address !== head.address; i++) {
      // A list that is not set up yet is zero.
      if (link.address === 0n) return;
      if (i >= MOST_ELEMENTS) throw new UserError(`the list at 0x${head.address.toString(16)} does not end`);
      const next = link.member("next").target();
      yield link.container(type, member);
      link = next;
    }
  }

  /** For each ASID of `cpu`, whose entries it holds and up to which generation they are current. */
  contexts(cpu: number): { id: bigint; generation: bigint }[] {
    const contexts = this.perCpu("cpu_tlbstate", cpu)?.member("ctxs");
    const type = contexts && stripType(contexts.type);
    const count = type?.kind === "array" ? (type.count ?? 0) : 0;
    return Array.from({ length: count }, (_, asid) => {
      const context = contexts!.at(asid);
      return { id: context.member("ctx_id").big(), generation: context.member("tlb_gen").big() };
    });
  }

  /** The string at `address`. */
  textAt(address: bigint): string {
    const bytes = readSome(this.memory, address, MOST_TEXT);
    const end = bytes.indexOf(0);
    return new TextDecoder("latin1").decode(end < 0 ? bytes : bytes.subarray(0, end));
  }

  /** Numbers of the bits that are set. */
  bits(mask: bigint): number[] {
    const numbers: number[] = [];
    for (let rest = BigInt.asUintN(64, mask), i = 0; rest !== 0n; rest >>= 1n, i++) if (rest & 1n) numbers.push(i);
    return numbers;
  }

  /** Enumerators of `typeName` without `prefix`, in lower case. */
  #names(typeName: string, prefix: string): { name: string; value: bigint }[] {
    const type = stripType(this.type(typeName));
    const values = type.kind === "enum" ? type.values : [];
    return values.map(({ name, value }) => ({ name: name.replace(new RegExp(`^${prefix}`), "").toLowerCase(), value }));
  }

  /** Names of the flags that are set, of an enum whose enumerators are masks. */
  flagsByMask(value: bigint, typeName: string, prefix: string): string[] {
    return this.#names(typeName, prefix).filter((one) => one.value !== 0n && (value & one.value) === one.value).map((one) => one.name);
  }

  /** Names of the flags that are set, of an enum whose enumerators are bit numbers. */
  flagsByBit(value: bigint, typeName: string, prefix: string): string[] {
    return this.#names(typeName, prefix).filter((one) => (value >> one.value) & 1n).map((one) => one.name);
  }

  /** What the enum calls its values, in order. */
  enumeration(typeName: string, prefix: string): readonly { name: string; value: bigint }[] {
    return this.#names(typeName, prefix);
  }
}

/** A pointer's value, or undefined for NULL. */
export function pointer(value: TypedValue): bigint | undefined {
  const address = value.big();
  return address === 0n ? undefined : address;
}

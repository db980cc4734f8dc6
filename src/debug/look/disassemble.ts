// Code as text, Intel's or AT&T's, with the names of what it refers to.

import type * as Iced from "iced-x86";
import { loadIced, type Machine } from "../../machine/index.js";
import { hex } from "../../units.js";
import type { SymbolAt, SymbolTable } from "../symbols/types.js";
import { type MemoryView, readSome, virtualMemory } from "./memory.js";
import type { Instruction, Syntax } from "./types.js";

const LONGEST = 15;
const BITS = [16, 32, 64] as const;

export interface DisassembleOptions {
  readonly count?: number;
  /** Stop before the first instruction at or behind this address, in place of `count`. */
  readonly end?: bigint;
  readonly syntax?: Syntax;
  readonly symbols?: SymbolTable | undefined;
  /** Where the code is; by default what `cpu` sees through its page tables. */
  readonly memory?: MemoryView;
  /** By default what `cpu` runs. */
  readonly bits?: 16 | 32 | 64;
}

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

export const nameOf = (symbol: SymbolAt): string => (symbol.offset ? `${symbol.name}+${symbol.offset}` : symbol.name);

function flowOf(iced: typeof Iced, instruction: Iced.Instruction): Instruction["flow"] {
  const { FlowControl } = iced;
  switch (instruction.flowControl) {
    case FlowControl.UnconditionalBranch:
    case FlowControl.IndirectBranch:
      return "branch";
    case FlowControl.ConditionalBranch:
      return "conditional";
    case FlowControl.Call:
    case FlowControl.IndirectCall:
      return "call";
    case FlowControl.Return:
      return "return";
    case FlowControl.Interrupt:
      return "interrupt";
    case FlowControl.Exception:
      return "invalid";
    default:
      return "next";
  }
}

/** The address that the instruction names, if it names one without a register but RIP. */
function targetOf(iced: typeof Iced, instruction: Iced.Instruction): bigint | undefined {
  const { OpKind, Register } = iced;
  for (let i = 0; i < instruction.opCount; i++) {
    switch (instruction.opKind(i)) {
      case OpKind.NearBranch16:
      case OpKind.NearBranch32:
      case OpKind.NearBranch64:
        return instruction.nearBranchTarget;
      case OpKind.Memory:
        if (instruction.isIpRelMemoryOperand) return instruction.ipRelMemoryAddress;
        if (instruction.memoryBase === Register.None && instruction.memoryIndex === Register.None) {
          return u64(instruction.memoryDisplacement);
        }
    }
  }
  return undefined;
}

function formatterFor(iced: typeof Iced, syntax: Syntax): Iced.Formatter {
  const formatter = new iced.Formatter(syntax === "intel" ? iced.FormatterSyntax.Intel : iced.FormatterSyntax.Gas);
  formatter.hexPrefix = "0x";
  formatter.hexSuffix = "";
  formatter.uppercaseHex = false;
  formatter.smallHexNumbersInDecimal = false;
  formatter.ripRelativeAddresses = true;
  formatter.branchLeadingZeros = false;
  formatter.spaceAfterOperandSeparator = syntax === "intel";
  return formatter;
}

/** The instructions from linear address `address` on, until one is invalid or its bytes cannot be read. */
export function disassemble(machine: Machine, cpu: number, address: bigint, options: DisassembleOptions = {}): Instruction[] {
  const { end, syntax = "intel", symbols, memory = virtualMemory(machine, cpu) } = options;
  const count = options.count ?? (end === undefined ? 1 : Infinity);
  const bits = options.bits ?? BITS[Number(machine.register(cpu, "mode"))] ?? 64;
  const codeBase = bits === 64 ? 0n : machine.register(cpu, "cs_base");
  const rip = u64(machine.register(cpu, "rip") + codeBase);
  const iced = loadIced();
  const formatter = formatterFor(iced, syntax);
  const list: Instruction[] = [];
  try {
    for (let at = u64(address); list.length < count && (end === undefined || at < end); ) {
      const bytes = readSome(memory, at, LONGEST);
      if (bytes.length === 0) break;
      const one = decodeOne(iced, formatter, bytes, at, codeBase, bits, symbols, rip);
      list.push(one);
      if (one.flow === "invalid" && one.bytes.length === 0) break;
      at = u64(at + BigInt(one.bytes.length));
    }
  } finally {
    formatter.free();
  }
  return list;
}

function decodeOne(
  iced: typeof Iced, formatter: Iced.Formatter, bytes: Uint8Array, address: bigint, codeBase: bigint, bits: 16 | 32 | 64,
  symbols: SymbolTable | undefined, rip: bigint,
): Instruction {
  const decoder = new iced.Decoder(bits, bytes, iced.DecoderOptions.None);
  decoder.ip = u64(address - codeBase);
  const instruction = decoder.decode();
  const symbol = symbols?.at(address);
  const line = symbols?.lineAt(address);
  const about = { address, ...(symbol ? { symbol } : {}), ...(line ? { line } : {}), current: address === rip };
  try {
    // What is no instruction takes one byte, so that what follows it is seen too.
    if (instruction.isInvalid) return { ...about, bytes: bytes.slice(0, 1), text: "(bad)", flow: "invalid" };
    const named = targetOf(iced, instruction);
    const isBranch = named !== undefined && !instruction.isIpRelMemoryOperand && formatterShows(instruction, iced);
    const targetAddress = named === undefined ? undefined : isBranch ? u64(named + codeBase) : named;
    const found = targetAddress === undefined ? undefined : symbols?.at(targetAddress);
    const target = targetAddress === undefined ? undefined : { address: targetAddress, ...(found ? { symbol: found } : {}) };
    const note = found === undefined || target === undefined ? "" : isBranch
      ? ` <${nameOf(found)}>` : `  # ${hex(target.address)} <${nameOf(found)}>`;
    return {
      ...about, bytes: bytes.slice(0, instruction.length), text: formatter.format(instruction) + note,
      ...(target ? { target } : {}), flow: flowOf(iced, instruction),
    };
  } finally {
    instruction.free();
    decoder.free();
  }
}

/** True of a branch or call whose target is in the instruction itself. */
function formatterShows(instruction: Iced.Instruction, iced: typeof Iced): boolean {
  const kind = instruction.opCount > 0 ? instruction.opKind(0) : iced.OpKind.Register;
  return kind === iced.OpKind.NearBranch16 || kind === iced.OpKind.NearBranch32 || kind === iced.OpKind.NearBranch64;
}

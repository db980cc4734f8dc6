// The stack of calls on a CPU, or of a thread that is switched out: by call frame information, across interrupts and
// from the kernel into what it interrupted; where there is none, by the frame pointer.

import type { Machine } from "../../machine/index.js";
import { evaluate, type RegisterRule, type SymbolAt, type SymbolTable, type UnwindRow } from "../symbols/index.js";
import { disassemble } from "./disassemble.js";
import { type MemoryView, readUnsigned, virtualMemory } from "./memory.js";
import type { Backtrace, Frame } from "./types.js";
import { isCanonical } from "./walk.js";

/** DWARF's register numbers (psABI, figure 3.36); 16 is the return address. */
const NAMES = ["rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"] as const;
const RBP = 6;
const RSP = 7;
const RIP = 16;
/** A callee saves these, so without a rule the caller's value is still there (psABI 3.2.1). */
const CALLEE_SAVED = [3, 6, 12, 13, 14, 15];
const USER_END = 1n << 47n;
const MOST_FRAMES = 256;

type Registers = ReadonlyMap<number, bigint>;

export interface StartRegisters {
  readonly rip: bigint;
  readonly rsp: bigint;
  readonly rbp?: bigint;
  readonly rbx?: bigint;
  readonly r12?: bigint;
  readonly r13?: bigint;
  readonly r14?: bigint;
  readonly r15?: bigint;
}

export interface BacktraceOptions {
  readonly limit?: number;
  /** Where to begin instead of at the CPU's registers: in a thread that is switched out. */
  readonly from?: StartRegisters;
  /** By default what the CPU sees through its page tables. */
  readonly memory?: MemoryView;
}

function registersOf(machine: Machine, cpu: number): Map<number, bigint> {
  const registers = new Map<number, bigint>(NAMES.map((name, number) => [number, machine.register(cpu, name)]));
  return registers.set(RIP, machine.register(cpu, "rip"));
}

function registersFrom(start: StartRegisters): Map<number, bigint> {
  const registers = new Map<number, bigint>([[RIP, start.rip]]);
  NAMES.forEach((name, number) => {
    const value = (start as unknown as Readonly<Record<string, bigint | undefined>>)[name];
    if (value !== undefined) registers.set(number, value);
  });
  return registers;
}

/** The caller's registers by `row`; undefined if its frame cannot be found. */
function unwind(row: UnwindRow, registers: Registers, memory: MemoryView): Map<number, bigint> | undefined {
  const context = {
    register: (number: number) => registers.get(number),
    read: (address: bigint, size: number) => readUnsigned(memory, address, size),
  };
  const base = row.cfa.kind === "register" ? registers.get(row.cfa.register) : undefined;
  const cfa = row.cfa.kind === "expression" ? evaluate(row.cfa.bytes, context)
    : base === undefined ? undefined : BigInt.asUintN(64, base + row.cfa.offset);
  if (cfa === undefined) return undefined;
  const valueOf = (number: number, rule: RegisterRule): bigint | undefined => {
    switch (rule.kind) {
      case "same":
        return registers.get(number);
      case "offset":
        return readUnsigned(memory, BigInt.asUintN(64, cfa + rule.offset), 8);
      case "value-offset":
        return BigInt.asUintN(64, cfa + rule.offset);
      case "register":
        return registers.get(rule.register);
      case "expression": {
        const address = evaluate(rule.bytes, context, [cfa]);
        return address === undefined ? undefined : readUnsigned(memory, address, 8);
      }
      case "value-expression":
        return evaluate(rule.bytes, context, [cfa]);
      default:
        return undefined;
    }
  };
  const caller = new Map<number, bigint>();
  const keep = (number: number, value: bigint | undefined) => value !== undefined && caller.set(number, value);
  for (const number of CALLEE_SAVED) keep(number, registers.get(number));
  for (const [number, rule] of row.rules) {
    caller.delete(number);
    keep(number, valueOf(number, rule));
  }
  if (!row.rules.has(RSP)) caller.set(RSP, cfa);
  if (row.returnRegister !== RIP) keep(RIP, caller.get(row.returnRegister));
  return caller;
}

/**
 * A frame that the processor made, not a call. LLVM's assembler does not say so in .debug_frame; but only such a frame has
 * the caller's RSP saved, or the return address in a register.
 */
const isTrapFrame = (row: UnwindRow): boolean =>
  row.signal || row.rules.has(RSP) || row.rules.get(row.returnRegister)?.kind === "register";

const POPF = 0x9d;
const PUSHF = 0x9c;

/** POP to a register (SDM 2B): 58H + r, after REX.B for R8 to R15. */
const isPop = ([first = 0, second = 0]: Uint8Array): boolean =>
  (first >= 0x58 && first <= 0x5f) || (first === 0x41 && second >= 0x58 && second <= 0x5f);

/**
 * Whether the flags are on the stack at `rip`, half-way through the PUSHF; POP or PUSH; POPF by which inline assembly reads
 * and sets them. Compilers do not see these, so call frame information is one word short there.
 */
function flagsOnStack(machine: Machine, cpu: number, rip: bigint, symbol: SymbolAt | undefined, memory: MemoryView): boolean {
  const code = memory.read(rip, 2);
  if (!code || !symbol) return false;
  if (code[0] === POPF) return true;
  if (!isPop(code) || memory.read(rip - 1n, 1)?.[0] !== PUSHF) return false;
  // The byte may be the end of a longer instruction: only from the start of the function on is it known.
  const before = disassemble(machine, cpu, symbol.address, { end: rip, memory, bits: 64 }).at(-1);
  return before?.bytes.length === 1;
}

/** The caller's registers if the function keeps a frame pointer; undefined if that cannot be so. */
function unwindByPointer(registers: Registers, memory: MemoryView): Map<number, bigint> | undefined {
  const rbp = registers.get(RBP);
  const rsp = registers.get(RSP);
  if (rbp === undefined || rsp === undefined || rbp < rsp || rbp % 8n !== 0n) return undefined;
  const rip = readUnsigned(memory, rbp + 8n, 8);
  const saved = readUnsigned(memory, rbp, 8);
  if (rip === undefined || saved === undefined) return undefined;
  return new Map([[RIP, rip], [RSP, rbp + 16n], [RBP, saved]]);
}

/** The line of the function that the symbol table has at `address`, and those of what was inlined into it. */
function sourceOf(symbols: SymbolTable, address: bigint): Pick<Frame, "line" | "inlined"> {
  const innermost = symbols.lineAt(address);
  if (!innermost) return {};
  const calls = symbols.inlinedAt(address);
  let at: { file: string; line: number } | undefined = innermost;
  const inlined: { name: string; file?: string; line?: number }[] = [];
  for (const { name, caller } of calls) {
    inlined.push({ name, ...(at ? { file: at.file, line: at.line } : {}) });
    at = caller;
  }
  if (inlined.length === 0) return { line: innermost };
  const { directory, start, end } = innermost;
  return { inlined, ...(at ? { line: { file: at.file, line: at.line, directory, start, end } } : {}) };
}

export function backtrace(machine: Machine, symbols: SymbolTable | undefined, cpu: number, options: BacktraceOptions = {}): Backtrace {
  const { limit = MOST_FRAMES, from, memory = virtualMemory(machine, cpu) } = options;
  let registers: Registers = from ? registersFrom(from) : registersOf(machine, cpu);
  const startsInUser = !from && machine.register(cpu, "cpl") === 3n;
  let wasUser = startsInUser;
  const frames: Frame[] = [];
  const seen = new Set<string>();
  let by: Frame["by"] = "registers";
  let interrupted = false;
  for (;;) {
    const rip = registers.get(RIP)!;
    const rsp = registers.get(RSP)!;
    // A return address may be the first byte of what follows the function: what called is before it.
    const inside: bigint = frames.length === 0 || interrupted ? rip : rip - 1n;
    const symbol = symbols?.at(inside);
    // Only an interrupt or a system call leads from the kernel to user code: boot code is low, too.
    wasUser ||= interrupted && rip < USER_END;
    frames.push({
      level: frames.length, rip, rsp, by, interrupted,
      ...(symbol ? { symbol: { ...symbol, offset: Number(rip - symbol.address) } } : {}), ...(symbols ? sourceOf(symbols, inside) : {}),
      user: wasUser,
    });
    if (frames.length >= limit) return { frames, end: "limit" };
    const row: UnwindRow | undefined = symbols?.unwindAt(inside);
    const rule = row?.rules.get(row.returnRegister);
    if (row && rule?.kind === "undefined") return { frames, end: "outermost" };
    if (row && (frames.length === 1 || interrupted) && flagsOnStack(machine, cpu, rip, symbol, memory)) {
      registers = new Map(registers).set(RSP, rsp + 8n);
    }
    const caller = row ? unwind(row, registers, memory) : unwindByPointer(registers, memory);
    if (!caller) return { frames, end: row ? "unreadable" : "no-information" };
    const next = caller.get(RIP);
    if (next === undefined || !caller.has(RSP)) return { frames, end: "unreadable" };
    if (next === 0n || !isCanonical(next)) return { frames, end: next === 0n ? "outermost" : "no-information" };
    // Without call frame information, only what has a name is believed to be a return address.
    if (!row && symbols && !symbols.at(next - 1n)) return { frames, end: "no-information" };
    const place = `${next} ${caller.get(RSP)}`;
    if (seen.has(place)) return { frames, end: "loop" };
    seen.add(place);
    by = row ? "cfi" : "frame-pointer";
    interrupted = row !== undefined && isTrapFrame(row);
    registers = caller;
  }
}

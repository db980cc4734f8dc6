// What the commands work with: the session, the console's settings, and what it remembers from one command to the next.

import type { Counters, Machine, RegisterName } from "../../machine/index.js";
import { disassemble, type Syntax } from "../look/index.js";
import type { Session } from "../session/index.js";
import type { SymbolTable } from "../symbols/index.js";
import { UserError } from "../../errors.js";
import type { Scope } from "./expression/evaluate.js";
import type { Value } from "./expression/value.js";
import type { CommandIndex } from "./lookup.js";
import { type Style, styleOf } from "./text/style.js";

export interface ContextOptions {
  readonly session: Session;
  readonly symbols?: SymbolTable;
  readonly colours?: boolean;
}

export class Context {
  readonly session: Session;
  readonly symbols: SymbolTable | undefined;
  readonly style: Style;
  /** All commands, for help. */
  readonly index: CommandIndex;
  syntax: Syntax = "intel";
  /** Values printed: `$1` is the first. */
  readonly values: Value[] = [];
  /** Every CPU's registers before the last command that ran the machine. */
  registersBefore: readonly Readonly<Record<RegisterName, bigint>>[] | undefined;
  /** Counters when they were last looked at. */
  readonly countersBefore = new Map<number | "all", Counters>();
  /** Set by Ctrl-C: commands that take long look at it. */
  interrupted = false;
  /** Set by `quit`. */
  done = false;

  constructor(options: ContextOptions, index: CommandIndex) {
    this.session = options.session;
    this.symbols = options.symbols;
    this.style = styleOf(options.colours ?? false);
    this.index = index;
  }

  get machine(): Machine {
    return this.session.pc.machine;
  }

  get cpus(): number {
    return this.machine.options.cpus;
  }

  /** The CPU that commands are about unless they name another. */
  get cpu(): number {
    return this.session.focus;
  }

  /** For expressions about `cpu`. */
  scope(cpu = this.cpu): Scope {
    const { machine, symbols } = this;
    return {
      cpu,
      cpus: this.cpus,
      step: machine.steps,
      ...(symbols ? { symbols } : {}),
      register: (of, name) => machine.register(of, name as RegisterName),
      read: (address, size) => machine.readVirtual(cpu, address, size),
      history: this.values,
    };
  }

  /** The instruction at an address as text; undefined where nothing is mapped. */
  instructionAt(cpu: number, rip: bigint): string | undefined {
    const { machine, symbols, syntax } = this;
    const base = machine.register(cpu, "mode") === 2n ? 0n : machine.register(cpu, "cs_base");
    return disassemble(machine, cpu, rip + base, { count: 1, symbols, syntax })[0]?.text;
  }

  /** To be called before the machine runs, so that `regs` can mark what has changed since. */
  rememberRegisters(): void {
    this.registersBefore = Array.from({ length: this.cpus }, (_, cpu) => this.machine.registers(cpu));
  }

  /** The symbols, for a command that is nothing without them. */
  needSymbols(): SymbolTable {
    if (!this.symbols) throw new UserError("no symbols are loaded: start with --symbols FILE");
    return this.symbols;
  }
}

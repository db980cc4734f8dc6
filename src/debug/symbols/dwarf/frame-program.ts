// Call frame instructions (DWARF 5, 6.4.2), run up to an address. For this folder only.

import { type Cursor } from "../cursor.js";
import type { CfaRule, RegisterRule, UnwindRow } from "../types.js";

/** A common information entry: what the frames of many functions share (6.4.1). */
export interface CommonEntry {
  readonly codeAlign: bigint;
  readonly dataAlign: bigint;
  readonly returnRegister: number;
  readonly signal: boolean;
  readonly addressSize: number;
  /** Pointer encoding of the frames' addresses; 0 is plain addresses. */
  readonly encoding: number;
  readonly hasAugmentationData: boolean;
  /** Instructions that every frame begins with. */
  readonly initial: () => Cursor;
}

interface State {
  cfa: CfaRule | undefined;
  rules: Map<number, RegisterRule>;
}

const CFA = {
  nop: 0x00, setLoc: 0x01, advance1: 0x02, advance2: 0x03, advance4: 0x04, offsetExtended: 0x05, restoreExtended: 0x06,
  undefined: 0x07, same: 0x08, register: 0x09, remember: 0x0a, restoreState: 0x0b, defCfa: 0x0c, defCfaRegister: 0x0d,
  defCfaOffset: 0x0e, defCfaExpression: 0x0f, expression: 0x10, offsetExtendedSf: 0x11, defCfaSf: 0x12,
  defCfaOffsetSf: 0x13, valOffset: 0x14, valOffsetSf: 0x15, valExpression: 0x16, gnuArgsSize: 0x2e,
  gnuNegativeOffset: 0x2f,
} as const;
const HIGH = { advance: 0x40, offset: 0x80, restore: 0xc0 } as const;
const MOST_REMEMBERED = 64;

/** Runs instructions on a row. `location` is of the code that the row so far is for. */
class FrameProgram {
  readonly #common: CommonEntry;
  readonly #target: bigint;
  readonly #remembered: State[] = [];
  #location: bigint;
  #initial: ReadonlyMap<number, RegisterRule> = new Map();
  state: State = { cfa: undefined, rules: new Map() };

  constructor(common: CommonEntry, start: bigint, target: bigint) {
    this.#common = common;
    this.#location = start;
    this.#target = target;
  }

  /** Runs the instructions that all frames of the common entry begin with; restores go back to this. */
  begin(): void {
    this.run(this.#common.initial());
    this.#initial = new Map(this.state.rules);
  }

  run(c: Cursor): void {
    while (!c.done && this.#location <= this.#target) {
      const byte = c.u8();
      const high = byte & 0xc0;
      const low = byte & 0x3f;
      if (high === HIGH.advance) this.#advance(BigInt(low));
      else if (high === HIGH.offset) this.#offset(low, c.ulebBig());
      else if (high === HIGH.restore) this.#restore(low);
      else if (!this.#move(c, low) && !this.#define(c, low)) this.#rule(c, low);
    }
  }

  #advance(units: bigint): void {
    this.#location += units * this.#common.codeAlign;
  }

  #set(register: number, rule: RegisterRule): void {
    this.state.rules.set(register, rule);
  }

  #offset(register: number, units: bigint): void {
    this.#set(register, { kind: "offset", offset: units * this.#common.dataAlign });
  }

  #restore(register: number): void {
    const rule = this.#initial.get(register);
    if (rule) this.#set(register, rule);
    else this.state.rules.delete(register);
  }

  /** Instructions that change the location, or the whole row. */
  #move(c: Cursor, op: number): boolean {
    switch (op) {
      case CFA.nop:
        return true;
      case CFA.setLoc:
        this.#location = c.unsigned(this.#common.addressSize);
        return true;
      case CFA.advance1:
        this.#advance(BigInt(c.u8()));
        return true;
      case CFA.advance2:
        this.#advance(BigInt(c.u16()));
        return true;
      case CFA.advance4:
        this.#advance(BigInt(c.u32()));
        return true;
      case CFA.remember:
        if (this.#remembered.length >= MOST_REMEMBERED) throw c.malformed("frames remember too much");
        this.#remembered.push({ cfa: this.state.cfa, rules: new Map(this.state.rules) });
        return true;
      case CFA.restoreState: {
        const state = this.#remembered.pop();
        if (!state) throw c.malformed("a frame restores what was not remembered");
        this.state = state;
        return true;
      }
      case CFA.gnuArgsSize:
        c.uleb();
        return true;
      default:
        return false;
    }
  }

  #define(c: Cursor, op: number): boolean {
    const { dataAlign } = this.#common;
    const now = (): CfaRule & { kind: "register" } => {
      const cfa = this.state.cfa;
      if (cfa?.kind !== "register") throw c.malformed("a frame changes an address that it has not defined");
      return cfa;
    };
    switch (op) {
      case CFA.defCfa:
        this.state.cfa = { kind: "register", register: c.uleb(), offset: c.ulebBig() };
        return true;
      case CFA.defCfaSf:
        this.state.cfa = { kind: "register", register: c.uleb(), offset: c.sleb() * dataAlign };
        return true;
      case CFA.defCfaRegister:
        this.state.cfa = { ...now(), register: c.uleb() };
        return true;
      case CFA.defCfaOffset:
        this.state.cfa = { ...now(), offset: c.ulebBig() };
        return true;
      case CFA.defCfaOffsetSf:
        this.state.cfa = { ...now(), offset: c.sleb() * dataAlign };
        return true;
      case CFA.defCfaExpression:
        this.state.cfa = { kind: "expression", bytes: c.take(c.uleb()) };
        return true;
      default:
        return false;
    }
  }

  #rule(c: Cursor, op: number): void {
    const { dataAlign } = this.#common;
    const register = c.uleb();
    switch (op) {
      case CFA.offsetExtended:
        return this.#offset(register, c.ulebBig());
      case CFA.offsetExtendedSf:
        return this.#offset(register, c.sleb());
      case CFA.gnuNegativeOffset:
        return this.#offset(register, -c.ulebBig());
      case CFA.restoreExtended:
        return this.#restore(register);
      case CFA.undefined:
        return this.#set(register, { kind: "undefined" });
      case CFA.same:
        return this.#set(register, { kind: "same" });
      case CFA.register:
        return this.#set(register, { kind: "register", register: c.uleb() });
      case CFA.valOffset:
        return this.#set(register, { kind: "value-offset", offset: c.ulebBig() * dataAlign });
      case CFA.valOffsetSf:
        return this.#set(register, { kind: "value-offset", offset: c.sleb() * dataAlign });
      case CFA.expression:
        return this.#set(register, { kind: "expression", bytes: c.take(c.uleb()) });
      case CFA.valExpression:
        return this.#set(register, { kind: "value-expression", bytes: c.take(c.uleb()) });
      default:
        throw c.malformed(`call frame instruction 0x${op.toString(16)} is not known`);
    }
  }
}

/** The row for `address`, which lies in a frame that starts at `start` and has the instructions at `program`. */
export function rowAt(common: CommonEntry, start: bigint, program: Cursor, address: bigint): UnwindRow | undefined {
  const run = new FrameProgram(common, start, address);
  run.begin();
  run.run(program);
  const { cfa, rules } = run.state;
  return cfa && { cfa, rules, returnRegister: common.returnRegister, signal: common.signal };
}

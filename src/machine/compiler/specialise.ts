// Evaluates a case of the hot loop for one record as far as the record decides: what is left over is the code of the instruction.
// It knows no instruction. It knows that
//
//   - records do not change, but for links that lead nowhere yet;
//   - the registers of the CPU that has the turn lie at constant addresses: what is there is kept in locals;
//   - the globals of the templates are what the hot loop keeps in locals;
//   - `next(record)` goes on, and `leave(record)` leaves for the slow path.
//
// A template is straight-line code with `if` and without loops. Its operands are trees: one that turns out to be constant need not
// have been written.

import { RUNNING_BASE } from "../../../assembly/memory-map.js";
import { REC_BYTES } from "../../../assembly/cpu/record.js";
import { THEN_HOT } from "../../../assembly/cpu/header.js";
import type { Code } from "./code.js";
import type { Decoded } from "./decoded.js";
import { FIXED, type Frame, localOf, REC, REGISTER_BYTES, THEN } from "./frame.js";
import { Reader } from "./reader.js";
import { LEAVE, NEXT, type Template, type Templates } from "./templates.js";
import { I32, i32Const, i64Const, memarg, op, VOID } from "./wasm.js";

type Constant = number | bigint;

/** A value on the stack: known, or the code that leaves it there. */
interface Value {
  readonly known?: Constant;
  readonly code: Code;
}

/** One arm of an `if`: what it ended with, whether its end is reached, and what is known of the locals there. */
interface Arm {
  readonly code: Code;
  readonly last: number;
  readonly reached: boolean;
  readonly known: readonly (Constant | undefined)[];
}

/** Bytes of loads from opcode 28H (i32.load) and of stores from 36H (i32.store) on, without floating point; loads with odd opcodes
 *  from 2DH on are unsigned. */
const LOAD_BYTES = [4, 8, 0, 0, 1, 1, 2, 2, 1, 1, 2, 2, 4, 4];
const STORE_BYTES = [4, 8, 0, 0, 1, 2, 1, 2, 4];

const constant = (known: Constant): number[] => (typeof known === "number" ? i32Const(known) : i64Const(known));
const isRegister = (address: number): boolean => address >= RUNNING_BASE && address < RUNNING_BASE + REGISTER_BYTES;

function operandsOf(opcode: number): number {
  if ([op.i32Eqz, op.i64Eqz, op.i32Wrap, op.i64ExtendI32S, op.i64ExtendI32U].some((unary) => unary === opcode)) return 1;
  if (opcode >= op.i32Extend8 && opcode <= op.i64Extend32) return 1;
  if ((opcode >= op.i32Eq && opcode <= op.i64GeU) || (opcode >= op.i32Add && opcode <= op.i64Rotr)) return 2;
  throw new Error(`a template has the instruction ${opcode.toString(16)}H`);
}

/** The code of one record, and whether it goes on at the record behind it by running off its end. */
export interface Specialised {
  readonly code: Code;
  readonly fallsThrough: boolean;
}

export function specialise(templates: Templates, decoded: Decoded, frame: Frame, template: Template, record: number): Specialised {
  return new Evaluation(templates, decoded, frame, template, record).run();
}

class Evaluation {
  readonly #r: Reader;
  readonly #locals: readonly number[];
  /** What is known of each local. One that is known is not set: its value stands where it is read. */
  #known: (Constant | undefined)[];
  #stack: Value[] = [];
  #out: Code = [];
  #depth = 0;
  #fallsThrough = false;
  #fallsFromInside = false;

  constructor(
    readonly templates: Templates,
    readonly decoded: Decoded,
    readonly frame: Frame,
    template: Template,
    readonly record: number,
  ) {
    this.#r = new Reader(templates.bytes, template.start);
    this.#locals = frame.scratch(template.locals);
    this.#known = template.locals.map((type, i) => (i === 0 ? record : type === I32 ? 0 : 0n));
  }

  run(): Specialised {
    this.#statements();
    if (!this.#fallsFromInside) return { code: this.#out, fallsThrough: this.#fallsThrough };
    return { code: [op.block, VOID, ...deeper(this.#out), op.end], fallsThrough: true };
  }

  /** Evaluates up to the end of the function, or of the arm of an `if`. */
  #statements(): { last: number; reached: boolean } {
    let reached = true;
    for (;;) {
      const opcode = this.#r.byte();
      if (opcode === op.end || opcode === op.else) return { last: opcode, reached };
      if (!reached) throw new Error("a template has code behind a return");
      if (opcode === op.return) reached = false;
      else this.#instruction(opcode);
    }
  }

  #instruction(opcode: number): void {
    const r = this.#r;
    if (opcode === op.if) this.#if();
    else if (opcode === op.call) this.#call(r.unsigned());
    else if (opcode === op.localGet) this.#get(r.unsigned());
    else if (opcode === op.localSet) this.#set(r.unsigned());
    else if (opcode === op.localTee) {
      const local = r.unsigned();
      this.#set(local);
      this.#get(local);
    } else if (opcode === op.globalGet) this.#push([op.localGet, localOf(this.templates.state(r.unsigned()))]);
    else if (opcode === op.globalSet) {
      const local = localOf(this.templates.state(r.unsigned()));
      this.#statement([this.#pop().code, op.localSet, local]);
    } else if (opcode === op.i32Const) this.#pushKnown(Number(r.signed()));
    else if (opcode === op.i64Const) this.#pushKnown(r.signed());
    else if (opcode >= op.i32Load && opcode <= op.i64Load32U) this.#load(opcode);
    else if (opcode >= op.i32Store && opcode <= op.i64Store32) this.#store(opcode);
    else this.#compute(opcode, opcode === op.select ? 3 : operandsOf(opcode));
  }

  #compute(opcode: number, operands: number): void {
    const values = this.#stack.splice(this.#stack.length - operands);
    const [a, b] = values.map((value) => value.known);
    if (opcode === op.i32Add && typeof a === "number" && typeof b === "number") this.#pushKnown((a + b) | 0);
    else this.#push([...values.map((value) => value.code), opcode]);
  }

  #pushKnown(known: Constant): void {
    this.#stack.push({ known, code: constant(known) });
  }

  #push(code: Code): void {
    this.#stack.push({ code });
  }

  #pop(): Value {
    const value = this.#stack.pop();
    if (!value) throw new Error("a template's stack is empty");
    return value;
  }

  /** Code that leaves no value, behind what was worked out before it. */
  #statement(code: Code): void {
    const waiting = this.#stack.findLast((value) => value.known === undefined);
    (waiting ? waiting.code : this.#out).push(code);
  }

  #get(local: number): void {
    const known = this.#known[local];
    if (known === undefined) this.#push([op.localGet, this.#locals[local] as number]);
    else this.#pushKnown(known);
  }

  #set(local: number): void {
    const { known, code } = this.#pop();
    this.#known[local] = known;
    if (known === undefined) this.#statement([code, op.localSet, this.#locals[local] as number]);
  }

  #load(opcode: number): void {
    const { offset, at, code } = this.#address();
    const bytes = LOAD_BYTES[opcode - op.i32Load] as number;
    const long = opcode === op.i64Load || opcode >= op.i64Load8S;
    const unsigned = opcode > op.i64Load && opcode % 2 === 1;
    if (at === undefined) return this.#push([code, opcode, memarg(offset)]);
    if (isRegister(at)) return this.#loadRegister(at - RUNNING_BASE, bytes, unsigned, long);
    const held = FIXED.find((name) => this.templates.constant(`${name}At`) === at);
    if (held) return this.#push([op.localGet, localOf(held)]);
    const field = this.decoded.holds(at) ? this.decoded.field(at, bytes) : undefined;
    if (field === undefined) return this.#push([code, opcode, memarg(offset)]);
    const value = unsigned ? BigInt.asUintN(bytes * 8, field) : field;
    this.#pushKnown(long ? value : Number(value));
  }

  #loadRegister(offset: number, bytes: number, unsigned: boolean, long: boolean): void {
    if (this.frame.isZero(offset)) return this.#pushKnown(long ? 0n : 0);
    const code: Code = [op.localGet, this.frame.read(offset)];
    if (offset % 8) code.push(i64Const(BigInt(offset % 8) * 8n), op.i64ShrU);
    if (bytes < 8 && unsigned) code.push(i64Const((1n << BigInt(bytes * 8)) - 1n), op.i64And);
    else if (bytes < 8) code.push(bytes === 1 ? op.i64Extend8 : bytes === 2 ? op.i64Extend16 : op.i64Extend32);
    if (!long) code.push(op.i32Wrap);
    this.#push(code);
  }

  #store(opcode: number): void {
    const value = this.#pop();
    const { offset, at, code } = this.#address();
    if (at === undefined || !isRegister(at)) return this.#statement([code, value.code, opcode, memarg(offset)]);
    const long = opcode === op.i64Store || opcode >= op.i64Store8;
    this.#storeRegister(at - RUNNING_BASE, STORE_BYTES[opcode - op.i32Store] as number, [value.code, ...(long ? [] : [op.i64ExtendI32U])]);
  }

  #storeRegister(offset: number, bytes: number, value: Code): void {
    const local = this.frame.write(offset);
    if (bytes === 8) return this.#statement([value, op.localSet, local]);
    const shift = BigInt(offset % 8) * 8n;
    const mask = (1n << BigInt(bytes * 8)) - 1n;
    this.#statement([
      value, i64Const(mask), op.i64And, i64Const(shift), op.i64Shl,
      op.localGet, local, i64Const(~(mask << shift)), op.i64And, op.i64Or, op.localSet, local,
    ]);
  }

  /** The address operand with the instruction's offset: where it is, if that is known. */
  #address(): { offset: number; at: number | undefined; code: Code } {
    this.#r.unsigned(); // alignment
    const offset = this.#r.unsigned();
    const { known, code } = this.#pop();
    if (typeof known === "number") return { offset, at: known + offset, code };
    if (isRegister(offset)) throw new Error("a template works out which register it means");
    return { offset, at: undefined, code };
  }

  #if(): void {
    const type = this.#r.byte();
    const condition = this.#pop();
    const then = this.#arm();
    const other = then.last === op.else ? this.#arm() : { code: [], last: op.end, reached: true, known: this.#known };
    if (then.reached && other.reached) this.#merge(then, other);
    else this.#known = [...(then.reached ? then : other).known];
    const code: Code = [condition.code, op.if, type, then.code, ...(other.code.length > 0 ? [op.else, other.code] : []), op.end];
    if (type === VOID) this.#statement(code);
    else this.#push(code);
  }

  #arm(): Arm {
    const [stack, out, known] = [this.#stack, this.#out, this.#known];
    [this.#stack, this.#out, this.#known] = [[], [], [...known]];
    this.#depth++;
    const end = this.#statements();
    this.#depth--;
    const arm = { ...end, known: this.#known, code: [...this.#out, ...this.#stack.map((value) => value.code)] };
    [this.#stack, this.#out, this.#known] = [stack, out, known];
    return arm;
  }

  /** Behind an `if`, what both arms know stays known; a local of which they differ is set in the arms that know it. */
  #merge(then: Arm, other: Arm): void {
    this.#known = then.known.map((value, i) => {
      if (value === other.known[i]) return value;
      for (const { known, code } of [then, other]) {
        if (known[i] !== undefined) code.push(constant(known[i]), op.localSet, this.#locals[i] as number);
      }
      return undefined;
    });
  }

  #call(callee: number): void {
    const { known, code } = this.#pop();
    const depth = this.#depth;
    if (callee === LEAVE) this.#statement([code, op.localSet, REC, i32Const(THEN_HOT), op.localSet, THEN, { jump: "leave", depth }]);
    else if (callee !== NEXT) throw new Error("a template calls a function");
    else if (known === undefined) this.#statement([code, op.localSet, REC, { jump: "dynamic", depth }]);
    else if (known !== this.record + REC_BYTES) this.#statement([{ jump: Number(known), depth }]);
    else if (depth === 0) this.#fallsThrough = true;
    else {
      this.#fallsFromInside = true;
      this.#statement([op.br, depth]);
    }
  }
}

/** The same code one block deeper. */
function deeper(code: Code): Code {
  return code.map((part) => {
    if (Array.isArray(part)) return deeper(part);
    return typeof part === "object" && "jump" in part ? { jump: part.jump, depth: part.depth + 1 } : part;
  });
}

// Puts the blocks of a region into one function. Wasm has no `goto`: a jump forward leaves a `block`, one back repeats a `loop`. So
// the blocks stand in an order in which only loops lead back, and a loop encloses all from its head to the last jump to the head:
//
//   block                                     out: to memory, return
//     loop                                    again
//       block                                 dynamic: is the record in REC one of ours? then again
//         block block block                   before 3, before 2, before 1
//           br_table ENTRY
//         end   1 ... br (before 3) ...
//         end   loop                          loop 2
//                 block block                 before 3', before 2'
//                   if ENTRY br_table ENTRY   into the middle of the loop
//                 end   2 ... end   3 ... br (loop 2) ...
//               end
//         end   4 ...
//
// Any block may be entered from outside, so a loop may be in its middle. Then ENTRY is not 0 at its head, which chooses again.

import { HEADER_BYTES, HEADER_ENTRY, HEADER_FUNCTION, THEN_CALL, THEN_HOT, THEN_NEXT } from "../../../assembly/cpu/header.js";
import { REC_KIND } from "../../../assembly/cpu/record.js";
import { type Code, flatten, type Jump, jumpsOf, type Resume } from "./code.js";
import { ENTRY, REC, THEN } from "./frame.js";
import { i32Const, I32, memarg, op, unsigned, VOID } from "./wasm.js";

/** Code that begins at record `first`: a block, or what follows in one behind a record that has no template. */
export interface Block {
  readonly first: number;
  readonly code: Code;
}

/**
 * The code of `blocks`, between what loads the locals and what stores them. `places` numbers the blocks from 1, by their first
 * records; function `self` of the table is the one at hand, and `compiled` the kind of a compiled block's first record.
 */
export function layOut(blocks: readonly Block[], places: ReadonlyMap<number, number>, self: number, compiled: number): number[] {
  return new Layout(blocks, places).body(isOurs(self, compiled));
}

const header = (field: number): number[] => [op.localGet, REC, ...i32Const(HEADER_BYTES), op.i32Sub, op.i32Load, ...memarg(field)];

function isOurs(self: number, compiled: number): number[] {
  return [
    op.localGet, REC, op.i32Load16U, ...memarg(REC_KIND), ...i32Const(compiled), op.i32Eq, op.if, I32,
    ...header(HEADER_FUNCTION), ...i32Const(self), op.i32Eq, op.else, ...i32Const(0), op.end,
  ];
}

class Layout {
  readonly #out: number[] = [];
  /** Labels in scope, the innermost last. */
  readonly #labels: string[] = [];
  /** The last block of each loop, by its head. */
  readonly #ends = new Map<number, number>();

  constructor(
    readonly blocks: readonly Block[],
    readonly places: ReadonlyMap<number, number>,
  ) {
    this.#findLoops();
  }

  body(isOurs: readonly number[]): number[] {
    this.#open(op.block, "out");
    this.#open(op.loop, "again");
    this.#open(op.block, "dynamic");
    this.#sideBySide(1, this.blocks.length, false);
    this.#close();
    this.#out.push(...isOurs);
    this.#open(op.if, "");
    this.#out.push(...header(HEADER_ENTRY), op.localSet, ENTRY);
    this.#branch("again");
    this.#close();
    this.#out.push(...i32Const(THEN_NEXT), op.localSet, THEN);
    this.#close();
    this.#close();
    return this.#out;
  }

  /** A loop that begins in another is made to end in it. */
  #findLoops(): void {
    this.blocks.forEach(({ code }, i) => {
      for (const head of this.#placesOf(code)) if (head <= i + 1) this.#ends.set(head, i + 1);
    });
    const inwards = [...this.#ends.keys()].sort((a, b) => a - b);
    for (const head of inwards.toReversed()) {
      let end = this.#end(head);
      for (const inner of inwards) if (inner > head && inner <= end) end = Math.max(end, this.#end(inner));
      this.#ends.set(head, end);
    }
  }

  #placesOf(code: Code): number[] {
    return jumpsOf(code).flatMap((first) => this.places.get(first) ?? []);
  }

  #end(place: number): number {
    return this.#ends.get(place) ?? place;
  }

  /** Blocks `from` to `to`; `inLoop` if they are a loop. Loops among them are one thing. */
  #sideBySide(from: number, to: number, inLoop: boolean): void {
    const heads: number[] = [];
    for (let place = from; place <= to; place = (inLoop && place === from ? place : this.#end(place)) + 1) heads.push(place);
    for (const head of heads.toReversed()) this.#open(op.block, `before ${head}`);
    if (!inLoop) this.#choose(from, to, heads);
    else if (to > from) {
      this.#out.push(op.localGet, ENTRY);
      this.#open(op.if, "");
      this.#choose(from, to, heads);
      this.#close();
    }
    for (const head of heads) {
      this.#close();
      if (this.#ends.has(head) && !(inLoop && head === from)) {
        this.#open(op.loop, `loop ${head}`);
        this.#sideBySide(head, this.#end(head), true);
        this.#close();
      } else this.#block(head);
      // Code ends with a jump.
      this.#out.push(op.unreachable);
    }
  }

  /** Goes to block ENTRY, or to the loop that it is in. */
  #choose(from: number, to: number, heads: readonly number[]): void {
    this.#out.push(op.localGet, ENTRY, ...i32Const(from), op.i32Sub, op.brTable, ...unsigned(to - from));
    for (let place = from; place <= to; place++) this.#out.push(...this.#label(`before ${heads.findLast((head) => head <= place)}`));
  }

  #block(place: number): void {
    const { code } = this.blocks[place - 1] as Block;
    flatten(code, this.#out, (open) => ("jump" in open ? this.#jump(open) : this.#resume(open)));
  }

  #resume({ resume }: Resume): number[] {
    const place = this.places.get(resume);
    return i32Const(place === undefined ? THEN_HOT : THEN_CALL + place);
  }

  #jump({ jump, depth }: Jump): number[] {
    if (jump === "leave") return [op.br, ...this.#label("out", depth)];
    if (jump === "dynamic") return [op.br, ...this.#label("dynamic", depth)];
    const place = this.places.get(jump);
    if (place === undefined) return [...i32Const(jump), op.localSet, REC, op.br, ...this.#label("dynamic", depth)];
    const direct = [`loop ${place}`, `before ${place}`].find((label) => this.#labels.includes(label));
    if (direct) return [...(this.#end(place) > place ? enter(0) : []), op.br, ...this.#label(direct, depth)];
    // Into the middle of a loop.
    const head = [...this.#ends.keys()].find((h) => h < place && place <= this.#end(h) && this.#labels.includes(`before ${h}`));
    return [...enter(place), op.br, ...this.#label(head === undefined ? "again" : `before ${head}`, depth)];
  }

  #open(opcode: number, label: string): void {
    this.#out.push(opcode, VOID);
    this.#labels.push(label);
  }

  #close(): void {
    this.#out.push(op.end);
    this.#labels.pop();
  }

  #branch(label: string): void {
    this.#out.push(op.br, ...this.#label(label));
  }

  /** The number of `label` for a branch that is `depth` blocks deeper. */
  #label(label: string, depth = 0): number[] {
    return unsigned(this.#labels.length - 1 - this.#labels.lastIndexOf(label) + depth);
  }
}

const enter = (place: number): number[] => [...i32Const(place), op.localSet, ENTRY];

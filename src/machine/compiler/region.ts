// Which blocks become one function: those that links lead to from a hot one. Links are made when they are first followed, so what
// never ran is left out.

import { REC_BYTES } from "../../../assembly/cpu/record.js";
import { type Code, jumpsOf } from "./code.js";
import type { Decoded } from "./decoded.js";
import { Frame, LOCALS, REC, THEN } from "./frame.js";
import { type Block, layOut } from "./layout.js";
import { specialise } from "./specialise.js";
import type { Templates } from "./templates.js";
import { type Function, i32Const, i64Const, op } from "./wasm.js";

/** V8's optimising compiler takes time that grows faster than the function. */
const MOST_BLOCKS = 48;
/** A block is compiled again as part of another's region, so that loops close that were found piece by piece; but not for ever. */
const MOST_TIMES = 2;

export interface Region extends Function {
  /** First records of its blocks, each with what the function must be called with to run it. */
  readonly entries: ReadonlyMap<number, number>;
}

/** What the function returns. */
const RESULT = [
  op.localGet, THEN, op.i64ExtendI32U, ...i64Const(32n), op.i64Shl, op.localGet, REC, op.i64ExtendI32U, op.i64Or,
];

/** A function for the block at `root` and those around it, to be called as `self` of the table; undefined if it is not worth while. */
export function compileRegion(templates: Templates, decoded: Decoded, root: number, self: number, leastRecords: number): Region | undefined {
  const builder = new RegionBuilder(templates, decoded);
  builder.visit(root);
  const blocks = builder.blocks();
  if (!blocks.some((block) => block.first === root)) return undefined;
  if (builder.records < leastRecords && !builder.loops) return undefined;
  const places = new Map(blocks.map((block, i) => [block.first, i + 1]));
  const body = layOut(blocks, places, self, templates.constant("KIND_COMPILED"));
  return {
    locals: LOCALS,
    code: [...builder.frame.load(templates), ...body, ...builder.frame.store(templates), ...RESULT],
    entries: new Map([...places].filter(([first]) => decoded.isFirst(first))),
  };
}

class RegionBuilder {
  readonly frame = new Frame();
  records = 0;
  /** Whether a jump leads back. */
  loops = false;
  readonly #seen = new Set<number>();
  readonly #postorder: Block[] = [];
  readonly #open = new Set<number>();

  constructor(
    readonly templates: Templates,
    readonly decoded: Decoded,
  ) {}

  /** In reverse postorder: a block comes before those that it leads to, but for loops. */
  blocks(): Block[] {
    return [...this.#postorder].reverse();
  }

  visit(first: number): void {
    if (this.#open.has(first)) this.loops = true;
    if (this.#seen.has(first) || this.#seen.size >= MOST_BLOCKS) return;
    if (this.decoded.isFirst(first) && this.decoded.timesCompiled(first) >= MOST_TIMES) return;
    this.#seen.add(first);
    const made = this.#blockAt(first);
    if (!made) return;
    this.#open.add(first);
    for (const next of made.ways) this.visit(next);
    this.#open.delete(first);
    this.#postorder.push(made.block);
  }

  /** The code from `first` on, and where it leads; undefined if its first record has no template. */
  #blockAt(first: number): { block: Block; ways: number[] } | undefined {
    const code: Code = [];
    for (let record = first; ; record += REC_BYTES) {
      const template = this.templates.of(this.decoded.kind(record));
      if (!template) {
        if (record === first) return undefined;
        code.push(i32Const(record), op.localSet, REC, { resume: record + REC_BYTES }, op.localSet, THEN, { jump: "leave", depth: 0 });
        return { block: { first, code }, ways: [...jumpsOf(code), record + REC_BYTES] };
      }
      const made = specialise(this.templates, this.decoded, this.frame, template, record);
      this.records++;
      code.push(made.code);
      if (!made.fallsThrough) return { block: { first, code }, ways: jumpsOf(code) };
    }
  }
}


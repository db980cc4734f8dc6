// Code under construction: bytes, and places where something that is not known yet must be filled in. Nested, so that putting
// pieces together does not copy them.

/** A branch, `depth` blocks deep in the code of its block: to the block whose first record is at `jump`, to the one whose record is in
 *  local REC, or out of the function. */
export interface Jump {
  readonly jump: number | "dynamic" | "leave";
  readonly depth: number;
}

/** An `i32.const`: what a function returns so that it is called again at the block whose first record is at `resume`. */
export interface Resume {
  readonly resume: number;
}

export type Code = (number | Jump | Resume | Code)[];

/** Writes `code` to `out`; `fill` says what the open places are. */
export function flatten(code: Code, out: number[], fill: (open: Jump | Resume) => readonly number[]): void {
  for (const part of code) {
    if (typeof part === "number") out.push(part);
    else if (Array.isArray(part)) flatten(part, out, fill);
    else out.push(...fill(part));
  }
}

/** The blocks that `code` jumps to. */
export function jumpsOf(code: Code): number[] {
  return code.flatMap((part) =>
    Array.isArray(part) ? jumpsOf(part) : typeof part === "object" && "jump" in part && typeof part.jump === "number" ? [part.jump] : []);
}

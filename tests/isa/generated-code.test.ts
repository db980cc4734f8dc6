// How the hot loop came out of the compiler. Its speed hangs on these: one jump table, and a body below the size at which
// V8 falls back to a simpler register allocator (docs/performance.md).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { numberKinds } from "../../tools/isa/kinds.mjs";
import { bodySizes } from "./wasm-sections.js";

const LIMIT = 25 * 1024;

interface WatFunction {
  /** Index among the functions defined in the module: its place in the code section. */
  readonly index: number;
  readonly lines: string[];
  readonly functions: number;
}

let hot: WatFunction;

/** The hot loop in the module's text. */
function findHot(lines: string[]): WatFunction {
  const starts = lines.flatMap((line, i) => (/^ \(func /.test(line) ? [i] : []));
  const index = starts.findIndex((i) => /^ \(func \$build\/generated\/hot\/hot /.test(lines[i] as string));
  assert.ok(index >= 0, "the module has no hot function");
  return { index, lines: lines.slice(starts[index], starts[index + 1]), functions: starts.length };
}

before(() => {
  hot = findHot(readFileSync(new URL("../../core.wat", import.meta.url), "utf8").split("\n"));
});

test("the hot loop dispatches by one jump table with an entry for every kind", () => {
  const tables = hot.lines.filter((line) => /^\s*\(?br_table\b/.test(line)).map((line) => line.match(/\$/g)?.length ?? 0);
  const large = tables.filter((entries) => entries > 16);
  assert.equal(large.length, 1, `jump tables of ${tables.join(", ")} entries`);
  // The compiler leaves out kinds at either end of the table that do nothing there.
  const working = numberKinds().kinds.filter((kind) => !kind.fixed).length;
  assert.ok((large[0] as number) > working, `${large[0]} entries for ${working} instruction kinds`);
});

test("the hot loop has no chain of comparisons in place of the table", () => {
  // A switch that is not dense becomes one i32.eq for each case; the loop itself compares with few constants.
  const comparisons = hot.lines.filter((line) => /\bi32\.eq\b/.test(line)).length;
  assert.ok(comparisons < numberKinds().kinds.length / 2, `${comparisons} comparisons`);
});

test("the body of the hot loop stays below 25 KB", () => {
  const sizes = bodySizes(new Uint8Array(readFileSync(new URL("../../core.wasm", import.meta.url))));
  const size = sizes[hot.index] as number;
  assert.equal(sizes.length, hot.functions, "the text and the module do not fit");
  assert.ok(size > 40 * numberKinds().kinds.length, `${size} bytes cannot be the hot loop`);
  assert.ok(size < LIMIT, `${size} bytes`);
});

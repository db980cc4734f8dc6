// Has the compiler compile what no run made hot: for tests that compare compiled code with the interpreter.

import { CODE_PAGE_BASE, COMPILER_BASE, FRAME_BASE, FRAME_STRIDE } from "../../assembly/memory-map.js";
import { COMPILER_ASKED, COMPILER_LIST, COMPILER_MOST } from "../../assembly/cpu/header.js";
import { CP_ENTRIES, REC_KIND } from "../../assembly/cpu/record.js";
import { FIXED } from "../../tools/isa/kinds.mjs";

/** Field of a frame's record (assembly/mmu/frames.ts): its code page. */
const FRAME_CODE_PAGE = 4;
/** Kind of the first record of a block that is compiled. */
export const COMPILED = FIXED.indexOf("compiled");

/** The table from offset to block of the page of `at`; undefined if nothing is decoded there. */
function blocksOf(memory: ArrayBuffer, at: number): ((offset: number) => number) | undefined {
  const view = new DataView(memory);
  const page = view.getUint32(FRAME_BASE + (at >>> 12) * FRAME_STRIDE + FRAME_CODE_PAGE, true);
  if (page < CODE_PAGE_BASE) return undefined;
  return (offset) => view.getUint32(page + CP_ENTRIES + offset * 4, true);
}

/** Whether the block at `at` is compiled. */
export function isCompiled(memory: ArrayBuffer, at: number): boolean {
  const first = blocksOf(memory, at)?.(at & 4095) ?? 0;
  return first !== 0 && new DataView(memory).getUint16(first + REC_KIND, true) === COMPILED;
}

/** Asks for every block of the frame at `at`, calling `compile` as often as needed; says whether the block at `at` is compiled then. */
export function askForAll(memory: ArrayBuffer, at: number, compile: () => void): boolean {
  const blockAt = blocksOf(memory, at);
  if (!blockAt) return false;
  const view = new DataView(memory);
  const blocks = Array.from({ length: 4096 }, (_, offset) => blockAt(offset)).filter((block) => block !== 0);
  for (let i = 0; i < blocks.length; i += COMPILER_MOST) {
    const some = blocks.slice(i, i + COMPILER_MOST);
    some.forEach((block, n) => view.setUint32(COMPILER_BASE + COMPILER_LIST + n * 4, block, true));
    view.setUint32(COMPILER_BASE + COMPILER_ASKED, some.length, true);
    compile();
  }
  return isCompiled(memory, at);
}

// One place of one CPU in a line or two: step, CPU, address, symbol, source, instruction.

import type { Context } from "../context.js";
import { addressText, stepName } from "./numbers.js";

/** `#1842 CPU 1 0xffffffff80101234 <do_wp_page+0x14> guest/mm/wp.c:33` and, below it, the instruction. */
export function currentLine(context: Context, cpu: number, rip: bigint, step: number): string {
  const { style, symbols } = context;
  const line = symbols?.lineAt(rip);
  const source = line ? `  ${line.file}:${line.line}` : "";
  const head = `${style.step(stepName(step))} CPU ${cpu}  ${addressText(rip, symbols, style)}${source}`;
  const instruction = context.instructionAt(cpu, rip);
  return instruction === undefined ? head : `${head}\n    ${instruction}`;
}

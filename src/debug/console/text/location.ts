// One place of one CPU in a line or two: step, CPU, address, symbol, source, instruction.

import type { Context } from "../context.js";
import { addressText, stepName } from "./numbers.js";
import { styleOf } from "./style.js";

const WIDTH = 80;
const PLAIN = styleOf(false);

/** `#1842 CPU 1 0xffffffff80101234 <do_wp_page+0x14> guest/mm/wp.c:33` and, below it, the instruction. */
export function currentLine(context: Context, cpu: number, rip: bigint, step: number): string {
  const { style, symbols } = context;
  const line = symbols?.lineAt(rip);
  const place = `${stepName(step)} CPU ${cpu}  ${addressText(rip, symbols, PLAIN)}`;
  const source = line ? `${line.file}:${line.line}` : "";
  const head = `${style.step(stepName(step))} CPU ${cpu}  ${addressText(rip, symbols, style)}`;
  const fits = place.length + 2 + source.length <= WIDTH;
  const lines = source === "" ? [head] : fits ? [`${head}  ${source}`] : [head, `    ${source}`];
  const instruction = context.instructionAt(cpu, rip);
  return [...lines, ...(instruction === undefined ? [] : [`    ${instruction}`])].join("\n");
}

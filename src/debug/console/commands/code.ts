// Commands that look at code: disassembly and source lines. The backtrace is in stack.ts.

import { UserError } from "../../../errors.js";
import { disassemble, type Instruction } from "../../look/index.js";
import type { Command } from "../command.js";
import type { Context } from "../context.js";
import { placeAddresses } from "../place.js";
import { hex, symbolText } from "../text/numbers.js";

const DEFAULT_COUNT = 12;
const MOST = 1000;

/** `=>` where the CPU is, `b` where a point is. */
function mark(context: Context, { address, current }: Instruction): string {
  const isPoint = context.session.points.list().some((point) =>
    point.enabled && point.spec.stops.some((stop) => stop.kind === "instruction" && stop.address === address));
  return `${isPoint ? "b" : " "}${current ? "=>" : "  "}`;
}

/** Lines of disassembly, with a line for each symbol and for each source line. */
function listing(context: Context, instructions: readonly Instruction[]): string {
  const { style } = context;
  let name: string | undefined;
  let line: string | undefined;
  return instructions.flatMap((one) => {
    const lines: string[] = [];
    const source = one.line && `${one.line.file}:${one.line.line}`;
    if (one.symbol && one.symbol.name !== name) lines.push(`${style.symbol(symbolText(one.symbol))}:`);
    if (source !== undefined && source !== line) lines.push(style.faint(`  ${source}`));
    name = one.symbol?.name;
    line = source;
    const text = `${mark(context, one)} ${style.address(hex(one.address))}  ${one.text}`;
    return [...lines, one.current ? style.heading(text) : text];
  }).join("\n");
}

const disas: Command = {
  name: "disas", short: "disas", repeats: "name", also: ["disassemble"], group: "look", format: true,
  args: [{ name: "PLACE", kind: "place", optional: true, rest: true }],
  help: "disassemble from PLACE on, or from RIP",
  detail: "disas/20 shows twenty instructions. => is where the CPU is, b a breakpoint. set syntax chooses Intel's or AT&T's.",
  example: "disas/20 do_wp_page",
  run(context, args) {
    const { machine, cpu, symbols, syntax } = context;
    const format = args.call.format ?? "";
    const count = format === "" ? DEFAULT_COUNT : Number(format.replace(/i$/, ""));
    if (!(count >= 1 && count <= MOST)) throw new UserError(`a count from 1 to ${MOST} can stand behind the slash, not "${format}"`);
    const base = machine.register(cpu, "mode") === 2n ? 0n : machine.register(cpu, "cs_base");
    const address = args.has("PLACE") ? placeAddresses(context, args, "PLACE")[0]! : machine.register(cpu, "rip") + base;
    const list = disassemble(machine, cpu, address, { count, symbols, syntax });
    if (list.length === 0) throw new UserError(`${hex(address)} is not mapped on CPU ${cpu}`);
    const data = list.map(({ address: at, bytes, text, symbol, current, line, flow }) =>
      ({ address: at, bytes, text, symbol: symbol && symbolText(symbol), file: line?.file, line: line?.line, current, flow }));
    return { data, text: listing(context, list) };
  },
};

export const CODE_COMMANDS: readonly Command[] = [disas];

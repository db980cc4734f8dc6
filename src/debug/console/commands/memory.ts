// Commands that look at memory and values: x, xp, print, and set memory.

import { UserError } from "../../../errors.js";
import { DEFAULT_FORMAT, examine, type ExamineFormat, type ExamineRow, parseFormat, physicalMemory } from "../../look/index.js";
import { sizeOfType } from "../../symbols/index.js";
import type { Arguments } from "../arguments.js";
import type { Argument, Command, Result } from "../command.js";
import type { Context } from "../context.js";
import { asNumber } from "../expression/evaluate.js";
import { isScalar } from "../expression/value.js";
import { futureText, hex, symbolText } from "../text/numbers.js";
import { valueText } from "../text/value.js";

const ADDRESS: Argument = { name: "ADDRESS", kind: "expression", optional: true, rest: true };

function rowText(context: Context, row: ExamineRow): string {
  const symbol = row.symbol ? ` <${context.style.symbol(symbolText(row.symbol))}>` : "";
  const values = row.values.map(({ text }) => text).join("  ");
  return `${context.style.address(hex(row.address))}${symbol}:  ${values}${row.error === undefined ? "" : ` (${row.error})`}`;
}

/** x and xp: they remember their format and where they stopped, each for itself. */
function examiner(physical: boolean): (context: Context, args: Arguments) => Result {
  const state = new WeakMap<Context, { format: ExamineFormat; next: bigint }>();
  return (context, args) => {
    const last = state.get(context) ?? { format: DEFAULT_FORMAT, next: 0n };
    const format = args.call.format === undefined ? { ...last.format, count: 1 } : parseFormat(args.call.format, last.format);
    const address = args.number("ADDRESS") ?? last.next;
    const { machine, cpu, symbols, syntax } = context;
    const { rows, next } = examine(machine, cpu, address, format, physical ? { syntax, memory: physicalMemory(machine) } : { symbols, syntax });
    state.set(context, { format, next });
    if (rows.every((row) => row.values.length === 0)) {
      throw new UserError(`${hex(address)} is ${physical ? "not in RAM" : `not mapped on CPU ${cpu}`}`);
    }
    const data = rows.map((row) => ({ ...row, symbol: row.symbol && symbolText(row.symbol) }));
    return { data, text: rows.map((row) => rowText(context, row)).join("\n") };
  };
}

const FORMAT_DETAIL = "FMT is a count, a letter and a size, as in gdb: x d u o t a c s i; b h w g. Without an address it goes on where it stopped.";

const x: Command = {
  name: "x", short: "x", repeats: "name", group: "look", args: [ADDRESS], format: true,
  help: "examine memory at a linear address",
  detail: FORMAT_DETAIL,
  example: "x/8gx $rsp",
  run: examiner(false),
};

const xp: Command = {
  name: "xp", short: "xp", repeats: "name", group: "look", args: [ADDRESS], format: true,
  help: "examine memory at a physical address",
  detail: FORMAT_DETAIL,
  example: "xp/4gx %cr3 & ~0xfff",
  run: examiner(true),
};

const print: Command = {
  name: "print", short: "p", also: ["inspect"], group: "look", format: true,
  args: [{ name: "EXPR", kind: "expression", rest: true }],
  help: "the value of an expression",
  detail: "Values are numbered: $1 is the first, $_ the last. print/x shows hexadecimal, /d signed, /u unsigned, /t binary, /a an address, /c a character.",
  example: "print init_mm.context.tlb_gen",
  run(context, args) {
    const value = args.value("EXPR")!;
    const letter = args.call.format === undefined ? undefined : parseFormat(args.call.format).format;
    if (letter === "i" || letter === "s") throw new UserError(`print shows values: for memory as ${letter === "i" ? "code" : "text"} use x/${letter}`);
    const shown = valueText(value, context.scope(), letter);
    // As it is now: what it was read from may change.
    context.values.push({ type: value.type, address: value.address, number: value.number });
    const number = context.values.length;
    return { data: { number, value: shown.data, address: value.address }, text: `$${number} = ${shown.text}` };
  },
};

const setMemory: Command = {
  name: "set memory", short: "set m", also: ["set var"], group: "look",
  args: [{ name: "PLACE", kind: "expression" }, { name: "VALUE", kind: "expression", rest: true }],
  help: "write to a variable, or 8 bytes at an address",
  detail: "For another size cast: set memory *(u8*)0x1000 1. Page-table words that are changed so leave TLB entries as they are, and unmarked, as DMA would. The write becomes an input of the run; what was known of the future is dropped.",
  example: "set memory *(u32*)$rsp 0",
  run(context, args) {
    const place = args.value("PLACE")!;
    const value = BigInt.asUintN(64, asNumber(args.value("VALUE")!));
    if (place.address !== undefined && !isScalar(place.type)) throw new UserError(`${args.text("PLACE")} is not a number that could be set`);
    const address = place.address ?? asNumber(place);
    const bytes = new Uint8Array(place.address === undefined ? 8 : sizeOfType(place.type));
    for (let i = 0; i < bytes.length; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 0xffn);
    const dropped = context.session.writeVirtual(context.cpu, address, bytes);
    return { data: { address, size: bytes.length, value, dropped }, text: futureText(dropped) };
  },
};

export const MEMORY_COMMANDS: readonly Command[] = [x, xp, print, setMemory];

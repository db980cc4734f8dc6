// Commands that show where the program is in its source: the stack of calls, and lines of text.

import { UserError } from "../../../errors.js";
import { backtrace, type Backtrace, type Frame, sourceLines } from "../../look/index.js";
import type { Arguments } from "../arguments.js";
import type { Command } from "../command.js";
import type { Context } from "../context.js";
import { placeAddresses } from "../place.js";
import { columns } from "../text/columns.js";
import { hex, placeText, symbolText } from "../text/numbers.js";

const AROUND = 5;

const ENDS: Readonly<Record<Backtrace["end"], string>> = {
  outermost: "", "no-information": "nothing is known of the caller", unreadable: "the stack cannot be read further",
  limit: "more frames follow", loop: "the stack leads back to itself",
};

/** Functions that were inlined stand above the one that they are in, which has the number and the address. */
function frameRows(context: Context, frame: Frame): string[][] {
  const at = (place: { readonly file?: string; readonly line?: number } | undefined): string => (place?.file ? `${place.file}:${place.line}` : "");
  const name = frame.symbol ? context.style.symbol(symbolText(frame.symbol)) : hex(frame.rip);
  const inlined = (frame.inlined ?? []).map((one) => ["", "", context.style.symbol(`${one.name}, inlined`), at(one)]);
  return [...inlined, [`${frame.level}`, frame.rip.toString(16), name, `${at(frame.line)}${frame.interrupted ? " (trap)" : ""}`.trim()]];
}

const bt: Command = {
  name: "bt",
  short: "bt",
  also: ["backtrace", "where", "info stack"],
  group: "look",
  args: [{ name: "CPU", kind: "cpu", optional: true }],
  help: "the stack of calls on a CPU",
  detail: "It goes on through interrupts and system calls, into what they interrupted.",
  example: "bt cpu1",
  run(context, args) {
    const data = backtrace(context.machine, context.symbols, args.cpu() ?? context.cpu, {});
    const end = ENDS[data.end];
    const text = columns(["", "address", "in", "at"], "rrll", data.frames.flatMap((frame) => frameRows(context, frame)));
    return { data, text: end === "" ? text : `${text}\n${end}` };
  },
};

const list: Command = {
  name: "list", short: "l", group: "look", args: [{ name: "PLACE", kind: "place", optional: true, rest: true }],
  help: "source lines around PLACE, or around RIP",
  detail: "The text is read from the folder where the program was compiled, or from below the present one.",
  example: "list do_wp_page",
  run(context, args) {
    const address = listed(context, args);
    const line = context.needSymbols().lineAt(address);
    if (!line) throw new UserError(`no source line is known for ${placeText(address, context.symbols)}`);
    const data = sourceLines(line, AROUND);
    const shown = data.lines?.map(({ number, text }) => {
      const current = number === data.line;
      const row = `${current ? "=>" : "  "} ${String(number).padStart(5)}  ${text.replaceAll("\t", "    ")}`.trimEnd();
      return current ? context.style.heading(row) : row;
    }) ?? ["the text of this file is not here"];
    return { data, text: [`${data.file}:${data.line}`, ...shown].join("\n") };
  },
};

function listed(context: Context, args: Arguments): bigint {
  return args.has("PLACE") ? placeAddresses(context, args, "PLACE")[0]! : context.machine.register(context.cpu, "rip");
}

export const SOURCE_COMMANDS: readonly Command[] = [bt, list];

// Commands about the console itself: help, settings, input for the guest, leaving.

import { UserError } from "../../../errors.js";
import { type Command, usage } from "../command.js";
import { helpList, helpOn } from "../help.js";
import { futureText } from "../text/numbers.js";

const help: Command = {
  name: "help", short: "h", also: ["?"], group: "console",
  args: [{ name: "COMMAND", kind: "text", optional: true, rest: true }],
  help: "list the commands, or say all about one",
  example: "help watch",
  run({ index, style }, args) {
    const name = args.text("COMMAND");
    if (name === undefined) {
      const data = index.commands.map(({ name, short, help: text, group }) => ({ name, short, group, help: text }));
      return { data, text: helpList(index.commands, style) };
    }
    const exact = index.get(name) ?? index.get(name.replace(/[-/].*$/, ""));
    const family = index.commands.filter((command) => command.name.startsWith(`${exact?.name ?? name} `));
    const found = [...(exact ? [exact] : []), ...family];
    if (found.length === 0) throw new UserError(`there is no command "${name}"; help lists them`);
    const data = found.map((command) => ({
      name: command.name, usage: usage(command), help: command.help, detail: command.detail, example: command.example,
    }));
    return { data, text: found.map((command) => helpOn(command, style)).join("\n\n") };
  },
};

const quit: Command = {
  name: "quit", short: "q", also: ["exit"], group: "console", args: [],
  help: "leave; Ctrl-D does it too",
  example: "quit",
  run(context) {
    context.done = true;
    return { data: {}, text: "" };
  },
};

const scheduler: Command = {
  name: "set scheduler", short: "set sch", also: ["set scheduler-locking"], group: "console",
  args: [{ name: "MODE", kind: "choice", choices: ["all", "hold"] }],
  help: "while one CPU is stepped, the others run or hold",
  detail: "With all, the machine's own scheduler decides who runs, and a step ends when the CPU has made one. With hold, that CPU alone makes it, out of its turn: the run is another one from there on, and what was known of its future is dropped.",
  example: "set scheduler hold",
  run({ session }, args) {
    session.schedule = args.text("MODE") as "all" | "hold";
    return { data: { scheduler: session.schedule }, text: "" };
  },
};

const syntax: Command = {
  name: "set syntax", short: "set sy", also: ["set disassembly-flavor"], group: "console",
  args: [{ name: "SYNTAX", kind: "choice", choices: ["intel", "att"] }],
  help: "Intel or AT&T syntax for disassembly",
  example: "set syntax att",
  run(context, args) {
    context.syntax = args.text("SYNTAX") as "intel" | "att";
    return { data: { syntax: context.syntax }, text: "" };
  },
};

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\\": "\\" };

const send: Command = {
  name: "send", short: "sen", group: "console",
  args: [{ name: "TEXT", kind: "text", rest: true }],
  help: "type TEXT and a line's end on the serial line",
  detail: "\\n, \\r, \\t, \\\\ and \\xHH are understood; \\c at the end leaves the line's end out. The input becomes part of the history: whoever goes back and forwards again sees it typed at the same step.",
  example: "send hello",
  run({ session }, args) {
    const typed = args.text("TEXT")!;
    const open = typed.endsWith("\\c");
    const text = (open ? typed.slice(0, -2) : typed)
      .replaceAll(/\\(?:x([0-9a-f]{2})|([nrt\\]))/gi, (_, code?: string, letter?: string) =>
        code === undefined ? ESCAPES[letter!.toLowerCase()]! : String.fromCharCode(parseInt(code, 16)));
    const bytes = Buffer.from(open ? text : `${text}\n`, "utf8");
    const dropped = session.type(bytes);
    return { data: { bytes: bytes.length, dropped }, text: futureText(dropped) };
  },
};

export const CONSOLE_COMMANDS: readonly Command[] = [scheduler, syntax, send, help, quit];

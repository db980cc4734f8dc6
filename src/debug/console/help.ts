// The texts of `help`: the list of all commands by group, and one command at length.

import { type Command, FEW_CHOICES, type Group, GROUPS, usage } from "./command.js";
import type { Style } from "./text/style.js";

const GROUP_TITLES: Readonly<Record<Group, string>> = {
  run: "Run, forwards and back",
  stop: "Stop",
  look: "Look",
  tlb: "Translations",
  guest: "The guest kernel",
  console: "Console",
};

const WIDTH = 80;
const FOOT =
  "help COMMAND says more. A dash behind a name goes back: s-, c-, n-, finish-. Any command takes --json at its end.";

/** Words of `text` in lines of at most `width`, the later ones indented. */
export function wrap(text: string, width: number, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width - indent) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}

export function helpList(commands: readonly Command[], style: Style): string {
  const wide = Math.max(...commands.map((command) => command.name.length)) + 2;
  const short = Math.max(...commands.map((command) => command.short.length)) + 2;
  const parts = GROUPS.map((group) => {
    const own = commands.filter((command) => command.group === group);
    const lines = own.map((command) => {
      const abbreviation = command.short === command.name ? "" : command.short;
      const help = wrap(command.help, WIDTH, wide + short + 2);
      return `  ${command.name.padEnd(wide)}${style.faint(abbreviation.padEnd(short))}${help}`;
    });
    return [style.heading(GROUP_TITLES[group]), ...lines].join("\n");
  });
  return [...parts, wrap(FOOT, WIDTH, 0)].join("\n");
}

export function helpOn(command: Command, style: Style): string {
  const names = [command.short === command.name ? [] : [command.short], command.also ?? []].flat();
  const lines = [style.heading(usage(command)), wrap(`${command.help[0]!.toUpperCase()}${command.help.slice(1)}.`, WIDTH, 0)];
  if (command.detail !== undefined) lines.push(wrap(command.detail, WIDTH, 0));
  for (const arg of command.args) {
    if (arg.choices && arg.choices.length > FEW_CHOICES) {
      lines.push(wrap(`${arg.name} is one of ${arg.choices.join(", ")}.`, WIDTH, 0));
    }
  }
  if (names.length > 0) lines.push(`Also: ${names.join(", ")}`);
  lines.push(`Example: ${command.example}`);
  return lines.join("\n");
}

// From what a person typed to a row of the table: names, abbreviations, a trailing dash, a format behind a slash.

import { UserError } from "../../errors.js";
import type { Command } from "./command.js";

export interface Call {
  readonly command: Command;
  readonly direction: 1 | -1;
  /** What stands behind the slash of `x/8gx`. */
  readonly format?: string;
  /** The line without the name. */
  readonly rest: string;
}

/** Every text that names `command` alone: name, other names, and what lies between the abbreviation and the name. */
export function spellings(command: Command): string[] {
  const words = command.name.split(" ");
  const shorts = command.short.split(" ");
  const forms = words.map((word, i) => {
    const short = shorts[i] ?? word;
    return Array.from({ length: word.length - short.length + 1 }, (_, n) => word.slice(0, short.length + n));
  });
  const [first = [], second] = forms;
  const own = second ? first.flatMap((a) => second.map((b) => `${a} ${b}`)) : first;
  return [...own, ...(command.also ?? [])];
}

export class CommandIndex {
  readonly commands: readonly Command[];
  readonly #bySpelling = new Map<string, Command>();

  constructor(commands: readonly Command[]) {
    this.commands = commands;
    for (const command of commands) {
      for (const spelling of spellings(command)) {
        const other = this.#bySpelling.get(spelling);
        if (other) throw new Error(`"${spelling}" stands for both ${other.name} and ${command.name}`);
        this.#bySpelling.set(spelling, command);
      }
    }
  }

  /** The command that is spelled exactly so. */
  get(spelling: string): Command | undefined {
    return this.#bySpelling.get(spelling.trim().replaceAll(/\s+/g, " "));
  }

  /** Takes a line apart; throws UserError where no command is meant. */
  call(line: string): Call {
    const [, first = "", slash, rest = ""] = /^([^\s/]+)(\/\S*)?\s*([^]*)$/.exec(line.trim()) ?? [];
    const second = /^(\S+)\s*([^]*)$/.exec(rest);
    if (second && slash === undefined) {
      const found = this.#find(`${first} ${second[1]!}`);
      if (found) return { ...found, rest: second[2]! };
    }
    const found = this.#find(first);
    if (!found) throw new UserError(this.#unknown(first, second?.[1]));
    if (!found.command.format) {
      if (slash !== undefined) throw new UserError(`${found.command.name} takes no format`);
      return { ...found, rest };
    }
    // Blanks are allowed before the slash, as in gdb.
    const apart = slash === undefined ? /^\/(\S*)\s*([^]*)$/.exec(rest) : null;
    if (apart) return { ...found, format: apart[1]!, rest: apart[2]! };
    return { ...found, ...(slash === undefined ? {} : { format: slash.slice(1) }), rest };
  }

  #find(spelling: string): { command: Command; direction: 1 | -1 } | undefined {
    const command = this.#bySpelling.get(spelling);
    if (command) return { command, direction: 1 };
    const back = spelling.endsWith("-") ? this.#bySpelling.get(spelling.slice(0, -1)) : undefined;
    return back?.reversible ? { command: back, direction: -1 } : undefined;
  }

  #unknown(first: string, second: string | undefined): string {
    const family = this.commands.filter((command) => command.name.startsWith(`${first} `)).map((command) => command.name.split(" ")[1]);
    if (family.length > 0) {
      return second === undefined ? `${first} what? ${family.join(", ")}` : `there is no "${first} ${second}": ${family.join(", ")}`;
    }
    const back = first.endsWith("-") ? this.#bySpelling.get(first.slice(0, -1)) : undefined;
    if (back) return `${back.name} cannot go backwards`;
    const near = this.commands.filter((command) => command.name.startsWith(first)).map((command) => command.name);
    return `there is no command "${first}"${near.length > 0 ? `: ${near.join(", ")}?` : "; try help"}`;
  }
}

// What a command is. All commands are rows of one table (table.ts), from which come look-up, abbreviations, help,
// completion and the list in docs/debugging.md.

import type { Arguments } from "./arguments.js";
import type { Context } from "./context.js";

export type ArgumentKind =
  /** An expression, evaluated before the command runs. */
  | "expression"
  /** Where code is: an expression, or FILE:LINE. */
  | "place"
  /** `cpu1` anywhere, or `1` in its place. */
  | "cpu"
  /** A whole number, 0 or more. */
  | "count"
  /** One of `choices`. */
  | "choice"
  /** `if` and an expression, which is evaluated whenever the point hits. */
  | "condition"
  /** The rest of the line as it is. */
  | "text";

export interface Argument {
  readonly name: string;
  readonly kind: ArgumentKind;
  readonly optional?: boolean;
  readonly choices?: readonly string[];
  /** Takes all that is left of the line, blanks included. */
  readonly rest?: boolean;
  /** Of an optional CPU: a bare number is the CPU only where another argument follows (`step 5` is five steps). */
  readonly needsMore?: boolean;
}

export const GROUPS = ["run", "stop", "look", "tlb", "guest", "console"] as const;
export type Group = (typeof GROUPS)[number];

export interface Command {
  /** One word, or two: `info mem`. */
  readonly name: string;
  /** The shortest abbreviation; what lies between it and the name is accepted too. */
  readonly short: string;
  /** Other names, from gdb, Bochs and WinDbg. */
  readonly also?: readonly string[];
  readonly group: Group;
  readonly args: readonly Argument[];
  /** `x/8gx`: takes a format behind a slash. */
  readonly format?: boolean;
  /** A dash behind its name runs it backwards. */
  readonly reversible?: boolean;
  /** What an empty line does after it: the same line again, or the name without arguments. */
  readonly repeats?: "line" | "name";
  /** One line, for lists. */
  readonly help: string;
  /** What else there is to know. */
  readonly detail?: string;
  readonly example: string;
  /** Throws UserError where it cannot be done. */
  run(context: Context, args: Arguments): Result | Promise<Result>;
}

export interface Result {
  /** For --json: plain data. 64-bit numbers may be bigints; they are printed as hexadecimal text. */
  readonly data: unknown;
  /** For people: lines without a newline at the end. */
  readonly text: string;
}

/** Choices that are few enough for a usage line; more of them are listed below it. */
export const FEW_CHOICES = 3;

/** How a command is called: its name and its arguments. */
export function usage(command: Command): string {
  const args = command.args.map((arg) => {
    const text =
      arg.choices && arg.choices.length <= FEW_CHOICES
        ? arg.choices.join("|")
        : arg.kind === "condition"
          ? "if EXPR"
          : arg.name;
    return arg.optional ? `[${text}]` : text;
  });
  return [`${command.name}${command.reversible ? "[-]" : ""}${command.format ? "[/FMT]" : ""}`, ...args].join(" ");
}

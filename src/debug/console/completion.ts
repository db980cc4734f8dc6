// Completion: commands at the beginning of a line, then what the command's arguments can be.

import { stripType } from "../symbols/index.js";
import { splitWords } from "./arguments.js";
import type { Argument, Command } from "./command.js";
import type { Context } from "./context.js";
import { evaluate } from "./expression/evaluate.js";
import { memberNames } from "./expression/members.js";
import { parseExpression } from "./expression/parse.js";
import { registerNames } from "./expression/registers.js";

const MOST = 200;

/** What could stand in place of the last word of `line`, and that word. */
export function complete(context: Context, line: string): [string[], string] {
  const start = line.trimStart();
  const names = context.index.commands.map((command) => command.name);
  if (!/\s/.test(start)) return [firstWords(names, start), start];
  const [first = "", second = ""] = start.split(/\s+/);
  const family = names.filter((name) => name.startsWith(`${first} `)).map((name) => name.split(" ")[1]!);
  const isSecond = splitWords(start).length + (/\s$/.test(start) ? 1 : 0) === 2;
  const word = /[^\s]*$/.exec(start)![0];
  const members = family.length > 0 && isSecond ? family.filter((name) => name.startsWith(second)) : [];
  const command = context.index.get(`${first} ${second}`) ?? context.index.get(first.replace(/[-/].*$/, ""));
  const [found, part] = command ? argumentWords(context, command, word) : [[], word];
  return [[...members.map((name) => `${name} `), ...found].slice(0, MOST), members.length > 0 ? word : part];
}

function firstWords(names: readonly string[], prefix: string): string[] {
  const words = [...new Set(names.map((name) => name.split(" ")[0]!))];
  return words.filter((word) => word.startsWith(prefix)).map((word) => `${word} `);
}

/** Words for any of the arguments, and the part of `word` that they replace. */
function argumentWords(context: Context, command: Command, word: string): [string[], string] {
  const fixed = command.args.flatMap((arg) => fixedWords(context, arg)).filter((choice) => choice.startsWith(word));
  if (!command.args.some((arg) => ["expression", "place", "condition"].includes(arg.kind))) return [fixed, word];
  const [names, part] = expressionWords(context, word);
  return part === word ? [[...fixed, ...names], word] : [names, part];
}

function fixedWords(context: Context, arg: Argument): string[] {
  if (arg.kind === "choice") return [...(arg.choices ?? [])];
  if (arg.kind === "cpu") return Array.from({ length: context.cpus }, (_, cpu) => `cpu${cpu}`);
  if (arg.kind === "text" && arg.name === "COMMAND") return context.index.commands.map((command) => command.name);
  return arg.kind === "condition" ? ["if"] : [];
}

/** Registers, symbols, or members of what stands before a dot or an arrow. */
function expressionWords(context: Context, word: string): [string[], string] {
  const register = /[$%]\w*$/.exec(word)?.[0];
  if (register !== undefined) {
    const names = registerNames().map((name) => register[0]! + name);
    return [names.filter((name) => name.startsWith(register)), register];
  }
  const member = /^(.*?)((?:->|\.)(\w*))$/.exec(word);
  if (member && /[\w)\]]$/.test(member[1]!)) return [membersOf(context, member[1]!, member[3]!), member[3]!];
  const name = /\w*$/.exec(word)![0];
  if (name === "" && word !== "") return [[], ""];
  return [context.symbols?.names(name, MOST) ?? [], name];
}

function membersOf(context: Context, object: string, prefix: string): string[] {
  try {
    const { type } = evaluate(parseExpression(object), context.scope());
    const target = stripType(type);
    return memberNames(target.kind === "pointer" ? target.target : type).filter((name) => name.startsWith(prefix));
  } catch {
    // What is being typed need not make sense yet.
    return [];
  }
}

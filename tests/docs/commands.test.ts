// The documents' commands are the program's: examples use options that exist, those marked exact print what is shown,
// and docs/commands.md lists the options that --help lists.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { consoleBlocks, debuggerLines, documents, read } from "./documents.ts";

const PROGRAM = "dist/shootdown.js";

const texts = new Map<string, string>();

/** The help text with its wrapped lines put together again. */
function help(command: readonly string[]): string {
  const known = texts.get(command.join(" "));
  if (known !== undefined) return known;
  const { status, stdout } = spawnSync(process.execPath, [PROGRAM, ...command, "--help"], { encoding: "utf8" });
  assert.equal(status, 0, `shootdown ${command.join(" ")} --help`);
  const text = stdout.replaceAll(/\n {8,}/g, " ");
  texts.set(command.join(" "), text);
  return text;
}

/** Options as a help text lists them: name, and what it takes. */
function helpOptions(text: string): string[] {
  return [...text.matchAll(/^ {2}(?:-\w, )?(--[\w-]+(?: <\w+>)?)/gm)].map((match) => match[1]!);
}

const subcommands = (text: string): string[] =>
  [...(text.split("\nCommands:\n")[1] ?? "").matchAll(/^ {2}(\w+)/gm)].map((match) => match[1]!);

/** Every command of the program, as the words that call it, with its options. */
function allCommands(words: readonly string[] = []): Map<string, string[]> {
  const text = help(words);
  const found = new Map([[words.join(" "), helpOptions(text)]]);
  for (const name of subcommands(text)) for (const entry of allCommands([...words, name])) found.set(...entry);
  return found;
}

const commands = allCommands();

/** Words of a shell command, quotes taken off. */
const words = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3]!);

/** Calls of the program in a shell line, and in its pipes. */
const calls = (line: string): string[][] =>
  (line.match(/("[^"]*"|'[^']*'|[^|;&"'])+/g) ?? []).map(words).filter(([first]) => first === "shootdown").map((call) => call.slice(1));

const blocks = documents().flatMap(consoleBlocks);

test("examples call commands and options that exist", () => {
  for (const { file, commands: lines } of blocks) {
    for (const { command } of lines) {
      for (const call of calls(command)) {
        const firstOption = call.findIndex((word) => !/^[a-z]+$/.test(word));
        const named = call.slice(0, firstOption < 0 ? call.length : firstOption);
        while (named.length > 0 && !commands.has(named.join(" "))) named.pop();
        const options = commands.get(named.join(" "))!.map((option) => option.split(" ")[0]!);
        for (const word of call) {
          if (word.startsWith("--")) assert.ok(options.includes(word), `${file}: ${command}: there is no ${word}`);
        }
      }
    }
  }
});

/** Whether `lines` are what `shown` says; a line of `...` there stands for any number of lines. */
function matches(shown: readonly string[], lines: readonly string[]): boolean {
  const [first, ...rest] = shown;
  if (first === undefined) return lines.length === 0;
  if (first.trim() === "...") return lines.some((_, i) => matches(rest, lines.slice(i))) || matches(rest, []);
  return lines[0]?.trimEnd() === first.trimEnd() && matches(rest, lines.slice(1));
}

/**
 * What a shell prints for `command`, on both streams, with `shootdown` standing for the program. `typed` are lines for
 * the debugger, which then shows them as a terminal would.
 */
function run(command: string, typed: readonly string[]): string[] {
  const script = `shootdown() { "$NODE" ${PROGRAM} "$@" ${typed.length > 0 ? "--echo" : ""}; }\n${command}`;
  const { stdout } = spawnSync("sh", ["-c", `exec 2>&1\n${script}`], {
    encoding: "utf8", input: typed.map((line) => `${line}\n`).join(""), timeout: 120_000, env: { ...process.env, NODE: process.execPath },
  });
  const printed = stdout.replaceAll("\r", "").replace(/\n$/, "");
  return printed === "" ? [] : printed.split("\n");
}

const kernel = readFileSync("dist/guest/kernel.elf", "latin1");

for (const { file, commands: lines, compiler } of blocks.filter((block) => block.exact)) {
  // Another compiler's kernel has other addresses and steps: then only that every line is carried out is held.
  const isExact = compiler === undefined || kernel.includes(compiler);
  for (const { command, output } of lines) {
    test(`${file}: ${command}${isExact ? "" : `, in outline, since the kernel is not built by ${compiler}`}`, () => {
      const typed = debuggerLines(output);
      const printed = run(command, typed);
      if (isExact) assert.ok(matches(output, printed), `expected\n${output.join("\n")}\n\nprinted\n${printed.join("\n")}`);
      else assert.deepEqual(debuggerLines(printed), typed);
    });
  }
}

/** Sections of docs/commands.md by the command in their heading. */
function sections(): Map<string, string> {
  const parts = read("docs/commands.md").split(/^## /m).slice(1);
  return new Map(parts.flatMap((part) => {
    const heading = /^`shootdown( [^`]*)?`\n/.exec(part);
    // Words in capitals are arguments.
    return heading ? [[(heading[1] ?? "").trim().replace(/ ?\b[A-Z].*$/, ""), part] as const] : [];
  }));
}

test("docs/commands.md lists every option of every command, and no other", () => {
  const described = sections();
  for (const [command, options] of commands) {
    const own = options.filter((option) => option !== "--help");
    // A command that only holds others has nothing but its help.
    if (own.length === 0) continue;
    const section = described.get(command);
    assert.ok(section, `there is no section on "shootdown ${command}"`);
    const listed = [...section.matchAll(/^\| `(--[^`]+)`/gm)].map((match) => match[1]!);
    assert.deepEqual(listed.sort(), own.sort(), `shootdown ${command}`);
  }
});

test("docs/commands.md gives the defaults that --help gives", () => {
  const described = sections();
  for (const command of commands.keys()) {
    const section = described.get(command);
    for (const [, option, fallback] of help(command.split(" ").filter(Boolean)).matchAll(/^ {2}(--[\w-]+ <\w+>).*\bdefault: "?([^")]*)"?\)/gm)) {
      if (fallback === "") continue;
      const row = section?.split("\n").find((line) => line.startsWith(`| \`${option}\``));
      assert.ok(row?.includes(fallback!), `shootdown ${command} ${option}: ${fallback}`);
    }
  }
});

// Reads the project's Markdown: which documents there are, their links, headings and console blocks. For the tests beside it.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Folders that hold nothing of ours to read. */
const SKIPPED = new Set(["node_modules", "build", "dist"]);

/** Paths of all Markdown files, relative to the project's folder, which is where tests run. */
export function documents(folder = "."): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith(".") || SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return documents(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

export const read = (file: string): string => readFileSync(file, "utf8");

/** The text without code, in which a bracket is not a link and a # not a heading. */
function prose(text: string): string {
  return text.replaceAll(/^( *)```.*\n[\s\S]*?^\1```$/gm, "").replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[\[\]#]/g, " "));
}

/** Targets of the links of `text` that are not addresses on the web. */
export function relativeLinks(text: string): string[] {
  const targets = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors that the headings of `text` have, made as GitHub makes them. */
export function anchors(text: string): string[] {
  return [...prose(text).matchAll(/^#+ +(.*)$/gm)].map((match) =>
    match[1]!.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").trim().replaceAll(" ", "-"));
}

export interface ConsoleBlock {
  readonly file: string;
  /** Commands, in order, each with the lines that follow it. */
  readonly commands: readonly { readonly command: string; readonly output: readonly string[] }[];
  /** `<!-- test: exact -->` stands before the block: the commands are to be run. */
  readonly exact: boolean;
}

/** The blocks marked as `console`: a line that begins with `$ ` is a command, the others are output. */
export function consoleBlocks(file: string): ConsoleBlock[] {
  const blocks = read(file).matchAll(/(<!-- test: exact -->\n+)?^```console\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, marker, body]) => {
    const commands: { command: string; output: string[] }[] = [];
    for (const line of body!.replace(/\n$/, "").split("\n")) {
      if (line.startsWith("$ ")) commands.push({ command: line.slice(2), output: [] });
      else commands.at(-1)?.output.push(line);
    }
    return { file, commands, exact: marker !== undefined };
  });
}

/** What is typed at the debugger's prompts in the output of a command. */
export const debuggerLines = (output: readonly string[]): string[] =>
  output.flatMap((line) => /^\(#\d+ cpu\d+\) (.*)$/.exec(line)?.[1] ?? []);

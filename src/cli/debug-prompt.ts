// The debugger's console on a terminal: prompt, line editing, history, completion, Ctrl-C and Ctrl-D.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { DebugConsole } from "../index.js";
import type { DebugOutput } from "./debug-output.js";

const HISTORY_LINES = 1000;

/** Where the XDG base directories say that a program's history belongs. */
function historyFile(): string {
  const state = process.env["XDG_STATE_HOME"];
  return join(state !== undefined && state.startsWith("/") ? state : join(homedir(), ".local", "state"), "shootdown", "debug-history");
}

/** Newest first, as readline has it. */
function readHistory(): string[] {
  try {
    return readFileSync(historyFile(), "utf8").split("\n").filter(Boolean).reverse();
  } catch {
    return []; // the first time there is none
  }
}

function writeHistory(lines: readonly string[]): void {
  try {
    mkdirSync(dirname(historyFile()), { recursive: true, mode: 0o700 });
    writeFileSync(historyFile(), `${lines.slice(0, HISTORY_LINES).toReversed().join("\n")}\n`, { mode: 0o600 });
  } catch {
    // A home that cannot be written to is no reason to fail: the history is lost, as it would be in a shell.
  }
}

/** Asks for lines and carries them out until the user leaves. */
export async function runPrompt(console: DebugConsole, output: DebugOutput): Promise<void> {
  let history = readHistory();
  const lines = createInterface({
    input: process.stdin, output: process.stdout, history, historySize: HISTORY_LINES, removeHistoryDuplicates: true,
    completer: (line: string) => console.complete(line),
  });
  lines.on("history", (newest: string[]) => void (history = [...newest]));
  try {
    await converse(lines, console, output);
  } finally {
    lines.close();
    writeHistory(history);
  }
}

async function converse(lines: Interface, console: DebugConsole, output: DebugOutput): Promise<void> {
  const typed: string[] = [];
  let wake: (() => void) | undefined;
  let closed = false;
  let running = false;
  let last = "";
  lines.on("line", (line) => {
    typed.push(line);
    wake?.();
  });
  lines.on("close", () => {
    closed = true;
    console.interrupt();
    wake?.();
  });
  lines.on("SIGINT", () => {
    if (running) return console.interrupt();
    process.stdout.write("^C\n");
    lines.write(null, { ctrl: true, name: "e" });
    lines.write(null, { ctrl: true, name: "u" });
    lines.prompt();
  });

  await output.line(console.greeting());
  while (!console.done) {
    if (typed.length === 0 && !closed) {
      lines.setPrompt(console.prompt);
      lines.prompt();
      await new Promise<void>((done) => (wake = done));
      wake = undefined;
    }
    const line = typed.shift();
    if (line === undefined) {
      if (closed) break;
      continue;
    }
    // As in gdb, an empty line repeats a command that moves on.
    const wanted = line.trim() === "" ? console.repeat(last) : line;
    last = wanted;
    running = true;
    const reply = await console.execute(wanted);
    running = false;
    await output.reply(reply);
    if (reply.error !== undefined && !reply.wantsJson) await output.line(reply.error);
  }
  if (closed && !console.done) process.stdout.write("\n");
}

// Lists that documents repeat are those of the sources: counters, costs, words of the kernel's command line. A list
// in a document is the table that follows <!-- list: NAME -->; its first column names the members.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { COUNTER_NAMES } from "../../src/machine/counters.ts";
import { EVENT_KINDS } from "../../src/machine/events.ts";
import { TLB_PRESETS } from "../../src/machine/options.ts";
import { NOT_IMPLEMENTED } from "../../src/machine/stop.ts";
import { KERNEL_OPERATIONS } from "../../src/check/scenario/kernel-op.ts";
import { TRANSLATION_OPERATIONS } from "../../src/check/scenario/translation-op.ts";
import { DEBUG_COMMANDS } from "shootdown";
import { consoleBlocks, debuggerLines, read } from "./documents.ts";
import { DEFAULT_TRACE_KINDS } from "../../src/trace/kinds.ts";

/** Rows of the list `name`, cell by cell. */
function list(file: string, name: string): string[][] {
  const rest = read(file).split(`<!-- list: ${name} -->\n`)[1];
  assert.ok(rest, `${file} has no list of ${name}`);
  const rows = rest.split("\n\n")[0]!.split("\n").slice(2);
  return rows.map((row) => row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
}

/** What the first column names in `code`. */
const members = (rows: readonly string[][]): string[] =>
  rows.flatMap((row) => [...row[0]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!));

const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1]!);

test("docs/counters.md has every counter of the machine, in order", () => {
  assert.deepEqual(members(list("docs/counters.md", "machine counters")), COUNTER_NAMES);
});

test("docs/counters.md has every counter of the kernel", () => {
  const declared = all(read("guest/include/vmstat.h"), /^\tX\((\w+)\)/gm);
  assert.deepEqual(members(list("docs/counters.md", "kernel counters")).sort(), declared.sort());
});

test("docs/counters.md gives the costs that the core charges", () => {
  const shown = list("docs/counters.md", "costs").map((row) => [members([row])[0], row[1]]);
  const declared = [...read("assembly/probe/cost.ts").matchAll(/^export const (COST_\w+): u64 = (\d+);/gm)];
  assert.deepEqual(shown, declared.map(([, name, value]) => [name, value]));
});

test("docs/kernel.md has every word that the kernel's command line knows", () => {
  const sources = ["guest/kernel", "guest/mm", "guest/mm/policy"].flatMap((folder) =>
    readdirSync(folder).filter((name) => name.endsWith(".c")).map((name) => read(`${folder}/${name}`))).join("\n");
  const declared = [
    ...all(sources, /cmdline_(?:option_u64|find_option)\("(\w+)"/g), ...all(sources, /X86_FEATURE_\w+, \w+, \d+, \d+, "(\w+)"/g),
  ];
  const described = members(list("docs/kernel.md", "command line")).map((word) => word.split("=")[0]!);
  assert.deepEqual(described.sort(), declared.sort());
});

test("docs/kernel.md has every flush policy", () => {
  const declared = all(readdirSync("guest/mm/policy").map((name) => read(`guest/mm/policy/${name}`)).join("\n"), /\.name = "([^"]+)"/g);
  const text = read("docs/kernel.md");
  for (const policy of declared) assert.match(text, new RegExp(`^\\| \`${policy}\``, "m"));
});

test("docs/tracing.md has every kind of event, and says which are recorded if nothing is said", () => {
  const rows = list("docs/tracing.md", "trace kinds");
  assert.deepEqual(members(rows), EVENT_KINDS);
  assert.deepEqual(members(rows.filter((row) => row[2] === "yes")), DEFAULT_TRACE_KINDS);
});

test("docs/machine.md says when each stop of what is not implemented comes", () => {
  const texts = Object.values(NOT_IMPLEMENTED).map(([, text]) => text);
  assert.deepEqual(members(list("docs/machine.md", "not implemented")), texts);
});

test("docs/machine.md has every TLB preset", () => {
  const head = read("docs/machine.md").split("\n").find((line) => line.startsWith("| structure |"));
  assert.deepEqual(members([[head ?? ""]]), TLB_PRESETS);
});

test("docs/debugging.md has every command of the debugger, as help lists them", () => {
  const code = (cell: string | undefined) => /`([^`]+)`/.exec(cell ?? "")?.[1];
  const shown = list("docs/debugging.md", "debugger commands").map(([name, short, help]) => [code(name), code(short) ?? code(name), help]);
  const declared = DEBUG_COMMANDS.map(({ name, short, help }) => [name, short, help]);
  const byName = (a: readonly unknown[], b: readonly unknown[]) => (String(a[0]) < String(b[0]) ? -1 : 1);
  assert.deepEqual(shown.sort(byName), declared.sort(byName));
});

test("docs/gdb.md names commands of the debugger that exist", () => {
  const names = new Set(DEBUG_COMMANDS.flatMap(({ name, also = [] }) => [name, ...also]).map((name) => name.split(" ")[0]));
  const named = all(read("docs/gdb.md"), /`monitor ([a-z]+)/g);
  assert.ok(named.length > 5);
  assert.deepEqual(named.filter((name) => !names.has(name)), []);
});

test("the walk-through of docs/debugging.md takes sixteen lines", () => {
  const walks = consoleBlocks("docs/debugging.md").flatMap((block) => block.commands).filter(({ command }) => command.includes("init=churn"));
  const longest = Math.max(...walks.map(({ output }) => debuggerLines(output).length));
  assert.ok(longest > 0 && longest <= 16, `${longest} lines`);
});

test("docs/scenarios.md has every event of translation and kernel scenarios", () => {
  for (const [name, operations] of [["translation events", TRANSLATION_OPERATIONS], ["kernel events", KERNEL_OPERATIONS]] as const) {
    const events = members(list("docs/scenarios.md", name)).map((event) => event.replace(/^r0 = /, "").split(" ")[0]!);
    const described = new Set(events.filter((word) => word !== "LOCATION" && word !== "unfenced"));
    assert.deepEqual([...described].sort(), [...operations].sort());
  }
});

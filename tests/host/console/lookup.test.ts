// The table of commands: names, abbreviations, and how a line is taken apart.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Arguments, splitWords } from "../../../src/debug/console/arguments.ts";
import { GROUPS, usage } from "../../../src/debug/console/command.ts";
import type { Scope } from "../../../src/debug/console/expression/evaluate.ts";
import { helpList, helpOn } from "../../../src/debug/console/help.ts";
import { CommandIndex, spellings } from "../../../src/debug/console/lookup.ts";
import { COMMANDS } from "../../../src/debug/console/table.ts";
import { styleOf } from "../../../src/debug/console/text/style.ts";

const index = new CommandIndex(COMMANDS);
const scope: Scope = { cpu: 0, cpus: 4, step: 0, register: () => 7n, read: () => new Uint8Array(8), history: [] };
const args = (line: string) => new Arguments(index.call(line), scope);
const called = (line: string) => {
  const { command, direction, format, rest } = index.call(line);
  return [command.name, direction, format, rest];
};

test("no abbreviation stands for two commands, and each is the beginning of its name", () => {
  const seen = new Map<string, string>();
  for (const command of COMMANDS) {
    for (const spelling of spellings(command)) {
      assert.equal(seen.get(spelling), undefined, `"${spelling}" stands for ${seen.get(spelling)} and ${command.name}`);
      seen.set(spelling, command.name);
    }
    command.short.split(" ").forEach((short, i) => assert.ok(command.name.split(" ")[i]!.startsWith(short), command.name));
  }
});

test("every command says in one line what it does, and has an example that calls it", () => {
  for (const command of COMMANDS) {
    assert.ok(GROUPS.includes(command.group), command.name);
    assert.match(command.help, /^[^\n]+[^.\n]$/, command.name);
    assert.equal(index.call(command.example).command, command, command.example);
  }
});

test("help stays within 80 columns", () => {
  const texts = [helpList(COMMANDS, styleOf(false)), ...COMMANDS.map((command) => helpOn(command, styleOf(false)))];
  for (const line of texts.join("\n").split("\n")) assert.ok(line.length <= 80, line);
});

test("habits of gdb, Bochs and WinDbg find their command", () => {
  const habits: Record<string, string> = {
    c: "continue", s: "step", si: "step", stepi: "step", n: "next", ni: "next", fin: "finish", u: "until", b: "break", "b do_wp_page": "break",
    "tb main": "tbreak", "p 1": "print", "x/8gx 0": "x", "info registers": "regs", "i r": "regs", "info break": "info break", "i b": "info break",
    "info mem": "info mem", "info tlb": "tlb", "page 0": "page", "d 1": "delete", "q": "quit", "h": "help", "?": "help", "info threads": "cpus",
    "tt 5": "tt", "g": "continue", "t": "step", "disassemble": "disas", "info tab": "vmmap",
  };
  for (const [line, name] of Object.entries(habits)) assert.equal(index.call(line).command.name, name, line);
});

test("a dash goes back where there is a way back, and nowhere else", () => {
  assert.deepEqual(called("s-"), ["step", -1, undefined, ""]);
  assert.deepEqual(called("c- 100"), ["continue", -1, undefined, "100"]);
  assert.deepEqual(called("finish-"), ["finish", -1, undefined, ""]);
  assert.throws(() => index.call("regs-"), /regs cannot go backwards/);
});

test("a format stands behind a slash, with or without a blank before it", () => {
  assert.deepEqual(called("x/8gx $rsp + 8"), ["x", 1, "8gx", "$rsp + 8"]);
  assert.deepEqual(called("x /8gx $rsp"), ["x", 1, "8gx", "$rsp"]);
  assert.throws(() => index.call("regs/x"), /takes no format/);
});

test("a second word chooses within a family, unless it is none of its names", () => {
  assert.equal(called("break stale")[0], "break stale");
  assert.deepEqual(called("break stale_count"), ["break", 1, undefined, "stale_count"]);
  assert.equal(called("set syntax att")[0], "set syntax");
  assert.throws(() => index.call("info"), /info what\?.*break.*mem/);
  assert.throws(() => index.call("info nonsense"), /there is no "info nonsense"/);
  assert.throws(() => index.call("frobnicate"), /no command "frobnicate"/);
});

test("of two numbers behind step the first is the CPU, of one it is the count", () => {
  assert.deepEqual([args("s 5").cpu(), args("s 5").count("COUNT")], [undefined, 5]);
  assert.deepEqual([args("s 1 5").cpu(), args("s 1 5").count("COUNT")], [1, 5]);
  assert.deepEqual([args("s cpu2").cpu(), args("s cpu2").count("COUNT")], [2, undefined]);
  assert.deepEqual([args("s 5 cpu2").cpu(), args("s 5 cpu2").count("COUNT")], [2, 5]);
  assert.throws(() => args("s cpu9").cpu(), /no CPU 9/);
});

test("a condition takes the rest of the line", () => {
  const both = args("break 0x1000 cpu1 if $rdi == 3 && 1");
  assert.deepEqual([both.number("PLACE"), both.cpu(), both.text("EXPR")], [0x1000n, 1, " $rdi == 3 && 1"]);
  assert.throws(() => args("break 0x1000 if"), /condition behind "if" is missing/);
  assert.equal(args("break *0x2000 + 4").number("PLACE"), 0x2004n);
});

test("what a command does not take is refused by name", () => {
  assert.throws(() => args("ptime 5"), /ptime does not take "5"/);
  assert.throws(() => args("break"), /break needs PLACE/);
  assert.throws(() => args("set syntax cobol"), /"cobol" is not one of intel, att/);
  assert.throws(() => args("tt -5").count("STEP"), /STEP must be 0 or more/);
  assert.throws(() => args("p 1 + nope").value("EXPR"), /no symbol "nope".*column 5 of "1 \+ nope"/);
});

test("blanks inside brackets part nothing", () => {
  assert.deepEqual(splitWords("w (a + b) [1 2] c").map(({ text }) => text), ["w", "(a + b)", "[1 2]", "c"]);
});

test("a usage line shows every argument, optional ones in brackets", () => {
  assert.equal(usage(index.get("break")!), "break PLACE [CPU] [if EXPR]");
  assert.equal(usage(index.get("x")!), "x[/FMT] [ADDRESS]");
  assert.equal(usage(index.get("step")!), "step[-] [CPU] [COUNT]");
});

// The console takes whatever is typed: ten thousand lines, made of its own words or of none, on a machine that runs.
// Each is answered, and each that is wrong is answered with one line.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { DEBUG_COMMANDS, DebugConsole, loadSymbols, MiB, Pc, Session } from "shootdown";

const IMAGE = "dist/guest/kernel.elf";
const LINES = 10_000;

async function openConsole(): Promise<DebugConsole> {
  const pc = await Pc.create({ cpus: 2, memory: 64 * MiB });
  const bytes = readFileSync(IMAGE);
  pc.load(bytes, { commandLine: "init=tlbflush -- iterations=50" });
  const symbols = loadSymbols(bytes, IMAGE);
  return new DebugConsole({ session: Session.open({ pc, symbols, history: 64 * MiB }), symbols });
}

const words = fc.constantFrom(
  ...new Set(DEBUG_COMMANDS.flatMap((command) => [...command.name.split(" "), ...command.short.split(" "), ...(command.also ?? [])])),
);
const pieces = fc.oneof(
  fc.constantFrom(
    "$rip", "%cr3", "$rsp", "0", "1", "2", "0x1000", "-1", "18446744073709551616", "0xffffffff80104000", "do_wp_page", "init_mm", "init_mm.context",
    "cpu0", "cpu1", "cpu9", "if", "1 == 1", "*", "&", "->", "(", ")", "/", "/8gx", "/3i", "r", "w", "rw", "phys", "stale", "l1d", "all", "-d", "--json",
    "guest/mm/wp.c:30", "#100000", "$step-1", "#PF", "walk", "att", "per_cpu(cpu_number, 1)", "\\n", "$1", "$_", "-", ":", "\u0000", "\u20ac",
  ),
  fc.string({ maxLength: 8 }),
  fc.integer().map(String),
);
const line = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(words, fc.constantFrom("", "", "-", "/x"), fc.array(pieces, { maxLength: 4 })).map(([word, end, rest]) => `${word}${end} ${rest.join(" ")}`) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...DEBUG_COMMANDS.map((command) => command.example)), pieces, fc.nat(20)).map(([text, piece, at]) => text.slice(0, at) + piece + text.slice(at)) },
  { weight: 2, arbitrary: fc.string({ maxLength: 60 }) },
);

test("ten thousand random lines are answered, each wrong one with one line", async () => {
  const console = await openConsole();
  let failed = 0;
  for (const text of fc.sample(line, { numRuns: LINES, seed: 1842 })) {
    // Whatever runs for long is interrupted, as by Ctrl-C.
    const timer = setInterval(() => console.interrupt(), 5);
    const reply = await console.execute(text);
    clearInterval(timer);
    if (reply.command === "") continue;
    const { ok, error } = JSON.parse(reply.json) as { ok: boolean; error?: string };
    assert.equal(ok, reply.error === undefined, text);
    assert.equal(error, reply.error, text);
    if (reply.error === undefined) continue;
    failed++;
    assert.match(reply.error, /^[^\n]+$/, text);
    assert.equal(reply.text, "", text);
  }
  assert.ok(failed > LINES / 10 && failed < LINES, `${failed} lines failed`);
});

test("what can be completed is completed, and nothing that is typed makes completion fail", async () => {
  const console = await openConsole();
  assert.deepEqual(console.complete("con"), [["continue "], "con"]);
  assert.deepEqual(console.complete("break do_wp"), [["do_wp_page"], "do_wp"]);
  assert.deepEqual(console.complete("p $rfl"), [["$rflags"], "$rfl"]);
  assert.deepEqual(console.complete("p init_mm.context.tlb"), [["tlb_gen"], "tlb"]);
  assert.deepEqual(console.complete("info m"), [["mem "], "m"]);
  assert.deepEqual(console.complete("set syntax a"), [["att"], "a"]);
  fc.assert(fc.property(line, fc.nat(40), (text, cut) => {
    const [found, part] = console.complete(text.slice(0, cut));
    assert.ok(text.slice(0, cut).endsWith(part), text);
    for (const name of found) assert.ok(name.startsWith(part), `${text}: ${name}`);
  }));
});

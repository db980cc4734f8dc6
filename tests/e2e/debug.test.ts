// The console on our kernel: what commands do to the machine, and what they say of it. What the walk-through in
// docs/debugging.md shows is tested with the documents.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DebugConsole, loadSymbols, MiB, openSession, Pc } from "shootdown";

const IMAGE = "dist/guest/kernel.elf";
const bytes = readFileSync(IMAGE);
const symbols = loadSymbols(bytes, IMAGE);

async function bootedPc(cpus: number, commandLine = "init=hello"): Promise<Pc> {
  const pc = await Pc.create({ cpus, memory: 64 * MiB });
  pc.load(bytes, { commandLine });
  return pc;
}

async function openConsole(cpus = 2, commandLine?: string): Promise<DebugConsole> {
  const session = openSession(await bootedPc(cpus, commandLine), { symbols, history: 64 * MiB });
  return new DebugConsole({ session, symbols });
}

/** On two CPUs `init=hello` ends soon after this step. */
const LATE = 1_800_000;

/** The data that a command answers with; it must not fail. */
async function ask<T = Record<string, unknown>>(console: DebugConsole, line: string): Promise<T> {
  const reply = await console.execute(line);
  assert.equal(reply.error, undefined, line);
  return (JSON.parse(reply.json) as { data: T }).data;
}

interface Where { readonly kind: string; readonly cpu: number; readonly step: number; readonly symbol?: string; readonly rip: string }

test("a breakpoint by symbol stops before its first instruction, and a step back undoes a step", async () => {
  const console = await openConsole();
  await ask(console, "break printk");
  const first = await ask<Where>(console, "c");
  assert.deepEqual([first.kind, first.symbol], ["point", "printk"]);
  const before = console.context.machine.stateHash();
  const stepped = await ask<Where>(console, "s");
  assert.ok(stepped.step > first.step);
  assert.deepEqual((await ask<Where>(console, "s-")).step, first.step);
  assert.equal(console.context.machine.stateHash(), before);
  const second = await ask<Where>(console, "c");
  assert.ok(second.step > first.step);
  assert.equal((await ask<Where>(console, "c-")).step, first.step);
  assert.equal((await ask<Where>(console, "c-")).kind, "start-of-history");
});

test("finish leaves a function by its call frame information, and finish- goes back to the call", async () => {
  const console = await openConsole();
  await ask(console, "tbreak printk");
  await ask(console, "c");
  assert.equal((await ask<Where>(console, "fin")).symbol, "start_kernel");
  await ask(console, "s-");
  const call = await ask<Where>(console, "finish-");
  assert.equal(call.symbol, "start_kernel");
  assert.match((await console.execute("disas/1")).text, /call .*<printk>/);
});

test("a condition and an ignore count decide which hits stop", async () => {
  const console = await openConsole();
  await ask(console, "break printk if $cpu == 0 && $step > 1000000");
  assert.ok((await ask<Where>(console, "c")).step > 1_000_000);
  await ask(console, "tt 0");
  await ask(console, "delete");
  await ask(console, "break printk");
  const { step } = await ask<Where>(console, "c");
  const { step: third } = (await ask(console, "c"), await ask<Where>(console, "c"));
  await ask(console, "tt 0");
  await ask(console, "ignore 2 2");
  assert.ok(third > step);
  assert.equal((await ask<Where>(console, "c")).step, third);
  const bad = await console.execute("break printk if nothing == 1");
  assert.match(bad.error ?? "", /no symbol "nothing".*column 2/);
});

test("a watchpoint stops behind the store, by linear and by physical address, and says what was written", async () => {
  interface Watched extends Where { readonly hits: readonly { readonly cpu: number; readonly step: number; readonly values: readonly [string, string, string] }[] }
  const console = await openConsole();
  await ask(console, "watch w nr_online_nodes");
  const halt = await ask<Watched>(console, "c");
  const [hit] = halt.hits;
  assert.equal(halt.step, hit!.step + 1);
  assert.notEqual(hit!.values[1], hit!.values[2]);
  assert.equal((await ask<{ value: number }>(console, "p nr_online_nodes")).value, Number(hit!.values[2]));
  await ask(console, "delete");
  await ask(console, `watch w phys ${console.context.machine.physicalOf(0, BigInt(symbols.resolve("nr_online_nodes")!.address))} 4`);
  assert.equal((await ask<Watched>(console, "c-")).step, hit!.step);
});

test("what is written by hand is read back", async () => {
  const console = await openConsole();
  await ask(console, `tt ${LATE}`);
  await ask(console, "set memory *(u32*)0xffff888000001000 0x11223344");
  assert.equal((await ask<{ value: number }>(console, "p *(u16*)0xffff888000001000")).value, 0x3344);
  assert.match((await console.execute("set memory 0x10 1")).error ?? "", /not mapped/);
});

test("events are those that happened, however many snapshots lie between", async () => {
  const last = LATE;
  const kinds = ["cr3", "invalidate"] as const;
  const pc = await bootedPc(2);
  pc.machine.recordEvents(kinds);
  while (pc.machine.steps < last) pc.machine.run(last - pc.machine.steps);
  const happened = pc.machine.takeEvents().map(({ step, kind, cpu }) => [Number(step), kind, cpu]);
  const console = await openConsole();
  await ask(console, "tt 1000000");
  await ask(console, `tt ${last}`);
  await ask(console, "break printk");
  const told = await ask<{ step: number; kind: string; cpu: number }[]>(console, `events 1000 ${kinds.join(" ")}`);
  assert.ok(happened.length > 5);
  assert.deepEqual(told.map(({ step, kind, cpu }) => [step, kind, cpu]), happened);
  assert.equal(console.context.machine.steps, last);
});

test("why names the store that mapped a page", async () => {
  const console = await openConsole();
  await ask(console, `tt ${LATE}`);
  interface Why { readonly walk: { readonly levels: readonly { readonly value: string; readonly writer?: { readonly step: number; readonly new: string } }[] } }
  const { walk } = await ask<Why>(console, "why start_kernel");
  const leaf = walk.levels.at(-1)!;
  assert.ok(leaf.writer, "the leaf was written by a store");
  // The walker has set A since.
  assert.equal(BigInt(leaf.value) & ~0x60n, BigInt(leaf.writer.new) & ~0x60n);
  assert.equal(console.context.machine.steps, LATE);
  await ask(console, `tt ${leaf.writer.step}`);
  assert.match((await console.execute("disas/1")).text, /mov/);
});

test("input in the past makes another future, and says so", async () => {
  const console = await openConsole();
  await ask(console, "tt 1500000");
  await ask(console, "tt 1400000");
  const reply = await console.execute("set register r15 5");
  assert.match(reply.text, /100,000 steps of known future dropped/);
  assert.equal((await ask<{ furthest: number }>(console, "ptime")).furthest, 1_400_000);
  assert.equal((await ask<{ value: string }>(console, "p $r15")).value, 5);
});

test("a guest that fails halts; one can look at it and go back", async () => {
  const console = await openConsole();
  await ask(console, `tt ${LATE}`);
  // Neither #PF nor what follows from it has a gate: #NP, #DF.
  for (const vector of [14, 11, 8]) await ask(console, `set memory $idt_base+16*${vector} 0`);
  await ask(console, "set register rip 0");
  const halt = await ask<Where & { stop: { kind: string } }>(console, "c");
  assert.deepEqual([halt.kind, halt.stop.kind], ["machine", "triple-fault"]);
  assert.match((await console.execute("regs")).text, /rip/);
  assert.equal((await ask<Where>(console, "tt 1000000")).step, 1_000_000);
});

test("a run is interrupted, and the machine can go on", async () => {
  const console = await openConsole(2, "init=lookup -- size=8M lookups=100M");
  const running = ask<Where>(console, "c");
  setTimeout(() => console.interrupt(), 100);
  const halt = await running;
  assert.equal(halt.kind, "interrupted");
  assert.equal((await ask<Where>(console, "c 1000")).step, halt.step + 1000);
});

test("what a guest prints is told once, however often its past is run", async () => {
  const console = await openConsole();
  let printed = "";
  console.context.session.onSerial((part) => (printed += Buffer.from(part).toString()));
  for (const line of ["c", "tt 1000000", "c", "s-", "s"]) await ask(console, line);
  assert.equal(printed.match(/hello from user space/g)?.length, 1);
});

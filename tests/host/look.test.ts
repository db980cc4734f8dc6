// What src/debug/look says of a machine, held against what is known of it: a booted kernel and small made-up tables.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { MiB, Pc } from "shootdown";
import {
  decodeWord, disassemble, examine, formatUnit, gdt, idt, isStale, mappings, type MemoryView, parseFormat,
  tlbView, TypedValue, walk, whyPage,
} from "../../src/debug/look/index.ts";
import { loadSymbols, type TypeNode } from "../../src/debug/symbols/index.ts";

const KERNEL = "dist/guest/kernel.elf";
const image = readFileSync(KERNEL);
const symbols = loadSymbols(image, KERNEL);

/** Our kernel in the middle of `churn` on four CPUs. */
async function booted(steps = 12e6): Promise<Pc> {
  const pc = await Pc.create({ cpus: 4, memory: 64 * MiB });
  pc.load(image, { commandLine: "init=churn tlb=migrc-v3 -- pages=64 rounds=64" });
  pc.machine.run(steps);
  return pc;
}

const { machine } = await booted();

test("a walk ends where the machine's own look-up ends, for every kind of page", () => {
  const ranges = mappings(machine, 0);
  const addresses = ranges.flatMap((range) => [range.start, range.start + 0x123n, range.end - 1n]);
  assert.ok(addresses.length > 10);
  const sizes = new Set<number>();
  for (const address of addresses) {
    const { outcome, levels } = walk(machine, 0, address);
    assert.equal(outcome.kind, "mapped");
    if (outcome.kind !== "mapped") continue;
    sizes.add(outcome.pageSize);
    const known = machine.physicalOf(0, address);
    assert.equal(outcome.physical, known === undefined ? undefined : BigInt(known));
    assert.equal(levels.at(-1)!.leaf, true);
  }
  assert.deepEqual([...sizes].sort((a, b) => a - b).slice(0, 2), [0x1000, 0x200000]);
});

test("a walk of what is not mapped says at which level it ended, and of a wrong address that it is one", () => {
  assert.deepEqual(walk(machine, 0, 0n).outcome.kind, "not-present");
  assert.equal(walk(machine, 0, 0x8000_0000_0000n).outcome.kind, "not-canonical");
  assert.equal(machine.physicalOf(0, 0n), undefined);
});

test("mappings cover exactly the pages that walks find, in order and joined", () => {
  const ranges = mappings(machine, 1);
  ranges.reduce((end, range) => {
    assert.ok(range.start >= end && range.end > range.start);
    return range.end;
  }, 0n);
  const text = ranges.find((range) => range.start <= symbols.resolve("start_kernel")!.address && range.end > symbols.resolve("start_kernel")!.address);
  assert.deepEqual(text?.rights, { writable: false, user: false, executable: true, global: true });
  assert.ok(ranges.every((range) => walk(machine, 1, range.start).outcome.kind === "mapped"));
});

test("page-table words are decoded by level", () => {
  const pte = decodeWord("PTE", 0x1000, 0x8000_0000_0012_3067n);
  assert.deepEqual([pte.flags, pte.physical, pte.leaf], [["P", "W", "U", "A", "D", "NX"], 0x123000n, true]);
  const pde = decodeWord("PDE", 0x1000, 0x20_01e3n);
  assert.deepEqual([pde.flags, pde.physical, pde.leaf], [["P", "W", "A", "D", "PS", "G"], 0x200000n, true]);
  assert.equal(decodeWord("PDE", 0, 0x20_21e3n).reserved, 0x2000n);
  assert.equal(decodeWord("PML4E", 0, 0x1083n).reserved, 0x80n);
  const gone = decodeWord("PTE", 0x1000, 0x7e_0000_0000_0002n);
  assert.deepEqual([gone.present, gone.flags, gone.physical], [false, [], undefined]);
});

test("what TLBs hold and is not marked agrees with the page tables", () => {
  const entries = [0, 1, 2, 3].flatMap((cpu) => tlbView(machine, cpu, { structures: ["l1d", "l1i", "l2"], symbols }));
  assert.ok(entries.length > 100);
  for (const entry of entries) {
    assert.equal(isStale(entry) && !entry.changed, false);
    if (entry.changed || !entry.global) continue;
    const { outcome } = walk(machine, entry.cpu, entry.linear);
    assert.deepEqual([outcome.kind, "physical" in outcome && outcome.physical], ["mapped", entry.physical]);
  }
  assert.ok(entries.some((entry) => entry.filledAtSymbol?.name === "start_kernel" || entry.filledAtSymbol));
});

test("a marked entry says who changed its word and how it differs, and `whyPage` finds it on the CPU that holds it", async () => {
  const pc = await booted(1e6);
  for (let tries = 0; tries < 4000; tries++) {
    pc.machine.run(5000);
    const marked = [0, 1, 2, 3].flatMap((cpu) => tlbView(pc.machine, cpu, { structures: ["l2"], stale: true, symbols }));
    const stale = marked.find((entry) => isStale(entry) && entry.linear < 1n << 47n);
    if (!stale) continue;
    assert.ok(stale.changed!.byCpu < 4 && stale.changed!.atStep <= BigInt(pc.machine.steps));
    assert.ok(stale.changed!.atStep > stale.filledAt);
    const why = whyPage(pc.machine, stale.cpu, stale.linear, symbols);
    assert.ok(why.holders[stale.cpu]!.stale.some((entry) => entry.filledAt === stale.filledAt));
    return;
  }
  assert.fail("churn under migrc-v3 left no stale entry");
});

test("disassembly names what calls and loads refer to, in both syntaxes, and marks RIP", () => {
  const start = symbols.resolve("flush_tlb_mm_range")!;
  const end = start.address + BigInt(start.size);
  const intel = disassemble(machine, 0, start.address, { end, symbols });
  assert.equal(intel[0]!.symbol!.name, "flush_tlb_mm_range");
  assert.ok(intel.some((one) => /^call 0x[0-9a-f]+ <[a-z_]+>$/.test(one.text)), intel.map((one) => one.text).join("\n"));
  assert.equal(intel.reduce((at, one) => at + BigInt(one.bytes.length), start.address), end);
  const att = disassemble(machine, 0, start.address, { end, symbols, syntax: "att" });
  assert.equal(att.length, intel.length);
  assert.ok(att.some((one) => one.text.includes("%r")));
  const rip = machine.register(0, "rip");
  assert.deepEqual(disassemble(machine, 0, rip).map((one) => one.current), [true]);
});

test("x/FMT is parsed as gdb parses it, and what it cannot do is said", () => {
  assert.deepEqual(parseFormat("8xg"), { count: 8, format: "x", size: 8 });
  assert.deepEqual(parseFormat("3wd"), { count: 3, format: "d", size: 4 });
  assert.deepEqual(parseFormat("s", { count: 5, format: "x", size: 2 }), { count: 1, format: "s", size: 2 });
  assert.deepEqual(parseFormat("2c"), { count: 2, format: "c", size: 1 });
  for (const bad of ["0x", "x/", "f", "99999999x", "q"]) assert.throws(() => parseFormat(bad), { name: "UserError" });
});

test("units of memory are written as gdb writes them", () => {
  assert.equal(formatUnit(0xffn, "d", 1), "-1");
  assert.equal(formatUnit(0xffn, "u", 1), "255");
  assert.equal(formatUnit(0xffn, "x", 2), "0x00ff");
  assert.equal(formatUnit(8n, "o", 4), "010");
  assert.equal(formatUnit(5n, "t", 1), "00000101");
  assert.equal(formatUnit(10n, "c", 1), "10 '\\n'");
  const address = symbols.resolve("start_kernel")!.address;
  assert.equal(formatUnit(address + 4n, "a", 8, symbols), `0x${(address + 4n).toString(16)} <start_kernel+4>`);
});

test("memory is examined up to where nothing is mapped, and goes on behind what was shown", () => {
  const banner = symbols.resolve("boot_gdt")!;
  const { rows, next } = examine(machine, 0, banner.address, parseFormat("4xg"), { symbols });
  assert.equal(next, banner.address + 32n);
  assert.equal(rows.length, 2);
  assert.equal(rows[0]!.values[0]!.value, 0n);
  const code = examine(machine, 0, symbols.resolve("start_kernel")!.address, parseFormat("3i"), { symbols });
  assert.equal(code.rows.length, 3);
  assert.match(examine(machine, 0, 0n, parseFormat("2xg")).rows[0]!.error!, /cannot read memory at 0x0/);
});

test("strings are read up to their end, and as many as fit", () => {
  const text = new TextEncoder().encode(`say "hi"\n\0${"long ".repeat(2000)}`);
  const memory: MemoryView = { read: (at, size) => (at >= 0x1000n && at + BigInt(size) <= 0x1000n + BigInt(text.length) ? text.slice(Number(at - 0x1000n), Number(at - 0x1000n) + size) : undefined) };
  const { rows, next } = examine(machine, 0, 0x1000n, parseFormat("5s"), { memory });
  assert.equal(rows[0]!.values[0]!.text, '"say \\"hi\\"\\n"');
  assert.equal(rows[1]!.address, 0x100an);
  assert.match(rows[1]!.values[0]!.text, /^"long long .*"\.\.\.$/);
  assert.match(rows.at(-1)!.error!, /cannot read/);
  assert.equal(next, 0x1000n + BigInt(text.length));
  assert.throws(() => parseFormat("65536s"), { name: "UserError" });
});

test("what is too large for a number is no number, whatever its type says", () => {
  const zero: MemoryView = { read: (_, size) => new Uint8Array(size) };
  const wide: TypeNode = { kind: "base", name: "wide", size: 2 ** 31, encoding: "unsigned" };
  assert.throws(() => new TypedValue(zero, 0n, wide).big(), { name: "UserError" });
});

test("the descriptor tables are those of the kernel", () => {
  const gates = idt(machine, 2, symbols);
  assert.equal(gates.length, 256);
  assert.deepEqual([gates[14]!.kind, gates[14]!.present, gates[14]!.symbol!.name], ["interrupt", true, "idt_stubs"]);
  const kinds = gdt(machine, 2).map((descriptor) => descriptor.kind);
  assert.deepEqual([kinds[0], kinds.includes("code"), kinds.includes("tss")], ["null", true, true]);
  const cs = Number(machine.register(2, "cs"));
  assert.equal(gdt(machine, 2).find((d) => d.selector === (cs & ~7))?.kind, "code");
});

test("page tables that contain themselves end a listing, not the program", async () => {
  const pc = await booted(2e6);
  const root = Number(pc.machine.register(0, "cr3") & 0xffff_f000n);
  const self = new BigUint64Array(512).fill(BigInt(root) | 7n);
  pc.machine.writePhysical(root, new Uint8Array(self.buffer));
  assert.throws(() => mappings(pc.machine, 0), { name: "UserError", message: /contain themselves/ });
  assert.equal(mappings(pc.machine, 0, { from: 0x1000n, to: 0x3000n }).length, 1);
  const { levels, outcome } = walk(pc.machine, 0, 0x1000n);
  assert.deepEqual([levels.length, outcome.kind], [4, "mapped"]);
});

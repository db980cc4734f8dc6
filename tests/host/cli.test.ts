// Parts of the command line that need no machine: sizes, the escape key, module lists, kernel output.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OutputReader } from "../../src/bench/migrate-output.ts";
import { EscapeFilter } from "../../src/cli/escape.ts";
import { UserError } from "../../src/errors.ts";
import { checkOptions } from "../../src/machine/options.ts";
import { markdownTable, table } from "../../src/report/index.ts";
import { formatSize, GiB, KiB, MiB, parseSize, parseWhole } from "../../src/units.ts";

test("sizes are read with K, M and G, and a bare number is in MiB as in QEMU", () => {
  const sizes = ["512M", "1G", "64k", "2MiB", "1.5G", "256"].map(parseSize);
  assert.deepEqual(sizes, [512 * MiB, GiB, 64 * KiB, 2 * MiB, 1536 * MiB, 256 * MiB]);
});

test("what is not a size is refused", () => {
  for (const text of ["", "M", "-1M", "0", "12Q", "1e3M", "0.0001K", "NaN"]) assert.throws(() => parseSize(text), UserError, text);
});

test("a size that was formatted from whole units reads back as itself", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 4096 }), fc.constantFrom(KiB, MiB), (count, unit) => {
    assert.equal(parseSize(formatSize(count * unit)), count * unit);
  }));
});

test("numbers outside their limits are refused by name", () => {
  assert.equal(parseWhole("0x10", "n", 0, 99), 16);
  for (const text of ["x", "1.5", "-1", "100", ""]) assert.throws(() => parseWhole(text, "the seed", 0, 99), /the seed must be/);
});

test("options of a machine are checked before anything is made", () => {
  assert.throws(() => checkOptions({ cpus: 65 }), UserError);
  assert.throws(() => checkOptions({ memory: 4 * GiB }), /at most 3 GiB/);
  assert.throws(() => checkOptions({ memory: 5 * MiB + 1 }), UserError);
  assert.throws(() => checkOptions({ memory: Number.NaN }), UserError);
  assert.throws(() => checkOptions({ tlb: "large" as never }), /skylake/);
});

function escape(keys: string): { sent: string; did: string[] } {
  const did: string[] = [];
  const filter = new EscapeFilter({ leave: () => did.push("leave"), help: () => did.push("help") });
  const sent = [...keys].flatMap((key) => [...filter.filter([key.charCodeAt(0)])]);
  return { sent: String.fromCharCode(...sent), did };
}

test("Ctrl-A X leaves, Ctrl-A H helps, Ctrl-A A sends Ctrl-A, and the rest goes to the guest", () => {
  assert.deepEqual(escape("ls\x01x"), { sent: "ls", did: ["leave"] });
  assert.deepEqual(escape("\x01h\x01Ha"), { sent: "a", did: ["help", "help"] });
  assert.deepEqual(escape("\x01a\x01\x01\x01zq"), { sent: "\x01\x01q", did: [] });
});

test("the kernel's counters, checksums and progress are read from its output", () => {
  const reader = new OutputReader();
  const text = "boot\r\nprogress: 1/4\nvmstat: nr_tlb_remote_flush 12\nchecksum: lookup 0xabc\nvmstat: bad\nno newline";
  for (const byte of new TextEncoder().encode(text)) reader.push(byte);
  assert.deepEqual(reader.output, { vmstat: { nr_tlb_remote_flush: 12 }, checksums: ["lookup 0xabc"], progress: 0.25 });
  assert.deepEqual(reader.tail(1), ["vmstat: bad"]);
});

test("tables show their sections, and leave out empty ones", () => {
  const content = {
    head: ["a", "b"], align: ["left", "right"] as const,
    sections: [{ title: "full", rows: [["x|y", "1"]] }, { title: "empty", rows: [] }],
  };
  const shown = table({ ...content, align: [...content.align] });
  assert.match(shown, /full/);
  assert.doesNotMatch(shown, /empty/);
  assert.equal(markdownTable({ ...content, align: [...content.align] }), "| a | b |\n| --- | ---: |\n| **full** |  |\n| x\\|y | 1 |");
});

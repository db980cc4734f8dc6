// What the core declares and the host repeats, or names, must be the same: these tests read the core's
// sources where the host cannot compile them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as counters from "../../assembly/probe/counters.ts";
import { LEFT_REASONS, STALE_CLASSES } from "../../src/debug/console/text/events.ts";
import { COUNTER_HELP, COUNTER_NAMES } from "../../src/machine/counters.ts";
import { EVENT_KINDS } from "../../src/machine/events.ts";
import { TLB_PRESETS } from "../../src/machine/options.ts";
import { REGISTER_NAMES, registerNumber } from "../../src/machine/registers.ts";
import { FRAME_CLEAN } from "../../src/machine/snapshot.ts";
import { CORE_STOPS, NOT_IMPLEMENTED } from "../../src/machine/stop.ts";
import { TLB_FLAGS, TLB_KINDS, TLB_STRUCTURES } from "../../src/machine/tlb.ts";

/** Constants `PREFIX_NAME: u32 = number` in a source of the core. Tests run in the project's folder. */
function constants(file: string, prefix: string): Record<string, number> {
  const found = readFileSync(file, "utf8").matchAll(new RegExp(`^export const ${prefix}_(\\w+): u(?:32|64) = (\\d+);`, "gm"));
  return Object.fromEntries([...found].map((match) => [match[1], Number(match[2])]));
}

test("the host's counters are the core's, in the same order, each with a help text", () => {
  assert.equal(COUNTER_NAMES.length, counters.COUNTERS);
  const declared = constants("assembly/probe/counters.ts", "C");
  COUNTER_NAMES.forEach((name, id) => assert.equal(declared[name.toUpperCase()], id, name));
  assert.deepEqual(Object.keys(COUNTER_HELP).sort(), [...COUNTER_NAMES].sort());
});

test("the host's registers are the core's", () => {
  const declared = constants("assembly/probe/registers.ts", "REGISTER");
  assert.deepEqual(Object.keys(declared).map((name) => name.toLowerCase()), REGISTER_NAMES);
  for (const name of REGISTER_NAMES) assert.equal(registerNumber(name), declared[name.toUpperCase()]);
});

test("the host knows every reason for which the core stops", () => {
  assert.deepEqual({ ...CORE_STOPS }, constants("assembly/global.ts", "STOP"));
});

test("the host has a text for everything that the core calls not implemented", () => {
  const texts = Object.fromEntries(Object.entries(NOT_IMPLEMENTED).map(([name, [number]]) => [name, number]));
  assert.deepEqual(texts, constants("assembly/global.ts", "NI"));
});

test("the console has a text for every reason for which a TLB entry leaves, and a name for every class of stale use", () => {
  const reasons = Object.fromEntries(Object.entries(LEFT_REASONS).map(([name, [number]]) => [name, number]));
  assert.deepEqual(reasons, constants("assembly/probe/events.ts", "LEFT"));
  const classes = Object.keys(constants("assembly/mmu/classify.ts", "STALE")).map((name) => name.toLowerCase().replaceAll("_", "-"));
  assert.deepEqual(classes, STALE_CLASSES);
});

test("the TLB presets have the core's numbers", () => {
  const declared = constants("assembly/mmu/presets.ts", "PRESET");
  TLB_PRESETS.forEach((name, number) => assert.equal(declared[name.toUpperCase()], number));
});

test("TLB structures, page sizes and flags have the core's numbers", () => {
  const roles = constants("assembly/mmu/presets.ts", "ROLE");
  assert.deepEqual([roles["L1D"], roles["L1I"], roles["L2D"], roles["L2I"], roles["PSC"]], TLB_STRUCTURES.map((_, role) => role));
  const kinds = constants("assembly/mmu/presets.ts", "KIND");
  TLB_KINDS.forEach((name, kind) => assert.equal(kinds[name.toUpperCase()], kind, name));
  const declared = { ...constants("assembly/mmu/entry.ts", "RIGHT"), ...constants("assembly/mmu/entry.ts", "ENTRY") };
  for (const [name, flag] of Object.entries(TLB_FLAGS)) assert.equal(declared[name], flag, name);
});

test("the flag of a frame that has not changed has the core's number, and flags come first in a frame's record", () => {
  const declared = constants("assembly/mmu/frames.ts", "FRAME");
  assert.equal(declared["CLEAN"], FRAME_CLEAN);
  assert.match(readFileSync("assembly/mmu/frames.ts", "utf8"), /frameFlags[^{]*\{\s*return load<u8>\(frameRecord\(frame\)\)/);
});

test("events have the core's numbers", () => {
  const declared = constants("assembly/probe/events.ts", "EVENT");
  EVENT_KINDS.forEach((name, kind) => assert.equal(declared[name.toUpperCase()], kind, name));
  assert.equal(declared["KINDS"], EVENT_KINDS.length);
  assert.deepEqual([declared["BYTES"], declared["CAPACITY"]], [56, 32768]);
});

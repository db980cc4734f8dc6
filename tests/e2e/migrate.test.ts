// `shootdown bench migrate`: the table, the JSON, and what it says when a run fails.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { scratch } from "./guest.ts";

function bench(args: readonly string[]): { status: number | null; out: string; err: string } {
  const result = spawnSync(process.execPath, ["dist/shootdown.js", "bench", "migrate", ...args], { encoding: "utf8", timeout: 300_000 });
  return { status: result.status, out: result.stdout, err: result.stderr };
}

test("policies are compared in a table and in JSON, with equal checksums", () => {
  const file = join(scratch, "migrate.json");
  const { status, out, err } = bench(["--workload", "tlbflush", "--policy", "sync,migrc-v3", "--json", file]);
  assert.equal(status, 0, err);
  for (const row of ["shootdowns sent", "IPIs received", "full flushes", "page walks, data", "stale uses, lost-write", "share spent in shootdowns"]) {
    assert.ok(out.includes(row), `no row "${row}" in\n${out}`);
  }
  assert.match(out, /counted by the kernel[\s\S]*counted by the machine[\s\S]*modelled/);
  assert.match(out, /the same under every policy/);
  const json = JSON.parse(readFileSync(file, "utf8"));
  assert.equal(json.version, 1);
  assert.deepEqual(json.runs.map((run: { policy: string }) => run.policy), ["sync", "migrc-v3"]);
  const [sync] = json.runs;
  assert.equal(sync.figures.shootdowns_sent, sync.vmstat.nr_tlb_remote_flush);
  assert.equal(sync.counters.instructions, sync.perCpu.reduce((sum: number, cpu: { instructions: number }) => sum + cpu.instructions, 0));
});

test("a run gives the same figures whether or not another runs beside it", () => {
  const files = [join(scratch, "alone.json"), join(scratch, "beside.json")] as const;
  const common = ["--workload", "tlbflush", "--json"];
  assert.equal(bench(["--policy", "sync", ...common, files[0]]).status, 0);
  assert.equal(bench(["--policy", "sync,sync", ...common, files[1]]).status, 0);
  const [alone, beside] = files.map((file) => JSON.parse(readFileSync(file, "utf8")).runs);
  assert.deepEqual(beside, [alone[0], alone[0]]);
});

test("a guest that fails makes the benchmark fail, with its last words", () => {
  const { status, err } = bench(["--workload", "lookup", "--policy", "sync", "--memory", "4M", "--fast-memory", "2M"]);
  assert.equal(status, 1, err);
  assert.match(err, /^shootdown: lookup under sync failed: the guest exited with value [1-9].*\n$/m);
});

// Flush policies and other variants of the guest kernel, by what its counters say of one page that is demoted: whether
// its flush was put off, and whether it was made up for before the page could be written.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MiB } from "shootdown";
import { checksums, KERNEL_BUGS, OK, runInQemu, runKernel, withoutQemu } from "./kernel-run.js";

/** Without flush_tlb_batched_pending() in mprotect, what flushes there is the policy. */
const LATE = "batched_pending=0";

/** The second column keeps a CPU busy with the same address space, so that there is somebody to flush. */
async function counted(words: string, operations: string, locations = "page=p,ro,value=5") {
  const race = `init=scenario ${words} numa_balancing=0 -- ${locations} P0=migrate,p,1;${operations} P1=mfence`;
  const { stop, vmstat, lines } = await runKernel(race, { cpus: 2 });
  assert.deepEqual(stop, OK, lines.slice(-5).join("\n"));
  return { deferred: vmstat["migrc_deferred"], madeUp: vmstat["migrc_wp_flush"], flushes: vmstat["nr_tlb_remote_flush"]! };
}

const FILE = "file=f page=p,ro,file=f hole=h";

for (const [fate, operations, deferred, madeUp, locations] of [
  ["is only read", "load,p,r0", 1, 0],
  ["becomes writable by mprotect", "mprotect,p,rw;store,p,1", 1, 1],
  ["becomes writable twice", "mprotect,p,rw;mprotect,p,r;mprotect,p,rw", 1, 1],
  ["moves on and becomes writable there", "migrate,p,0;mprotect,p,rw", 1, 0],
  ["moves to and fro", "migrate,p,0;migrate,p,1", 2, 0],
  ["is unmapped", "munmap,p", 1, 0],
  ["is of a file that is only read", "read,f,0,r0", 1, 0, FILE],
  ["is of a file that is written", "write,f,0,1;write,f,0,2", 1, 1, FILE],
  ["is of a file and becomes writable by mprotect", "mprotect,p,rw", 1, 1, FILE],
] as const) {
  test(`migrc-safe makes up for ${madeUp ? "one flush" : "no flush"} when a page whose flush was put off ${fate}`, async () => {
    const result = await counted(`tlb=migrc-safe ${LATE}`, operations, locations);
    assert.deepEqual([result.deferred, result.madeUp], [deferred, madeUp]);
  });
}

test("mprotect makes up for a batch's flush before it edits PTEs, but for batched_pending=0", async () => {
  const [before, after] = await Promise.all(["", LATE].map((words) => counted(`tlb=migrc-v3 ${words}`, "mprotect,p,rw")));
  assert.equal(before!.flushes, after!.flushes + 1);
});

/** Pages that move all the time, by hand and by hint faults, under readers that verify them. */
const CHURN = "init=churn hz=1000 numa_scan_delay_ms=1 numa_scan_period_ms=1 -- rounds=20 pages=256";

test("migrc-safe puts flushes off as often as migrc-v3, and no stale translation is used for a page that was written", async () => {
  const [v3, safe] = await Promise.all(["migrc-v3", "migrc-safe"].map((policy) => runKernel(`tlb=${policy} ${CHURN}`, { memory: 64 * MiB })));
  assert.deepEqual(safe!.stop, OK, safe!.lines.slice(-5).join("\n"));
  assert.deepEqual(checksums(safe!.lines), checksums(v3!.lines));
  assert.ok(safe!.vmstat["migrc_deferred"]! > 0.9 * v3!.vmstat["migrc_deferred"]! && safe!.vmstat["migrc_wp_flush"]! > 0);
  const { stale_diverged_read, stale_lost_write, stale_reused_frame } = safe!.counters;
  assert.deepEqual([stale_diverged_read, stale_lost_write, stale_reused_frame], [0, 0, 0]);
});

test("migrc-safe computes the same in QEMU", { skip: withoutQemu }, async () => {
  const ours = await runKernel(`tlb=migrc-safe fastmem=16M ${CHURN}`);
  const theirs = runInQemu(`tlb=migrc-safe fastmem=16M ${CHURN}`);
  assert.equal(theirs.status, 1);
  assert.deepEqual(checksums(theirs.lines), checksums(ours.lines));
});

test("each historical bug can be switched on, alone and with others; a name that is none stops the boot", async () => {
  const all = await runKernel(`init=hello bug=${KERNEL_BUGS.join()}`, { cpus: 2 });
  assert.deepEqual(all.stop, OK);
  assert.deepEqual(all.lines.filter((line) => line.startsWith("bug: ")), KERNEL_BUGS.map((name) => `bug: ${name}`));
  const none = await runKernel("init=hello bug=cow-flush,heisen", { cpus: 2 });
  assert.equal(none.stop.kind, "exit");
  assert.ok(none.lines.some((line) => line.startsWith("panic: bug=heisen: no such bug")), none.lines.slice(-5).join("\n"));
});

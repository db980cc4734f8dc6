// The guest program `scenario`: what its columns did is printed, here as in QEMU, and what it cannot do it says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OK, runInQemu, runKernel, withoutQemu } from "./kernel-run.js";

/** One column, so that there is one outcome: each operation once, and what it leaves behind. */
const SEQUENTIAL = [
  "page=p,ro,value=7", "page=q,node=1,value=0x20", "page=gone", "hole=h", "var=a,value=3", "var=b",
  "P0=load,p,r0;mprotect,p,rw;xchg,p,9,r1;store,p+8,5;mfence;load,p+8,r2;migrate,p,1;migrate,q,0;fork,r7;store,q,0x21;store,b,8",
  "P1=exit",
].join(" ");
const MOVED = "page=p,value=5 page=q,value=6 hole=h P0=mremap,p,h;load,h,r1;load,p,r2;migrate,h,1;xchg,h,7;mremap,q,p;load,p,r3 P1=mfence";
const FILES = "file=f,pages=2 file=g page=p,ro,value=5,file=f page=q,file=f page=r,file=g,value=6,node=1 " +
  "P0=load,q,r0;store,q,7;load,p,r1;write,f,0,8;load,p,r2;migrate,p,1;read,f,0,r3;write,f,4096,9;read,f,4096,r4;truncate,g;load,r,r5;fork;store,q,10;load,p,r6 P1=mfence";
const PINNED = "page=p,value=1 page=q,ro,value=2 " +
  "P0=pin,p;migrate,p,1;load,p,r0;mprotect,p,r;pinwrite,9;load,p,r1;migrate,p,1;pin,q;pinwrite,3;load,q,r2 P1=mfence";
const FAILING = "page=p page=gone,value=4 page=ro,ro,value=6 hole=h " +
  "P0=munmap,gone;mprotect,gone,r;mmap,h,rw;store,h,2;load,h,r5;madvise,p;load,p,r6;load,gone,r7;store,ro,1;xchg,ro,1,r4;mprotect,ro,none;load,ro,r4";

const results = (lines: readonly string[]) =>
  lines.slice(lines.findIndex((line) => line.startsWith("P0:"))).filter((line) => !line.startsWith("vmstat:") && line !== "");

test("a scenario prints the registers, the pages with their nodes, and the variables", async () => {
  const { stop, lines, vmstat } = await runKernel(`init=scenario numa_balancing=0 -- ${SEQUENTIAL}`);
  assert.deepEqual(stop, OK, lines.slice(-5).join("\n"));
  assert.match(lines.find((line) => line.startsWith("P0:"))!, /^P0: r0=7 r1=7 r2=5 r7=\d+$/);
  assert.deepEqual(results(lines).slice(1, 7), ["P1:", "p=9 node=1", "q=33 node=0", "gone=0 node=0", "h unmapped", "a=3"]);
  assert.deepEqual([vmstat["pgdemote_direct"], vmstat["pgpromote_success"]], [1, 1]);
});

test("a system call that fails leaves its error, an access that faults -EFAULT, and the column goes on", async () => {
  const { stop, lines } = await runKernel(`init=scenario numa_balancing=0 -- ${FAILING}`, { cpus: 2 });
  assert.deepEqual(stop, OK, lines.slice(-5).join("\n"));
  assert.deepEqual(results(lines).slice(0, 5), [
    "P0: r4=0 r5=2 r6=0 r7=0 mprotect[1]=-12 load[7]=-14 store[8]=-14 xchg[9]=-14 load[11]=-14",
    "p=0", "gone unmapped", "ro=6 node=0", "h=2 node=0",
  ]);
});

test("a page that a scenario moves has its contents at the new address, and migrates there", async () => {
  const { stop, lines } = await runKernel(`init=scenario numa_balancing=0 -- ${MOVED}`, { cpus: 2 });
  assert.deepEqual(stop, OK, lines.slice(-5).join("\n"));
  assert.deepEqual(results(lines).slice(0, 5), ["P0: r1=5 r2=0 r3=6 load[2]=-14", "P1:", "p=6 node=0", "q unmapped", "h=7 node=1"]);
});

test("mappings, reads and writes of a file show a scenario one contents, wherever its page is", async () => {
  const { stop, lines } = await runKernel(`init=scenario numa_balancing=0 -- ${FILES}`, { cpus: 2 });
  assert.deepEqual(stop, OK, lines.slice(-5).join("\n"));
  assert.deepEqual(results(lines).slice(0, 7), [
    "P0: r0=5 r1=7 r2=8 r3=8 r4=9 r5=0 r6=10 load[10]=-14", "P1:",
    "p=10 node=1", "q=10 node=1", "r unmapped", "f=10", "g empty",
  ]);
});

test("a pinned page does not migrate, and the kernel writes to it when the read is fetched", async () => {
  const { stop, lines, vmstat } = await runKernel(`init=scenario numa_balancing=0 -- ${PINNED}`, { cpus: 2 });
  assert.deepEqual(stop, OK, lines.slice(-5).join("\n"));
  assert.deepEqual(results(lines).slice(0, 4), ["P0: r0=1 r1=9 r2=2 pin[7]=-14 pinwrite[8]=-22", "P1:", "p=9 node=1", "q=2 node=0"]);
  assert.deepEqual([vmstat["pgmigrate_fail"], vmstat["pgmigrate_success"]], [1, 1]);
});

test("a scenario computes the same in QEMU", { skip: withoutQemu }, async () => {
  for (const scenario of [SEQUENTIAL, MOVED, FILES, PINNED, FAILING]) {
    const commandLine = `init=scenario numa_balancing=0 fastmem=128M -- ${scenario}`;
    const ours = await runKernel(commandLine);
    const theirs = runInQemu(commandLine);
    assert.equal(theirs.status, 1);
    assert.deepEqual(results(theirs.lines), results(ours.lines));
  }
});

test("migrc-v3 defers the flush of a read-only page that a scenario demotes; a hint PTE owes none, a writable page has it at once", async () => {
  const { stop, lines, vmstat } = await runKernel(
    "init=scenario tlb=migrc-v3 numa_balancing=0 -- page=p,ro page=q,ro,node=1 page=r P0=migrate,p,1;migrate,q,0;migrate,r,1 P1=mfence");
  assert.deepEqual(stop, OK, lines.slice(-5).join("\n"));
  assert.deepEqual(results(lines).slice(2, 5), ["p=0 node=1", "q=0 node=0", "r=0 node=1"]);
  assert.equal(vmstat["migrc_deferred"], 1);
});

for (const [words, complaint] of [
  ["page=p P0=load,p,r8", "scenario: P0=load,p,r8: r8: registers are r0 to r7"],
  ["page=p P0=jump,p", "scenario: P0=jump,p: jump: there is no such operation"],
  ["page=p P0=load,q,r1", "scenario: P0=load,q,r1: q: there is no such page, hole or variable"],
  ["page=p,node=2 P0=mfence", "scenario: page=p,node=2: 2: nodes are 0 and 1"],
  ["page=p P0=store,p", "scenario: P0=store,p: p: an operand is missing"],
  ["page=p var=p P0=mfence", "scenario: var=p: p: there are two of this name"],
  ["P0=mfence P1=mfence P2=mfence", "scenario: 3 columns need as many CPUs; there are 2"],
  ["page=p,file=f P0=mfence", "scenario: page=p,file=f: f: there is no such file before this"],
  ["file=f P0=read,f,4,r1", "scenario: P0=read,f,4,r1: 4: an offset in a file is a multiple of 8 below 65536"],
  ["page=p P0=pin,p;pinwrite,1;pinwrite,2", "scenario: P0=pin,p;pinwrite,1;pinwrite,2: 2: no pin comes before this"],
  ["page=p", "scenario: there is no column: P0=OP;OP..."],
] as const) {
  test(`the arguments ${words} are refused: ${complaint.split(": ").slice(-1)[0]}`, async () => {
    const { stop, lines } = await runKernel(`init=scenario -- ${words}`, { cpus: 2 });
    assert.ok(lines.includes(complaint), lines.slice(-5).join("\n"));
    assert.deepEqual(stop, { kind: "exit", value: 1, status: 3 });
  });
}

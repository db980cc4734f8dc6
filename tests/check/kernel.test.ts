// Kernel scenarios: real kernel code under exploration. Boots are shared, and searches kept small.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bounded, type Kernel, type KernelScenario, openKernel, parseScenario, searchKernel, viewTransition } from "shootdown";

const PATH = "dist/guest/kernel.elf";
const image = readFileSync(PATH);

const open = (text: string, policy = "sync"): Promise<Kernel> =>
  openKernel(parseScenario("test", text) as KernelScenario, { image, path: PATH, policy });

const HANDOVER = `Kernel handover
"one thread hands a value over by a flag"
{ x = 0; f = 0; }
 P0      | P1     ;
 x = 1   | r0 = f ;
 f = 1   | r1 = x ;
exists (1:r0=1 /\\ 1:r1=0)
`;

test("two threads that share variables are run in every order, and none is wrong", async () => {
  const kernel = await open(HANDOVER);
  const seen = new Set<string>();
  const { coverage, violation } = await searchKernel(kernel, bounded(4), {
    finished: () => void seen.add(kernel.scenario.observed.map(kernel.valueOf).join(" ")),
  });
  assert.equal(violation, undefined);
  assert.equal(coverage.kind, "all");
  assert.deepEqual([...seen].sort(), ["0 0", "0 1", "1 1"]);
});

const UNMAP = `Kernel unmap
"a page is taken away while another thread reads it"
{ page p = 7 rw; f = 0; }
 P0       | P1     ;
 munmap p | r0 = f ;
 f = 1    | r1 = p ;
exists (1:r0=1 /\\ 1:r1=7)
`;

test("after munmap has returned nobody reads the page: the kernel's flush has reached every CPU", async () => {
  const kernel = await open(UNMAP);
  const seen = new Set<bigint>();
  let interrupts = 0;
  let stale = 0;
  const { violation, switchWords } = await searchKernel(kernel, bounded(1), {
    finished: (path) => {
      seen.add(kernel.valueOf({ kind: "register", column: 1, name: "r1" }));
      if (path.some((transition) => viewTransition(transition).kind === "deliver")) interrupts++;
      if (path.map(viewTransition).some((view) => view.kind === "step" && view.old !== undefined)) stale++;
    },
  });
  assert.equal(violation, undefined);
  assert.ok(seen.has(7n), "the load may come first");
  assert.ok(seen.has(0n), "or find nothing");
  assert.ok(stale > 0, "or use the translation of old until the flush");
  assert.ok(interrupts > 0 && switchWords.length > 10);
});

test("a path leads to the same state again, and back", async () => {
  const kernel = await open(UNMAP);
  await searchKernel(kernel, bounded(1)); // all switch points are known from here on
  const paths: (readonly number[])[] = [];
  await searchKernel(kernel, bounded(1), { finished: (path) => paths.push([...path]) === 20 });
  kernel.begin();
  const start = kernel.system.hash();
  const hashes = paths.map((path) => {
    const mark = kernel.system.mark();
    for (const transition of path) kernel.system.take(transition);
    const hash = kernel.system.hash();
    kernel.system.undo(mark);
    assert.equal(kernel.system.hash(), start);
    return hash;
  });
  paths.forEach((path, i) => {
    for (const transition of path) kernel.system.take(transition);
    assert.equal(kernel.system.hash(), hashes[i]);
    kernel.begin();
  });
  assert.ok(paths.length > 2);
});

test("the mail: with the flush deferred and mprotect not making up for it, a thread sees the flag and then the past", async () => {
  const scenario = parseScenario("mail", readFileSync("guest/scenarios/kernel/mail.litmus", "utf8")) as KernelScenario;
  const kernel = await openKernel(scenario, { image, path: PATH, policy: "migrc-v3", append: ["batched_pending=0"] });
  const { violation } = await searchKernel(kernel, bounded(1));
  assert.deepEqual(violation?.wrong, { kind: "condition" });
  const stale = violation.path.map(viewTransition).filter((view) => view.kind === "step" && view.old !== undefined);
  assert.ok(stale.some(({ cpu }) => cpu === 1), "the reader uses a translation that memory no longer holds");
  kernel.begin();
  for (const transition of violation.path) {
    assert.ok(kernel.system.enabled().includes(transition));
    kernel.system.take(transition);
  }
  assert.deepEqual(kernel.judge(), { kind: "condition" });
});

test("a store through a translation of old, after the page has moved, is lost: the kernel must not let it come to that", async () => {
  const kernel = await open(`Kernel lost
"a writable page moves while another thread writes to it"
{ page p = 0 rw; }
 P0          | P1    ;
 migrate p 1 | p = 1 ;
exists (p=0)
`);
  const { violation, coverage } = await searchKernel(kernel, bounded(0));
  assert.equal(violation, undefined);
  assert.equal(coverage.kind, "all");
});

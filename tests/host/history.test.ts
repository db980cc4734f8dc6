// The store of snapshots: pages that are shared are held, and counted, once; history thins with distance.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LEAST_HISTORY, MiB, type Snapshot, UserError } from "shootdown";
import { History } from "../../src/debug/timeline/history.ts";
import { Page, PageLedger, PageTable } from "../../src/machine/pages.ts";

const PAGES = 500;
const page = (fill: number): Page => new Page(new Uint8Array(4096).fill(fill));

test("a table with changes has them, shares the rest, and leaves the one that it was made from alone", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.tuple(fc.nat(PAGES - 1), fc.integer({ min: 1, max: 255 })), { maxLength: 20 }), { maxLength: 8 }), (rounds) => {
      const model = [new Array<number>(PAGES).fill(0)];
      const tables = [PageTable.empty(PAGES)];
      for (const round of rounds) {
        const next = model.at(-1)!.slice();
        for (const [number, fill] of round) next[number] = fill;
        model.push(next);
        tables.push(tables.at(-1)!.with(round.map(([number, fill]) => [number, page(fill)])));
      }
      tables.forEach((table, i) => assert.deepEqual(model[i]!.map((_, number) => table.get(number).bytes[17]), model[i]));
      const [first, last] = [tables[0]!, tables.at(-1)!];
      const differing = new Set(first.differences(last));
      for (let number = 0; number < PAGES; number++) assert.equal(differing.has(number), first.get(number) !== last.get(number));
    }),
    { seed: 41 },
  );
});

test("a ledger counts each page of its tables once, whatever is added and removed", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(PAGES - 1), fc.boolean()), { maxLength: 40 }), (acts) => {
      const ledger = new PageLedger();
      const held: PageTable[] = [];
      const empty = ledger.bytes;
      for (const [from, number, remove] of acts) {
        if (remove && held.length > 0) ledger.remove(held.splice(from % held.length, 1)[0]!);
        else {
          const table = (held[from % Math.max(1, held.length)] ?? PageTable.empty(PAGES)).with([[number, page(1)]]);
          held.push(table);
          ledger.add(table);
        }
        const pages = new Set(held.flatMap((table) => Array.from({ length: PAGES }, (_, i) => table.get(i)).filter((each) => each.bytes[0])));
        const chunks = new Set(held.flatMap((table) => table.chunks.filter((chunk) => chunk.pages.some((each) => each.bytes[0]))));
        const expected = pages.size * 4096 + chunks.size * 64 * 8 + held.length * Math.ceil(PAGES / 64) * 8;
        assert.equal(ledger.bytes, expected);
      }
      for (const table of held) ledger.remove(table);
      assert.equal(ledger.bytes, empty);
    }),
    { seed: 42 },
  );
});

/** A history of snapshots `interval` apart, each with a quarter of a MiB of its own. */
function filled(limit: number, count: number, interval: number): History {
  const history = new History(limit);
  for (let i = 0; i < count; i++) {
    const own = Array.from({ length: 64 }, (_, number): [number, Page] => [number, page(1)]);
    history.add({ step: i * interval, applied: 0, snapshot: { pages: PageTable.empty(PAGES).with(own) } as unknown as Snapshot });
  }
  return history;
}

test("within its limit a history keeps everything", () => {
  const history = filled(64 * MiB, 100, 1000);
  assert.deepEqual([history.count, history.thinned], [100, 0]);
  for (let i = 0; i < 100; i++) assert.equal(history.nearest(i * 1000 + 999)?.step, i * 1000);
});

test("a history at its limit keeps the first, the newest, and gaps that grow with distance", () => {
  const [count, interval] = [2000, 1000];
  const history = filled(LEAST_HISTORY, count, interval);
  assert.ok(history.bytes <= LEAST_HISTORY);
  assert.equal(history.count + history.thinned, count);
  assert.ok(history.count > 50);
  const newest = (count - 1) * interval;
  const gapBefore = (step: number): number => step - history.nearest(step)!.step;
  assert.equal(history.nearest(0)?.step, 0);
  assert.equal(history.nearest(newest)?.step, newest);
  assert.equal(history.nearest(interval - 1)?.step, 0);
  // Nobody has to run more than a fifth of the distance again, or a few intervals.
  for (let step = 0; step < newest; step += 777) {
    assert.ok(gapBefore(step) <= Math.max(3 * interval, (newest - step) / 5), `${gapBefore(step)} steps before ${step}`);
  }
});

test("another future leaves no snapshot of the old one", () => {
  const history = filled(64 * MiB, 10, 1000);
  const before = history.bytes;
  history.dropFuture(4500, 0);
  assert.deepEqual([history.count, history.nearest(Infinity)?.step], [5, 4000]);
  assert.equal(history.bytes, before / 2);
});

test("a history that could hold next to nothing is refused in one line", () => {
  assert.throws(() => new History(LEAST_HISTORY - 1), (error) => error instanceof UserError && !error.message.includes("\n"));
  assert.throws(() => new History(Number.NaN), UserError);
});

// Who wrote memory last: the past, searched backwards for stores to given words.

import type { Hit } from "../../machine/index.js";
import { UserError } from "../../errors.js";
import type { Context } from "./context.js";

/** Steps between two looks at whether the user has had enough. */
const CHUNK = 2_000_000;
const WORD = 8;

/** For each physical address in `words`, the newest store to it before the present; none if there was no store. */
export async function lastWriters(context: Context, words: readonly number[]): Promise<Map<number, Hit>> {
  const { session, machine } = context;
  const { timeline } = session;
  const origin = timeline.now;
  const found = new Map<number, Hit>();
  context.interrupted = false;
  try {
    for (let before = origin; ; ) {
      const left = words.filter((word) => !found.has(word));
      if (left.length === 0) break;
      machine.setStopPoints(left.map((address) => ({
        kind: "access", space: "physical", address: BigInt(address), length: WORD, read: false, write: true,
      })));
      const search = timeline.search(before);
      let hits: readonly Hit[] | "under way";
      while ((hits = search.advance(CHUNK)) === "under way") {
        await new Promise((done) => setImmediate(done));
        if (context.interrupted) throw new UserError("interrupted");
      }
      if (hits.length === 0) break;
      for (const hit of hits) found.set(left[hit.point]!, hit);
      before = hits[0]!.step;
    }
  } finally {
    machine.setStopPoints([]);
    timeline.travel(origin);
  }
  return found;
}

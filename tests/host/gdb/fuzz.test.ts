// Whatever packets hold: each is answered, and the stub goes on.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodePacket } from "../../../src/debug/gdb/framing.ts";
import { Stub } from "../../../src/debug/gdb/stub.ts";
import { anyContents } from "./packets.ts";
import { ToyTarget } from "./toy-target.ts";

test("ten thousand random and mutated packets are each answered, and the stub answers the next", async () => {
  const target = new ToyTarget();
  const stub = new Stub(target, () => {});
  await fc.assert(
    fc.asyncProperty(anyContents, async (contents) => {
      const { contents: reply, after } = await stub.handle(contents);
      assert.ok(reply !== undefined || after === "kill", contents);
      if (reply !== undefined) assert.ok(encodePacket(reply).length > 3);
      assert.match((await stub.handle("qC")).contents!, /^QC[1-4]$/);
    }),
    { numRuns: 10_000 },
  );
});

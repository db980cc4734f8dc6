// The harness itself: what the other tests rely on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { REGISTER_MODE } from "../../assembly/probe/registers.js";
import { Bench, registersWith } from "./harness.js";

test("the bench runs code in long mode and reads registers back", async () => {
  const bench = await Bench.create();
  assert.equal(bench.get(REGISTER_MODE), 2n);
  for (const single of [false, true]) {
    const at = bench.place([0x48, 0x01, 0xd8]); // add rax, rbx
    const after = bench.run(at, registersWith({ 0: 40n, 3: 2n }), 0n, 3, single);
    assert.equal(after.registers[0], 42n);
    assert.equal(after.rip, BigInt(at + 3));
    assert.equal(after.fault, undefined);
  }
});

test("an exception is seen with its vector, error code and the registers before it", async () => {
  const bench = await Bench.create();
  for (const single of [false, true]) {
    const at = bench.place([0x90, 0x48, 0x8b, 0x00]); // nop; mov rax, [rax]
    const before = registersWith({ 0: 0x40000000n, 4: 0x1234n });
    const after = bench.run(at, before, 0n, 4, single);
    assert.deepEqual(after.fault, { vector: 14, code: 0n });
    assert.equal(after.rip, BigInt(at + 1));
    assert.deepEqual(after.registers, before);
  }
});

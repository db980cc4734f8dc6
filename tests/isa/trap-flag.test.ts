// The single-step trap (SDM 3A 17.3.1.4).

import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, registersWith } from "./harness.js";

const TF = 0x100n;
const DB = 1;

test("with TF set, #DB follows the next instruction and names the one after it", async () => {
  const bench = await Bench.create();
  const at = bench.place([0x48, 0xff, 0xc0, 0x48, 0xff, 0xc0]); // inc rax; inc rax
  const after = bench.run(at, registersWith({}), TF, 2);
  assert.deepEqual({ vector: after.fault?.vector, rip: after.rip, rax: after.registers[0] }, { vector: DB, rip: BigInt(at + 3), rax: 1n });
});

test("POPF that clears TF still traps: the flag counts as it was when the instruction began", async () => {
  const bench = await Bench.create();
  const at = bench.place([0x6a, 0x02, 0x9d]); // push 2; popf
  const registers = registersWith({});
  bench.run(at, registers, 0n, 1);
  const after = bench.run(at + 2, registersWith({ 4: registers[4]! - 8n }), TF, 2);
  assert.equal(after.fault?.vector, DB);
});

test("INT n clears TF on its way into the handler, so no single-step trap follows it", async () => {
  const bench = await Bench.create();
  const at = bench.place([0xcd, 0x06]); // int 6: its handler is a jump to itself
  const after = bench.run(at, registersWith({}), TF, 4);
  assert.equal(after.fault?.vector, 6);
  assert.equal(after.rip, BigInt(at + 2));
});

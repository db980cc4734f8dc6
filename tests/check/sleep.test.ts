// Sleep sets leave out transitions that commute with others, and nothing else: every state is still seen.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { exploreLitmus, type Litmus, type LitmusOptions, parseProgram, parseScenario, ProgramRunner, Source, unreduced } from "shootdown";
import { biased, dice, NARROW, programs } from "./oracle/enumerate.js";
import { DETECTS } from "./oracle/mutants.js";

const LITMUS = "guest/scenarios/tso";

for (const storeBuffers of [true, false]) {
  test(`litmus tests have the same states with sleep sets as without, and fewer transitions, store buffers ${storeBuffers ? "on" : "off"}`, async () => {
    let made = 0;
    let all = 0;
    for (const name of readdirSync(LITMUS)) {
      const litmus = parseScenario(name, readFileSync(`${LITMUS}/${name}`, "utf8")) as Litmus;
      const explored = async (options: LitmusOptions = {}) => exploreLitmus(litmus, { storeBuffers, ...options });
      const asleep = await explored();
      const awake = await explored({ strategy: unreduced });
      assert.deepEqual(asleep.states, awake.states, name);
      assert.equal(asleep.coverage.states, awake.coverage.states, name);
      assert.equal(asleep.coverage.executions, awake.coverage.executions, name);
      assert.equal(asleep.coverage.transitions + asleep.coverage.asleep!, awake.coverage.transitions, name);
      made += asleep.coverage.transitions;
      all += awake.coverage.transitions;
    }
    assert.ok(made < all);
  });
}

for (const form of ["lazy", "eager"] as const) {
  test(`translation programs have the same outcomes and states with sleep sets as without, ${form} form`, async () => {
    const asleep = new ProgramRunner(form);
    const awake = new ProgramRunner(form, unreduced);
    const roll = dice(3);
    const texts = [...Object.values(DETECTS), ...Array.from({ length: 40 }, () => biased(roll))];
    let n = 0;
    for (const text of programs(NARROW, 4)) if (n++ % 613 === 0) texts.push(text);
    for (const text of texts) {
      const program = parseProgram(new Source("program", text));
      assert.deepEqual(await asleep.run(program), await awake.run(program), text);
    }
  });
}

// Searches go on in slices: they can be interrupted, say then what they have covered, and be taken up again.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { bounded, exhaustive, type Litmus, parseScenario, pct, random, type Strategy } from "shootdown";
import { UserError } from "../../src/errors.js";
import type { Coverage, SavedSearch } from "../../src/check/explore/strategy.js";
import { openTest } from "../../src/check/subjects.js";
import { decodeSearch, encodeSearch, scenarioHash } from "../../src/check/saved.js";

const scratch = mkdtempSync(join(tmpdir(), "shootdown-search-"));
after(() => rmSync(scratch, { recursive: true }));

const IRIW = readFileSync("guest/scenarios/tso/IRIW.litmus", "utf8");

/** The ends of executions of `IRIW`, and what was covered, by a search that is saved and taken up again on a new machine every `slice` transitions. */
async function inPieces(strategy: Strategy, slice: number): Promise<{ coverage: Coverage; ends: string[]; pieces: number }> {
  const ends: string[] = [];
  let saved: SavedSearch | undefined;
  for (let pieces = 1; ; pieces++) {
    const { system } = await openTest(parseScenario("IRIW", IRIW) as Litmus, { storeBuffers: true });
    const search = strategy.begin(system, { finished: (path) => void ends.push(path.join()), stuck: () => assert.fail("stuck") }, saved);
    const coverage = search.run(slice);
    if (coverage) return { coverage, ends, pieces };
    const scenario = scenarioHash(IRIW, "");
    const file = encodeSearch({ scenario, strategy: strategy.title, found: undefined, search: search.save() });
    saved = decodeSearch("saved", file, scenario, strategy.title).search;
  }
}

for (const strategy of [exhaustive, bounded(2), random(20, 5), pct(20, 3, 5)]) {
  test(`a search that is saved and taken up again covers what it would have covered: ${strategy.title}`, async () => {
    const whole = await inPieces(strategy, Infinity);
    const parts = await inPieces(strategy, 20);
    assert.equal(whole.pieces, 1);
    assert.ok(parts.pieces > 4);
    assert.deepEqual(parts.coverage, whole.coverage);
    assert.deepEqual(parts.ends, whole.ends);
  });
}

const PROGRAM = "dist/shootdown.js";
const check = (args: readonly string[]) => spawnSync(process.execPath, [PROGRAM, "check", ...args], { encoding: "utf8" });

const LONG = join(scratch, "long.litmus");
writeFileSync(LONG, `X86_64 long
{ x=0; y=0; z=0; }
 P0            | P1            | P2            | P3            ;
 movq $1,(x)   | movq $2,(x)   | movq $3,(y)   | movq $4,(z)   ;
 movq $1,(y)   | movq $2,(z)   | movq $3,(z)   | movq (y),%rax ;
 movq (z),%rax | movq (y),%rax | movq (x),%rax | movq (x),%rbx ;
 movq (x),%rbx | movq (z),%rbx |               |               ;
exists (0:rax=0 /\\ 1:rax=0)
`);

test("Ctrl-C prints what is covered so far and saves the search, which goes on from there to the same end", async () => {
  const saved = join(scratch, "saved");
  const child = spawn(process.execPath, [PROGRAM, "check", "guest/scenarios/tso/SB.litmus", LONG, "--save", saved]);
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  await new Promise((done) => child.stdout.once("data", done)); // the first test is over, so the second has begun
  child.kill("SIGINT");
  assert.equal(await new Promise((done) => child.once("close", done)), 130);
  assert.match(output, /Covered a part: it was interrupted \(\d+ states/);
  const resumed = check([LONG, "--resume", saved]);
  assert.equal(resumed.status, 0, resumed.stderr);
  assert.equal(resumed.stdout, check([LONG]).stdout);
});

test("a saved search that is damaged, or of something else, is refused in one line", () => {
  const saved = join(scratch, "other");
  const search = { data: {}, states: new Uint8Array(32) };
  const text = readFileSync(LONG, "utf8");
  const write = (scenario: string, strategy: string) => {
    const bytes = encodeSearch({ scenario, strategy, found: {}, search });
    writeFileSync(saved, bytes);
    return bytes;
  };
  const refused = (expected: RegExp): void => {
    const { status, stderr } = check([LONG, "--resume", saved]);
    assert.equal(status, 2);
    assert.match(stderr, expected);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
  };
  write(scenarioHash(text, "store buffers off"), "exhaustive");
  refused(/^shootdown: .*other was saved of another scenario, or of other options$/m);
  write(scenarioHash(text, "store buffers on"), "pct, 9 runs");
  refused(/was saved by the strategy "pct, 9 runs", not "exhaustive"$/m);
  writeFileSync(saved, "shootdown search 2 ".padEnd(83, "0") + "\n");
  refused(/is a saved search of version 2; this program reads version 1$/m);
  writeFileSync(saved, "nothing");
  refused(/is not a saved search$/m);
  const good = write(scenarioHash(text, "store buffers on"), "exhaustive");
  for (let at = 0; at < good.length; at++) {
    const bad = Uint8Array.from(good);
    bad[at]! ^= 1 << (at % 7);
    assert.throws(() => decodeSearch("f", bad, scenarioHash(text, "store buffers on"), "exhaustive"), UserError, String(at));
  }
});

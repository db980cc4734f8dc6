// No vacuous pass: a scenario in which something cannot happen is worth something only if it can happen without the flush
// or the barrier that forbids it. The twin of NAME is NAME-without-WHAT, or in herd's naming what stands before "+".

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exploreLitmus, type LitmusTest, parseScenario } from "shootdown";

const FOLDER = "guest/scenarios";

interface File {
  readonly name: string;
  readonly text: string;
  readonly test: LitmusTest;
}

const read = (name: string, text: string): LitmusTest => parseScenario(name, text) as LitmusTest;

const filesOf = (kind: string): File[] =>
  readdirSync(join(FOLDER, kind)).map((file) => {
    const text = readFileSync(join(FOLDER, kind, file), "utf8");
    return { name: file.replace(".litmus", ""), text, test: read(file, text) };
  });

const passes = ({ test: { condition } }: File): boolean => condition.quantifier !== "exists";

/** An event without what makes it a barrier; nothing if it is only that. */
const WEAKENED: readonly (readonly [RegExp, string])[] = [
  [/^(mfence|flush .*|invlpg .*|reload cr3)$/, ""],
  [/^lock /, ""],
  [/^xchgq %\w+,/, "movq $1,"],
  [/^(r\d) = xchg pte (\w+) (.*)$/, "$1 = pte $2\npte $2 = $3"],
];

const weakened = (event: string): string => WEAKENED.reduce((text, [from, to]) => text.replace(from, to), event);
const events = ({ test: { columns } }: File): string[][] => columns.map((column) => column.map(({ source }) => source.text));
/** The columns with all that is a barrier taken away. */
const bare = (file: File): string[] => events(file).map((column) => column.map(weakened).filter(Boolean).join("\n"));
/** How much there is to take away. */
const barriers = (file: File): number => events(file).flat().filter((event) => weakened(event) !== event).length;

const initialState = ({ text }: File): string => text.slice(text.indexOf("{"), text.indexOf("}"));

/** What is left of `file` if `condition` is asked of it. */
const asking = (file: File, condition: string): LitmusTest =>
  read(file.name, file.text.replace(/^\s*(~exists|exists|forall)[\s\S]*$/m, `${condition}\n`));

function twinOf(file: File, files: readonly File[]): File | undefined {
  const [head] = file.name.split("+");
  const herd = file.name.startsWith("LOCK-") ? file.name.slice("LOCK-".length) : file.name.includes("+") ? head : undefined;
  return files.find(({ name }) => name.startsWith(`${file.name}-without-`) || name === herd);
}

for (const kind of ["tso", "translation"]) {
  const files = filesOf(kind);
  for (const file of files.filter(passes)) {
    if (barriers(file) === 0) {
      test(`${kind}/${file.name}: there is no barrier to take away, but each part of what is forbidden does happen`, async () => {
        const { states } = await exploreLitmus(file.test);
        const parts = [...file.test.condition.source.text.matchAll(/[\w:]+=\w+/g)].map(([part]) => part);
        for (const part of parts) assert.ok(states.some((state) => `${state.replaceAll(/[[\]]/g, "")} `.includes(`${part};`)), part);
      });
      continue;
    }
    test(`${kind}/${file.name} cannot happen, and without a flush or a barrier it can`, async () => {
      const twin = twinOf(file, files);
      assert.ok(twin, "it has no twin");
      assert.equal(initialState(twin).replaceAll(/ \d:rbx=1;/g, ""), initialState(file).replaceAll(/ \d:rbx=1;/g, ""));
      assert.deepEqual(bare(twin), bare(file), "the twin differs in more");
      if (kind === "translation") assert.equal(barriers(twin), barriers(file) - 1, "one barrier is missing, no more");
      const { ok, coverage } = await exploreLitmus(file.test);
      assert.ok(ok);
      assert.equal(coverage.kind, "all");
      assert.equal((await exploreLitmus(asking(twin, file.test.condition.source.text))).ok, false);
    });
  }
  for (const file of files.filter((other) => !passes(other))) {
    test(`${kind}/${file.name} can happen`, async () => assert.ok((await exploreLitmus(file.test)).ok));
  }
}

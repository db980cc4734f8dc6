// Scenario files: what is read from them, and what is said of those that are none.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import {
  exploreLitmus, guestArguments, type KernelScenario, type LitmusTest, parseScenario, type Scenario, ScenarioError, type TranslationScenario,
  UserError,
} from "shootdown";

const FOLDER = "guest/scenarios";

/** Every scenario of the project: `tso/SB.litmus`, with its text. */
const files = readdirSync(FOLDER).flatMap((kind) =>
  readdirSync(join(FOLDER, kind)).map((name) => ({ name: join(kind, name), text: readFileSync(join(FOLDER, kind, name), "utf8") })));

const kernel = (text: string) => parseScenario("t.litmus", text) as KernelScenario;
const translation = (text: string) => parseScenario("t.litmus", text) as TranslationScenario;

function complaint(text: string): string {
  try {
    parseScenario("t.litmus", text);
  } catch (error) {
    assert.ok(error instanceof ScenarioError, `${String(error)}\n${text}`);
    assert.equal(error.message.split("\n").length, 1);
    return error.message;
  }
  return "nothing";
}

const KERNEL = `Kernel all
"Every declaration and every event"
policies sync, migrc-v3: violation
kernel word other=1
{ file f pages 2; page p = 0 ro; page q = 3 rw node 1 file f; hole h; a = 5; var b; }
 P0            | P1          | P2            | P3          ;
 r1 = p        | migrate p 1 | mremap p h    | r7 = fork   ;
 p+8 = 2       | mprotect p rw | munmap q    | fork        ;
 r2 = xchg a 1 | mprotect q none | mmap h ro | write f 4096 7 ;
 xchg b 9      | madvise p   | pin q         | r0 = read f 0 ;
 mfence        | truncate f  | pinwrite 4    | exit        ;
exists (0:r1=1 /\\ p=2 /\\ [a]=5 /\\ fault(P0,p))
`;

test("a kernel scenario becomes the words of the guest's program", () => {
  const scenario = kernel(KERNEL);
  assert.equal(scenario.name, "all");
  assert.equal(scenario.stake, "Every declaration and every event");
  assert.deepEqual(scenario.policies.map(({ policy, expected }) => [policy, expected]), [["sync", "none"], ["migrc-v3", "violation"]]);
  assert.deepEqual(scenario.words, ["word", "other=1"]);
  assert.deepEqual(guestArguments(scenario), [
    "file=f,pages=2", "page=p,ro,value=0", "page=q,rw,node=1,value=3,file=f", "hole=h", "var=a,value=5", "var=b,value=0",
    "P0=load,p,r1;store,p+8,2;xchg,a,1,r2;xchg,b,9;mfence",
    "P1=migrate,p,1;mprotect,p,rw;mprotect,q,none;madvise,p;truncate,f",
    "P2=mremap,p,h;munmap,q;mmap,h,r;pin,q;pinwrite,4",
    "P3=fork,r7;fork;write,f,4096,7;read,f,0,r0;exit",
  ]);
});

const TRANSLATION = `Translation all
"Every declaration and every event"
{ frame f = 1; frame g = 2; page p = f ro; page q = none; x = 0; var y = 3; }
 P0                 | P1                  ;
 r0 = p             | r0 = xchg p 4       ;
 p = 1              | xchg x 1            ;
 g = 2              | r1 = xchg pte q none ;
 pte p = g rw dirty | xchg pte q f ro     ;
 r1 = pte p         | invlpg q            ;
 flush p P0 P1      | flush all P0 unfenced ;
 reload cr3         | await x = 1         ;
 mfence             |                     ;
exists (0:r1=g rw dirty /\\ 1:r0=fault /\\ fault(P0,p) /\\ pte q = none /\\ [f]=4 /\\ y=3)
`;

test("a translation scenario has frames, pages, variables and all events", () => {
  const { frames, pages, variables, columns, observed } = translation(TRANSLATION);
  assert.deepEqual(frames, [{ name: "f", value: 1n }, { name: "g", value: 2n }]);
  assert.deepEqual(pages, [{ name: "p", mapping: { frame: "f", writable: false, dirty: false } }, { name: "q", mapping: undefined }]);
  assert.deepEqual(variables, [{ name: "x", value: 0n }, { name: "y", value: 3n }]);
  assert.deepEqual(columns[0]!.map(({ source, ...event }) => event), [
    { kind: "load", name: "p", register: "r0" }, { kind: "store", name: "p", value: 1 }, { kind: "store", name: "g", value: 2 },
    { kind: "store-pte", page: "p", mapping: { frame: "g", writable: true, dirty: true } }, { kind: "load-pte", page: "p", register: "r1" },
    { kind: "flush", page: "p", cpus: [0, 1], fenced: true }, { kind: "reload-cr3" }, { kind: "mfence" },
  ]);
  assert.equal(columns[1]!.length, 7);
  assert.deepEqual(observed.map(({ kind }) => kind), ["register", "register", "location", "location", "pte", "fault"]);
});

test("a mistake in a scenario is told with its place and what was expected there", () => {
  const cases: [string, string, string, string][] = [
    [KERNEL, "Kernel", "Kernal", "t.litmus:1:1: expected X86_64, Translation or Kernel, and a name"],
    [KERNEL, 'event"', "event", "t.litmus:2:1: expected a quotation mark at the end of the sentence"],
    [KERNEL, "policies sync,", "policies sync;", 't.litmus:3:14: expected "," or the end of the line, found ";"'],
    [KERNEL, ": violation", ": perhaps", 't.litmus:3:26: expected none or violation, found "perhaps"'],
    [KERNEL, "kernel word", "kernle word", 't.litmus:4:1: expected policies, kernel or "{", found "kernle"'],
    [KERNEL, "hole h", "hole p", "t.litmus:5:68: p is declared twice"],
    [KERNEL, "hole h", "hole fork", "t.litmus:5:68: expected another name: fork means something else in a column"],
    [KERNEL, "= 0 ro", "= 0 rx", 't.litmus:5:30: expected the rights ro or rw, found "rx"'],
    [KERNEL, "node 1", "node 2", "t.litmus:5:53: expected a node from 0 to 1, found 2"],
    [KERNEL, "r1 = p ", "r8 = p ", "t.litmus:7:2: there is no register r8: expected r0 to r7"],
    [KERNEL, "r1 = p ", "r1 = z ", 't.litmus:7:7: nothing is called "z": expected a page or a hole or a var, such as p'],
    [KERNEL, "r1 = p ", "r1 = f ", "t.litmus:7:7: f is a file: expected a page or a hole or a var, such as p"],
    [KERNEL, "migrate p 1", "migrrte p 1", 't.litmus:7:18: unknown operation "migrrte": expected rN = LOCATION, LOCATION = VALUE, xchg, mfence, migrate,'],
    [KERNEL, "migrate p 1", "migrate s 1", 't.litmus:7:26: nothing is called "s": expected a page or a hole, such as p'],
    [KERNEL, "migrate p 1", "migrate p 1 2", 't.litmus:7:30: expected the end of the event, found "2"'],
    [KERNEL, "p+8 = 2", "p+4 = 2", "t.litmus:8:4: expected an offset that is a multiple of 8, found 4"],
    [KERNEL, "r0 = read f 0", "read f 0     ", "t.litmus:10:53: expected a register in front of read: rN = read FILE OFFSET"],
    [KERNEL, "exists (", "~exists (", "t.litmus:12:1: expected exists and what must not happen, found ~exists"],
    [KERNEL, "0:r1=1", "0:r3=1", "t.litmus:12:9: nobody writes register r3 of P0"],
    [KERNEL, "0:r1=1", "4:r1=1", "t.litmus:12:9: there is no column P4"],
    [KERNEL, "0:r1=1", "pte p=1", "t.litmus:12:9: pte p goes with Translation scenarios"],
    [KERNEL, "fault(P0,p)", "fault(P0,q)", "t.litmus:12:35: P0 does not access q"],
    [KERNEL, "fault(P0,p)", "fault(P0,a)", "t.litmus:12:35: a is a var: expected a page or a hole, such as p"],
    [KERNEL, "p=2", "f=2", "t.litmus:12:19: f is a file: expected a page or a hole or a var"],
    [KERNEL, "r7 = fork ", "exit      ", "t.litmus:7:48: expected exit at the end of its column: nothing comes after it"],
    [KERNEL, "hole h", "hole h123456789abcdef", "t.litmus:5:68: expected a name of at most 15 letters"],
    [KERNEL, " P0            | P1          | P2            | P3          ;\n", "", "t.litmus:6:2: expected the name of a column, P0"],
    [KERNEL, "| P3          ;", "| P3 | P4 | P5 | P6 | P7 | P8 ;", "t.litmus:6:73: a test has at most 8 columns, not 9"],
    [KERNEL, "P2            |", "P3            |", "t.litmus:6:32: expected P2: columns are numbered from 0 on"],
    [TRANSLATION, "{ frame", "note\n{ frame", 't.litmus:3:1: expected "{" and the initial state'],
    [TRANSLATION, "page p = f ro", "page p = h ro", 't.litmus:3:38: nothing is called "h": expected a frame, such as f'],
    [TRANSLATION, "page p = f ro", "page p = f", 't.litmus:3:39: expected the rights ro or rw, found ";"'],
    [TRANSLATION, "flush p P0 P1", "flush p P0 P2", "t.litmus:10:13: there is no column P2"],
    [TRANSLATION, "flush p P0 P1", "flush P0 P1  ", 't.litmus:10:8: nothing is called "P0": expected a page, such as p'],
    [TRANSLATION, "r1 = pte p", "r1 = pte f", "t.litmus:9:11: f is a frame: expected a page, such as p"],
    [TRANSLATION, "0:r1=g rw dirty", "0:r1=3", 't.litmus:13:14: expected a frame, found "3"'],
    [TRANSLATION, "y=3", "p=3", "t.litmus:13:82: p is a page: expected a frame or a var, such as f"],
    [TRANSLATION, "fault(P0,p)", "fault(P0,x)", "t.litmus:13:42: x is a var: expected a page, such as p"],
  ];
  for (const [text, from, to, message] of cases) {
    assert.ok(text.includes(from), from);
    const said = complaint(text.replace(from, to));
    assert.ok(said.startsWith(message), `${to}: ${said}\n${" ".repeat(to.length)}: ${message}`);
  }
});

test("too many events, locations and pages are refused where the first that is too much stands", () => {
  assert.match(complaint(KERNEL.replace("exists", `${" p = 1 ;\n".repeat(12)}exists`)), /^t\.litmus:23:2: a column has at most 16 events, not 17/);
  assert.match(complaint(KERNEL.replace("var b;", Array.from({ length: 20 }, (_, i) => `v${i}`).join("; "))), /a scenario has at most 16 locations/);
  assert.match(complaint(TRANSLATION.replace("x = 0;", Array.from({ length: 7 }, (_, i) => `page p${i} = f ro;`).join(" "))), /at most 7 of page/);
});

test("every scenario of the project says what is at stake", () => {
  for (const { name, text } of files) assert.match(text, /^\w+ \S+\n"[^"]{20,}"\n/, name);
});

/** Over all kinds; to run one takes a machine, so not all that can be read are run. */
const MUTANTS = 1000;
const RUN_EVERY = 20;

test("a thousand mutated scenarios are read, or refused in one line; those that are run come to a verdict", async () => {
  const readable: Scenario[] = [];
  const texts = fc.constantFrom(KERNEL, TRANSLATION, ...files.map(({ text }) => text));
  const position = fc.noBias(fc.integer({ min: 0, max: 9999 }));
  const pieces = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom("", "0", "1", "p", "x", "r1", "ro", "rw", "P1", ";", "|", "{", "}", '"', "(*", "pte", "flush", "xchg", "mfence", "99999999999999999999", "\n"),
  );
  const mutation = fc.record({ position, by: pieces, wholeWord: fc.boolean() });
  fc.assert(fc.property(texts, fc.array(mutation, { minLength: 1, maxLength: 2 }), (text, mutations) => {
    const mutant = mutations.reduce((changed, { position: where, by, wholeWord }) => {
      const words = wholeWord ? changed.match(/\s+|\w+|\W/g)! : [...changed];
      return words.with(Math.floor((where / 10000) * words.length), by).join("");
    }, text);
    if (complaint(mutant) === "nothing") readable.push(parseScenario("t.litmus", mutant));
  }), { numRuns: MUTANTS, seed: 4 });
  assert.ok(readable.length > MUTANTS / 10 && readable.length < MUTANTS, `${readable.length} can be read`);
  const tests = readable.filter((scenario): scenario is LitmusTest => scenario.kind !== "kernel");
  for (let n = 0; n < tests.length; n += RUN_EVERY) {
    try {
      const { observation } = await exploreLitmus(tests[n]!);
      assert.match(observation, /^(Never|Sometimes|Always)$/);
    } catch (error) {
      assert.ok(error instanceof UserError, `${String(error)}\n${tests[n]!.source}`);
      assert.equal(error.message.split("\n").length, 1);
    }
  }
});

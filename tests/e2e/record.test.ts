// Recordings: a run that was recorded can be made again, and a run that is not the same is told apart.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  describeVerdict, type Input, MiB, Pc, readRecording, Recorder, type RecordingHeader, Replay, sha256, UserError, type Verdict,
} from "shootdown";
import { assemble, COM1_INTERRUPTS, INTERRUPT_TABLE } from "./guest.ts";

/** Reads bytes, by interrupt, until a "q"; makes one number of them and of their times, and writes them back. Between them it waits, halted. */
const ECHO = assemble(`
  main: ${COM1_INTERRUPTS}
    mov $9000000, %ecx			/* long enough for two digests */
  1: dec %ecx
    jnz 1b
  2: hlt
    jmp 2b
  on_irq: mov $0x3f8, %edx; xor %eax, %eax; in %dx, %al; out %al, %dx
    add %rcx, %r15			/* when it came counts */
    imul $31, %r15
    add %rax, %r15
    cmp $'q', %al
    mov $3, %eax
    je leave
    mov $0x3fd, %edx; in %dx, %al; test $1, %al; jnz on_irq
    mov $0x20, %al; out %al, $0x20; iretq
  ${INTERRUPT_TABLE}`).bytes;

const HEADER: RecordingHeader = {
  cpus: 1, memory: 16 * MiB, fastMemory: 4 * MiB, tlb: "skylake", seed: "1",
  image: { file: "echo", sha256: sha256(ECHO) }, modules: [], commandLine: "",
};

async function machine(): Promise<Pc> {
  const pc = await Pc.create({ ...HEADER, seed: 1 });
  pc.load(ECHO);
  return pc;
}

/** Types each text after so many more steps, or when the machine is idle before; then runs to the end. */
async function record(typed: readonly (readonly [number, string])[], most = 40_000_000): Promise<string> {
  const pc = await machine();
  let file = "";
  const recorder = new Recorder(pc, HEADER, (text) => (file += text));
  for (const [steps, text] of typed) {
    recorder.run(steps);
    recorder.type(Buffer.from(text));
  }
  const stop = recorder.run(most);
  recorder.finish(stop.kind);
  return file;
}

async function replay(file: string, pieces = Infinity): Promise<{ verdict: Verdict; text: string }> {
  const recording = readRecording(Buffer.from(file), "file");
  const pc = await machine();
  let text = "";
  pc.serial.onOutput((byte) => (text += String.fromCharCode(byte)));
  const run = new Replay(pc, recording);
  for (;;) {
    const verdict = run.advance(Math.min(pieces, 50_000_000));
    if (verdict) return { verdict, text };
  }
}

test("a recorded run is made again: the same output, steps and hash, in whatever pieces", async () => {
  const file = await record([[1000, "a"], [5_000_000, "b"], [30_000_000, "c"], [10_000, "xq"]]);
  for (const pieces of [Infinity, 777_777]) {
    const { verdict, text } = await replay(file, pieces);
    assert.equal(verdict.kind, "same", describeVerdict(verdict));
    assert.equal(text, "abcxq");
    assert.match(describeVerdict(verdict), /^the same run: \d+ steps, hash [0-9a-f]{16}$/);
  }
});

test("input at any step, to a machine that runs or waits, replays the same", async () => {
  const typed = fc.tuple(fc.integer({ min: 1, max: 12_000_000 }), fc.constantFrom("k", "long line of input", "aq"));
  await fc.assert(
    fc.asyncProperty(fc.array(typed, { minLength: 1, maxLength: 5 }), async (inputs) => {
      const stopAtExit = inputs.findIndex(([, text]) => text.endsWith("q"));
      const file = await record(stopAtExit < 0 ? inputs : inputs.slice(0, stopAtExit + 1));
      assert.equal((await replay(file)).verdict.kind, "same");
    }),
    { seed: 31, numRuns: 8 },
  );
});

test("a replay that departs says between which steps, and at which CPU", async () => {
  const file = await record([[1000, "a"], [5_000_000, "b"], [30_000_000, "q"]]);
  const lines = file.trimEnd().split("\n");
  const later = (step: number) => file.replace(`"step":${step},"idle":false`, `"step":${step + 50},"idle":false`);
  const moved = (await replay(later(1000))).verdict;
  assert.deepEqual([moved.kind, moved.kind === "departed" && [moved.agreed, moved.step]], ["departed", [0, 4_194_304]]);
  assert.match(describeVerdict(moved), /^another run: it departs between steps 0 and 4194304 \(registers of CPU 0 differ\)$/);
  const afterDigest = (await replay(later(5_001_000))).verdict;
  assert.deepEqual([afterDigest.kind, afterDigest.kind === "departed" && afterDigest.agreed], ["departed", 4_194_304]);
  const otherByte = (await replay(file.replace('"bytes":"YQ=="', '"bytes":"Yg=="'))).verdict;
  assert.equal(otherByte.kind, "departed");
  const otherEnd = [...lines.slice(0, -1), lines.at(-1)!.replace('"exit"', '"power-off"')].join("\n");
  assert.equal((await replay(otherEnd)).verdict.kind, "departed");
  const noQuit = lines.filter((line) => !line.includes('"cQ=="')).join("\n");
  assert.match(describeVerdict((await replay(noQuit)).verdict), /every CPU is halted/);
});

test("a recording whose writer was killed is good as far as it goes, even amid a line", async () => {
  const file = await record([[1000, "a"], [30_000_000, "q"]]);
  const cut = file.slice(0, file.lastIndexOf('"hash"'));
  const { verdict } = await replay(cut);
  assert.deepEqual([verdict.kind, verdict.kind === "cut" && verdict.steps > 16_000_000], ["cut", true]);
});

test("what is wrong with a recording is said in one line with its place", async () => {
  const file = await record([[1000, "a"], [30_000_000, "q"]]);
  const read = (text: string) => () => readRecording(Buffer.from(text), "f.rec");
  const [first, second] = file.split("\n") as [string, string];
  const cases: [string, RegExp][] = [
    ["", /^f\.rec is empty/],
    ["hello\n", /^f\.rec, line 1: this is no JSON$/],
    ["[]\n", /^f\.rec, line 1: this is no JSON object$/],
    ["{}\n", /^f\.rec, line 1: this is no recording$/],
    [first.replace('"recording":1', '"recording":2'), /line 1: this is a recording of version 2/],
    [first.replace('"tlb":"skylake"', '"tlb":"other"'), /line 1: there is no TLB preset "other"/],
    [first.replace('"sha256":"', '"sha256":"g'), /line 1: "sha256" has not the form/],
    [first.replace('"modules":[]', '"modules":{}'), /line 1: "modules" is no list/],
    [first.replace('"commandLine":"",', "").replace(',"commandLine":""', ""), /line 1: "commandLine" is missing/],
    [`${first}\n${second.replace("1000", "-5")}\n`, /line 2: "step" is no whole number/],
    [`${first}\n${second.replace("YQ==", "Y")}\n`, /line 2: "bytes" has not the form/],
    [`${first}\n${second.replace("input", "output")}\n`, /line 2: there is no line of kind "output"/],
    [`${file}${second}\n`, /: the recording has ended before this line$/],
    [`${first}\n${second}\n${second.replace("1000", "999")}\n`, /line 3: step 999 comes after step 1000/],
  ];
  for (const [text, message] of cases) assert.throws(read(text), (error) => error instanceof UserError && message.test(error.message), text);
});

test("a thousand mutated recordings are each read, or refused in one line", async () => {
  const file = Buffer.from(await record([[1000, "a"], [5_000_000, "b"], [30_000_000, "q"]]));
  let refused = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(file.length - 1), fc.constantFrom("flip", "insert", "delete", "cut"), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (mutations) => {
        let bytes = Buffer.from(file);
        for (const [place, how, value] of mutations) {
          const at = place % Math.max(1, bytes.length);
          if (how === "flip") bytes[at] = value;
          else if (how === "insert") bytes = Buffer.concat([bytes.subarray(0, at), Buffer.of(value), bytes.subarray(at)]);
          else if (how === "delete") bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + value)]);
          else bytes = bytes.subarray(0, at);
        }
        try {
          readRecording(bytes, "mutated");
        } catch (error) {
          refused++;
          assert.ok(error instanceof UserError && !error.message.includes("\n"), String(error));
          assert.match(error.message, /^mutated(, line \d+: | is empty)/);
        }
      },
    ),
    { seed: 33, numRuns: 1000 },
  );
  assert.ok(refused > 500);
});

test("the timeline's inputs and a recording's are the same bytes at the same steps", async () => {
  const file = await record([[1000, "a"], [5_000_000, "b"]], 100);
  const inputs = readRecording(Buffer.from(file), "file").lines.flatMap((line) => (line.kind === "input" ? [line] : []));
  const expected: Pick<Input, "step">[] = [{ step: 1000 }, { step: 5_001_000 }];
  assert.deepEqual(inputs.map(({ step }) => ({ step })), expected);
});

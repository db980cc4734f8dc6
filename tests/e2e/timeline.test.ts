// Time travel: whatever way leads to a step, the machine there is the one of the straight run.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { type Hit, MiB, Pc, type PcOptions, type StopPoint, Timeline, TLB_PRESETS, UserError } from "shootdown";
import { assemble, COM1_INTERRUPTS, INTERRUPT_TABLE } from "./guest.ts";

/**
 * Three CPUs on shared memory, so that their order matters; the first also reads its serial line, writes what it reads
 * back, and lets it change what it does. Page tables change under TLB entries that are in use.
 */
const TALKER = assemble(`
  main: movl $0xfee00000, %edi
    movl $0xc4500, 0x300(%rdi)		/* INIT to all others */
    movl $0xc4608, 0x300(%rdi)		/* start-up at 0x8000 */
  again: lock incq 0x2000
    mov 0x2000, %rax
    imul $0x1e3779b1, %rax, %rbx
    and $0x3ffff8, %ebx
    or $0x400000, %ebx
    add %rax, (%rbx)
    mov 0x40000000(%rbx), %rcx		/* through an entry that is stale half of the time */
    xorl $0x40000000, pdpt + 12
    xor %ecx, 0x2010
    test $0xff, %al
    jne 1f
    invlpg 0x40000000(%rbx)
  1: mov $0x3fd, %edx
    in %dx, %al
    test $1, %al
    jz again
    mov $0x3f8, %edx
    in %dx, %al
    out %al, %dx
    movzx %al, %eax
    add %rax, 0x2000
    jmp again`).bytes;
const TRAMPOLINE = Uint8Array.of(0xf0, 0xff, 0x06, 0x00, 0x30, 0xf3, 0x90, 0xeb, 0xf7); // lock incw [0x3000]; pause; jmp

const SMALL: PcOptions = { memory: 16 * MiB, cpus: 3 };

async function talker(options: PcOptions = SMALL): Promise<Pc> {
  const pc = await Pc.create(options);
  pc.load(TALKER);
  pc.machine.writePhysical(0x8000, TRAMPOLINE);
  return pc;
}

/** What is done to a machine at a step. */
interface Done {
  readonly step: number;
  readonly bytes: Uint8Array;
}

/** Hashes of the straight run, with these inputs, at `steps`, ascending. */
async function straight(options: PcOptions, inputs: readonly Done[], steps: readonly number[]): Promise<bigint[]> {
  const pc = await talker(options);
  const { machine } = pc;
  const left = [...inputs];
  return steps.map((step) => {
    for (let next = left[0]; next && next.step <= step; next = left[0]) {
      machine.run(next.step - machine.steps);
      pc.serial.write(next.bytes);
      left.shift();
    }
    machine.run(step - machine.steps);
    return machine.stateHash();
  });
}

for (const tlb of TLB_PRESETS) {
  test(`any step can be travelled to, in any order, with serial input on the way (TLB ${tlb})`, async () => {
    const options = { ...SMALL, tlb };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 40_000 }), fc.uint8Array({ minLength: 1, maxLength: 20 })), { maxLength: 4 }),
        fc.array(fc.nat(150_000), { minLength: 1, maxLength: 12 }),
        async (talk, visits) => {
          const timeline = Timeline.create(await talker(options), { interval: 10_000 });
          const inputs = talk.map(([steps, bytes]) => {
            timeline.run(steps);
            timeline.type(bytes);
            return { step: timeline.now, bytes };
          });
          timeline.run(20_000);
          const steps = [...new Set(visits)].sort((a, b) => a - b);
          const expected = new Map((await straight(options, inputs, steps)).map((hash, i) => [steps[i], hash]));
          for (const visit of visits) {
            assert.equal(timeline.travel(visit), undefined);
            assert.equal(timeline.now, visit);
            assert.equal(timeline.machine.stateHash(), expected.get(visit), `at step ${visit}`);
          }
        },
      ),
      { seed: 21, numRuns: 8 },
    );
  });
}

test("random runs, journeys and inputs leave what the straight run with the same inputs leaves", async () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant("run" as const), n: fc.nat(30_000) }),
    fc.record({ kind: fc.constant("travel" as const), n: fc.nat(100_000) }),
    fc.record({ kind: fc.constant("type" as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }) }),
    fc.record({ kind: fc.constant("write" as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }) }),
    fc.record({ kind: fc.constant("register" as const), value: fc.bigInt(0n, 0xffffn) }),
    fc.record({ kind: fc.constant("hold" as const), cpu: fc.nat(2), n: fc.integer({ min: 1, max: 500 }) }),
    fc.record({ kind: fc.constant("step" as const), cpu: fc.nat(2) }),
    fc.record({ kind: fc.constant("back" as const), cpu: fc.nat(2) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 14 }), async (actions) => {
      const timeline = Timeline.create(await talker(), { interval: 7_000 });
      for (const act of actions) {
        const known = timeline.furthest - timeline.now;
        if (act.kind === "run") timeline.run(act.n);
        else if (act.kind === "travel") timeline.travel(act.n);
        else if (act.kind === "type") assert.equal(timeline.type(act.bytes), known);
        else if (act.kind === "hold") timeline.hold(act.cpu, act.n);
        else if (act.kind === "step") timeline.runUntilStepped(act.cpu, 10_000);
        else if (act.kind === "back") timeline.travel(timeline.machine.lastStep(act.cpu) ?? 0);
        else if (act.kind === "write") assert.equal(timeline.writePhysical(0x2008, act.bytes), known);
        else assert.equal(timeline.setRegister(1, "r9", act.value), known);
      }
      const again = await talker();
      for (const input of timeline.inputs) {
        if (input.step > timeline.now) break;
        again.machine.run(input.step - again.machine.steps);
        if (input.kind === "serial") again.serial.write(input.bytes);
        if (input.kind === "memory") again.machine.writePhysical(input.address, input.bytes);
        if (input.kind === "hold") again.machine.runCpu(input.cpu, Math.min(input.steps, timeline.now - input.step));
        if (input.kind === "register") again.machine.setRegister(input.cpu, input.register, input.value);
      }
      again.machine.run(timeline.now - again.machine.steps);
      assert.equal(timeline.machine.stateHash(), again.machine.stateHash());
    }),
    {
      seed: 22,
      numRuns: 40,
      examples: [[[{ kind: "write", bytes: Uint8Array.of(1) }, { kind: "step", cpu: 0 }, { kind: "back", cpu: 0 }]]],
    },
  );
});

test("a search finds backwards what a run meets forwards, noting hits or stopping at each", async () => {
  const rcx = { kind: "instruction", address: 0x8000n, cpu: 2 } as const;
  const pointSets: StopPoint[][] = [
    [rcx],
    [{ kind: "access", space: "physical", address: 0x2000n, length: 8, read: false, write: true }],
    [{ kind: "access", space: "linear", address: 0x40400000n, length: 0x40000, read: true, write: false, cpu: 0 }],
    [{ kind: "event", event: "stale_use" }, { kind: "event", event: "invalidate" }, rcx],
  ];
  const from = 20_000;
  for (const points of pointSets) {
    const timeline = Timeline.create(await talker(), { interval: 1_500 });
    const { machine } = timeline;
    machine.setStopPoints(points);
    timeline.travel(from);
    timeline.type(Uint8Array.of(1, 2, 3));
    const met: number[] = [];
    while (timeline.now < from + 8_000) {
      const stop = timeline.run(from + 8_000 - timeline.now);
      if (stop.kind === "break") met.push(...stop.hits.map((hit) => hit.step));
    }
    const expected = [...new Set(met)].reverse();
    assert.ok(expected.length > 10, `${points[0]!.kind}: ${expected.length} hits`);
    for (const accept of [undefined, () => true]) {
      const found: number[] = [];
      for (let before = timeline.furthest; found.length < 40; ) {
        const search = timeline.search(before, accept);
        let hits: readonly Hit[] | "under way";
        while ((hits = search.advance(700)) === "under way");
        if (hits.length === 0 || hits[0]!.step < from) break;
        found.push((before = hits[0]!.step));
      }
      assert.deepEqual(found, expected.slice(0, found.length), points[0]!.kind);
      assert.ok(found.length === expected.length || found.length === 40);
    }
  }
});

test("input into the past ends the known future, and another one begins", async () => {
  const timeline = Timeline.create(await talker());
  timeline.run(30_000);
  timeline.type(Uint8Array.of(0x41));
  timeline.run(30_000);
  timeline.travel(20_000);
  assert.equal(timeline.furthest, 60_000);
  assert.equal(timeline.type(Uint8Array.of(0x42)), 40_000);
  assert.deepEqual([timeline.furthest, timeline.inputs.length], [20_000, 1]);
  timeline.travel(60_000);
  const [expected] = await straight(SMALL, [{ step: 20_000, bytes: Uint8Array.of(0x42) }], [60_000]);
  assert.equal(timeline.machine.stateHash(), expected);
});

test("input to a machine that is idle comes again when the past is run again", async () => {
  const pc = await Pc.create({ memory: 16 * MiB });
  // IRQ 4 through the 8259, whose handler adds the byte up.
  pc.load(assemble(`
    main: ${COM1_INTERRUPTS}
    1: hlt
      jmp 1b
    on_irq: mov $0x3f8, %edx; xor %eax, %eax; in %dx, %al; add %rax, %r12
      mov $0x20, %al; out %al, $0x20; iretq
    ${INTERRUPT_TABLE}`).bytes);
  const timeline = Timeline.create(pc);
  const seen = new Map<number, bigint>();
  for (const byte of [3, 4, 5]) {
    assert.equal(timeline.run(1_000_000).kind, "idle");
    timeline.type(Uint8Array.of(byte));
    seen.set(timeline.now, pc.machine.stateHash());
  }
  assert.equal(timeline.run(1_000_000).kind, "idle");
  const end = timeline.now;
  assert.equal(pc.machine.register(0, "r12"), 12n);
  for (const [step, hash] of [...seen].reverse()) {
    timeline.travel(step);
    assert.equal(pc.machine.stateHash(), hash);
  }
  timeline.travel(end);
  assert.equal(pc.machine.register(0, "r12"), 12n);
});

test("history keeps to its limit, forgets no input, and still leads everywhere", async () => {
  const pc = await talker({ ...SMALL, tlb: "none" });
  const timeline = Timeline.create(pc, { historyBytes: 16 * MiB, interval: 5_000 });
  timeline.run(2_000_000);
  const { bytes, limit, thinned, snapshots } = timeline.figures;
  assert.ok(thinned > 0 && snapshots > 3, `${thinned} thinned, ${snapshots} left`);
  assert.ok(bytes <= limit, `${bytes} bytes held`);
  const [expected] = await straight({ ...SMALL, tlb: "none" }, [], [123_456]);
  timeline.travel(123_456);
  assert.equal(pc.machine.stateHash(), expected);
});

test("a history that is too small, and a step before its beginning, are refused", async () => {
  const pc = await talker();
  assert.throws(() => Timeline.create(pc, { historyBytes: MiB }), UserError);
  pc.machine.run(100);
  assert.throws(() => Timeline.create(pc).travel(99), RangeError);
});

test("the kernel's past is the one that it had", async () => {
  const pc = await Pc.create({ memory: 64 * MiB, cpus: 4 });
  pc.load(readFileSync("dist/guest/kernel.elf"), { commandLine: "init=churn tlb=migrc-v3" });
  const timeline = Timeline.create(pc, { interval: 1_000_000 });
  const steps = [900_001, 2_345_678, 4_000_000, 6_000_003];
  const hashes = steps.map((step) => {
    timeline.travel(step);
    return pc.machine.stateHash();
  });
  for (const [i, step] of [...steps.entries()].reverse()) {
    timeline.travel(step);
    assert.equal(pc.machine.stateHash(), hashes[i], `at step ${step}`);
  }
});

// Run control: points, steps, steps over and out of functions, in both directions, and the same with other CPUs held.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Halt, MiB, Pc, type PointSpec, Session } from "shootdown";
import { loadSymbols } from "../../src/debug/symbols/index.ts";
import { assemble } from "./guest.ts";

/** Two CPUs: the first calls functions, writes and prints; the second counts at 0x3000. */
const PROGRAM = assemble(`
  main: movl $0xfee00000, %edi
    movl $0xc4500, 0x300(%rdi)
    movl $0xc4608, 0x300(%rdi)
    xor %ebp, %ebp
    xor %ecx, %ecx
  loop: inc %ecx
    call outer
  back: mov %ecx, 0x2000
    cmp $2000, %ecx
    jne loop
    mov $7, %eax
    jmp leave
  outer: push %rbp
    mov %rsp, %rbp
    call inner
  inside: call inner
    pop %rbp
    ret
  inner: add $2, %r8d
    test $7, %r8d
    jnz 1f
    mov $'x', %al
    mov $0x3f8, %edx
    out %al, %dx
  1: ret`);
const symbols = loadSymbols(PROGRAM.bytes, "program");
const at = (name: string): bigint => symbols.resolve(name)!.address;
/** lock incw [0x3000]; jnz; cli; hlt: both CPUs halt in the end. */
const TRAMPOLINE = Uint8Array.of(0xf0, 0xff, 0x06, 0x00, 0x30, 0x75, 0xf9, 0xfa, 0xf4);

async function open(): Promise<{ session: Session; text: () => string }> {
  const pc = await Pc.create({ memory: 16 * MiB, cpus: 2 });
  pc.load(PROGRAM.bytes);
  pc.machine.writePhysical(0x8000, TRAMPOLINE);
  const session = Session.open({ pc });
  let text = "";
  session.onSerial((bytes) => (text += Buffer.from(bytes).toString("latin1")));
  return { session, text: () => text };
}

const breakAt = (name: string, more: Partial<PointSpec> = {}): PointSpec => ({
  stops: [{ kind: "instruction", address: at(name) }], text: `break ${name}`, ...more,
});
const watch = (address: bigint): PointSpec => ({
  stops: [{ kind: "access", space: "physical", address, length: 4, read: false, write: true }], text: "watch",
});
const rcx = (session: Session): bigint => session.machine.register(0, "rcx");

async function expectPoint(session: Session, direction: 1 | -1, name: string, count: bigint): Promise<Halt> {
  const halt = await session.continue(direction);
  assert.equal(halt.kind, "point");
  assert.equal(halt.rip, at(name));
  assert.equal(rcx(session), count);
  return halt;
}

test("a point stops the run before its instruction, again and again, and backwards at the same places", async () => {
  const { session } = await open();
  const point = session.points.add(breakAt("outer"));
  const steps: number[] = [];
  for (const n of [1n, 2n, 3n]) steps.push((await expectPoint(session, 1, "outer", n)).step);
  assert.equal(point.hits, 3);
  assert.equal((await expectPoint(session, -1, "outer", 2n)).step, steps[1]);
  assert.equal((await expectPoint(session, -1, "outer", 1n)).step, steps[0]);
  const start = await session.continue(-1);
  assert.deepEqual([start.kind, start.step], ["start-of-history", 0]);
  assert.equal((await expectPoint(session, 1, "outer", 1n)).step, steps[0]);
});

test("conditions, ignore counts and temporary points choose among the hits, in both directions", async () => {
  const { session } = await open();
  const even = session.points.add(breakAt("back", { condition: () => rcx(session) % 2n === 0n }));
  await expectPoint(session, 1, "back", 2n);
  await expectPoint(session, 1, "back", 4n);
  await expectPoint(session, -1, "back", 2n);
  session.points.remove(even.id);
  const patient = session.points.add(breakAt("back", { ignore: 3 }));
  await expectPoint(session, 1, "back", 6n);
  patient.ignore = 2;
  await expectPoint(session, -1, "back", 3n);
  assert.equal(patient.hits, 7);
  session.points.enable(patient.id, false);
  session.points.add(breakAt("outer", { temporary: true }));
  await expectPoint(session, 1, "outer", 4n);
  assert.deepEqual(session.points.list().map((point) => point.id), [patient.id]);
});

test("a watched write is told after it; going back, the machine is before the instruction that does it", async () => {
  const { session } = await open();
  session.points.add(watch(0x2000n));
  const word = () => session.machine.readPhysical(0x2000, 1)[0];
  const first = await session.continue(1);
  assert.deepEqual([first.kind, word()], ["point", 1]);
  assert.equal(first.hits[0]?.hit.rip, at("back"));
  await session.continue(1);
  assert.equal(word(), 2);
  const back = await session.continue(-1);
  assert.deepEqual([back.rip, back.step, word()], [at("back"), back.hits[0]!.hit.step, 1]);
  const before = await session.continue(-1);
  assert.deepEqual([before.rip, word()], [at("back"), 0]);
});

test("a write by another CPU is found backwards, and that CPU becomes the focus", async () => {
  const { session } = await open();
  await session.continue(1, { limit: 5000 });
  session.points.add(watch(0x3000n));
  const halt = await session.continue(-1);
  assert.deepEqual([halt.kind, halt.cpu, session.focus], ["point", 1, 1]);
  assert.equal(halt.rip, 0n);
});

test("one CPU is stepped by the schedule, or while the others are held, and back to where it was", async () => {
  for (const schedule of ["all", "hold"] as const) {
    const { session } = await open();
    session.schedule = schedule;
    await session.continue(1, { limit: 3000 });
    const { machine } = session;
    const seen: [number, bigint][] = [];
    const counted = machine.counters(0).instructions;
    for (let i = 0; i < 40; i++) {
      seen.push([machine.steps, machine.stateHash()]);
      const halt = await session.step(1, 1, 1);
      assert.deepEqual([halt.kind, halt.cpu], ["stepped", 1]);
    }
    if (schedule === "hold") assert.equal(machine.counters(0).instructions, counted);
    for (const [step, hash] of seen.reverse()) {
      const halt = await session.step(1, 1, -1);
      assert.equal(halt.kind, "stepped");
      if (schedule === "hold") assert.deepEqual([machine.steps, machine.stateHash()], [step, hash]);
      else assert.ok(machine.steps >= step);
    }
  }
});

test("steps of a CPU, forwards and as many back, end where they began", async () => {
  const { session } = await open();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2000, max: 20_000 }), fc.nat(1), fc.integer({ min: 1, max: 300 }), async (step, cpu, n) => {
      await session.travel(step);
      // Begin between two steps of this CPU.
      await session.step(cpu, 1, 1);
      await session.step(cpu, 1, -1);
      const { machine } = session;
      const hash = machine.stateHash();
      await session.step(cpu, n, 1);
      const halt = await session.step(cpu, n, -1);
      assert.equal(halt.kind, "stepped");
      assert.equal(machine.stateHash(), hash);
    }),
    { seed: 5, numRuns: 20 },
  );
});

test("a step over a call comes back behind it, and backwards before it", async () => {
  const { session } = await open();
  session.points.add(breakAt("loop", { temporary: true }));
  const { step } = await session.continue(1);
  await session.step(0, 1, 1);
  const over = await session.stepOver(1);
  assert.deepEqual([over.kind, over.rip], ["stepped", at("back")]);
  const back = await session.stepOver(-1);
  assert.deepEqual([back.kind, back.rip, rcx(session)], ["stepped", at("back") - 5n, 1n]);
  const loop = await session.stepOver(-1);
  assert.deepEqual([loop.step, loop.rip], [step, at("loop")]);
});

test("finish leaves the function, and backwards goes to the call that entered it", async () => {
  const { session } = await open();
  session.points.add(breakAt("inside", { temporary: true }));
  await session.continue(1);
  const out = await session.finish(1);
  assert.deepEqual([out.kind, out.rip], ["stepped", at("back")]);
  session.points.add(breakAt("inside", { temporary: true }));
  await session.continue(1);
  const entered = await session.finish(-1);
  assert.deepEqual([entered.kind, entered.rip, rcx(session)], ["stepped", at("back") - 5n, 2n]);
});

test("a point inside a function that is stepped over stops there", async () => {
  const { session } = await open();
  session.points.add(breakAt("loop", { temporary: true }));
  await session.continue(1);
  await session.step(0, 1, 1);
  session.points.add(breakAt("inner"));
  assert.equal((await session.stepOver(1)).kind, "point");
});

test("until runs to an address, or to the end if it is never reached", async () => {
  const { session } = await open();
  const halt = await session.until(at("back"));
  assert.deepEqual([halt.kind, halt.rip], ["stepped", at("back")]);
  const end = await session.until(at("main"));
  assert.deepEqual([end.kind, end.stop], ["machine", { kind: "exit", value: 7, status: 15 }]);
});

test("output is told once, however often its past is run again, and again in another future", async () => {
  const { session, text } = await open();
  await session.continue(1);
  const whole = text();
  assert.equal(whole, "x".repeat(1000));
  const { step } = await session.travel(1000);
  await session.continue(1);
  await session.continue(-1);
  await session.continue(1);
  assert.equal(text(), whole);
  await session.travel(step);
  assert.ok(session.writePhysical(0x5000, Uint8Array.of(1)) > 0);
  const before = text().length;
  await session.continue(1);
  assert.ok(text().length > before);
  assert.equal(session.writePhysical(0x5000, Uint8Array.of(2)), 0);
});

test("holding CPUs in the past begins another future, says so, and what is sent then is told", async () => {
  const { session, text } = await open();
  await session.continue(1);
  const { step } = await session.travel(1000);
  const end = session.timeline.furthest;
  session.schedule = "hold";
  const before = text().length;
  const halt = await session.step(1, 1, 1);
  assert.match(halt.note ?? "", new RegExp(`^another future begins: ${end - step} steps that were known are gone$`));
  assert.equal((await session.step(1, 1, 1)).note, undefined);
  await session.continue(1);
  assert.ok(text().length > before);
});

test("a run is interrupted soon, forwards and backwards, and only one is under way", async () => {
  const pc = await Pc.create({ memory: 16 * MiB });
  pc.load(assemble("main: jmp main").bytes);
  const session = Session.open({ pc });
  const running = session.continue(1);
  await assert.rejects(session.continue(1), /under way/);
  for (let turns = 0; turns < 10; turns++) await new Promise((done) => setImmediate(done));
  session.interrupt();
  const halt = await running;
  assert.equal(halt.kind, "interrupted");
  session.points.add({ text: "never", stops: [{ kind: "instruction", address: 0x5000n }] });
  const searching = session.continue(-1);
  setImmediate(() => session.interrupt());
  assert.deepEqual([(await searching).kind, session.machine.steps], ["interrupted", halt.step]);
});

test("a CPU that has made no step cannot step back, and nothing leads before the history", async () => {
  const { session } = await open();
  const halt = await session.step(1, 1, -1);
  assert.deepEqual([halt.kind, halt.step], ["start-of-history", 0]);
  assert.match(halt.note ?? "", /CPU 1 has not made so many steps/);
  await session.continue(1, { limit: 5000 });
  assert.deepEqual([(await session.step(0, 4000, -1)).kind, session.machine.steps], ["start-of-history", 5000]);
});

test("a step of a CPU that waits for good is given up", async () => {
  const pc = await Pc.create({ memory: 16 * MiB, cpus: 2 });
  pc.load(assemble("main: jmp main").bytes);
  const session = Session.open({ pc });
  const halt = await session.step(1, 1, 1);
  assert.equal(halt.kind, "stepped");
  assert.match(halt.note ?? "", /CPU 1 waits/);
});

test("whatever was done, the machine is where a straight run with the same inputs is", async () => {
  const names = ["loop", "outer", "inner", "inside", "back"] as const;
  const act = fc.oneof(
    fc.record({ kind: fc.constant("continue" as const), back: fc.boolean(), limit: fc.integer({ min: 1, max: 20_000 }) }),
    fc.record({ kind: fc.constant("step" as const), back: fc.boolean(), cpu: fc.nat(1), n: fc.integer({ min: 1, max: 40 }), hold: fc.boolean() }),
    fc.record({ kind: fc.constant("over" as const), back: fc.boolean() }),
    fc.record({ kind: fc.constant("finish" as const), back: fc.boolean() }),
    fc.record({ kind: fc.constant("until" as const), name: fc.constantFrom(...names) }),
    fc.record({ kind: fc.constant("travel" as const), step: fc.nat(40_000) }),
    fc.record({ kind: fc.constant("break" as const), name: fc.constantFrom(...names), every: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant("watch" as const), address: fc.constantFrom(0x2000n, 0x3000n) }),
    fc.record({ kind: fc.constant("clear" as const) }),
    fc.record({ kind: fc.constant("write" as const), value: fc.nat(255) }),
    fc.record({ kind: fc.constant("type" as const), text: fc.constantFrom("a", "line") }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 12 }), async (acts) => {
      const { session } = await open();
      const { machine } = session;
      for (const one of acts) {
        const direction = "back" in one && one.back ? -1 : 1;
        session.schedule = one.kind === "step" && one.hold ? "hold" : "all";
        if (one.kind === "continue") await session.continue(direction, { limit: one.limit });
        else if (one.kind === "step") await session.step(one.cpu, one.n, direction);
        else if (one.kind === "over") await session.stepOver(direction);
        else if (one.kind === "finish") await session.finish(direction);
        else if (one.kind === "until") await session.until(at(one.name));
        else if (one.kind === "travel") await session.travel(one.step);
        else if (one.kind === "break") session.points.add(breakAt(one.name, { condition: () => rcx(session) % BigInt(one.every) === 0n }));
        else if (one.kind === "watch") session.points.add(watch(one.address));
        else if (one.kind === "clear") session.points.list().forEach(({ id }) => session.points.remove(id));
        else if (one.kind === "write") session.writePhysical(0x2008, Uint8Array.of(one.value));
        else session.type(one.text);
      }
      const registers = [machine.registers(0), machine.registers(1)].map(({ rip, rsp, rcx: count }) => [rip, rsp, count]);
      const again = (await open()).session;
      for (const input of session.timeline.inputs) {
        if (input.step > machine.steps) break;
        again.machine.run(input.step - again.machine.steps);
        if (input.idle) again.machine.run(1);
        if (input.kind === "hold") again.machine.runCpu(input.cpu, Math.min(input.steps, machine.steps - input.step));
        if (input.kind === "memory") again.machine.writePhysical(input.address, input.bytes);
        if (input.kind === "serial") again.pc.serial.write(input.bytes);
      }
      again.machine.run(machine.steps - again.machine.steps);
      const there = [again.machine.registers(0), again.machine.registers(1)].map(({ rip, rsp, rcx: count }) => [rip, rsp, count]);
      assert.deepEqual(registers, there);
      session.timeline.travel(machine.steps);
      assert.equal(machine.stateHash(), again.machine.stateHash());
    }),
    { seed: 51, numRuns: 25 },
  );
});

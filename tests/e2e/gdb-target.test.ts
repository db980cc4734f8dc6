// A session as gdb's target, on small guests: ranges, points, input, limits.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MiB, Pc, type RegisterName, Session, SessionTarget, type SessionTargetOptions } from "shootdown";
import { assemble } from "./guest.ts";

interface Rig {
  readonly session: Session;
  readonly target: SessionTarget;
  /** Where R15 says that things are; the guest sets it first. */
  at(offset: number): bigint;
  register(name: RegisterName): bigint;
}

const silent = () => {};

/** A machine that has run `code` until it has put the address of its label 0 into R15. */
async function rig(code: string, options: Partial<SessionTargetOptions> = {}): Promise<Rig> {
  const pc = await Pc.create({ cpus: 1, memory: 16 * MiB });
  pc.load(assemble(`main: lea 0f(%rip), %r15\n0:\n${code}`).bytes);
  const session = Session.open({ pc });
  while (pc.machine.register(0, "r15") === 0n) await session.step(0, 1, 1);
  const target = new SessionTarget(session, {
    console: { execute: async (text) => ({ text, json: "", wantsJson: false }), interrupt: silent }, exitStatus: (stop) => (stop.kind === "exit" ? stop.status : undefined), ...options,
  });
  const start = pc.machine.register(0, "r15");
  return { session, target, at: (offset) => start + BigInt(offset), register: (name) => pc.machine.register(0, name) };
}

/** Runs over the bytes from `from` to before `to`; where that ends, from label 0 on. */
async function over({ target, at, register }: Rig, from: number, to: number): Promise<number> {
  const { reason } = await target.resume({ kind: "range", cpu: 0, from: at(from), to: at(to), held: false }, silent);
  assert.deepEqual(reason, { kind: "trap" });
  return Number(register("rip") - at(0));
}

test("a range with a loop is left where the loop ends", async () => {
  const machine = await rig("mov $1000000, %ecx\n1: dec %ecx\n jnz 1b\n nop\n hlt");
  const { steps } = machine.session.machine;
  assert.equal(await over(machine, 0, 9), 9);
  assert.deepEqual([machine.register("rcx"), machine.session.machine.steps - steps], [0n, 2_000_001]);
  assert.deepEqual(machine.session.points.list(), []);
});

test("a range is left by a call at the function's first instruction, by a return behind its call, by a jump where it goes", async () => {
  const machine = await rig("nop\n call 1f\n nop\n lea 2f(%rip), %rax\n nop\n jmp *%rax\n nop\n hlt\n1: nop\n ret\n2: hlt");
  const inFunction = await over(machine, 0, 6);
  assert.ok(inFunction > 6);
  assert.equal(await over(machine, inFunction, inFunction + 2), 6);
  assert.equal(await over(machine, 6, 17), inFunction + 2);
});

test("a breakpoint in a range stops it, and one at its beginning does not stop it twice", async () => {
  const machine = await rig("nop\n nop\n mov $50, %ecx\n1: dec %ecx\n jnz 1b\n nop\n hlt");
  const { target, at } = machine;
  target.setPoints([{ type: "swbreak", address: at(1), length: 1 }]);
  const how = { kind: "range", cpu: 0, from: at(0), to: at(11), held: false } as const;
  assert.deepEqual((await target.resume(how, silent)).reason, { kind: "swbreak" });
  assert.deepEqual((await target.resume(how, silent)).reason, { kind: "trap" });
  assert.equal(machine.register("rip"), at(11));
});

test("watchpoints say which address, and stop forwards after and backwards before the instruction", async () => {
  const { target, at, register } = await rig("mov %rax, 0x8000\n mov 0x8000, %rbx\n nop\n hlt");
  target.setPoints([{ type: "awatch", address: 0x8004n, length: 2 }]);
  const go = async (direction: 1 | -1) => {
    const { reason } = await target.resume({ kind: "continue", direction }, silent);
    return [reason, Number(register("rip") - at(0))];
  };
  const watched = { kind: "awatch", address: 0x8004n };
  assert.deepEqual(await go(1), [watched, 8]);
  assert.deepEqual(await go(1), [watched, 16]);
  assert.deepEqual(await go(-1), [watched, 8]);
  assert.deepEqual(await go(-1), [watched, 0]);
});

test("the start of history, failures and ends are told apart", async () => {
  const { target } = await rig("lidt 1f\n mov $0, %eax\n test %r14, %r14\n jnz 2f\n out %eax, $0xf4\n2: ud2\n1: .word 0\n .quad 0");
  const run = (direction: 1 | -1) => target.resume({ kind: "continue", direction }, silent);
  assert.deepEqual((await run(1)).reason, { kind: "exit", status: 1 });
  assert.deepEqual((await run(-1)).reason, { kind: "history", end: "begin" });
  assert.equal(target.setRegister(0, "r14", 1n), true);
  const failure = await run(1);
  assert.deepEqual(failure.reason, { kind: "failure" });
  assert.match(failure.text!, /^triple fault on CPU 0/);
  assert.deepEqual((await target.resume({ kind: "step", direction: -1, cpu: 0, held: false }, silent)).reason, { kind: "trap" });
});

test("what is typed reaches the guest while the run goes on, and is kept while it stands still", async () => {
  const { target, session, register } = await rig(`xor %ebx, %ebx\n3: mov $0x3fd, %edx\n1: in %dx, %al\n test $1, %al\n jz 1b
    mov $0x3f8, %edx\n in %dx, %al\n shl $8, %ebx\n or %al, %bl\n test $0xff00, %ebx\n jz 3b\n hlt`);
  target.type(Uint8Array.of(0x41));
  await target.resume({ kind: "step", direction: 1, cpu: 0, held: false }, silent);
  assert.deepEqual(session.timeline.inputs, []);
  const running = target.resume({ kind: "continue", direction: 1 }, silent);
  target.type(Uint8Array.of(0x42));
  await running;
  assert.equal(register("rbx"), 0x4142n);
  assert.equal(session.timeline.inputs.length, 2);
});

test("a guest that waits for input goes on when there is some", async () => {
  let asked = 0;
  const made: { target?: SessionTarget } = {};
  const waitForInput = async () => {
    if (asked++ > 0) return false;
    made.target!.type(Uint8Array.of(0x42));
    return true;
  };
  const { target } = await rig("hlt\n jmp 0b", { waitForInput });
  made.target = target;
  assert.equal((await target.resume({ kind: "continue", direction: 1 }, silent)).reason.kind, "failure");
  assert.equal(asked, 2);
});

test("the run goes no further than its limit", async () => {
  const { target, session } = await rig("1: jmp 1b", { limit: 5000, exitStatus: () => 124 });
  assert.deepEqual((await target.resume({ kind: "continue", direction: 1 }, silent)).reason, { kind: "exit", status: 124 });
  assert.deepEqual([session.machine.steps, target.end], [5000, { kind: "limit" }]);
});

test("more points than the machine has room for are refused in words", async () => {
  const { target, session } = await rig("1: jmp 1b");
  target.setPoints(Array.from({ length: 40_000 }, (_, i) => ({ type: "watch", address: BigInt(i * 8), length: 8 })));
  const { reason, text } = await target.resume({ kind: "continue", direction: 1 }, silent);
  assert.deepEqual(reason, { kind: "trap" });
  assert.match(text!, /there is room for \d+ stop points/);
  target.setPoints([]);
  assert.equal((await target.resume({ kind: "step", direction: 1, cpu: 0, held: true }, silent)).reason.kind, "trap");
  assert.equal(session.machine.register(0, "rip"), session.machine.register(0, "r15"));
});

test("the console's commands are about the selected CPU, and gdb is told when one of them has moved the machine", async () => {
  const made: { session?: Session } = {};
  const { target, session } = await rig("nop\n nop\n hlt", {
    console: {
      execute: async (line) => {
        if (line === "step") await made.session!.step(0, 1, 1);
        return line === "bad" ? { text: "", json: "", error: "no such command", wantsJson: false } : { text: "said", json: "{}", wantsJson: line === "json" };
      },
      interrupt: silent,
    },
  });
  made.session = session;
  assert.deepEqual([await target.monitor("look", 0), await target.monitor("json", 0), await target.monitor("bad", 0)], ["said", "{}", "no such command"]);
  assert.match(await target.monitor("step", 0), /^said\nThe machine has moved\. Say "maintenance flush register-cache"/);
});

// The machine from outside, through the package's interface: how runs end, what can be looked at, and
// that equal runs are equal.

import assert from "node:assert/strict";
import { test } from "node:test";
import { describeStop, Machine, MiB, Pc, type PcOptions, type Stop, UserError } from "shootdown";
import { assemble, COM1_INTERRUPTS, INTERRUPT_TABLE } from "./guest.ts";

const SMALL = { memory: 16 * MiB };

async function boot(code: string, options: PcOptions = SMALL): Promise<{ pc: Pc; machine: Machine; text: () => string }> {
  const pc = await Pc.create(options);
  const bytes: number[] = [];
  pc.serial.onOutput((byte) => bytes.push(byte));
  pc.load(assemble(code).bytes);
  return { pc, machine: pc.machine, text: () => String.fromCharCode(...bytes) };
}

const run = async (code: string, steps = 1_000_000): Promise<Stop> => (await boot(code)).machine.run(steps);

test("a guest prints on its serial line and leaves with a value", async () => {
  const { machine, text } = await boot(`main: lea hello, %rsi; call puts; mov $5, %eax; jmp leave
    hello: .asciz "hello, world\\n"`);
  assert.deepEqual(machine.run(1_000_000), { kind: "exit", value: 5, status: 11 });
  assert.equal(text(), "hello, world\n");
});

test("a run stops after exactly the steps that were asked for", async () => {
  const { machine } = await boot("main: jmp main");
  for (const steps of [1, 7, 1000, 123_457]) {
    const before = machine.steps;
    assert.deepEqual(machine.run(steps), { kind: "limit" });
    assert.equal(machine.steps - before, steps);
  }
  assert.equal(machine.counters().instructions, machine.steps);
});

test("a machine whose CPUs are all halted for good is idle, and input wakes it", async () => {
  // IRQ 4 through the 8259: vector 0x24, whose handler reads the byte and leaves with it.
  const { pc, machine } = await boot(`
    main: ${COM1_INTERRUPTS}
    1: hlt
      jmp 1b
    on_irq: mov $0x3f8, %edx; xor %eax, %eax; in %dx, %al; jmp leave
    ${INTERRUPT_TABLE}`);
  assert.deepEqual(machine.run(1_000_000), { kind: "idle" });
  pc.serial.write("Z");
  assert.deepEqual(machine.run(1_000_000), { kind: "exit", value: 0x5a, status: 0xb5 });
});

test("a triple fault is told with its CPU and RIP", async () => {
  const stop = await run("main: ud2");
  assert.equal(stop.kind, "triple-fault");
  assert.match(describeStop(stop), /^triple fault on CPU 0 at RIP 0x[0-9a-f]+$/);
});

test("an instruction that is not implemented is told with bytes, disassembly, CPU and RIP", async () => {
  const { machine } = await boot("main: mov %cr0, %rax; and $~4, %rax; mov %rax, %cr0; mov %cr4, %rax; or $0x200, %rax; mov %rax, %cr4; addps %xmm1, %xmm2");
  const stop = machine.run(1000);
  assert.equal(stop.kind, "not-implemented");
  assert.match(describeStop(stop), /not implemented: instruction on CPU 0 at RIP 0x10[0-9a-f]+, bytes 0f 58 d1.* \(addps xmm2,\s?xmm1\)/);
  assert.equal(machine.run(1000).kind, "not-implemented");
});

test("power-off and reset are told", async () => {
  assert.deepEqual(await run("main: mov $0x604, %edx; mov $0x2000, %eax; out %ax, %dx; hlt"), { kind: "power-off" });
  assert.deepEqual(await run("main: mov $0xcf9, %edx; mov $6, %al; out %al, %dx; hlt"), { kind: "reset", by: "port 0xcf9" });
  assert.deepEqual(await run("main: mov $0xfe, %al; out %al, $0x64; hlt"), { kind: "reset", by: "the keyboard controller" });
});

test("a jump to nowhere ends in a triple fault, wherever nowhere is", async () => {
  for (const target of ["0x4000000000", "0x8000000000000000", "0xfffffffffffffff0", "0xbfffffff", "0xb8000", "0xfee00000"]) {
    const stop = await run(`main: movabs $${target}, %rax; jmp *%rax`, 10_000_000);
    assert.ok(["triple-fault", "limit", "not-implemented"].includes(stop.kind), `${target}: ${stop.kind}`);
  }
});

test("registers and memory can be read and written between runs", async () => {
  const { machine } = await boot("main: movabs $0x1122334455667788, %r15; mov %r15, cell; jmp .\n.data\n.balign 8\ncell: .quad 0");
  machine.run(100);
  assert.equal(machine.register(0, "r15"), 0x1122334455667788n);
  assert.equal(machine.register(0, "cs"), 8n);
  const rip = machine.register(0, "rip");
  assert.equal(machine.physicalOf(0, rip), Number(rip));
  assert.equal(machine.physicalOf(0, 0x7f0000000000n), undefined);
  assert.deepEqual([...machine.readVirtual(0, rip, 2)], [0xeb, 0xfe]);
  machine.writeVirtual(0, rip, Uint8Array.of(0x0f, 0x0b));
  assert.equal(machine.run(100).kind, "triple-fault");
  machine.setRegister(0, "rax", 0xffffffffffffffffn);
  assert.equal(machine.register(0, "rax"), 0xffffffffffffffffn);
  assert.throws(() => machine.readPhysical(16 * MiB - 1, 2), RangeError);
  assert.throws(() => machine.register(1, "rax"), RangeError);
  assert.throws(() => machine.readVirtual(0, 0x7f0000000000n, 1), /not mapped/);
});

/** Two CPUs that increment a shared word and walk memory, so that their order matters. */
const CONTENTION = `
  main: movl $0xfee00000, %edi
    movl $0xc4500, 0x300(%rdi)		/* INIT to all others */
    movl $0xc4608, 0x300(%rdi)		/* start-up at 0x8000 */
    movl $0xc4608, 0x300(%rdi)
  work: lock incq 0x2000
    mov 0x2000, %rax
    imul $0x1e3779b1, %rax, %rbx
    and $0xfffff8, %ebx
    or $0x200000, %ebx
    add %rax, (%rbx)
    jmp work`;
const TRAMPOLINE = Uint8Array.of(0xf0, 0xff, 0x06, 0x00, 0x30, 0xeb, 0xf9); // lock incw [0x3000]; jmp

async function contention(options: PcOptions): Promise<Machine> {
  const { machine } = await boot(CONTENTION, options);
  machine.writePhysical(0x8000, TRAMPOLINE);
  return machine;
}

test("equal runs have equal state, however they are cut into pieces", async () => {
  const options = { ...SMALL, cpus: 3 };
  const [whole, pieces] = await Promise.all([contention(options), contention(options)]);
  whole.run(300_000);
  for (let left = 300_000, piece = 1; left > 0; piece = (piece * 7) % 9973) {
    const steps = Math.min(left, piece);
    pieces.run(steps);
    left -= steps;
  }
  assert.equal(whole.steps, pieces.steps);
  assert.equal(whole.stateHash(), pieces.stateHash());
  // How often code was decoded depends on where a run was cut; nothing else does.
  const counted = (machine: Machine) => ({ ...machine.counters(), blocks_decoded: 0 });
  assert.deepEqual(counted(whole), counted(pieces));
  assert.ok(whole.counters(2).instructions > 10_000, "the third CPU did not run");
});

test("code that runs through a stale entry is counted the same however the run is cut", async () => {
  // Taking U off the 1 GiB page makes the entry that code is fetched through stale, and each use of it a benign one.
  const code = `main: andl $~4, pdpt
    1: call other
    inc %rax
    test $15, %al
    jnz 1b
    pause
    jmp 1b
    .balign 4096
    other: mov %rsp, %rbx
    dec %rbx
    ret`;
  const options = { ...SMALL, cpus: 2 };
  const [whole, pieces] = (await Promise.all([boot(code, options), boot(code, options)])).map(({ machine }) => machine) as [Machine, Machine];
  whole.run(20_000);
  for (let done = 0; done < 20_000; done += 7) pieces.run(Math.min(7, 20_000 - done));
  const { stale_benign: uses } = whole.counters();
  assert.ok(uses > 4000, `${uses} stale uses`);
  assert.equal(pieces.counters().stale_benign, uses);
  assert.equal(pieces.stateHash(), whole.stateHash());
});

test("another seed makes another run", async () => {
  const [one, two] = await Promise.all([contention({ ...SMALL, cpus: 3, seed: 1 }), contention({ ...SMALL, cpus: 3, seed: 2 })]);
  one.run(300_000);
  two.run(300_000);
  assert.notEqual(one.stateHash(), two.stateHash());
});

for (const tlb of ["skylake", "zen3", "sticky", "none"] as const) {
  test(`a run goes on from a snapshot as if nothing had happened (TLB ${tlb})`, async () => {
    const machine = await contention({ ...SMALL, cpus: 2, tlb });
    machine.run(50_000);
    const before = machine.stateHash();
    const snapshot = machine.snapshot();
    assert.equal(machine.stateHash(), before);
    machine.run(70_000);
    const after = machine.stateHash();
    machine.restore(snapshot);
    assert.equal(machine.stateHash(), before);
    machine.run(70_000);
    assert.equal(machine.stateHash(), after);
  });
}

test("a snapshot is not taken for one of a machine with other options", async () => {
  const [one, two] = await Promise.all([Machine.create(SMALL), Machine.create({ ...SMALL, cpus: 2 })]);
  assert.throws(() => two.restore(one.snapshot()), UserError);
});

test("a counter of all CPUs is the sum of theirs", async () => {
  const machine = await contention({ ...SMALL, cpus: 2 });
  machine.run(100_000);
  const [all, first, second] = [machine.counters(), machine.counters(0), machine.counters(1)];
  assert.equal(all.instructions, first.instructions + second.instructions);
  assert.ok(first.ipi_sent >= 3);
});

test("the TLBs can be looked at: what the guest touched is there, and INVLPG takes it away", async () => {
  const { machine } = await boot("main: mov 0x300000, %rax; mov %rax, 0x300008; jmp .");
  machine.run(1000);
  const [entry] = machine.tlb(0, ["l1d"]).filter((e) => e.linear <= 0x300000n && 0x300000n < e.linear + e.covers);
  assert.ok(entry);
  assert.deepEqual([entry.kind, entry.physical, entry.writable, entry.user, entry.global], ["1G", 0n, true, true, false]);
  const before = machine.stateHash();
  machine.tlb(0);
  assert.equal(machine.stateHash(), before);
  const other = (await boot("main: mov 0x300000, %rax; invlpg 0x300000; jmp .")).machine;
  other.run(1000);
  assert.deepEqual(other.tlb(0, ["l1d"]), []);
});

test("an entry whose page-table word was changed is listed as stale", async () => {
  const { machine } = await boot("main: mov 0x40300000, %rax; orl $0x200, pdpt + 8; jmp .");
  machine.run(1000);
  const entry = machine.tlb(0, ["l1d"]).find((e) => e.linear === 0x40000000n);
  assert.equal(entry?.stale?.changedBy, 0);
});

test("events are recorded in order, and recording does not change the run", async () => {
  const code = "main: mov 0x300000, %rax; invlpg 0x300000; mov %cr3, %rax; mov %rax, %cr3; jmp .";
  const [quiet, recorded] = [(await boot(code)).machine, (await boot(code)).machine];
  recorded.recordEvents(["invalidate", "cr3"]);
  quiet.run(1000);
  recorded.run(1000);
  const events = recorded.takeEvents();
  assert.ok(events.some((event) => event.kind === "invalidate" && event.values[1] === 0x300000n));
  assert.ok(events.some((event) => event.kind === "cr3"));
  assert.ok(events.every((event, i) => i === 0 || event.step >= events[i - 1]!.step));
  assert.deepEqual(recorded.takeEvents(), []);
  assert.equal(recorded.stateHash(), quiet.stateHash());
});

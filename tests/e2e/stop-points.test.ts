// Stop points through the package's interface: where a run stops, what is told, and that looking never changes it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Hit, type Machine, MiB, Pc, type PcOptions, type Stop, type StopPoint, TLB_PRESETS, UserError } from "shootdown";
import { assemble } from "./guest.ts";

const SMALL = { memory: 16 * MiB };

async function boot(code: string, options: PcOptions = SMALL): Promise<Machine> {
  const pc = await Pc.create(options);
  pc.load(assemble(code).bytes);
  return pc.machine;
}

/** Runs until something other than a stop point ends the run; gives the hits on the way. */
function follow(machine: Machine, steps: number): { hits: Hit[]; stop: Stop } {
  const end = machine.steps + steps;
  const hits: Hit[] = [];
  for (;;) {
    const stop = machine.run(end - machine.steps);
    if (stop.kind !== "break") return { hits, stop };
    hits.push(...stop.hits);
  }
}

/** Address of the `n`th NOP in RAM from 1 MiB on: tests mark places with them. */
function nops(machine: Machine): bigint[] {
  const bytes = machine.readPhysical(0x100000, 0x1000);
  return [...bytes.keys()].filter((i) => bytes[i] === 0x90).map((i) => BigInt(0x100000 + i));
}

const LOOP = `main: xor %ebx, %ebx; mov $5, %ecx
  1: nop
    add $3, %rax
    inc %rbx
    nop
    cmp $100, %rbx
    dec %ecx
    jnz 1b
    nop
    jmp .`;

test("a run stops before an instruction point each time that it comes by, with nothing of the instruction done", async () => {
  const machine = await boot(LOOP);
  const [first, second] = nops(machine) as [bigint, bigint];
  machine.setStopPoints([{ kind: "instruction", address: second }]);
  for (let round = 1n; round <= 5n; round++) {
    const stop = machine.run(10_000);
    assert.equal(stop.kind, "break");
    assert.equal(machine.register(0, "rip"), second);
    assert.equal(machine.register(0, "rbx"), round);
    assert.deepEqual(stop.kind === "break" && stop.hits, [{ point: 0, cpu: 0, step: machine.steps, rip: second, values: [0n, 0n, 0n] }]);
  }
  machine.setStopPoints([{ kind: "instruction", address: second }, { kind: "instruction", address: first }]);
  assert.deepEqual(machine.run(10_000), { kind: "limit" });
});

test("all points at one address hit together, and those of other CPUs do not", async () => {
  const machine = await boot(LOOP, { ...SMALL, cpus: 2 });
  const [address] = nops(machine) as [bigint];
  machine.setStopPoints([
    { kind: "instruction", address }, { kind: "instruction", address, cpu: 1 }, { kind: "instruction", address, cpu: 0 },
  ]);
  const stop = machine.run(10_000);
  assert.deepEqual(stop.kind === "break" && stop.hits.map((hit) => hit.point), [0, 2]);
});

test("a run that goes on from a restored snapshot meets its points again", async () => {
  const machine = await boot(LOOP);
  const start = machine.snapshot();
  machine.setStopPoints([{ kind: "instruction", address: nops(machine)[0]! }]);
  const seen = follow(machine, 10_000).hits.map((hit) => hit.step);
  assert.equal(seen.length, 5);
  machine.restore(start);
  assert.deepEqual(follow(machine, 10_000).hits.map((hit) => hit.step), seen);
});

test("in note mode the run goes on, and the hits are those at which it would have stopped", async () => {
  const machine = await boot(LOOP);
  const start = machine.snapshot();
  const points: StopPoint[] = nops(machine).map((address) => ({ kind: "instruction", address }));
  machine.setStopPoints(points);
  const { hits } = follow(machine, 10_000);
  machine.restore(start);
  machine.stopPointMode = "note";
  machine.clearNoted();
  assert.deepEqual(machine.run(10_000), { kind: "limit" });
  assert.deepEqual(machine.noted(), hits);
  machine.clearNoted();
  assert.deepEqual(machine.noted(), []);
  machine.restore(start);
  machine.stopPointMode = "off";
  assert.deepEqual(machine.run(10_000), { kind: "limit" });
  assert.deepEqual(machine.noted(), []);
});

test("stores and loads of watched bytes stop after the instruction, with old and new value", async () => {
  const code = `main: movq $7, cell
    movb $1, cell + 1
    nop
    addl $2, cell + 4
    mov cell, %rax
    mov cell + 8, %rax
    jmp .
    .data
    .balign 64
    cell: .quad 0x55, 0`;
  const machine = await boot(code);
  // The first MOVQ names its cell as a 32-bit displacement: REX.W C7 /0 with SIB.
  const text = machine.readPhysical(0x100000, 0x1000);
  const at = [...text.keys()].find((i) => text[i] === 0x48 && text[i + 1] === 0xc7 && text[i + 2] === 0x04)!;
  const cell = BigInt(new DataView(text.buffer).getUint32(at + 4, true));
  const rip = BigInt(0x100000 + at);
  const start = machine.snapshot();
  const watch = (space: "linear" | "physical", read: boolean, write: boolean, length = 8) => {
    machine.restore(start);
    machine.setStopPoints([{ kind: "access", space, address: cell, length, read, write }]);
    return follow(machine, 1000).hits;
  };
  for (const space of ["linear", "physical"] as const) {
    const stores = watch(space, false, true);
    assert.deepEqual(stores.map((hit) => [hit.size, ...hit.values]), [
      [8, cell, 0x55n, 7n], [1, cell + 1n, 0n, 1n], [4, cell + 4n, 0n, 2n],
    ]);
    assert.equal(stores[0]!.rip, rip);
    assert.deepEqual(watch(space, true, false).map((hit) => [hit.size, ...hit.values]), [
      [4, cell + 4n, 0n, 0n], [8, cell, 0x0000000200000107n, 0x0000000200000107n],
    ]);
    assert.deepEqual(watch(space, false, true, 1).map((hit) => hit.size), [8]);
  }
  machine.restore(start);
  machine.setStopPoints([{ kind: "access", space: "linear", address: cell, length: 1, read: false, write: true }]);
  machine.run(1000);
  const [entry] = follow(machine, 0).hits;
  assert.equal(entry, undefined);
});

test("after a stop at an access or an event the step that did it is the last that was made", async () => {
  const machine = await boot("main: mov 0x300000, %rax; invlpg 0x300000; push %rax; jmp .");
  machine.setStopPoints([
    { kind: "access", space: "linear", address: 0x300000n, length: 4, read: true, write: true },
    { kind: "event", event: "invalidate", match: [{ mask: 0xffn, value: 0n }, { mask: 0xfffn, value: 0n }] },
    { kind: "event", event: "invalidate", match: [undefined, { mask: 0xfffn, value: 1n }] },
  ]);
  const { hits } = follow(machine, 1000);
  assert.deepEqual(hits.map((hit) => [hit.point, hit.event]), [[0, undefined], [1, "invalidate"]]);
  assert.equal(hits[1]!.step, hits[0]!.step + 1);
  assert.equal(hits[1]!.values[1], 0x300000n);
});

/** Three CPUs that contend for a word, change page tables, repeat strings and interrupt each other. */
const BUSY = `
  main: mov $0xfee00000, %edi
    movl $0x1ff, 0xf0(%rdi)
    movl $0xc4500, 0x300(%rdi)
    movl $0xc4608, 0x300(%rdi)
  work: lock incq 0x2000
    mov 0x2000, %rax
    imul $0x1e3779b1, %rax, %rbx
    and $0x3fffc0, %ebx
    or $0x400000, %ebx
    add %rax, (%rbx)
    mov %rbx, %rdi
    lea 0x1230(%rbx), %rsi
    mov $700, %ecx
    test $3, %al
    jnz 1f
    rep movsb
  1: mov $21, %ecx
    rep stosq
    orl $0x200, pdpt + 8
    mov 0x40300000, %rdx
    test $7, %al
    jnz 2f
    invlpg 0x40300000
    mov %cr3, %rdx
    mov %rdx, %cr3
  2: pause
    jmp work`;
/** lock incw [0x3000]; pause; jmp */
const OTHER = Uint8Array.of(0xf0, 0xff, 0x06, 0x00, 0x30, 0xf3, 0x90, 0xeb, 0xf7);

for (const tlb of TLB_PRESETS) {
  test(`hundreds of points of every kind do not change a run, wherever they stop it (TLB ${tlb})`, async () => {
    const options = { ...SMALL, cpus: 3, tlb };
    const [plain, watched] = await Promise.all([boot(BUSY, options), boot(BUSY, options)]);
    for (const machine of [plain, watched]) machine.writePhysical(0x8000, OTHER);
    const points: StopPoint[] = [
      ...Array.from({ length: 200 }, (_, i): StopPoint => ({ kind: "instruction", address: BigInt(0x100000 + i) })),
      { kind: "instruction", address: 0x8005n, cpu: 2 },
      ...[0x2000n, 0x400000n, 0x7fff000n, 0x40300000n].map((address): StopPoint => ({ kind: "access", space: "linear", address, length: 64, read: true, write: true })),
      ...[0x3000n, 0x410000n, 0x420ff8n].map((address): StopPoint => ({ kind: "access", space: "physical", address, length: 16, read: true, write: true })),
      { kind: "access", space: "physical", address: 0n, length: 0x200000, read: false, write: true, cpu: 1 },
      { kind: "event", event: "fill" }, { kind: "event", event: "table_write" }, { kind: "event", event: "ipi_deliver" },
      { kind: "event", event: "stale_use" }, { kind: "event", event: "mark" }, { kind: "event", event: "unmark" },
      { kind: "event", event: "drop" }, { kind: "event", event: "walk", cpu: 0 },
    ];
    const STEPS = 60_000;
    plain.run(STEPS);
    watched.setStopPoints(points);
    const { hits, stop } = follow(watched, STEPS);
    assert.deepEqual(stop, { kind: "limit" });
    assert.ok(hits.length > 1000, `${hits.length} hits`);
    assert.equal(watched.steps, plain.steps);
    const counted = (machine: Machine) => ({ ...machine.counters(), blocks_decoded: 0, code_writes: 0 });
    if (tlb !== "none") assert.deepEqual(counted(watched), counted(plain));
    assert.equal(watched.stateHash(), plain.stateHash());
  });
}

test("one CPU steps alone while the others are held, and the same steps in pieces are the same", async () => {
  const options = { ...SMALL, cpus: 3 };
  const machines = await Promise.all([boot(BUSY, options), boot(BUSY, options)]);
  for (const machine of machines) {
    machine.writePhysical(0x8000, OTHER);
    machine.run(10_000);
  }
  const [whole, pieces] = machines as [Machine, Machine];
  const before = whole.counters(0).instructions;
  const clock = whole.clock;
  assert.deepEqual(whole.runCpu(2, 1000), { kind: "stepped", cpu: 2 });
  assert.equal(whole.counters(0).instructions, before);
  assert.equal(whole.steps, 11_000);
  assert.equal(whole.lastStep(2), 10_999);
  assert.ok(whole.clock >= clock + 1000n);
  for (let i = 0; i < 1000; i++) pieces.runCpu(2, 1);
  assert.equal(pieces.stateHash(), whole.stateHash());
  for (const machine of machines) machine.run(10_000);
  assert.equal(pieces.stateHash(), whole.stateHash());
});

test("a CPU that waits for good cannot be stepped, and one that waits for its timer is brought to it", async () => {
  const idle = await boot("main: cli; hlt; jmp main");
  assert.deepEqual(idle.runCpu(0, 1000), { kind: "idle" });
  const sipi = await boot("main: jmp .", { ...SMALL, cpus: 2 });
  assert.deepEqual(sipi.runCpu(1, 1), { kind: "idle" });
});

test("by the schedule, a run goes on until one CPU has made its steps", async () => {
  const options = { ...SMALL, cpus: 3 };
  const machine = await boot(BUSY, options);
  machine.writePhysical(0x8000, OTHER);
  machine.run(10_000);
  for (const cpu of [2, 0, 1]) {
    const { instructions } = machine.counters(cpu);
    assert.deepEqual(machine.runUntilStepped(cpu, 3), { kind: "stepped", cpu });
    assert.equal(machine.counters(cpu).instructions, instructions + 3);
    assert.equal(machine.lastStep(cpu), machine.steps - 1);
  }
  const never = await boot("main: jmp .", { ...SMALL, cpus: 2 });
  assert.deepEqual(never.runUntilStepped(1, 1, 5000), { kind: "limit" });
  assert.equal(never.lastStep(1), undefined);
});

test("the interrupt controllers can be looked at, and IPIs on their way", async () => {
  const machine = await boot(`main: mov $0xfee00000, %edi
    movl $0x1ff, 0xf0(%rdi)
    movl $0x30, 0x80(%rdi)
    movl $0x200e1, 0x320(%rdi)
    movl $0xb, 0x3e0(%rdi)
    movl $100000, 0x380(%rdi)
    movl $0x440f0, 0x300(%rdi)
    mov $0x400f1, %eax
    mov %eax, 0x300(%rdi)
    1: pause
    jmp 1b`);
  machine.setStopPoints([{ kind: "event", event: "ipi_send", match: [{ mask: 0xffn, value: 0xf1n }] }]);
  const stop = machine.run(10_000);
  assert.equal(stop.kind, "break");
  const step = stop.kind === "break" ? stop.hits[0]!.step : -1;
  const before = machine.stateHash();
  assert.deepEqual(machine.pendingIpis().map(({ from, to, mode, vector }) => ({ from, to, mode, vector })), [
    { from: 0, to: 0, mode: "fixed", vector: 0xf0 }, { from: 0, to: 0, mode: "fixed", vector: 0xf1 },
  ]);
  assert.equal(machine.pendingIpis()[1]!.sentAt, step);
  const apic = machine.lapic(0);
  assert.deepEqual([apic.id, apic.access, apic.enabled, apic.tpr, apic.ppr], [0, "xapic", true, 0x30, 0x30]);
  assert.deepEqual(apic.lvt[0], { name: "timer", value: 0x200e1, vector: 0xe1, mode: "fixed", masked: false });
  assert.equal(apic.timer.mode, "periodic");
  assert.equal(apic.timer.divisor, 1);
  assert.ok(apic.timer.current < 100_000 && apic.timer.due! > machine.clock);
  const pins = machine.ioapic();
  assert.equal(pins.length, 24);
  assert.ok(pins.every((pin) => pin.masked));
  assert.equal(machine.stateHash(), before);
  machine.setStopPoints([]);
  machine.run(2000);
  assert.deepEqual(machine.pendingIpis(), []);
  assert.deepEqual(machine.lapic(0).irr, [0xf0, 0xf1]);
});

test("more points than there is room for are refused with one line, and none of them is set", async () => {
  const machine = await boot(LOOP);
  const many = Array.from({ length: 32_769 }, (_, i): StopPoint => ({ kind: "instruction", address: BigInt(i) }));
  assert.throws(() => machine.setStopPoints([{ kind: "instruction", address: nops(machine)[0]! }, ...many]), UserError);
  assert.deepEqual(machine.run(1000), { kind: "limit" });
  assert.throws(() => machine.setStopPoints([{ kind: "instruction", address: 0n, cpu: 5 }]), RangeError);
});

// What src/debug/guest says of our kernel while `churn` migrates pages under migrc-v3: held against the machine's
// registers, its page tables, and what the kernel itself counts and prints.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { MiB, Pc } from "shootdown";
import { Guest, type Thread } from "../../src/debug/guest/index.ts";
import { backtrace, disassemble, type Frame, mappings, spaceMemory } from "../../src/debug/look/index.ts";
import { loadSymbols, symbolsOf } from "../../src/debug/symbols/index.ts";
import { assemble } from "./guest.ts";

const KERNEL = "dist/guest/kernel.elf";
const image = readFileSync(KERNEL);
// Hint faults every millisecond of a short run: without promotions nothing is deferred.
const COMMAND_LINE = "init=churn tlb=migrc-v3 hz=1000 numa_scan_delay_ms=1 numa_scan_period_ms=1 -- rounds=1000 pages=256";
const CPUS = [0, 1, 2, 3];
const STEP = 100_000;
/** By then any compiler's kernel has deferred something. */
const MOST_LOOKS = 2000;
const HALTED = 1n;

const symbols = (await symbolsOf({ image, path: KERNEL, commandLine: COMMAND_LINE }))!;
const pc = await Pc.create({ cpus: CPUS.length, memory: 64 * MiB });
const { machine } = pc;
const guest = new Guest(machine, symbols);
pc.load(image, { commandLine: COMMAND_LINE });

const inUser = (cpu: number): boolean => machine.register(cpu, "cpl") === 3n;

/** No CPU is in the middle of something in the kernel: each runs user code, or is idle. */
const quiescent = (): boolean => CPUS.every((cpu) => inUser(cpu) || machine.register(cpu, "activity") === HALTED);

interface Seen {
  threads: Thread[];
  stacks: Frame[][];
}

const seen: Seen[] = [];
let quiet = 0;
let mostPending = 0;
let heldPending = 0;

/** The numbers of the kernel's own lists and counters agree, and so do page tables and frames. */
function checkQuiet(): void {
  const state = guest.migrc();
  const vmstat = guest.vmstat();
  const requests = state.nodes.flatMap((node) => node.requests);
  const pending = requests.flatMap((request) => request.folios);
  for (const node of state.nodes) {
    assert.equal(node.requests.reduce((sum, request) => sum + request.folios.length, 0), node.pendingFolios);
    assert.ok(node.requests.every((request) => request.node === node.node));
  }
  assert.equal(pending.length, vmstat["migrc_deferred"]! - vmstat["migrc_freed"]!);
  for (const request of requests) {
    assert.ok(request.generation <= state.generation && request.owing.every((cpu) => request.cpumask.includes(cpu)));
  }
  for (const one of pending.slice(0, 4)) {
    const folio = guest.folio(one.pfn);
    assert.ok(folio.flags.includes("migrc") && folio.references > 0, folio.flags.join());
    assert.ok(folio.mappings.every((mapping) => mapping.relation === "elsewhere" && mapping.pfn === one.nowPfn));
    assert.deepEqual([...new Set(folio.held.filter((entry) => entry.stale && entry.linear === one.address).map((entry) => entry.cpu))], one.heldBy);
  }
  mostPending = Math.max(mostPending, pending.length);
  heldPending += pending.filter((one) => one.heldBy.length > 0 && one.sinceStep! <= BigInt(machine.steps)).length;

  const cpu = CPUS.find(inUser);
  if (cpu === undefined) return;
  const space = guest.mm({ cpu });
  const pages = mappings(machine, cpu).filter((range) => range.rights.user);
  const present = pages.reduce((sum, range) => sum + Number(range.end - range.start) / 4096, 0);
  // Pages that wait for a hint fault are the process's, too, but no processor sees them as mapped.
  assert.ok(vmstat["numa_pte_updates"] === 0 ? present === space.rssPages : present <= space.rssPages);
  for (const { start, physical } of pages.filter((range) => range.physical !== undefined).slice(0, 6)) {
    const folio = guest.folio(Number(physical! / 4096n));
    assert.deepEqual([folio.address, folio.mapCount, folio.mappings.map((one) => one.relation)], [start, 1, ["mapped"]]);
    assert.ok(folio.flags.includes("anon"));
    assert.ok(space.vmas.some((vma) => start >= vma.start && start < vma.end));
  }
}

/** What holds between any two instructions. */
function checkAlways(): void {
  const threads = guest.threads();
  const running = threads.filter((thread) => thread.runningOn !== undefined);
  assert.deepEqual(running.map((thread) => thread.runningOn!).sort(), CPUS);
  for (const cpu of CPUS.filter(inUser)) {
    const space = guest.mm({ cpu });
    const cr3 = machine.register(cpu, "cr3");
    assert.equal(space.root, cr3 & 0xffff_ffff_f000n);
    assert.equal(space.cpus[cpu]!.pcid, Number(cr3 & 0xfffn));
    assert.ok(space.cpus[cpu]!.loaded && space.cpus[cpu]!.inMask && !space.cpus[cpu]!.lazy);
    assert.equal(threads.find((thread) => thread.runningOn === cpu)!.mm, space.mm);
  }
  seen.push({ threads, stacks: CPUS.map((cpu) => {
    const { frames, end } = backtrace(machine, symbols, cpu);
    // The boot CPU's first frame is the one thing that nothing describes: it is of code that runs at its physical address.
    const ended = end === "outermost" || frames.at(-2)!.symbol?.name === "start_kernel";
    assert.ok(ended, `${end}: ${frames.map((frame) => frame.symbol?.name).join(" < ")}`);
    return [...frames];
  }) });
}

test("before the kernel runs, its state is said not to be there", () => {
  assert.throws(() => guest.threads(), { name: "UserError", message: /does not run yet/ });
});

test("threads, address spaces, frames and deferred flushes are what registers, page tables and counters say", () => {
  machine.run(3_000_000);
  const enough = () => quiet >= 60 && heldPending > 0 && seen.length >= 100;
  for (let looks = 0; !enough() && looks < MOST_LOOKS && machine.run(STEP).kind === "limit"; looks++) {
    if (!guest.threads().some((thread) => thread.comm === "churn" && thread.mm)) continue;
    checkAlways();
    if (quiescent() && ++quiet % 10 === 0) checkQuiet();
  }
  assert.ok(enough(), `${quiet} quiet points, at most ${mostPending} pending, ${heldPending} held`);
});

test("the counters are those that the kernel prints", async () => {
  const box = await Pc.create({ cpus: CPUS.length, memory: 64 * MiB });
  let output = "";
  box.serial.onOutput((byte) => void (output += String.fromCharCode(byte)));
  box.load(image, { commandLine: COMMAND_LINE.replace(/rounds=.*/, "rounds=4 pages=128") });
  assert.equal(box.machine.run(1e9).kind, "exit");
  const printed = Object.fromEntries([...output.matchAll(/^vmstat: (\w+) (\d+)\r?$/gm)].map((match) => [match[1], Number(match[2])]));
  assert.deepEqual(new Guest(box.machine, symbols).vmstat(), printed);
  assert.ok(printed["pgmigrate_success"]! > 0);
});

test("threads bear the names and kinds that the kernel gave them", () => {
  const all = seen.at(-1)!.threads;
  const idle = all.filter((thread) => thread.flags.includes("idle"));
  assert.deepEqual(idle.map((thread) => [thread.pid, thread.cpu]), CPUS.map((cpu) => [0, cpu]));
  assert.ok(all.some((thread) => thread.comm.startsWith("kswapd") && thread.flags.includes("kthread") && thread.mm === undefined));
  const states = new Set(seen.flatMap((one) => one.threads.map((thread) => thread.state)));
  for (const state of ["running", "idle", "interruptible"]) assert.ok(states.has(state), [...states].join());
});

test("backtraces go from the kernel through an interrupt or system call down to the program's start", () => {
  const stacks = seen.flatMap((one) => one.stacks);
  const names = (frames: Frame[]) => frames.map((frame) => frame.symbol?.name);
  const call = stacks.find((frames) => names(frames).includes("entry_SYSCALL_64") && frames.at(-1)!.symbol?.name === "_start");
  assert.ok(call, "no CPU was seen in a system call of the first thread");
  const boundary = names(call).indexOf("entry_SYSCALL_64");
  assert.deepEqual(call.map((frame) => frame.user), call.map((_, level) => level > boundary));
  assert.equal(call[boundary + 1]!.interrupted, true);
  assert.ok(names(call).includes("main") && call.some((frame) => frame.line?.file === "guest/user/churn.c"));
  assert.ok(stacks.some((frames) => names(frames).includes("common_entry") && frames.some((frame) => frame.interrupted)));
});

test("a thread that is switched out has a backtrace, too", () => {
  const { threads } = seen.at(-1)!;
  const kswapd = guest.threads().find((thread) => thread.comm.startsWith("kswapd") && thread.saved)!;
  const { frames, end } = backtrace(machine, symbols, 0, { from: kswapd.saved! });
  assert.deepEqual([frames[0]!.symbol!.name, end], ["schedule", "outermost"]);
  assert.ok(frames.some((frame) => frame.symbol?.name === "kswapd"));
  assert.ok(frames.every((frame) => frame.rsp >= kswapd.kernelStack.start && frame.rsp <= kswapd.kernelStack.end));
  assert.ok(threads.length > 5);
});

test("a backtrace is whole where inline assembly has the flags on the stack, which the compiler does not know", async () => {
  const box = await Pc.create({ cpus: 2, memory: 32 * MiB });
  const commandLine = "init=tlbflush tlb=sync -- iterations=20 pages=1";
  const known = (await symbolsOf({ image, path: KERNEL, commandLine }))!;
  box.load(image, { commandLine });
  box.machine.run(1_000_000);
  const places = symbols.names("", 1e6).flatMap((name) => {
    const { kind, address, size } = symbols.resolve(name)!;
    if (kind !== "function" || address < 1n << 63n) return [];
    const code = disassemble(box.machine, 0, address, { end: address + BigInt(size) });
    return code.flatMap((one, i) => (one.text.startsWith("pushf") ? [code[i + 1]!.address] : []));
  });
  box.machine.setStopPoints(places.map((address) => ({ kind: "instruction", address })));
  const names = new Set<string>();
  for (let i = 0; i < 300; i++) {
    const stop = box.machine.run(1e8);
    if (stop.kind !== "break") break;
    const { frames, end } = backtrace(box.machine, known, stop.cpu);
    assert.ok(end === "outermost" || frames.at(-2)?.symbol?.name === "start_kernel", frames.map((frame) => frame.symbol?.name).join(" < "));
    names.add(frames[0]!.symbol!.name);
  }
  assert.ok(names.size > 3, [...names].join());
});

test("a flush that a CPU is about to run for another is a call that is pending", async () => {
  const box = await Pc.create({ cpus: 2, memory: 32 * MiB });
  box.load(image, { commandLine: "init=tlbflush tlb=sync -- iterations=20 pages=1" });
  const knowledge = new Guest(box.machine, symbols);
  const address = symbols.resolve("flush_tlb_func")!.address;
  box.machine.setStopPoints([{ kind: "instruction", address }]);
  const found = new Set<string>();
  for (let stop = box.machine.run(1e8); stop.kind === "break"; stop = box.machine.run(1e8)) {
    const { cpu } = stop;
    for (const call of knowledge.pendingCalls()) {
      assert.ok(call.flush && call.symbol!.name === "flush_tlb_func" && call.flush.end > call.flush.start && call.waits);
      const { mm } = call.flush;
      if (call.to !== cpu || mm === undefined) continue;
      assert.ok(call.flush.generation <= knowledge.mm({ mm }).tlbGen && knowledge.mm({ mm }).cpus[call.from]!.loaded);
      found.add(`${call.from}>${call.to}`);
    }
  }
  assert.ok(found.size > 0);
});

test("memory of an address space is read through its own root", () => {
  const space = guest.mm({ cpu: 0 });
  const text = spaceMemory(machine, space.root).read(symbols.resolve("start_kernel")!.address, 8);
  assert.deepEqual(text, machine.readVirtual(0, symbols.resolve("start_kernel")!.address, 8));
});

test("what is not there is one line: a thread, a frame, an address space", () => {
  assert.throws(() => guest.mm({ pid: 999 }), { name: "UserError", message: "there is no thread 999" });
  assert.throws(() => guest.mm({ pid: 2 }), { name: "UserError", message: /kernel thread/ });
  assert.throws(() => guest.folio(1 << 20), { name: "UserError", message: /there is no frame/ });
  assert.throws(() => guest.folio(1.5), { name: "UserError", message: /there is no frame/ });
});

test("a guest that is not our kernel is said to need its symbols, and which", async () => {
  const other = assemble("main: jmp main");
  const box = await Pc.create({ memory: 16 * MiB });
  box.load(other.bytes);
  box.machine.run(1000);
  const stranger = new Guest(box.machine, loadSymbols(other.bytes, "other.elf"));
  for (const ask of [() => stranger.threads(), () => stranger.migrc(), () => stranger.mm({ cpu: 0 }), () => stranger.folio(1)]) {
    assert.throws(ask, { name: "UserError", message: "this needs the symbols of our guest kernel: variable tasks is not in other.elf" });
  }
});

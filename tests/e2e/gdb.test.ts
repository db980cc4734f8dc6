// Real gdb on our kernel with 4 CPUs: what docs/gdb.md promises.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { assemble } from "./guest.ts";
import { answer, gdb, KERNEL, serve, serveDebug, withoutGdb } from "./gdb-run.ts";

const PROGRAM = "dist/shootdown.js";
const FLUSHING = [KERNEL, "--cpus", "4", "--append", "init=tlbflush -- iterations=200"];
const HELLO = [KERNEL, "--cpus", "4", "--append", "init=hello"];
const options = { skip: withoutGdb };

/** Text whose addresses do not count. */
const plain = (text: string): string[] => text.replaceAll(/0x[0-9a-f]+/g, "0x...").trimEnd().split("\n").map((line) => line.trimEnd());

/** Whether `lines` are what `shown` says; a line of `...` there stands for any number of lines. */
function matches(shown: readonly string[], lines: readonly string[]): boolean {
  const [first, ...rest] = shown;
  if (first === undefined) return lines.length === 0;
  if (first === "...") return lines.some((_, i) => matches(rest, lines.slice(i))) || matches(rest, []);
  return lines[0] === first && matches(rest, lines.slice(1));
}

test("the session of docs/gdb.md goes as it is written there", options, async () => {
  const shown = /<!-- test: gdb -->\n```\n([^]*?)```/.exec(readFileSync("docs/gdb.md", "utf8"))![1]!;
  const run = await serve(FLUSHING);
  const commands = [...shown.matchAll(/^\(gdb\) (.*)$/gm)].map((match) => match[1]!);
  const printed = (await gdb(commands.map((command) => command.replace("remote :1234", `remote ${run.address}`))))
    .replace(run.address, ":1234");
  assert.ok(matches(plain(shown), plain(printed)), printed);
  assert.match(answer(printed, 'eval "monitor tlb 1 %#lx", $info->start'), /STALE: .*changed at #\d+ by CPU 1/);
  const { status, out, err } = await run.ended;
  assert.equal(status, 1, err);
  assert.match(out, /^checksum: /m);
});

test("each CPU is stepped by itself, by the schedule or with the others held", options, async () => {
  const run = await serve(FLUSHING);
  const steps = (how: string) => ["1", "2", "3", "4"].flatMap((thread) => [`thread ${thread}`, `printf "${how}${thread} from %lx\\n", $pc`, "stepi", `printf "${how}${thread} to %lx\\n", $pc`]);
  const where = [1, 2, 3, 4].map((thread) => `thread apply ${thread} printf "held at %lx\\n", $pc`);
  const printed = await gdb([
    `target remote ${run.address}`, "tbreak flush_tlb_func", "continue", ...steps("all"), "set scheduler-locking on", ...steps("held"),
    "thread 3", "echo before\\n", ...where, "stepi", "echo after\\n", ...where, "kill",
  ]);
  for (const how of ["all1", "all2", "all3", "all4", "held1", "held2", "held3", "held4"]) {
    const place = (which: string) => new RegExp(`^${how} ${which} (ffffffff8[0-9a-f]+)$`, "m").exec(printed)?.[1];
    assert.ok(place("from") && place("to"), printed);
    assert.notEqual(place("from"), place("to"), how);
  }
  const [before, after] = printed.split("(gdb) echo after").map((part) => [...part.matchAll(/^held at (\w+)$/gm)].slice(-4).map((match) => match[1]));
  const moved = before!.map((place, cpu) => place !== after![cpu]);
  assert.deepEqual(moved, [false, false, true, false]);
  assert.deepEqual(await run.ended.then(({ status, err }) => [status, err.split("\n").at(-2)]), [0, "shootdown: ended by gdb"]);
});

test("a watchpoint stops at each write, forwards and backwards, and names the CPU that made it", options, async () => {
  const run = await serve(HELLO);
  const printed = await gdb([
    `target remote ${run.address}`, "tbreak smp_init", "continue", "tbreak kernel_execve", "watch cpu_online_mask.bits[0]", "continue",
    "continue", "continue", "continue", "reverse-continue", "reverse-continue", "reverse-continue", "reverse-continue", "kill",
  ]);
  const writes = [...printed.matchAll(/Thread (\d) "CPU \d" hit Hardware watchpoint 3[^]*?Old value = (\d+)\nNew value = (\d+)/g)];
  assert.deepEqual(writes.map(([, thread, before, after]) => `${thread}: ${before} ${after}`), [
    "2: 1 3", "3: 3 7", "4: 7 15", "4: 15 7", "3: 7 3", "2: 3 1",
  ], printed);
  assert.match(printed, /Thread 1 "CPU 0" hit Temporary breakpoint 2, kernel_execve/);
  assert.match(printed, /No more reverse-execution history/);
});

test("a run that gdb has stopped, stepped and taken back ends in the same state as one that it has not", options, async () => {
  const state = (err: string) => JSON.parse(err.trimEnd().split("\n").at(-1)!) as { stateHash: string; steps: number };
  const alone = spawnSync(process.execPath, [PROGRAM, "boot", ...HELLO, "--stats", "json"], { encoding: "utf8", timeout: 100_000 });
  const run = await serve([...HELLO, "--stats", "json"]);
  const printed = await gdb([
    `target remote ${run.address}`, "break start_secondary", "break schedule", "continue", "continue", "continue", "stepi", "next",
    "continue", "thread 3", "stepi", "reverse-stepi", "thread 1", "delete", "next", "reverse-continue", "detach",
  ]);
  assert.match(printed, /hit Breakpoint 1, start_secondary/);
  const { out, err } = await run.ended;
  assert.equal(out, alone.stdout);
  assert.deepEqual([state(err).steps, state(err).stateHash], [state(alone.stderr).steps, state(alone.stderr).stateHash]);
});

test("registers and memory that gdb sets stay set, and what cannot be set says so", options, async () => {
  const run = await serve(HELLO);
  const printed = await gdb([
    `target remote ${run.address}`, "tbreak kernel_execve", "continue", "set $r15 = 0x1234", "print/x $r15", "set var jiffies = 77",
    "print jiffies", "set $cs = 8", "print $xmm0", "print $cr0", "x/gx 0x123456789abcdef0", "stepi", "print/x $r15", "kill",
  ]);
  assert.deepEqual([answer(printed, "print/x $r15"), answer(printed, "print jiffies")], ["$1 = 0x1234", "$2 = 77"], printed);
  assert.match(answer(printed, "set $cs = 8"), /Could not write register "cs"/);
  assert.match(answer(printed, "print $xmm0"), /<unavailable>/);
  assert.match(answer(printed, "print $cr0"), /\[ PE .*WP .*PG \]/);
  assert.match(answer(printed, "x/gx 0x123456789abcdef0"), /Cannot access memory at address 0x123456789abcdef0/);
});

test("breakpoints that gdb writes into memory work, at every CPU", options, async () => {
  const run = await serve(HELLO);
  const printed = await gdb([
    `target remote ${run.address}`, "tbreak start_kernel", "continue", "set remote software-breakpoint-packet off",
    "set remote hardware-breakpoint-packet off", "break start_secondary", "continue", "x/2xb $pc", "continue", "delete", "detach",
  ]);
  assert.deepEqual([...printed.matchAll(/Thread (\d) "CPU \d" hit Breakpoint 2, start_secondary/g)].map((match) => match[1]), ["2", "3"], printed);
  assert.doesNotMatch(answer(printed, "x/2xb $pc"), /0xcc/);
  assert.match((await run.ended).out, /^hello from user space$/m);
});

test("in real mode breakpoints and steps go by linear addresses", options, async () => {
  const run = await serve([KERNEL, "--cpus", "2", "--append", "init=hello"]);
  const printed = await gdb([`target remote ${run.address}`, "hbreak *0x8000", "continue", "print/x $cs", "stepi", "print/x $pc", "kill"]);
  assert.match(printed, /Thread 2 "CPU 1" hit Breakpoint 1, 0x0000000000008000/);
  assert.deepEqual([answer(printed, "print/x $cs"), answer(printed, "print/x $pc")], ["$1 = 0x800", "$2 = 0x8001"], printed);
});

test("a machine that fails stops in gdb, and can be looked at and taken back", options, async () => {
  const { file } = assemble("main: mov $7, %r12d\n lidt idt\n mov $9, %r12d\n ud2\n .section .data\nidt: .word 0\n .quad 0");
  const run = await serve([file, "--memory", "16M"]);
  const printed = await gdb([`target remote ${run.address}`, "continue", "print $r12", "reverse-stepi", "reverse-stepi", "print $r12", "continue", "kill"], file);
  assert.match(answer(printed, "continue"), /triple fault on CPU 0[^]*SIGABRT/, printed);
  assert.deepEqual([...printed.matchAll(/^\$\d = (\d)$/gm)].map((match) => match[1]), ["9", "7"], printed);
});

test("gdb sees the end of the run, and the program leaves with it", options, async () => {
  const { file } = assemble("main: mov $3, %eax\n jmp leave");
  const run = await serve([file, "--memory", "16M"]);
  const printed = await gdb([`target remote ${run.address}`, "continue"], file);
  assert.match(printed, /the guest exited with value 3 \(status 7\)\n\[Inferior 1 \(Remote target\) exited with code 07\]/);
  assert.equal((await run.ended).status, 7);
});

test("--max-instructions ends the run in gdb too", options, async () => {
  const { file } = assemble("main: jmp main");
  const run = await serve([file, "--memory", "16M", "--max-instructions", "5000"]);
  assert.match(await gdb([`target remote ${run.address}`, "continue"], file), /exited with code 0174/);
  assert.deepEqual(await run.ended.then(({ status, err }) => [status, err.split("\n").at(-2)]), [124, "shootdown: the limit of instructions was reached"]);
});

test("Ctrl-C stops the run, and --gdb-nowait begins it before gdb is there", options, async () => {
  const { file } = assemble("main: mov $msg, %esi\n call puts\n1: inc %r12\n jmp 1b\n .section .data\nmsg: .asciz \"up\\n\"");
  const run = await serve([file, "--memory", "16M", "--gdb-nowait"]);
  const child = spawn("gdb", ["-nx", "-q", "--interpreter=mi2", file], { stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  const seen = async (what: RegExp) => {
    while (!what.test(text)) await once(child.stdout, "data");
    text = "";
  };
  child.stdout.on("data", (bytes) => (text += String(bytes)));
  child.stdin.write(`-gdb-set mi-async on\n-target-select remote ${run.address}\n`);
  await seen(/\*stopped/);
  child.stdin.write("-exec-continue\n");
  await seen(/\*running/);
  child.stdin.write("-exec-interrupt\n");
  await seen(/\*stopped.*SIGINT/);
  child.stdin.write("-data-evaluate-expression $r12>0\n");
  await seen(/value="1"/);
  child.stdin.write("-target-detach\n-gdb-exit\n");
  await once(child, "close");
  run.process.kill("SIGTERM");
  const { status, out, err } = await run.ended;
  assert.deepEqual([status, out, err.split("\n").at(-2)], [143, "up\n", "shootdown: stopped by SIGTERM"]);
});

test("on stdio gdb shows what the guest sends on its serial line", options, async () => {
  const { file } = assemble('main: mov $msg, %esi\n call puts\n xor %eax, %eax\n jmp leave\n .section .data\nmsg: .asciz "one\\ntwo\\n"');
  const printed = await gdb([`target remote | exec ${process.execPath} ${PROGRAM} boot ${file} --memory 16M --gdb stdio`, "continue"], file);
  assert.match(answer(printed, "continue"), /^one\ntwo$/m, printed);
  assert.match(printed, /exited with code 01/);
});

test("beside the console gdb has the machine first, and the console's lines wait until it detaches", options, async () => {
  const run = await serveDebug([KERNEL, "--cpus", "2"], ["print $rip", "continue", "print $rip"]);
  const printed = await gdb([`target remote ${run.address}`, "tbreak start_kernel", "continue", "print/x $pc", "monitor break smp_init", "detach"]);
  const place = /\$1 = (0x\w+)/.exec(answer(printed, "print/x $pc"))![1]!;
  const { status, out, err } = await run.ended;
  assert.equal(status, 0, err);
  assert.ok(out.startsWith(`$1 = ${place}`), out);
  assert.match(out, /smp_init/);
  assert.deepEqual(err.trimEnd().split("\n").slice(1), ["shootdown: gdb: the client has left, and the machine is the console's"]);
});

test("with --gdb-nowait the console has the machine until gdb attaches, which stops what it runs", options, async () => {
  const { file } = assemble("main: jmp main");
  const run = await serveDebug([file, "--memory", "16M", "--gdb-nowait"], ["continue", "print 6 * 7"]);
  await gdb([`target remote ${run.address}`, "detach"], file);
  const { status, out } = await run.ended;
  assert.equal(status, 0);
  assert.match(out, /= 42/);
});

test("options that say something only with --gdb are refused without it, and so are a trace of it and a wrong address", () => {
  const fails = (...args: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, "boot", KERNEL, ...args], { encoding: "utf8", timeout: 60_000 });
    assert.equal(status, 2);
    return stderr;
  };
  assert.equal(fails("--gdb-nowait"), "shootdown: --gdb-nowait is for a run with --gdb\n");
  assert.equal(fails("--history", "1G"), "shootdown: --history is for a run with --gdb\n");
  assert.match(fails("--gdb", "0", "--trace", "x.jsonl"), /^shootdown: --trace does not go with --gdb: .*\n$/);
  assert.match(fails("--gdb", "nowhere"), /the port for gdb must be a whole number from 0 to 65535, not "nowhere"\n$/);
  assert.match(fails("--gdb", "203.0.113.1:1"), /gdb cannot be served on 203\.0\.113\.1:1: this computer has no such address\n$/);
});

// `shootdown boot` as a user calls it: what it prints, on which stream, and what it leaves with.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { concat, elfImage, multibootHeader, PT_NOTE, pvhNote } from "../host/images.ts";
import { assemble, scratch } from "./guest.ts";

const PROGRAM = "dist/shootdown.js";
const SMALL = ["--memory", "16M"];

function shootdown(args: readonly string[], input: string | Uint8Array = ""): { status: number | null; out: string; err: string } {
  const result = spawnSync(process.execPath, [PROGRAM, ...args], { input, encoding: "latin1", timeout: 120_000 });
  return { status: result.status, out: result.stdout, err: result.stderr };
}

const boot = (code: string, args: readonly string[] = [], input: string | Uint8Array = "") =>
  shootdown(["boot", assemble(code).file, ...SMALL, ...args], input);

function imageFile(name: string, bytes: Uint8Array): string {
  const file = join(scratch, name);
  writeFileSync(file, bytes);
  return file;
}

/** 32-bit code that prints "ok" on COM1 and leaves with the value 3. */
const PRINT_OK = Uint8Array.of(
  0x66, 0xba, 0xf8, 0x03, 0xb0, 0x6f, 0xee, 0xb0, 0x6b, 0xee, // mov dx, 0x3f8; mov al, 'o'; out; mov al, 'k'; out
  0xb0, 0x03, 0xe6, 0xf4, 0xf4, // mov al, 3; out 0xf4, al; hlt
);

const images = {
  "multiboot ELF32": elfImage({ bits: 32, entry: 0x20000c, segments: [{ physical: 0x200000, bytes: concat(multibootHeader(0), PRINT_OK) }] }),
  "multiboot ELF64": elfImage({ bits: 64, entry: 0x20000c, segments: [{ physical: 0x200000, bytes: concat(multibootHeader(0), PRINT_OK) }] }),
  "multiboot with addresses": concat(
    multibootHeader(0x10000, [0x200000, 0x200000, 0, 0, 0x200020]), PRINT_OK,
  ),
  PVH: elfImage({
    bits: 64, entry: 0xffffffff80200000n,
    segments: [{ physical: 0x200000, bytes: PRINT_OK }, { physical: 0, bytes: pvhNote(0x200000), type: PT_NOTE }],
  }),
};

for (const [name, bytes] of Object.entries(images)) {
  test(`a ${name} image boots`, () => {
    const { status, out, err } = shootdown(["boot", imageFile(`${name.replaceAll(" ", "-")}.img`, bytes), ...SMALL]);
    assert.deepEqual([status, out, err], [7, "ok", "shootdown: the guest exited with value 3 (status 7)\n"]);
  });
}

test("command line, modules and CPU count reach the guest", () => {
  const one = imageFile("one.txt", new TextEncoder().encode("first\0"));
  const two = imageFile("two.txt", new TextEncoder().encode("second\0"));
  const code = `main: mov %ebx, %ebp
    mov 16(%rbp), %esi; call puts
    mov 24(%rbp), %ebx
    mov (%rbx), %esi; call puts
    mov 16(%rbx), %esi; call puts
    mov 24(%rbx), %esi; call puts
    mov $0x510, %edx; mov $5, %eax; out %ax, %dx; inc %edx; xor %eax, %eax; in %dx, %al; jmp leave`;
  const { status, out } = boot(code, ["--append", "key=value", "--cpus", "3", "--initrd", `${one},${two} with args`]);
  assert.match(out, / key=valuefirstsecond.*two\.txt with args$/);
  assert.equal(status, 7);
});

test("power-off leaves with 0", () => {
  const { status, err } = boot("main: mov $0x604, %edx; mov $0x2000, %eax; out %ax, %dx; hlt");
  assert.deepEqual([status, err], [0, "shootdown: the guest powered off\n"]);
});

test("limits leave with 124 and say which it was", () => {
  const steps = boot("main: jmp main", ["--max-instructions", "12345", "--stats", "json"]);
  assert.equal(steps.status, 124);
  const [reason, json] = steps.err.split("\n");
  assert.equal(reason, "shootdown: the limit of instructions was reached");
  assert.equal(JSON.parse(json!).steps, 12345);
  const time = boot("main: jmp main", ["--timeout", "0.3"]);
  assert.deepEqual([time.status, time.err], [124, "shootdown: the limit of 0.3 s was reached\n"]);
  const idle = boot("main: cli; hlt");
  assert.equal(idle.status, 124);
  assert.match(idle.err, /halted/);
});

test("a triple fault, and what is not implemented, leave with 70", () => {
  assert.equal(boot("main: ud2").status, 70);
  const { status, err } = boot("main: mov $0x604, %edx; mov $0x2400, %eax; out %ax, %dx; hlt");
  assert.deepEqual([status, err], [70, "shootdown: not implemented: ACPI sleep type 1\n"]);
});

test("wrong usage and images that cannot be booted leave with 2 and one line", () => {
  const image = assemble("main: hlt").file;
  const truncated = imageFile("truncated.elf", assemble("main: hlt").bytes.subarray(0, 200));
  const cases: [string[], RegExp][] = [
    [["boot"], /missing required argument/],
    [["boot", join(scratch, "nothing")], /no such file/],
    [["boot", scratch], /directory/],
    [["boot", imageFile("empty", new Uint8Array(0))], /is empty/],
    [["boot", imageFile("text", new TextEncoder().encode("hello"))], /not a bootable image/],
    [["boot", truncated], /truncated|not a bootable|neither/],
    [["boot", imageFile("arm", elfImage({ bits: 64, entry: 0, machine: 183, segments: [] }))], /AArch64/],
    [["boot", image, "--memory", "4G"], /at most 3 GiB/],
    [["boot", image, "--memory", "64K"], /at least/],
    [["boot", image, "--memory", "lots"], /not a size/],
    [["boot", image, "--cpus", "65"], /from 1 to 64/],
    [["boot", image, "--tlb", "huge"], /skylake/],
    [["boot", image, "--seed", "-1"], /seed|unknown option/],
    [["boot", image, "--fast-memory", "1G"], /fast memory/],
    [["boot", image, "--initrd", "a,,b,"], /file name is missing/],
    [["boot", image, "--initrd", join(scratch, "none")], /no such file/],
    [["boot", image, "--frobnicate"], /unknown option/],
    [["boot", image, "--stats", "xml"], /table, json/],
    [["bench", "migrate", "--policy", "wishful"], /flush policy/],
    [["bench", "migrate", "--workload", "nothing"], /lookup/],
    [["fly"], /unknown command/],
    [[], /command is missing/],
  ];
  for (const [args, message] of cases) {
    const { status, out, err } = shootdown(args);
    assert.equal(status, 2, `${args.join(" ")}: ${err}`);
    assert.match(err, message);
    assert.equal(err.trimEnd().split("\n").length, 1, err);
    assert.equal(out, "");
  }
});

/** Echoes what it reads from COM1, by polling, until it reads a "." */
const ECHO = `main: mov $0x3fd, %edx
  in %dx, %al
  test $1, %al
  jz main
  mov $0x3f8, %edx
  in %dx, %al
  out %al, %dx
  cmp $'.', %al
  jne main
  xor %eax, %eax
  jmp leave`;

test("piped input reaches the guest complete, Ctrl-A included, and output comes back complete", () => {
  const text = `\x01x${"0123456789abcdef".repeat(500)}\x00\xff`;
  const { status, out } = boot(ECHO, [], Buffer.from(`${text}.`, "latin1"));
  assert.equal(status, 1);
  assert.equal(out, `${text}.`);
});

test("output of any length arrives complete through a pipe that is read slowly", async () => {
  const code = `main: mov $300000, %ecx; mov $0x3f8, %edx; mov $'x', %al
  1: out %al, %dx; dec %ecx; jnz 1b; xor %eax, %eax; jmp leave`;
  const child = spawn(process.execPath, [PROGRAM, "boot", assemble(code).file, ...SMALL], { stdio: ["ignore", "pipe", "ignore"] });
  let length = 0;
  child.stdout.on("data", (bytes: Buffer) => {
    length += bytes.length;
    child.stdout.pause();
    setTimeout(() => child.stdout.resume(), 5);
  });
  const status = await new Promise((done) => child.on("close", done));
  assert.deepEqual([status, length], [1, 300_000]);
});

test("a signal ends the run in good order", async () => {
  const { file } = assemble('main: mov $up, %esi\n call puts\n1: jmp 1b\n .section .data\nup: .asciz "up"');
  const child = spawn(process.execPath, [PROGRAM, "boot", file, ...SMALL], { stdio: ["ignore", "pipe", "pipe"] });
  let err = "";
  child.stderr.on("data", (bytes: Buffer) => (err += bytes.toString()));
  child.stdout.once("data", () => child.kill("SIGTERM"));
  const status = await new Promise((done) => child.on("close", done));
  assert.deepEqual([status, err], [143, "shootdown: stopped by SIGTERM\n"]);
});

test("the statistics as a table show counted and modelled figures apart", () => {
  const { err } = boot("main: mov 0x300000, %rax; invlpg 0x300000; xor %eax, %eax; jmp leave", ["--stats", "table"]);
  assert.match(err, /counted[\s\S]*instructions[\s\S]*invlpg[\s\S]*modelled[\s\S]*cycles_walk/);
});

test("the same call gives the same state", () => {
  const { file } = assemble("main: incq 0x300000; pause; jmp main");
  const args = ["--cpus", "2", "--seed", "9", "--max-instructions", "50000", "--stats", "json"];
  const hash = () => JSON.parse(shootdown(["boot", file, ...SMALL, ...args]).err.split("\n")[1]!).stateHash;
  assert.equal(hash(), hash());
});

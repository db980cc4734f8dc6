// `shootdown record` and `replay` as a user calls them.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assemble, scratch } from "./guest.ts";

const PROGRAM = "dist/shootdown.js";

function shootdown(args: readonly string[], input = ""): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: "utf8", input, timeout: 120_000 });
}

/** Polls its serial line and writes back what it reads, until a "q". */
const ECHO = assemble(`
  main: mov $0x3fd, %edx
    in %dx, %al
    inc %rcx
    test $1, %al
    jz main
    mov $0x3f8, %edx
    in %dx, %al
    out %al, %dx
    cmp $'q', %al
    jne main
    mov $2, %eax
    jmp leave`).file;
const SMALL = ["--memory", "16M"];

test("a run with piped input is recorded, and replays with the same output, steps and hash", () => {
  const file = join(scratch, "piped.rec");
  const recorded = shootdown(["record", file, ECHO, ...SMALL], "hello q");
  assert.equal(recorded.status, 5, recorded.stderr);
  assert.match(recorded.stderr, /exited with value 2 .*\n.*piped\.rec holds (\d+) steps\n$/);
  const replayed = shootdown(["replay", file]);
  assert.deepEqual([replayed.status, replayed.stdout], [0, "hello q"]);
  assert.match(replayed.stderr, /^shootdown: the same run: \d+ steps, hash [0-9a-f]{16}\n$/);
  assert.equal(shootdown(["replay", file, "--quiet"]).stdout, "");
});

test("a run that is ended by a signal or by a limit leaves a recording that replays", async () => {
  const file = join(scratch, "signal.rec");
  const child = spawn(process.execPath, [PROGRAM, "record", file, ECHO, ...SMALL], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.write("abc");
  await new Promise((done) => child.stdout.once("data", done));
  child.kill("SIGINT");
  const status = await new Promise((done) => child.once("exit", done));
  assert.equal(status, 130);
  assert.deepEqual([shootdown(["replay", file]).status, shootdown(["replay", file]).stdout], [0, "abc"]);
  assert.equal(shootdown(["record", file, ECHO, ...SMALL, "--max-instructions", "123456"]).status, 124);
  assert.match(shootdown(["replay", file]).stderr, /the same run: 123456 steps/);
});

test("a recording that was killed replays as far as it goes", () => {
  const file = join(scratch, "killed.rec");
  shootdown(["record", file, ECHO, ...SMALL, "--max-instructions", "9000000"]);
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.slice(0, text.indexOf('"kind":"end"')));
  const { status, stderr } = shootdown(["replay", file]);
  assert.equal(status, 0);
  assert.match(stderr, /the same run as far as it is recorded: 8388608 steps; the recording has no end/);
});

test("a run that departs leaves status 1 and says where", () => {
  const file = join(scratch, "departs.rec");
  shootdown(["record", file, ECHO, ...SMALL, "--max-instructions", "9000000"]);
  writeFileSync(file, readFileSync(file, "utf8").replace('"seed":"1"', '"seed":"2"').replace('"cpus":1', '"cpus":2').replaceAll(/"digests":\["(\w+)"\]/g, '"digests":["$1","$1"]'));
  const { status, stderr } = shootdown(["replay", file]);
  assert.equal(status, 1);
  assert.match(stderr, /^shootdown: another run: it departs between steps 0 and 4194304 \(registers of CPU \d differ\)\n$/);
});

test("an image that has changed is named, with both hashes, before anything runs", () => {
  const image = join(scratch, "image.elf");
  const file = join(scratch, "changed.rec");
  const bytes = readFileSync(ECHO);
  writeFileSync(image, bytes);
  shootdown(["record", file, image, ...SMALL, "--max-instructions", "1000"]);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(image, bytes);
  const { status, stdout, stderr } = shootdown(["replay", file]);
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(stderr, /^shootdown: \S*image\.elf is not what was recorded: its SHA-256 is [0-9a-f]{64}, and was [0-9a-f]{64}\n$/);
  assert.equal(shootdown(["replay", file, "--image", ECHO]).status, 0);
});

test("what is no recording, or cannot be read or written, is one line and status 2", () => {
  const file = join(scratch, "bad.rec");
  writeFileSync(file, "{}\n");
  for (const [args, message] of [
    [["replay", file], /bad\.rec, line 1: this is no recording$/],
    [["replay", join(scratch, "none.rec")], /none\.rec cannot be read: there is no such file$/],
    [["record", join(scratch, "none", "x.rec"), ECHO], /x\.rec cannot be written: /],
    [["record", ECHO, ECHO], /is to be recorded, and cannot be the recording$/],
  ] as const) {
    const { status, stderr } = shootdown(args);
    assert.equal(status, 2);
    assert.match(stderr.trimEnd(), message);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
  }
  assert.ok(readFileSync(ECHO).length > 0);
});

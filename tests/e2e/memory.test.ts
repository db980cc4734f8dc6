// What a guest costs the host: memory that the guest does not use is not used.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { assemble, scratch } from "./guest.ts";

/** Peak resident memory in MiB of a process that runs `code` with 512 MiB of RAM. */
function peak(code: string): number {
  const script = join(scratch, "peak.mjs");
  writeFileSync(script, `
    import { readFileSync } from "node:fs";
    import { Pc } from ${JSON.stringify(pathToFileURL(resolve("dist/index.js")).href)};
    const pc = await Pc.create({ cpus: 4, memory: 512 << 20 });
    pc.load(readFileSync(${JSON.stringify(assemble(code).file)}));
    const stop = pc.machine.run(1e9);
    if (stop.kind !== "exit") throw new Error(stop.kind);
    pc.machine.stateHash();
    console.log(process.resourceUsage().maxRSS / 1024);`);
  const result = spawnSync(process.execPath, [script], { encoding: "utf8", timeout: 120_000 });
  assert.equal(result.status, 0, result.stderr);
  return Number(result.stdout);
}

test("a guest that writes all of 512 MiB keeps the host below 700 MB", () => {
  const megabytes = peak(`main: mov $0x200000, %rdi
  1: movq $1, (%rdi)
    add $4096, %rdi
    cmp $0x20000000, %rdi
    jb 1b
    xor %eax, %eax
    jmp leave`) * 1.048576;
  assert.ok(megabytes > 500 && megabytes < 700, `${megabytes} MB`);
});

/** Bytes of the mappings for which a process that makes a machine with `mebibytes` of RAM has asked for huge pages. */
function advised(mebibytes: number): number {
  const script = join(scratch, "advised.mjs");
  writeFileSync(script, `
    import { readFileSync } from "node:fs";
    import { Pc } from ${JSON.stringify(pathToFileURL(resolve("dist/index.js")).href)};
    const pc = await Pc.create({ cpus: 1, memory: ${mebibytes} << 20 });
    pc.machine.run(1);
    const maps = readFileSync("/proc/self/smaps", "utf8").split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
    const size = (map) => Number(/^Size: +(\\d+) kB/m.exec(map)[1]) * 1024;
    console.log(maps.filter((map) => /^VmFlags:.* hg( |$)/m.test(map)).reduce((sum, map) => sum + size(map), 0));`);
  const result = spawnSync(process.execPath, [script], { encoding: "utf8", timeout: 120_000 });
  assert.equal(result.status, 0, result.stderr);
  return Number(result.stdout);
}

const hugePages = process.platform === "linux" && process.arch === "x64"
  && /\[(always|madvise)\]/.test(readFileSync("/sys/kernel/mm/transparent_hugepage/enabled", "utf8"));

test("the host is asked for huge pages behind large RAM, and behind nothing else", { skip: hugePages ? false : "no huge pages here" }, () => {
  const without = advised(16);
  assert.equal(advised(256) - without, 256 * 2 ** 20);
});

test("memory that the guest does not touch costs the host nothing", () => {
  const mebibytes = peak("main: xor %eax, %eax; jmp leave");
  assert.ok(mebibytes < 200, `${mebibytes} MiB`);
});

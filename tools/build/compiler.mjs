// Finds the C compiler for the guest: gcc, or clang with lld, targeting x86-64. CC in the environment
// wins. Called by guest/build.mjs and guest/bench/build.mjs, and by the tools before they do anything
// else, so that its absence is said at once.

import { spawnSync } from "node:child_process";
import { ToolError } from "./errors.mjs";

function run(command, ...args) {
  const { status, stdout } = spawnSync(command[0], [...command.slice(1), ...args], { encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}

function candidate(command) {
  const version = run(command, "--version");
  if (version === undefined) return undefined;
  if (version.includes("clang")) {
    if (run(["ld.lld"], "--version") === undefined) return undefined;
    return { compile: [...command, "--target=x86_64-linux-gnu"], link: ["-fuse-ld=lld"] };
  }
  return run(command, "-dumpmachine")?.startsWith("x86_64") ? { compile: command, link: [] } : undefined;
}

/** { compile, link }: the command to compile with, in words, and what a link needs besides. */
export function findCompiler() {
  const chosen = process.env.CC?.trim().split(/\s+/);
  for (const command of chosen ? [chosen] : [["gcc"], ["x86_64-linux-gnu-gcc"], ["clang"]]) {
    const found = candidate(command);
    if (found) return found;
  }
  throw new ToolError(chosen
    ? `CC=${process.env.CC} cannot build for x86-64 here`
    : "no C compiler for x86-64 found: install the package gcc (or clang and lld)", 2);
}

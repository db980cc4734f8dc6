// Compiles the one piece of native code that the host has, src/machine/huge-pages.c, where it has a use: on Linux. The machine runs
// without it too.

import { mkdirSync } from "node:fs";
import { at } from "./paths.mjs";
import { findCompiler } from "./compiler.mjs";
import { must } from "./run.mjs";

/** The guest's compiler makes code for this host too only if it is of the same sort. */
export const hasNative = process.platform === "linux" && process.arch === "x64";

export async function compileNative() {
  const { compile, link } = findCompiler();
  mkdirSync(at("dist"), { recursive: true });
  // What it calls is in the process that loads it: no library is linked, and none need be installed.
  const flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-nostdlib", ...link];
  await must(compile[0], [...compile.slice(1), ...flags, "src/machine/huge-pages.c", "-o", "dist/huge-pages.node"]);
}

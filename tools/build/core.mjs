// Compiles assembly/ to build/core.wasm, and to build/core.wat for the test that reads how the hot
// loop came out; and the cases of the hot loop one by one to build/templates.wasm, which the compiler
// reads (docs/compiler.md). The options are in asconfig.json and asconfig.templates.json.

import { mkdirSync, renameSync, rmSync } from "node:fs";
import { at, bin } from "./paths.mjs";
import { must } from "./run.mjs";

/** Runs asc with `options`; `outputs` are what it makes, by the option that asks for each. */
async function compile(options, outputs) {
  // Written aside and then renamed: a reader never sees half a module.
  const aside = `build/.core-${process.pid}-${Object.values(outputs)[0]}`;
  mkdirSync(at(aside), { recursive: true });
  try {
    const files = Object.entries(outputs).flatMap(([option, name]) => [option, `${aside}/${name}`]);
    await must(process.execPath, [bin.asc, ...options, ...files]);
    for (const name of Object.values(outputs)) renameSync(at(aside, name), at("build", name));
  } finally {
    rmSync(at(aside), { recursive: true, force: true });
  }
}

export const compileCore = () =>
  compile(["--config", "asconfig.json", "--target", "release"], { "--outFile": "core.wasm", "--textFile": "core.wat" });

export const compileTemplates = () => compile(["--config", "asconfig.templates.json"], { "--outFile": "templates.wasm" });

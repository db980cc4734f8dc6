// Compiles assembly/ to build/core.wasm, and to build/core.wat for the test that reads how the hot
// loop came out. The options are in asconfig.json.

import { mkdirSync, renameSync, rmSync } from "node:fs";
import { at, bin } from "./paths.mjs";
import { must } from "./run.mjs";

export async function compileCore() {
  // Written aside and then renamed: a reader never sees half a module.
  const aside = `build/.core-${process.pid}`;
  mkdirSync(at(aside), { recursive: true });
  try {
    await must(process.execPath, [
      bin.asc, "--config", "asconfig.json", "--target", "release",
      "--outFile", `${aside}/core.wasm`, "--textFile", `${aside}/core.wat`,
    ]);
    for (const name of ["core.wasm", "core.wat"]) renameSync(at(aside, name), at("build", name));
  } finally {
    rmSync(at(aside), { recursive: true, force: true });
  }
}

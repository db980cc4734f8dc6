// Makes dist/: the program, the library, its types, and the files that both load at run time.

import { chmodSync, cpSync, rmSync } from "node:fs";
import { at, bin, root } from "./paths.mjs";
import { ToolError } from "./errors.mjs";
import { filesBelow } from "./stamps.mjs";
import { must } from "./run.mjs";

/** esbuild's options for everything that runs in Node. Packages stay imports: they are installed beside us. */
export const forNode = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  packages: "external",
  sourcemap: "linked",
  logLevel: "silent",
};

/** Runs esbuild; its messages become the error, as the compiler prints them. */
export async function bundle(options) {
  // Imported here because the tools are read before anything is installed.
  const esbuild = await import("esbuild");
  try {
    await esbuild.build({ ...forNode, ...options });
  } catch (error) {
    if (!error.errors) throw error;
    const lines = await esbuild.formatMessages(error.errors, { kind: "error", color: false });
    throw new ToolError(lines.join("").trimEnd());
  }
}

export async function bundleHost() {
  await bundle({ entryPoints: ["src/index.ts"], outfile: "dist/index.js" });
  await bundle({
    entryPoints: ["src/cli/index.ts"],
    outfile: "dist/shootdown.js",
    banner: { js: "#!/usr/bin/env node" },
  });
  chmodSync(at("dist/shootdown.js"), 0o755);
}

export async function emitTypes() {
  rmSync(at("dist/types"), { recursive: true, force: true });
  await must(process.execPath, [bin.tsc, "-p", "tsconfig.types.json", "--pretty", "false"]);
}

/** The package carries the core and the images, so that it works where there is no compiler. */
export function copyAssets() {
  const benchmarks = filesBelow("build/guest/bench").filter((file) => file.endsWith(".elf"));
  rmSync(at("dist/guest"), { recursive: true, force: true });
  for (const file of ["build/core.wasm", "build/templates.wasm", "build/guest/kernel.elf", ...benchmarks]) {
    cpSync(at(file), at(file.replace(/^build\//, "dist/")));
  }
  cpSync(at("guest/scenarios"), at("dist/guest/scenarios"), { recursive: true });
  // The programs themselves are in the kernel; these are for debuggers, which want their symbols.
  cpSync(at("build/guest/user-debug"), at("dist/guest/user"), { recursive: true });
}

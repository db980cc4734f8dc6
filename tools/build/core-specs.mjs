// Runs the core's specs (tests/core/*.spec.ts) under as-pect: each is compiled together with the
// core's sources it imports, and runs in a memory laid out as the core's.

import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { pathToFileURL } from "node:url";
import { at, bin } from "./paths.mjs";
import { bundle } from "./host.mjs";
import { capture } from "./run.mjs";
import { stage } from "./progress.mjs";
import { filesBelow } from "./stamps.mjs";

/** Guest RAM that a spec may use; the spec's own data and heap begin above it. */
const SPEC_RAM = 64 << 20;
const SPEC_HEAP = 64 << 20;
const WASM_PAGE = 65536;

/** The core's memory map, as the core itself has it. */
async function memoryMap() {
  await bundle({ entryPoints: ["assembly/memory-map.ts"], outfile: "build/memory-map.mjs", sourcemap: false });
  return import(pathToFileURL(at("build/memory-map.mjs")).href);
}

async function writeConfig() {
  const { RAM_BASE } = await memoryMap();
  const memoryBase = RAM_BASE + SPEC_RAM;
  const config = {
    targets: { noCoverage: { transform: ["@as-pect/transform"] } },
    options: {
      runtime: "incremental",
      memoryBase,
      importMemory: true,
      initialMemory: (memoryBase + SPEC_HEAP) / WASM_PAGE,
      exportMemory: true,
      exportStart: "_start",
      exportRuntime: true,
      exportTable: true,
      bindings: "raw",
      use: ["RTRACE=1"],
      debug: true,
      // Portability to 64-bit WebAssembly, which the core does not aim at.
      disableWarning: [201],
      outFile: "output.wasm",
      textFile: "output.wat",
      enable: ["bulk-memory", "sign-extension", "mutable-globals", "nontrapping-f2i", "simd"],
    },
    entries: ["../node_modules/@as-pect/assembly/assembly/index.ts"],
  };
  mkdirSync(at("build"), { recursive: true });
  writeFileSync(at("build/as-pect.asconfig.json"), `${JSON.stringify(config, null, 2)}\n`);
  return config.options.initialMemory;
}

async function runSpec(spec, pages) {
  const { code, output } = await capture(
    process.execPath,
    [bin.aspect, "--config", "as-pect.config.js", "--as-config", "build/as-pect.asconfig.json"],
    { env: { ...process.env, FORCE_COLOR: "0", SHOOTDOWN_SPEC: spec, SHOOTDOWN_SPEC_PAGES: String(pages) } },
  );
  // The reporter's lines begin with this mark; the rest is as-pect's own banner, of use only when a compile fails.
  const told = output.split("\n").filter((line) => line.startsWith("spec|")).map((line) => line.slice(5));
  const passed = code === 0 && told.length > 0;
  process.stdout.write(`${(told.length > 0 ? told.join("\n") : output).trimEnd()}\n`);
  return passed;
}

export const coreSpecs = () => filesBelow("tests/core").filter((file) => file.endsWith(".spec.ts"));

/** Runs the given specs; says whether all passed. */
export async function runCoreSpecs(specs) {
  if (specs.length === 0) return true;
  const pages = await writeConfig();
  const waiting = [...specs];
  let passed = true;
  const worker = async () => {
    for (let spec = waiting.shift(); spec; spec = waiting.shift()) {
      const current = spec;
      const ok = await stage(`spec ${current}`, () => runSpec(current, pages));
      passed &&= ok;
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), specs.length) }, worker));
  return passed;
}

// What is built from what. A stage names the files it depends on, the files it makes, the stages it
// waits for, and how to run; pipeline.mjs decides which of them have to run.

import { buildBenchImages } from "../../guest/bench/build.mjs";
import { buildGuest } from "../../guest/build.mjs";
import { at } from "./paths.mjs";
import { compileNative, hasNative } from "./native.mjs";
import { must } from "./run.mjs";
import { compileCore, compileTemplates } from "./core.mjs";
import { bundleHost, copyAssets, emitTypes } from "./host.mjs";

const generateIsa = () => must(process.execPath, [at("tools/isa/generate.mjs")]);

// A change in how things are built rebuilds them.
const tools = ["tools/build", "package-lock.json"];

export const stages = [
  {
    name: "isa",
    title: "generate the instruction tables",
    after: [],
    inputs: ["tools/isa", "assembly/memory-map.ts", ...tools],
    outputs: ["build/generated/hot.ts"],
    run: generateIsa,
  },
  {
    name: "core",
    title: "compile the core to WebAssembly",
    after: ["isa"],
    inputs: ["assembly", "build/generated", "asconfig.json", ...tools],
    outputs: ["build/core.wasm", "build/core.wat"],
    run: compileCore,
  },
  {
    name: "templates",
    title: "compile the templates of the compiler",
    after: ["isa"],
    inputs: ["assembly/cpu", "assembly/memory-map.ts", "build/generated/templates.ts", "asconfig.templates.json", ...tools],
    outputs: ["build/templates.wasm"],
    run: compileTemplates,
  },
  {
    name: "guest",
    title: "compile the guest kernel",
    after: [],
    inputs: ["guest", ...tools],
    except: ["guest/bench"],
    outputs: ["build/guest/kernel.elf"],
    run: buildGuest,
  },
  {
    name: "bench",
    title: "compile the bare-metal benchmarks",
    after: [],
    inputs: ["guest/bench", ...tools],
    outputs: ["build/guest/bench/mix.elf"],
    run: buildBenchImages,
  },
  {
    name: "host",
    title: "bundle the host",
    after: ["isa"],
    inputs: ["src", "assembly", "build/generated", "package.json", ...tools],
    outputs: ["dist/shootdown.js", "dist/index.js"],
    run: bundleHost,
  },
  {
    name: "types",
    title: "check and declare the types",
    after: ["isa"],
    inputs: ["src", "assembly", "build/generated", "tools/types", "tsconfig.json", "tsconfig.types.json", ...tools],
    outputs: ["dist/types/src/index.d.ts"],
    run: emitTypes,
  },
  {
    name: "assets",
    title: "place the core, the images and the scenarios beside the bundle",
    after: ["core", "templates", "guest", "bench"],
    inputs: ["build/core.wasm", "build/templates.wasm", "build/guest", "guest/scenarios", ...tools],
    outputs: [
      "dist/core.wasm", "dist/templates.wasm", "dist/guest/kernel.elf", "dist/guest/user/churn.elf", "dist/guest/bench/mix.elf",
      "dist/guest/scenarios/kernel/mail.litmus",
    ],
    run: copyAssets,
  },
  ...(hasNative ? [{
    name: "native",
    title: "compile the call for huge pages",
    after: [],
    inputs: ["src/machine/huge-pages.c", ...tools],
    outputs: ["dist/huge-pages.node"],
    run: compileNative,
  }] : []),
];

// Compiles every guest/bench/*.c with the runtime to build/guest/bench/NAME.elf. A build stage
// (tools/build/stages.mjs).

import { mkdirSync, readdirSync } from "node:fs";
import { findCompiler } from "../../tools/build/compiler.mjs";
import { at } from "../../tools/build/paths.mjs";
import { must } from "../../tools/build/run.mjs";

const flags = [
  "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-fno-stack-protector",
  "-fno-pic", "-fno-pie", "-mno-red-zone", "-mgeneral-regs-only", "-fcf-protection=none",
  "-fno-asynchronous-unwind-tables", "-fno-strict-aliasing",
];
const linking = [
  "-static", "-nostdlib", "-Wl,-T,guest/bench/runtime/link.ld", "-Wl,--build-id=none",
  "-Wl,-z,max-page-size=4096", "-Wl,-z,noexecstack",
];

export async function buildBenchImages() {
  const compiler = findCompiler();
  const call = (args) => must(compiler.compile[0], [...compiler.compile.slice(1), ...args]);
  const sources = (folder) => readdirSync(at(folder)).filter((name) => /\.[cS]$/.test(name)).map((name) => `${folder}/${name}`);
  const objectOf = (source) => `build/guest/bench/objects/${source.replace(/^guest\/bench\//, "").replace(/[/.]/g, "-")}.o`;
  const compile = async (source) => {
    await call([...flags, "-c", source, "-o", objectOf(source)]);
    return objectOf(source);
  };

  mkdirSync(at("build/guest/bench/objects"), { recursive: true });
  const runtime = [];
  for (const source of sources("guest/bench/runtime")) runtime.push(await compile(source));
  for (const source of sources("guest/bench")) {
    const image = `build/guest/bench/${source.slice("guest/bench/".length, -2)}.elf`;
    await call([...compiler.link, ...linking, ...runtime, await compile(source), "-o", image]);
  }
}

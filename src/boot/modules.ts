// Boot modules: how they are named on a command line, and where they are placed.

import { UserError } from "../errors.js";
import { formatSize } from "../units.js";
import type { Chunk, Module } from "./image.js";
import { pageUp } from "./layout.js";

/**
 * Splits `--initrd FILE[,FILE args]` as QEMU does: modules are separated by commas (a doubled comma
 * stands for one), and a module's arguments follow its file name after a space.
 */
export function parseModuleList(text: string): { file: string; commandLine: string }[] {
  const parts = text.split(/(?<!,),(?!,)/).map((part) => part.replaceAll(",,", ","));
  return parts.map((part) => {
    const file = part.split(" ", 1)[0]!;
    if (file === "") throw new UserError(`"${text}" is not a list of modules: a file name is missing`);
    return { file, commandLine: part };
  });
}

/** Places modules page-aligned from `start` on. */
export function placeModules(modules: readonly Module[], start: number, memory: number): Chunk[] {
  let next = pageUp(start);
  return modules.map((module) => {
    const chunk = { start: next, size: module.bytes.length, bytes: module.bytes };
    if (chunk.start + chunk.size > memory) {
      throw new UserError(
        `${module.name} (${formatSize(chunk.size)}) is too large for the memory: the machine has ${formatSize(memory)}`,
      );
    }
    next = pageUp(next + Math.max(1, chunk.size));
    return chunk;
  });
}

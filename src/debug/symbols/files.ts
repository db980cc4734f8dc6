// Which files have symbols for a boot: the image itself, those that were named, and for our kernel the program that it
// will run, which the build puts beside it.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { joinSymbols, loadSymbols } from "./table.js";
import type { SymbolTable } from "./types.js";

export interface SymbolFiles {
  /** The image, and its path if it has one. */
  readonly image: Uint8Array;
  readonly path: string;
  readonly commandLine: string;
  /** Files that were named, with their contents. */
  readonly more?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];

/** What our kernel runs without an init= word (guest/kernel/main.c). */
const DEFAULT_PROGRAM = "hello";

/**
 * The ELF file of the program that `commandLine` has the kernel at `path` run: `user/NAME.elf` beside it. Undefined if there
 * is none, as for other people's kernels. All our programs are linked to the same addresses, so only one can be known.
 */
export function programBeside(path: string, commandLine: string): string | undefined {
  const words = (commandLine.split(" -- ")[0] ?? "").split(/\s+/);
  const name = words.findLast((word) => word.startsWith("init="))?.slice("init=".length) ?? DEFAULT_PROGRAM;
  if (!/^[\w-]+$/.test(name)) return undefined;
  const file = join(dirname(path), "user", `${name}.elf`);
  return existsSync(file) ? file : undefined;
}

/** All symbols that there are for a boot; undefined if there are none. A file that was named and has none is a UserError. */
export async function symbolsOf({ image, path, commandLine, more = [] }: SymbolFiles): Promise<SymbolTable | undefined> {
  const isElf = ELF_MAGIC.every((byte, i) => image[i] === byte);
  const tables = isElf ? [loadSymbols(image, path)] : [];
  for (const { name, bytes } of more) tables.push(loadSymbols(bytes, name));
  const program = isElf && tables[0]!.resolve("user_programs") ? programBeside(path, commandLine) : undefined;
  if (program !== undefined) tables.push(loadSymbols(await readFile(program), program));
  return tables.length === 0 ? undefined : joinSymbols(tables);
}

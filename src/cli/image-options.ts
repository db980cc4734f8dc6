// What `boot` and `debug` have in common: the options that say what machine and what guest, and the PC made from them.

import { basename } from "node:path";
import type { Command } from "commander";
import { MiB, parseModuleList, Pc, type TlbPreset } from "../index.js";
import { readInput } from "./files.js";
import * as options from "./options.js";

export interface ImageFlags {
  readonly cpus: number;
  readonly memory: number;
  readonly fastMemory?: number;
  readonly append: string;
  readonly initrd?: string;
  readonly tlb: TlbPreset;
  readonly seed: number;
  readonly compile: boolean;
}

/** Adds the image, which may be left out if it is `[image]`, and the options of ImageFlags. */
export function addImageOptions(command: Command, image: "<image>" | "[image]" = "<image>"): Command {
  return command
    .argument(image, "the image: ELF, or anything with a multiboot header")
    .addOption(options.cpusOption(1))
    .addOption(options.memoryOption(512 * MiB))
    .addOption(options.fastMemoryOption())
    .option("--append <text>", "command line for the guest", "")
    .option("--initrd <files>", "modules: FILE[,FILE args]...")
    .addOption(options.tlbOption())
    .addOption(options.seedOption())
    .addOption(options.noCompileOption());
}

/** A PC with the image loaded, and the image's bytes. */
export async function loadPc(image: string, flags: ImageFlags): Promise<{ pc: Pc; bytes: Uint8Array }> {
  const pc = await Pc.create(flags);
  const modules = await Promise.all(
    (flags.initrd === undefined ? [] : parseModuleList(flags.initrd)).map(async ({ file, commandLine }) => ({
      name: basename(file), bytes: await readInput(file), commandLine,
    })),
  );
  const bytes = await readInput(image);
  pc.load(bytes, { name: image, commandLine: flags.append, modules });
  return { pc, bytes };
}

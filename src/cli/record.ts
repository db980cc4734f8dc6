// `shootdown record FILE IMAGE`: boots an image as `boot` does, and keeps the whole run in a file.

import { closeSync, openSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import { parseModuleList, type Pc, Recorder, type RecordingHeader, sha256, UserError } from "../index.js";
import { Console } from "./console.js";
import { readInput } from "./files.js";
import { addImageOptions, type ImageFlags, loadPc } from "./image-options.js";
import * as options from "./options.js";
import { describeEnd, exitStatus } from "./status.js";
import { type Limits, onTerminal, runToEnd } from "./terminal-run.js";

const HELP = `
FILE is written as the run is made, and is good as far as it goes whenever it is cut off. "shootdown replay FILE"
makes the run again. Exit status and the keys of the terminal are those of boot.`;

export function recordCommand(): Command {
  return addImageOptions(new Command("record").argument("<file>", "the recording to write; what it held is lost"))
    .description("boot an image as boot does, and keep the whole run in a file")
    .addOption(options.maxInstructionsOption())
    .addOption(options.timeoutOption())
    .addHelpText("after", HELP)
    .action(record);
}

function machineOf(pc: Pc): Pick<RecordingHeader, "cpus" | "memory" | "fastMemory" | "tlb" | "seed"> {
  const { cpus, memory, tlb, seed } = pc.machine.options;
  return { cpus, memory, fastMemory: pc.fastMemory, tlb, seed: seed.toString() };
}

async function record(file: string, image: string, flags: ImageFlags & Limits): Promise<void> {
  const modules = flags.initrd === undefined ? [] : parseModuleList(flags.initrd);
  const inputs = [image, ...modules.map((module) => module.file)];
  if (inputs.some((input) => resolve(input) === resolve(file))) throw new UserError(`${file} is to be recorded, and cannot be the recording`);
  const { pc, bytes } = await loadPc(image, flags);
  const header: RecordingHeader = {
    ...machineOf(pc),
    image: { file: image, sha256: sha256(bytes) },
    modules: await Promise.all(modules.map(async (module) => ({ ...module, sha256: sha256(await readInput(module.file)) }))),
    commandLine: flags.append,
  };
  const output = attempt(file, () => openSync(file, "w"));
  try {
    const recorder = new Recorder(pc, header, (text) => void attempt(file, () => writeSync(output, text)));
    const terminal = new Console({
      onOutput: (listener) => pc.serial.onOutput(listener),
      write: (input) => recorder.type(input),
    });
    terminal.open();
    const end = await onTerminal(terminal, () => runToEnd(recorder, () => pc.serial.waiting, terminal, flags));
    recorder.finish(end.kind);
    process.stderr.write(`shootdown: ${describeEnd(end)}\n`);
    process.stderr.write(`shootdown: ${file} holds ${recorder.steps} steps\n`);
    process.exitCode = exitStatus(end);
  } finally {
    closeSync(output);
  }
}

function attempt<T>(file: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new UserError(`${file} cannot be written: ${(error as Error).message}`);
  }
}

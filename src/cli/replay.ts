// `shootdown replay FILE`: makes a recorded run again, and says whether it is the same.

import { basename } from "node:path";
import { Command } from "commander";
import {
  describeVerdict, Pc, readRecording, type RecordedFile, type RecordingHeader, Replay, sha256, UserError, type Verdict,
} from "../index.js";
import { readInput } from "./files.js";
import { FAILED } from "./status.js";

interface ReplayFlags {
  readonly image?: string;
  readonly quiet?: boolean;
}

/** Steps between looks at the event loop: some 10 ms. */
const CHUNK = 2_000_000;

const HELP = `
The guest's output goes to stdout, the verdict to stderr. The image and its modules must be those that were
recorded, which their SHA-256 tells. Exit status: 0 if the run is the same; 1 if it departs, with the steps between
which it does; 2 for a file that cannot be read or is no recording, or an image that has changed.`;

export function replayCommand(): Command {
  return new Command("replay")
    .description("make a recorded run again, and say whether it is the same")
    .argument("<file>", "a recording, as record writes it")
    .option("--image <file>", "where the image is now (default: where it was)")
    .option("--quiet", "do not print what the guest sends")
    .addHelpText("after", HELP)
    .action(replay);
}

/** Reads `recorded` from `file`; a UserError if it is not what it was. */
async function readSame(recorded: RecordedFile, file: string): Promise<Uint8Array> {
  const bytes = await readInput(file);
  const now = sha256(bytes);
  if (now !== recorded.sha256) {
    throw new UserError(`${file} is not what was recorded: its SHA-256 is ${now}, and was ${recorded.sha256}`);
  }
  return bytes;
}

async function loadRecorded(header: RecordingHeader, file: string): Promise<Pc> {
  const { cpus, memory, fastMemory, tlb, seed, commandLine } = header;
  const image = await readSame(header.image, file);
  const modules = await Promise.all(header.modules.map(async (module) => ({
    name: basename(module.file), bytes: await readSame(module, module.file), commandLine: module.commandLine,
  })));
  const pc = await Pc.create({ cpus, memory, fastMemory, tlb, seed: BigInt(seed) });
  // The name is part of the run: multiboot gives it to the guest.
  pc.load(image, { name: header.image.file, commandLine, modules });
  return pc;
}

async function replay(file: string, flags: ReplayFlags): Promise<void> {
  const recording = readRecording(await readInput(file), file);
  const pc = await loadRecorded(recording.header, flags.image ?? recording.header.image.file);
  let output: number[] = [];
  if (!flags.quiet) pc.serial.onOutput((byte) => output.push(byte));
  const run = new Replay(pc, recording);
  let verdict: Verdict | undefined;
  do {
    verdict = run.advance(CHUNK);
    if (output.length > 0 && !process.stdout.write(Uint8Array.from(output))) {
      await new Promise<void>((done) => process.stdout.once("drain", done));
    }
    output = [];
    await new Promise((done) => setImmediate(done));
  } while (!verdict);
  process.stderr.write(`shootdown: ${describeVerdict(verdict)}\n`);
  if (verdict.kind === "departed") process.exitCode = FAILED;
}

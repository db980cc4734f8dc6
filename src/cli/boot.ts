// `shootdown boot IMAGE`: runs an image with its serial line on the terminal.

import { basename } from "node:path";
import { Command, Option } from "commander";
import { MiB, parseModuleList, Pc, type TlbPreset } from "../index.js";
import { Console } from "./console.js";
import { readInput } from "./files.js";
import * as options from "./options.js";
import { statsJson, statsTable } from "./stats.js";
import { describeEnd, type End, exitStatus } from "./status.js";

interface BootFlags {
  readonly cpus: number;
  readonly memory: number;
  readonly fastMemory?: number;
  readonly append: string;
  readonly initrd?: string;
  readonly tlb: TlbPreset;
  readonly seed: number;
  readonly compile: boolean;
  readonly maxInstructions?: number;
  readonly timeout?: number;
  readonly stats?: "table" | "json";
}

/** Steps between looks at the terminal: some 10 ms. A run does not depend on how it is cut into pieces. */
const CHUNK = 2_000_000;

const HELP = `
Exit status: what isa-debug-exit gives in QEMU ((value << 1) | 1); 0 if the guest powers off or resets;
124 if a limit was reached; 2 for wrong usage or an image that cannot be booted; 70 for a triple fault
or something that is not implemented. The reason is printed on stderr.
On a terminal Ctrl-A X leaves and Ctrl-A H helps.`;

export function bootCommand(): Command {
  return new Command("boot")
    .description("boot a multiboot or PVH image, with its serial line on the terminal")
    .argument("<image>", "the image: ELF, or anything with a multiboot header")
    .addOption(options.cpusOption(1))
    .addOption(options.memoryOption(512 * MiB))
    .addOption(options.fastMemoryOption())
    .option("--append <text>", "command line for the guest", "")
    .option("--initrd <files>", "modules: FILE[,FILE args]...")
    .addOption(options.tlbOption())
    .addOption(options.seedOption())
    .addOption(options.noCompileOption())
    .addOption(options.maxInstructionsOption())
    .addOption(options.timeoutOption())
    .addOption(new Option("--stats <form>", "print the counters on stderr at the end").choices(["table", "json"]))
    .addHelpText("after", HELP)
    .action(boot);
}

async function boot(image: string, flags: BootFlags): Promise<void> {
  const pc = await Pc.create(flags);
  const modules = await Promise.all(
    (flags.initrd === undefined ? [] : parseModuleList(flags.initrd)).map(async ({ file, commandLine }) => ({
      name: basename(file), bytes: await readInput(file), commandLine,
    })),
  );
  pc.load(await readInput(image), { name: image, commandLine: flags.append, modules });

  const end = await runOnTerminal(pc, flags);
  process.stderr.write(`shootdown: ${describeEnd(end)}\n`);
  if (flags.stats === "table") process.stderr.write(`${statsTable(pc.machine)}\n`);
  if (flags.stats === "json") process.stderr.write(`${statsJson(pc.machine, end)}\n`);
  process.exitCode = exitStatus(end);
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs until the guest, a limit or the user ends it. Everything the guest sent has been written then. */
async function runOnTerminal(pc: Pc, flags: BootFlags): Promise<End> {
  const terminal = new Console(pc.serial);
  const onSignal = (signal: NodeJS.Signals) => terminal.leave({ kind: "signal", signal });
  for (const signal of SIGNALS) process.on(signal, onSignal);
  terminal.open();
  try {
    return await run(pc, terminal, flags);
  } finally {
    await terminal.close();
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  }
}

async function run(pc: Pc, terminal: Console, flags: BootFlags): Promise<End> {
  const deadline = flags.timeout === undefined ? Infinity : performance.now() + flags.timeout * 1000;
  const limit = flags.maxInstructions ?? Infinity;
  for (;;) {
    const stop = pc.machine.run(Math.min(CHUNK, limit - pc.machine.steps));
    await terminal.flush();
    // Gives the event loop its turn: input, signals, timers.
    await new Promise((done) => setImmediate(done));
    if (terminal.end) return terminal.end;
    if (stop.kind !== "limit" && stop.kind !== "idle") return stop;
    if (pc.machine.steps >= limit) return { kind: "limit" };
    if (performance.now() >= deadline) return { kind: "timeout", seconds: flags.timeout! };
    if (stop.kind === "idle" && pc.serial.waiting === 0) {
      if (terminal.inputEnded) return stop;
      await terminal.waitForInput(Number.isFinite(deadline) ? deadline - performance.now() : undefined);
    }
  }
}

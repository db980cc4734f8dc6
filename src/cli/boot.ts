// `shootdown boot IMAGE`: runs an image with its serial line on the terminal.

import { Command, Option } from "commander";
import { type Pc, symbolsOf, Tracer } from "../index.js";
import { Console } from "./console.js";
import { addGdbOptions, checkGdbFlags, type GdbFlags, GdbRun } from "./gdb-run.js";
import { addImageOptions, type ImageFlags, loadPc } from "./image-options.js";
import * as options from "./options.js";
import { statsJson, statsTable } from "./stats.js";
import { describeEnd, type End, exitStatus } from "./status.js";
import { type Limits, onTerminal, type Runner, runToEnd } from "./terminal-run.js";

interface BootFlags extends ImageFlags, Limits, GdbFlags, options.TraceFlags {
  readonly stats?: "table" | "json";
}

const HELP = `
Exit status: what isa-debug-exit gives in QEMU ((value << 1) | 1); 0 if the guest powers off or resets;
124 if a limit was reached; 2 for wrong usage or an image that cannot be booted; 70 for a triple fault
or something that is not implemented. The reason is printed on stderr.
On a terminal Ctrl-A X leaves and Ctrl-A H helps.`;

export function bootCommand(): Command {
  const command = addImageOptions(new Command("boot"))
    .description("boot a multiboot or PVH image, with its serial line on the terminal")
    .addOption(options.maxInstructionsOption())
    .addOption(options.timeoutOption())
    .addOption(new Option("--stats <form>", "print the counters on stderr at the end").choices(["table", "json"]))
    .addOption(options.traceOption())
    .addOption(options.traceKindsOption());
  return addGdbOptions(command).addHelpText("after", HELP).action(boot);
}

async function boot(image: string, flags: BootFlags): Promise<void> {
  const { trace } = options.traceFrom(flags);
  checkGdbFlags(flags);
  const { pc, bytes } = await loadPc(image, flags);
  const tracer = trace && (await Tracer.open(pc.machine, trace));
  const end = flags.gdb
    ? await runForGdb(new GdbRun(pc, await symbolsOf({ image: bytes, path: image, commandLine: flags.append }), flags.gdb, flags), flags)
    : await runAlone(pc, flags, tracer).finally(() => tracer?.close());
  process.stderr.write(`shootdown: ${describeEnd(end)}\n`);
  if (flags.stats === "table") process.stderr.write(`${statsTable(pc.machine)}\n`);
  if (flags.stats === "json") process.stderr.write(`${statsJson(pc.machine, end)}\n`);
  process.exitCode = exitStatus(end);
}

function runAlone({ serial, machine }: Pc, flags: BootFlags, tracer: Tracer | undefined): Promise<End> {
  const terminal = new Console(serial);
  const runner: Runner = {
    get steps() {
      return machine.steps;
    },
    run: (steps) => machine.run(steps),
    ...(tracer ? { pause: () => tracer.flush() } : {}),
  };
  terminal.open();
  return onTerminal(terminal, () => runToEnd(runner, () => serial.waiting, terminal, flags));
}

function runForGdb(gdb: GdbRun, { timeout }: Limits): Promise<End> {
  if (gdb.hasTerminal) gdb.terminal.open();
  return onTerminal(gdb.terminal, () => gdb.run(timeout));
}

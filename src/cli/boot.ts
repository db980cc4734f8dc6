// `shootdown boot IMAGE`: runs an image with its serial line on the terminal.

import { Command, Option } from "commander";
import type { Pc } from "../index.js";
import { Console } from "./console.js";
import { addImageOptions, type ImageFlags, loadPc } from "./image-options.js";
import * as options from "./options.js";
import { statsJson, statsTable } from "./stats.js";
import { describeEnd, type End, exitStatus } from "./status.js";
import { type Limits, onTerminal, runToEnd } from "./terminal-run.js";

interface BootFlags extends ImageFlags, Limits {
  readonly stats?: "table" | "json";
}

const HELP = `
Exit status: what isa-debug-exit gives in QEMU ((value << 1) | 1); 0 if the guest powers off or resets;
124 if a limit was reached; 2 for wrong usage or an image that cannot be booted; 70 for a triple fault
or something that is not implemented. The reason is printed on stderr.
On a terminal Ctrl-A X leaves and Ctrl-A H helps.`;

export function bootCommand(): Command {
  return addImageOptions(new Command("boot"))
    .description("boot a multiboot or PVH image, with its serial line on the terminal")
    .addOption(options.maxInstructionsOption())
    .addOption(options.timeoutOption())
    .addOption(new Option("--stats <form>", "print the counters on stderr at the end").choices(["table", "json"]))
    .addHelpText("after", HELP)
    .action(boot);
}

async function boot(image: string, flags: BootFlags): Promise<void> {
  const { pc } = await loadPc(image, flags);
  const end = await runAlone(pc, flags);
  process.stderr.write(`shootdown: ${describeEnd(end)}\n`);
  if (flags.stats === "table") process.stderr.write(`${statsTable(pc.machine)}\n`);
  if (flags.stats === "json") process.stderr.write(`${statsJson(pc.machine, end)}\n`);
  process.exitCode = exitStatus(end);
}

function runAlone(pc: Pc, flags: BootFlags): Promise<End> {
  const terminal = new Console(pc.serial);
  terminal.open();
  return onTerminal(terminal, () => runToEnd(pc.machine, () => pc.serial.waiting, terminal, flags));
}

// `shootdown bench machine`: how fast the machine is, alone or next to QEMU.

import { Command, Option } from "commander";
import { benchMachine, FailedRun, MACHINE_BENCHMARKS, machineTable, markdownTable, table } from "../index.js";
import { writeJson } from "./files.js";
import * as options from "./options.js";

interface MachineFlags {
  readonly vs?: "qemu";
  readonly only?: string;
  readonly json?: string;
  readonly markdown?: boolean;
  readonly compile: boolean;
}

export function benchMachineCommand(): Command {
  return new Command("machine")
    .description("measure the machine itself with bare-metal kernels")
    .addOption(new Option("--vs <machine>", "run every image there too, in turn, and print ratios").choices(["qemu"]))
    .option("--only <list>", `benchmarks, separated by commas: ${MACHINE_BENCHMARKS.join(", ")}`)
    .addOption(options.noCompileOption())
    .option("--json <file>", "also write all figures to FILE")
    .option("--markdown", "print the table as Markdown")
    .action(run);
}

async function run(flags: MachineFlags): Promise<void> {
  const result = await benchMachine({
    vsQemu: flags.vs === "qemu",
    compile: flags.compile,
    only: flags.only?.split(",").map((name) => name.trim()) ?? [],
  });
  const { cpu, cores, node } = result.host;
  const content = machineTable(result);
  const heading = `${cpu}, ${cores} cores, Node ${node}${result.against === undefined ? "" : `, ${result.against}`}`;
  process.stdout.write(`${heading}\n\n${flags.markdown ? markdownTable(content) : table(content)}\n`);
  if (flags.json !== undefined) await writeJson(flags.json, result);
  const wrong = result.rows.filter((row) => row.other && !row.other.checksumEqual).map((row) => row.benchmark.name);
  if (wrong.length > 0) throw new FailedRun(`the checksum differs from QEMU's: ${wrong.join(", ")}`);
}

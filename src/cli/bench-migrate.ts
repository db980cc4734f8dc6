// `shootdown bench migrate`: flush policy against flush policy on the guest kernel.

import { Command, Option } from "commander";
import {
  comparePolicies, FLUSH_POLICIES, formatSize, markdownTable, MiB, migrateJson, migrateTable, table,
  type TlbPreset, WORKLOADS,
} from "../index.js";
import { writeJson } from "./files.js";
import * as options from "./options.js";

interface MigrateFlags extends options.TraceFlags {
  readonly workload: string;
  readonly policy: string;
  readonly cpus: number;
  readonly memory: number;
  readonly fastMemory?: number;
  readonly tlb: TlbPreset;
  readonly seed: number;
  readonly json?: string;
  readonly markdown?: boolean;
}

export function benchMigrateCommand(): Command {
  return new Command("migrate")
    .description("run a workload under each flush policy and compare what it cost")
    .addOption(new Option("--workload <name>", "what the guest runs").choices(WORKLOADS).default("lookup"))
    .option("--policy <list>", "flush policies, separated by commas; changes are against the first", FLUSH_POLICIES.join(","))
    .addOption(options.cpusOption(4))
    .addOption(options.memoryOption(512 * MiB))
    .addOption(options.fastMemoryOption())
    .addOption(options.tlbOption())
    .addOption(options.seedOption())
    .option("--json <file>", "also write all figures to FILE")
    .option("--markdown", "print the table as Markdown")
    .addOption(options.traceOption())
    .addOption(options.traceKindsOption())
    .action(benchMigrate);
}

async function benchMigrate(flags: MigrateFlags): Promise<void> {
  const { workload, cpus, memory, tlb, seed } = flags;
  const trace = options.traceFrom(flags);
  const fastMemory = flags.fastMemory ?? memory / 4;
  const comparison = await comparePolicies(options.parsePolicies(flags.policy), { workload, cpus, memory, fastMemory, tlb, seed, ...trace });
  const content = migrateTable(comparison);
  const head = `${workload} on ${cpus} CPUs, ${formatSize(memory)} of which ${formatSize(fastMemory)} fast, TLB ${tlb}, seed ${seed}`;
  const checksums = comparison.runs[0]!.checksums.join("; ");
  const foot = comparison.runs.length > 1 ? `checksum ${checksums}: the same under every policy` : `checksum ${checksums}`;
  process.stdout.write(`${head}\n\n${flags.markdown ? markdownTable(content) : table(content)}\n\n${foot}\n`);
  if (flags.json !== undefined) await writeJson(flags.json, migrateJson(comparison));
}

// Boots the guest kernel with a scenario's program up to where its columns are let go, and makes sure that the machine is
// quiet: then every exploration of the scenario begins in the same state.

import { Pc } from "../../boot/index.js";
import { type SymbolTable, symbolsOf } from "../../debug/symbols/index.js";
import { UserError } from "../../errors.js";
import type { Machine, TlbPreset } from "../../machine/index.js";
import { MiB } from "../../units.js";
import { guestArguments } from "../scenario/guest-arguments.js";
import type { KernelScenario } from "../scenario/kernel.js";
import { type ScenarioLayout, scenarioLayout } from "./layout.js";
import { Process } from "./process.js";

export interface KernelOptions {
  /** The kernel's image, and where it is: the program `scenario` lies beside it, in `user`. */
  readonly image: Uint8Array;
  readonly path: string;
  /** The flush policy. Default `sync`. */
  readonly policy?: string;
  /** Words for the kernel's command line, besides those of the scenario. */
  readonly append?: readonly string[];
  /** Bytes of RAM. Default 64 MiB, a quarter of it the fast node. */
  readonly memory?: number;
  /** TLBs of the machine; an exploration has none of them. */
  readonly tlb?: TlbPreset;
}

export interface Booted {
  readonly pc: Pc;
  readonly machine: Machine;
  readonly symbols: SymbolTable;
  readonly process: Process;
  readonly layout: ScenarioLayout;
  /** Linear addresses of pages, holes and variables. */
  readonly addresses: ReadonlyMap<string, bigint>;
}

/** Steps in which the scenario must come to its start; a boot takes some millions. */
const BOOT_LIMIT = 1_000_000_000;
/** Steps that a CPU may take to come back to user mode. */
const QUIET_LIMIT = 1_000_000;
const MEMORY = 64 * MiB;
const USER = 3n;

/** The kernel's command line for `scenario`. NUMA balancing would move pages that nobody asked for. */
export function kernelCommandLine(scenario: KernelScenario, { policy = "sync", append = [] }: Pick<KernelOptions, "policy" | "append">): string {
  const words = ["init=scenario", `tlb=${policy}`, "numa_balancing=0", ...scenario.words, ...append];
  return `${words.join(" ")} -- ${guestArguments(scenario).join(" ")}`;
}

/** Lets each CPU that is in the kernel, or has an interrupt under way, finish that; all others stand still meanwhile. */
function calm(machine: Machine): void {
  const busy = () => {
    const sent = machine.pendingIpis();
    return Array.from({ length: machine.options.cpus }, (_, cpu) => cpu)
      .filter((cpu) => machine.register(cpu, "cpl") !== USER || sent.some(({ to }) => to === cpu));
  };
  for (let steps = 0, cpus = busy(); cpus.length > 0; cpus = busy(), steps++) {
    if (steps === QUIET_LIMIT) throw new UserError(`the guest does not come to rest: CPU ${cpus[0]} stays in the kernel`);
    for (const cpu of cpus) machine.runCpu(cpu, 1);
  }
}

export async function bootScenario(scenario: KernelScenario, options: KernelOptions): Promise<Booted> {
  const commandLine = kernelCommandLine(scenario, options);
  const symbols = await symbolsOf({ image: options.image, path: options.path, commandLine });
  if (!symbols) throw new UserError(`${options.path} has no symbols: kernel scenarios need our kernel`);
  const layout = scenarioLayout(symbols);
  const pc = await Pc.create({ cpus: Math.max(2, scenario.columns.length), memory: options.memory ?? MEMORY, ...(options.tlb ? { tlb: options.tlb } : {}) });
  const output: number[] = [];
  pc.serial.onOutput((byte) => output.push(byte));
  pc.load(options.image, { name: options.path, commandLine });
  const { machine } = pc;
  machine.setStopPoints([{ kind: "instruction", address: layout.start }]);
  const stop = machine.run(BOOT_LIMIT);
  machine.setStopPoints([]);
  if (stop.kind !== "break") {
    const last = Buffer.from(output).toString("latin1").trimEnd().split(/\r?\n/).at(-1) ?? "";
    throw new UserError(`the scenario did not begin (${stop.kind}): ${last}`);
  }
  calm(machine);
  const process = new Process(machine, Number(machine.register(0, "cr3") & 0xffff_ffff_f000n));
  return { pc, machine, symbols, process, layout, addresses: addressesOf(scenario, process, layout) };
}

/** Where the guest put the scenario's pages, holes and variables, by name. */
function addressesOf(scenario: KernelScenario, process: Process, layout: ScenarioLayout): Map<string, bigint> {
  const addresses = new Map<string, bigint>();
  for (const table of ["scenario_pages", "scenario_vars"] as const) {
    for (let n = 0; n < scenario.locations.length; n++) {
      const entry = layout.location(table, n);
      const name = process.text(entry, layout.nameBytes);
      const address = process.word(entry + layout.addressOffset);
      if (name !== "" && address !== undefined) addresses.set(name, address);
    }
  }
  return addresses;
}

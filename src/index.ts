// The package's interface, and all that the commands use.
//
//   const pc = await Pc.create({ cpus: 4, memory: 512 * MiB });
//   pc.serial.onOutput((byte) => process.stdout.write(Uint8Array.of(byte)));
//   pc.load(image, { commandLine: "init=hello" });
//   const stop = pc.machine.run(1e9);
//
// A Pc is a Machine with the platform's devices and firmware. Use Machine alone to put other devices
// around the CPUs, or none.

export { FailedRun, UserError } from "./errors.js";
export { formatSize, GiB, KiB, MiB, parseSize, parseWhole } from "./units.js";
export { MAX_CPUS, MAX_RAM } from "../assembly/memory-map.js";

export * from "./machine/index.js";
export * from "./boot/index.js";
export * from "./report/index.js";
export * from "./check/index.js";
export * from "./debug/timeline/index.js";
export * from "./trace/index.js";
export * from "./debug/session/index.js";
export { joinSymbols, loadSymbols, type SymbolTable, symbolsOf } from "./debug/symbols/index.js";
export { COMMANDS as DEBUG_COMMANDS, DebugConsole, openSession, type Reply } from "./debug/console/index.js";
export * from "./debug/gdb/index.js";
export {
  comparePolicies, FLUSH_POLICIES, migrateJson, migrateTable, WORKLOADS, type Comparison,
} from "./bench/migrate.js";
export type { MigrateOptions, PolicyRun } from "./bench/migrate-run.js";
export {
  benchMachine, MACHINE_BENCHMARKS, type MachineBenchOptions, type MachineBenchResult,
} from "./bench/machine.js";
export { machineTable } from "./bench/machine-table.js";

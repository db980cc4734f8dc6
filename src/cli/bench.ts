// `shootdown bench`: the benchmarks, each a command of its own.

import { Command } from "commander";
import { benchMachineCommand } from "./bench-machine.js";
import { benchMigrateCommand } from "./bench-migrate.js";

export function benchCommand(): Command {
  return new Command("bench")
    .description("measure flush policies, or the machine itself")
    .addCommand(benchMigrateCommand())
    .addCommand(benchMachineCommand());
}

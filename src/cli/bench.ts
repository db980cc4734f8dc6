// `shootdown bench`: the benchmarks, each a command of its own.

import { Command } from "commander";
import { benchExploreCommand } from "./bench-explore.js";
import { benchMachineCommand } from "./bench-machine.js";
import { benchMigrateCommand } from "./bench-migrate.js";

export function benchCommand(): Command {
  return new Command("bench")
    .description("measure flush policies, the machine itself, or the checker")
    .addCommand(benchMigrateCommand())
    .addCommand(benchMachineCommand())
    .addCommand(benchExploreCommand());
}

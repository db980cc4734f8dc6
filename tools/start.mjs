// npm start: from a fresh clone to the comparison of flush policies, in one command.
// Arguments after `npm start --` replace the command that is run.

import { at } from "./build/paths.mjs";
import { findCompiler } from "./build/compiler.mjs";
import { install } from "./build/install.mjs";
import { build } from "./build/pipeline.mjs";
import { stages } from "./build/stages.mjs";
import { runTool } from "./build/errors.mjs";
import { show } from "./build/run.mjs";

const comparison = ["bench", "migrate", "--workload", "lookup", "--cpus", "4", "--policy", "sync,migrc-v3"];

await runTool(async () => {
  findCompiler();
  await install();
  await build(stages);
  const given = process.argv.slice(2);
  return show(process.execPath, [at("dist/shootdown.js"), ...(given.length > 0 ? given : comparison)]);
});

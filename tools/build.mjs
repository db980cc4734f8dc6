// npm run build [-- STAGE...]: installs what is locked, builds what is stale.

import { install } from "./build/install.mjs";
import { build } from "./build/pipeline.mjs";
import { stages } from "./build/stages.mjs";
import { runTool } from "./build/errors.mjs";

await runTool(async () => {
  await install();
  await build(stages, process.argv.slice(2));
});

// npm run check:all [-- --threads N] [-- --every N]: builds, then compares the machine with the oracle of translation
// programs on every program of up to five events and on random ones (tests/check/oracle/all.ts).

import { install } from "./build/install.mjs";
import { build } from "./build/pipeline.mjs";
import { stages } from "./build/stages.mjs";
import { bundle } from "./build/host.mjs";
import { show } from "./build/run.mjs";
import { runTool } from "./build/errors.mjs";
import { at } from "./build/paths.mjs";

await runTool(async () => {
  await install();
  await build(stages);
  const program = at("build/check-all.js");
  await bundle({ entryPoints: ["tests/check/oracle/all.ts"], outfile: program });
  return show(process.execPath, ["--enable-source-maps", program, ...process.argv.slice(2)]);
});
